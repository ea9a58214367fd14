"""`python -m sandbox.connector`: the stand-in connector until SIGINT or SIGTERM, set up by the environment.

TUNNEL_TOKEN, TUNNEL_EDGE (host:port), TUNNEL_CACERT, TUNNEL_METRICS (host:port), TUNNEL_HA_CONNECTIONS and, where
the team domain is served elsewhere, SANDBOX_ACCESS_EDGE (host:port) with SANDBOX_ACCESS_CACERT.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys

from sandbox.connector.settings import Settings, SettingsError, settings
from sandbox.connector.supervision import RefusedError, serve


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        asyncio.run(_until_told(settings(os.environ)))
    except (SettingsError, RefusedError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def _until_told(chosen: Settings) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await serve(chosen, stopping)


if __name__ == "__main__":
    sys.exit(main())
