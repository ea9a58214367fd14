"""Somebody without any right who asks for an app all the time, and remembers whenever the door let them through."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from sandbox.front.carriage import ANSWERED_BY
from sandbox.portal import Door
from sandbox.portal.answers import read_page
from sandbox.portal.door import DoorTransport
from tests.end_to_end.world import World

_PAUSE = 0.01  # seconds between two requests
_CLOSED = (OSError, http.client.HTTPException)


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


class Visitor(Protocol):
    """Somebody who asks through the front door."""

    def ask(self, url: str) -> Answer:
        """One visit; without a sandbox that runs, nobody answers."""
        ...

    def close(self) -> None:
        """Hang up everywhere."""
        ...


class Stranger:
    """Asks without any cookie, on connections that are kept, and follows nothing."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: dict[str, _Door] = {}

    def ask(self, url: str) -> Answer:
        asked = urlsplit(url)
        host = asked.hostname or ""
        try:
            door = self._open.get(host) or self._open.setdefault(host, _Door(host, self._world.ports["https"]))
            door.request("GET", asked.path)
            reply = door.getresponse()
            body = reply.read().decode(errors="replace")
            return Answer(url, reply.status, reply.headers.get("location", ""), body, ANSWERED_BY in reply.headers)
        except _CLOSED:
            self._hang_up(host)
            return Answer(url, 0, "", "")

    def close(self) -> None:
        for host in tuple(self._open):
            self._hang_up(host)

    def _hang_up(self, host: str) -> None:
        if host in self._open:
            self._open.pop(host).close()


class Person:
    """Follows every redirect and logs in where asked, so each moment of a policy that is too wide becomes a token."""

    def __init__(self, world: World, name: str) -> None:
        self._name = name
        self._transport = DoorTransport(Door("127.0.0.1", world.ports["https"], world.authority))
        self._client = httpx.AsyncClient(transport=self._transport, follow_redirects=True, timeout=20)
        self._loop = asyncio.new_event_loop()

    def ask(self, url: str) -> Answer:
        try:
            reply = self._loop.run_until_complete(self._visit(url))
        except httpx.HTTPError:
            return Answer(url, 0, "", "")
        return Answer(url, reply.status_code, str(reply.url), reply.text, ANSWERED_BY in reply.headers)

    def close(self) -> None:
        self._loop.run_until_complete(self._transport.aclose())
        self._loop.run_until_complete(self._client.aclose())
        self._loop.close()

    async def _visit(self, url: str) -> httpx.Response:
        answer = await self._client.get(url)
        form = read_page(answer.text).login_form
        if not form:
            return answer
        return await self._client.post(answer.url.join(form), data={"person": self._name})


class Prober:
    """Sends a visitor to every URL in turn, in a thread, for as long as the block lasts; `is_breach` judges answers."""

    def __init__(self, visitor: Visitor, urls: tuple[str, ...], is_breach: Callable[[Answer], bool]) -> None:
        self._visitor, self._urls, self._is_breach = visitor, urls, is_breach
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
