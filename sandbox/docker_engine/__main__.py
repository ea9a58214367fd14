"""`python -m sandbox.docker_engine --dir DIR --socket PATH --extras FILE`: the engine until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import stat
import sys
from pathlib import Path

import uvicorn

from sandbox.docker_engine.api import create_app
from sandbox.docker_engine.engine import Engine
from sandbox.serving import Server, quiet


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.docker_engine", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="where images, networks and containers live")
    parser.add_argument("--socket", type=Path, required=True, help="the Unix socket to serve")
    parser.add_argument("--extras", type=Path, required=True, help="what every container gets in addition")
    arguments = parser.parse_args()
    try:
        listening = listen(arguments.socket)
    except OSError as error:
        print(f"no socket at {arguments.socket}: {error.strerror or error}", file=sys.stderr)
        return 1
    try:
        asyncio.run(_until_told(Engine(arguments.dir.resolve(), arguments.extras.resolve()), listening))
    finally:
        arguments.socket.unlink(missing_ok=True)
    return 0


def listen(path: Path) -> socket.socket:
    """A listening socket that only its owner may use; one that nobody answers on any more is replaced."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _own(path.parent)
        if path.is_socket():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                if probe.connect_ex(str(path)) == 0:
                    raise OSError(f"another engine answers on {path}")
            path.unlink()
        before = os.umask(0o177)
        try:
            listening.bind(str(path))
        finally:
            os.umask(before)
        listening.listen(100)
    except OSError:
        listening.close()
        raise
    return listening


def _own(folder: Path) -> None:
    """Make the folder. In a temporary directory, somebody else may have: they would hear what the engine is told."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.parent.stat().st_mode & stat.S_IWOTH and folder.stat().st_uid != os.getuid():
        raise OSError(f"{folder} belongs to somebody else")


async def _until_told(engine: Engine, listening: socket.socket) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    config = uvicorn.Config(
        create_app(engine), ws="none", lifespan="off", log_config=quiet(), access_log=False, timeout_graceful_shutdown=1
    )
    server = Server(config)
    await engine.open()
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    await asyncio.wait([serving, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
    # First the containers: whoever follows a container's output hears its last words.
    await engine.close()
    server.should_exit = True
    await serving


if __name__ == "__main__":
    sys.exit(main())
