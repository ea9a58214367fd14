"""Where the stacks' containers run: a real Docker daemon, or the stand-in engine that runs local processes.

    daemon = choose(place)                       a Daemon; remembered in the state directory while containers exist
    daemon = remembered(place)                   the same, without asking anybody; None before the first choice
    images.ensure(daemon, say, …)                the two images of stacks/Pulumi.sandbox.yaml; takes a minute once
    Extras(…, labels=labels(place)).write(file)  what every container gets beside what its program says
    start(daemon, place)                         start again what `stop` stopped, and wait until it is healthy
    stop(daemon, place)                          stop what runs; it is kept
    forget(daemon, place)                        remove containers, networks and images, and the choice with them

`daemon.host` is what DOCKER_HOST has to be for everything above. With `daemon.kind == "docker"` the provider reads
the extras from GATEHOUSE_SANDBOX_CONTAINERS, and front door and edge listen on `daemon.gateway` too; with
"processes" the stand-in engine, which must be running before `start`, `stop` and `forget`, is given the file instead.
What cannot be done is a `SandboxError`.
"""

from sandbox.containers.daemon import Daemon, choose, labels, remembered
from sandbox.containers.extras import VARIABLE, Extras
from sandbox.containers.lifecycle import forget, start, stop

__all__ = ["VARIABLE", "Daemon", "Extras", "choose", "forget", "labels", "remembered", "start", "stop"]
