"""A stand-in Docker Engine: the Engine API on a Unix socket, containers as programs of this machine on loopback.

It takes the place of dockerd where none runs, for the `docker` command, the `docker` Python client and everything
above them. Names, states, refusals, restart policies, health checks, logs and networks are those of the real one.

What it does not do, and `docker info` warns of it: nothing is isolated. A container is a program with the rights of
whoever started the engine; it sees the whole machine and listens on loopback. `ReadonlyRootfs`, `CapDrop`, users,
memory limits and security options are kept and shown, and change nothing. A network is only who may look up whose
name. No port is published, no image is pulled, nothing runs while an image is built: packages come from the
environment that the sandbox itself runs in.

    records, refusals, references
    dockerfile ─ context ─ build ─ images       a folder and a configuration, named by the hash of both
    networks, containers                        what exists, kept in files
    addresses ─ launch ─ program ─ health ─ run one container's program: where it listens, how it is kept running
    engine ─ api ─ __main__
"""
