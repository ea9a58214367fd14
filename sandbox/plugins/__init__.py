"""Stand-ins for Pulumi plugins, speaking the engine's own gRPC protocols.

They serve where the official plugins are not installed, send what the official ones send, and refuse every
address that is not on this machine.
"""
