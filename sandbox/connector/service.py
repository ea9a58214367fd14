"""`tunnel run`: a connector as a program, until it is told to stop or refused for good."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Mapping

from sandbox.connector.settings import Settings, SettingsError, settings
from sandbox.connector.supervision import RefusedError, serve


def run(environment: Mapping[str, str]) -> int:
    """Run it; gives the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        asyncio.run(_until_told(settings(environment)))
    except (SettingsError, RefusedError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def _until_told(chosen: Settings) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await serve(chosen, stopping)
