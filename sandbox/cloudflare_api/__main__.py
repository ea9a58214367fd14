"""`python -m sandbox.cloudflare_api --dir DIR --port N`: the local Cloudflare API until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
from pathlib import Path

from sandbox.cloudflare_api.server import HOST, listen, serve


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.cloudflare_api", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="where state.json and journal.jsonl live")
    parser.add_argument("--port", type=int, default=8787)
    arguments = parser.parse_args()
    try:
        listening = listen(arguments.port)
    except OSError as error:
        print(f"cannot listen on {HOST}:{arguments.port}: {error.strerror}", file=sys.stderr)
        return 1
    asyncio.run(_until_told(arguments.dir, listening))
    return 0


async def _until_told(directory: Path, listening: socket.socket) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(directory, listening, stop)


if __name__ == "__main__":
    sys.exit(main())
