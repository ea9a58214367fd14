@0xa7d1f0c3b2e49586;
# The call that a connector makes on its control stream. On the wire only the interface's id, the ordinals and the
# types count; the names of the structs are ours.

struct Auth { accountTag @0 :Text; tunnelSecret @1 :Data; }
struct Client { clientId @0 :Data; features @1 :List(Text); version @2 :Text; arch @3 :Text; }
struct Options {
  client @0 :Client;
  originLocalIp @1 :Data;
  replaceExisting @2 :Bool;
  compressionQuality @3 :UInt8;
  numPreviousAttempts @4 :UInt8;
}
struct Failure { cause @0 :Text; retryAfter @1 :Int64; shouldRetry @2 :Bool; }
struct Details { uuid @0 :Data; locationName @1 :Text; tunnelIsRemotelyManaged @2 :Bool; }
struct Response { result :union { error @0 :Failure; connectionDetails @1 :Details; } }

interface RegistrationServer @0xf71695ec7fe85497 {
  registerConnection @0 (auth :Auth, tunnelId :Data, connIndex :UInt8, options :Options) -> (result :Response);
  unregisterConnection @1 () -> ();
  updateLocalConfiguration @2 (config :Data) -> ();
}
