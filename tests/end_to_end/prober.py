"""Somebody without any right who asks for an app all the time, and remembers whenever the door let them through."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit

import httpx

from sandbox.front.carriage import ANSWERED_BY
from sandbox.portal import Door
from sandbox.portal.answers import read_page
from sandbox.portal.door import DoorTransport
from tests.end_to_end.world import World

_PAUSE = 0.01  # seconds between two requests
_CLOSED = (OSError, http.client.HTTPException)
Cookies = Mapping[str, str]
"""The `Cookie` header for each host."""


@dataclass(frozen=True)
class Answer:
    """What came back for one request; status 0 where nobody listened, `came_through` what the tunnel carried."""

    url: str
    status: int
    location: str
    body: str
    came_through: bool = False

    @property
    def is_let_through(self) -> bool:
        """Whether the request passed Access, whatever the origin or the connector made of it."""
        asked_to_sign_in = self.status == 302 and "/cdn-cgi/access/login/" in self.location
        # Only a name that leads nowhere is looked at before Access: that a connector is missing, who passes hears.
        nowhere = self.status == 0 or (self.status == 530 and "Error 1016" in self.body)
        return self.came_through or not (asked_to_sign_in or self.status == 403 or nowhere)

    @property
    def kind(self) -> str:
        """A word for the tally."""
        return (
            "let through" if self.is_let_through else {0: "closed", 302: "sign in"}.get(self.status, str(self.status))
        )


class _Door(http.client.HTTPSConnection):
    """A connection to the front door, whatever the host is called; an attacker verifies no certificate."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, timeout=20)
        self._at = ("127.0.0.1", port)

    def connect(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(socket.create_connection(self._at, 20), server_hostname=self.host)


class Visitor:
    """Asks through the front door on connections that are kept, with the same cookies every time."""

    def __init__(self, world: World, cookies: Cookies) -> None:
        self._world, self._cookies = world, cookies
        self._open: dict[str, _Door] = {}

    def ask(self, url: str) -> Answer:
        """One GET; without a sandbox that runs, nobody answers."""
        asked = urlsplit(url)
        host = asked.hostname or ""
        try:
            door = self._open.get(host) or self._open.setdefault(host, _Door(host, self._world.ports["https"]))
            door.request("GET", asked.path, headers={"cookie": self._cookies[host]} if host in self._cookies else {})
            reply = door.getresponse()
            body = reply.read().decode(errors="replace")
            return Answer(url, reply.status, reply.headers.get("location", ""), body, ANSWERED_BY in reply.headers)
        except _CLOSED:
            self._hang_up(host)
            return Answer(url, 0, "", "")

    def close(self) -> None:
        """Hang up everywhere."""
        for host in tuple(self._open):
            self._hang_up(host)

    def _hang_up(self, host: str) -> None:
        if host in self._open:
            self._open.pop(host).close()


def log_in(world: World, person: str, urls: tuple[str, ...]) -> Cookies:
    """What a browser holds once the person has tried every URL, whether they were let in or not."""
    return asyncio.run(_log_in(world, person, urls))


async def _log_in(world: World, person: str, urls: tuple[str, ...]) -> Cookies:
    transport = DoorTransport(Door("127.0.0.1", world.ports["https"], world.authority))
    async with httpx.AsyncClient(transport=transport, follow_redirects=True, timeout=20) as client:
        for url in urls:
            answer = await client.get(url)
            form = read_page(answer.text).login_form
            if form:
                await client.post(answer.url.join(form), data={"person": person})
        kept = [(cookie.domain, f"{cookie.name}={cookie.value}") for cookie in client.cookies.jar]
    return {domain: "; ".join(text for at, text in kept if at == domain) for domain, _ in kept}


class Prober:
    """Asks for every URL in turn, in a thread, for as long as the block lasts.

    `is_breach` judges each answer. `cookies` by host go along with every request: a stranger has none, a person of
    another department all that their logins gave them, path or not.
    """

    def __init__(
        self, world: World, urls: tuple[str, ...], is_breach: Callable[[Answer], bool], cookies: Cookies | None = None
    ) -> None:
        self._visitor, self._urls, self._is_breach = Visitor(world, cookies or {}), urls, is_breach
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.tally: Counter[str] = Counter()
        self.breaches: list[Answer] = []

    def __enter__(self) -> Prober:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        self._visitor.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            for url in self._urls:
                answer = self._visitor.ask(url)
                self.tally[answer.kind] += 1
                if self._is_breach(answer):
                    self.breaches.append(answer)
                time.sleep(_PAUSE)
