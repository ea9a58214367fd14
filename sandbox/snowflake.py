"""Snowflake on this machine as one program: the drivers' protocol over HTTP and HTTPS, and the apps that it holds.

`python -m sandbox.snowflake --dir DIR --api-port N --https-port N` runs until SIGINT or SIGTERM. The authority of the
HTTPS certificate is in `DIR/tls/ca.pem`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.edge.certificates import certificates
from sandbox.front.server import server_for
from sandbox.ports import CANNOT_LISTEN
from sandbox.serving import HOST, listen, port_of, served
from sandbox.snowflake_api import PATHS, create_app, open_account
from sandbox.snowflake_runtime.launch import AccountAddress
from sandbox.snowflake_runtime.runtimes import Runtimes
from sandbox.snowflake_runtime.viewer import CONTROL, viewer_app


async def serve(directory: Path, api: socket.socket, https: socket.socket, stop: asyncio.Event) -> None:
    """The account in `directory` on both sockets, until `stop` is set."""
    account = open_account(directory)
    shown = certificates(directory / "tls", (account.world.host,))
    address = AccountAddress(account.world.host, account.world.where.locator, port_of(https), shown.authority)
    runtimes = Runtimes(account.apps, directory, address)
    application = create_app(account)
    async with contextlib.AsyncExitStack() as running:
        await running.enter_async_context(served(server_for(application, shown.server_context()), https))
        await running.enter_async_context(served(server_for(_beside(application, viewer_app(runtimes))), api))
        # The apps end first: they say goodbye to the account.
        await running.enter_async_context(runtimes)
        await stop.wait()


def _beside(application: ASGIApp, viewer: ASGIApp) -> ASGIApp:
    """The account on its own paths, and the viewer of the apps on all others."""

    async def shared(scope: Scope, receive: Receive, send: Send) -> None:
        of_account = scope["path"].startswith(PATHS) and scope["path"] not in CONTROL
        await (application if of_account else viewer)(scope, receive, send)

    return shared


def main() -> int:
    options = _parser().parse_args()
    try:
        api, https = _listen(options.api_port), _listen(options.https_port)
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    asyncio.run(_until_told(lambda stop: serve(options.dir, api, https, stop)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.snowflake", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="where the account is kept")
    for name in ("api", "https"):
        parser.add_argument(f"--{name}-port", type=int, required=True)
    return parser


def _listen(port: int) -> socket.socket:
    try:
        return listen(port)
    except OSError as error:
        raise OSError(f"{CANNOT_LISTEN} {HOST}:{port}: {error.strerror}") from None


async def _until_told(run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run(stop)


if __name__ == "__main__":
    sys.exit(main())
