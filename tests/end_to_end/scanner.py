"""Tries to connect: reads `[[address, port], …]` from its first argument, prints those that accepted, as JSON.

It runs as a program of its own inside attackers' containers and network namespaces, so it knows only Python itself.
"""

from __future__ import annotations

import asyncio
import json
import sys

_PATIENCE = 2.0
_AT_ONCE = 200


async def _accepts(address: str, port: int, turn: asyncio.Semaphore) -> bool:
    async with turn:
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), _PATIENCE)
        except (TimeoutError, OSError):
            return False
        writer.close()
        return True


async def _scan(targets: list[tuple[str, int]]) -> list[tuple[str, int]]:
    turn = asyncio.Semaphore(_AT_ONCE)
    found = await asyncio.gather(*(_accepts(address, port, turn) for address, port in targets))
    return [target for target, accepted in zip(targets, found) if accepted]  # noqa: B905 # for older Pythons too


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_scan(json.loads(sys.argv[1])))))
