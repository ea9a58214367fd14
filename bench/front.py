"""What the front door costs: a 10 kB page through edge, Access and connector, against the same page at its origin.

Both are asked in turn by one client on kept connections, so that whatever else runs slows both alike; then 200 requests
a second come on a few connections. Run it with the project's Python: `python bench/front.py`.
"""

from __future__ import annotations

import http.client
import itertools
import multiprocessing
import socket
import ssl
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402 - the path above makes the project importable
from starlette.responses import Response  # noqa: E402 - the same
from starlette.types import Receive, Scope, Send  # noqa: E402 - the same

from sandbox.front.server import server_for  # noqa: E402 - the same
from sandbox.serving import HOST, listen, port_of  # noqa: E402 - the same
from tests.end_to_end.conftest import without_containers  # noqa: E402 - the same
from tests.end_to_end.prober import log_in  # noqa: E402 - the same
from tests.end_to_end.world import World  # noqa: E402 - the same
from tests.sandbox.conftest import ACCOUNT, TOKEN  # noqa: E402 - the same
from tests.sandbox.tunnel_world import Connector  # noqa: E402 - the same

LIMIT = 8.0  # milliseconds that may be added in the middle
TIMES = 1000
RATE, SECONDS, CONNECTIONS = 200, 10, 16
PAGE = b"0123456789" * 1024
SITE, PATH = "apps.example.com", "/page"
PEOPLE = "people:\n  mika@example.com: {name: Mika Tanaka, departments: [marketing]}\n"
APPS = """
identity:
  providers:
    workspace: {type: google-workspace}
    partners: {type: oidc, claims: [employment]}
  default: workspace
departments:
  marketing: {groups: [marketing@example.com]}
  sales: {groups: [sales@example.com]}
devices:
  laptop: {type: warp}
apps:
  page:
    owner: marketing
    service: http://127.0.0.1:PORT
    path: /page
    access:
      - allow: sales
        require: [{country: [JP, US]}]
      - allow: marketing
        require: [{device: laptop}]
"""


class Client:
    """One kept connection that asks for the page, over and over."""

    def __init__(self, connection: http.client.HTTPConnection, headers: dict[str, str]) -> None:
        self._connection, self._headers = connection, headers

    def ask(self) -> float:
        """The milliseconds until the page is there; an `OSError` or `HTTPException` where it does not come whole."""
        started = time.perf_counter()
        self._connection.request("GET", PATH, headers=self._headers)
        answer = self._connection.getresponse()
        if answer.read() != PAGE:
            raise OSError(f"not the page, but status {answer.status}")
        return (time.perf_counter() - started) * 1000

    def close(self) -> None:
        """Hang up; the next request dials again."""
        self._connection.close()


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """The origin."""
    cached = {"cache-control": "public, max-age=3600", "etag": '"1"', "content-type": "text/plain"}
    await Response(PAGE, headers=cached)(scope, receive, send)


@contextmanager
def origin() -> Iterator[int]:
    """The page, served by a process of its own; its port."""
    listening = listen(0)
    program = multiprocessing.get_context("fork").Process(target=_serve, args=(listening,), daemon=True)
    program.start()
    port = port_of(listening)
    listening.close()
    try:
        yield port
    finally:
        program.kill()
        program.join()


def _serve(listening: socket.socket) -> None:
    server_for(page).run(sockets=[listening])


def deploy(world: World, port: int) -> None:
    """A small estate whose one app is the page; who runs its connector is none of that program's business."""
    (world.project / "apps.yaml").write_text(APPS.replace("PORT", str(port)), encoding="utf-8")
    (world.project / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    stack = world.project / "stacks" / "Pulumi.sandbox.yaml"
    stack.write_text(without_containers(stack.read_text(encoding="utf-8")), encoding="utf-8")
    world.ok("up")


@contextmanager
def connector(world: World, folder: Path) -> Iterator[None]:
    """One connector of the estate's tunnel, registered."""
    (tunnel,) = world.objects()["tunnels"]
    api = f"{world.origin}/client/v4/accounts/{ACCOUNT}/cfd_tunnel/{tunnel['id']}/token"
    answer = httpx.get(api, headers={"authorization": f"Bearer {TOKEN}"}, trust_env=False)
    keys = {"SANDBOX_ACCESS_EDGE": f"{HOST}:{world.ports['https']}"}
    log = folder / "connector.log"
    program = Connector(answer.json()["result"], world.ports["edge"], world.authority, log, keys)
    try:
        program.wait()
        yield
    finally:
        program.stop()


def through_the_door(world: World) -> dict[str, str]:
    """The headers of somebody who is logged in."""
    return {"host": SITE, "cookie": log_in(world, "mika", (f"https://{SITE}{PATH}",))[SITE]}


def door(world: World, headers: dict[str, str]) -> Client:
    context = ssl.create_default_context(cafile=world.authority)
    return Client(http.client.HTTPSConnection(HOST, world.ports["https"], context=context, timeout=20), headers)


def one_after_the_other(direct: Client, through: Client) -> tuple[list[float], list[float]]:
    """Milliseconds of each; the first ones warm everything and are not counted."""
    pairs = [(direct.ask(), through.ask()) for _ in range(TIMES + 50)][50:]
    return sorted(one for one, _ in pairs), sorted(other for _, other in pairs)


class Load:
    """Requests that are due at a fixed rate, whether those before are answered or not; each connection takes the next.

    `taken` counts from when a request was due, so that a queue shows; in milliseconds.
    """

    def __init__(self, clients: Sequence[Client]) -> None:
        self._numbers = itertools.count()
        self.taken: list[float] = []
        self.errors: list[str] = []
        self._started = time.perf_counter()
        threads = [threading.Thread(target=self._run, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.rate = len(self.taken) / (time.perf_counter() - self._started)

    def _run(self, client: Client) -> None:
        while (number := next(self._numbers)) < RATE * SECONDS:
            due = self._started + number / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                client.ask()
                self.taken.append((time.perf_counter() - due) * 1000)
            except (OSError, http.client.HTTPException) as error:
                self.errors.append(str(error) or type(error).__name__)
                client.close()


def shown(name: str, taken: Sequence[float], rest: str) -> str:
    middle, high = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
    return f"{name:<18}p50 {middle:6.2f} ms  p95 {high:6.2f} ms  {rest}"


def main() -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gatehouse-bench-")))
        port = stack.enter_context(origin())
        world = World(folder)
        stack.callback(world.sandbox, "down")
        deploy(world, port)
        stack.enter_context(connector(world, folder))
        headers = through_the_door(world)
        direct = Client(http.client.HTTPConnection(HOST, port, timeout=20), {})
        alone, behind = one_after_the_other(direct, door(world, headers))
        load = Load([door(world, headers) for _ in range(CONNECTIONS)])
    peer, ours = statistics.median(alone), statistics.median(behind)
    verdict = "within" if ours - peer <= LIMIT else "OVER"
    print(shown("the origin alone", alone, f"({TIMES} requests for {len(PAGE)} bytes on a kept connection)"))
    print(shown("through the door", behind, f"{ours / peer:.1f} × the origin alone"))
    print(f"added             p50 {ours - peer:6.2f} ms  {verdict} the {LIMIT:.0f} ms it may take")
    wanted = f"of {RATE} on {CONNECTIONS} connections for {SECONDS} s, {len(load.errors)} errors"
    print(shown(f"{load.rate:.1f} requests/s", load.taken, wanted))
    for sentence in sorted(set(load.errors)):
        print(f"    {sentence}")


if __name__ == "__main__":
    main()
