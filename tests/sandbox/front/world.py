"""A front door for tests: an account with apps, an origin that tells what it got, and browsers without TLS."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

from sandbox.cloudflare_api import Store, create_app, load_world
from sandbox.edge.upstream import Answer, ConnectionLostError, NoConnectorError, RequestHead, WebSocketPipe
from sandbox.front import Front
from sandbox.front.keys import KeyRing

Json = dict[str, Any]
T = TypeVar("T")
WORLD = load_world()
ACCOUNT, ZONE, TOKEN = WORLD.accounts[0].id, WORLD.zones[0].id, WORLD.tokens[0].value
TEAM, IDP = WORLD.accounts[0].auth_domain, "idp.sandbox.test"
CAMPAIGNS = "https://apps.example.com/streamlit/marketing/"
PIPELINE = "https://apps.example.com/streamlit/sales/"
WIKI = "https://wiki.example.com/"
STATUS = "https://status.example.com/"

PEOPLE: list[Json] = [
    {
        "id": "mika",
        "name": "Mika Tanaka",
        "email": "mika@example.com",
        "circumstances": {"country": "JP", "ip": "192.0.2.7"},
        "identities": {"workspace": {"groups": ["marketing@example.com"]}},
    },
    {
        "id": "sam",
        "name": "Sam Okafor",
        "email": "sam@example.com",
        "identities": {"workspace": {"groups": ["sales@example.com"]}},
    },
    {
        "id": "kim",
        "name": "Kim Lee",
        "email": "kim@agency.example",
        "second_factor": True,
        "circumstances": {"country": "US"},
        "identities": {"partners": {"claims": {"employment": "contractor", "secretly": "yes"}}},
    },
    {
        "id": "mallory",
        "name": "Mallory",
        "email": "mallory@agency.example",
        "identities": {"partners": {"email": "cfo@example.com"}, "workspace": {"email": "cfo@agency.example"}},
    },
]


@dataclass
class Reply:
    """An answer, and the URL that gave it."""

    url: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)

    def all(self, name: str) -> list[str]:
        return [value for found, value in self.headers if found == name]

    def header(self, name: str) -> str:
        return next(iter(self.all(name)), "")


class Chunks:
    """A streamed body."""

    def __init__(self, *chunks: bytes) -> None:
        self._left = list(chunks)
        self.closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop(0)

    async def aclose(self) -> None:
        self.closed = True


@dataclass
class Origin:
    """Stands in for the tunnel: answers with what it was sent, or fails as told."""

    failure: Exception | None = None
    answer: Answer | None = None
    pipe: WebSocketPipe | None = None
    heads: list[RequestHead] = field(default_factory=list)

    async def request(self, tunnel_id: str, head: RequestHead, body: AsyncIterator[bytes]) -> Answer:
        self.heads.append(head)
        if self.failure is not None:
            raise self.failure
        sent = b"".join([chunk async for chunk in body])
        if self.answer is not None:
            return self.answer
        told = {"tunnel": tunnel_id, "path": head.path, "method": head.method, "headers": list(head.headers)}
        text = json.dumps({**told, "body": sent.decode()}).encode()
        headers = (("content-type", "application/json"), ("connection", "close"), ("set-cookie", "own=1"))
        return Answer(200, headers, Chunks(text[:20], text[20:]), "origin")

    async def websocket(self, tunnel_id: str, head: RequestHead) -> WebSocketPipe:
        self.heads.append(head)
        if self.failure is not None or self.pipe is None:
            raise self.failure or NoConnectorError(tunnel_id)
        return self.pipe


def told(reply: Reply) -> dict[str, str]:
    """The headers that the origin got."""
    assert reply.status == 200, reply.text
    return dict(reply.json()["headers"])


class FrontWorld:
    """An account as the program of this repository would make it, and the door in front of it."""

    def __init__(self, directory: Path | None = None) -> None:
        self.loop = asyncio.new_event_loop()
        self.directory = directory
        self.store = Store()
        self.origin = Origin()
        self._api = create_app(self.store)
        self.front = Front(self.store, WORLD, self.origin, directory)
        self.ids: dict[str, str] = {}
        self._furnish()

    def restart(self) -> None:
        """A new edge over the same state."""
        self.front = Front(self.store, WORLD, self.origin, self.directory)

    def close(self) -> None:
        self.loop.close()

    def call(
        self,
        method: str,
        url: str,
        headers: list[tuple[str, str]] | None = None,
        body: bytes = b"",
        raw_path: bytes | None = None,
        app: Any = None,
    ) -> Reply:
        """One request, without redirects and cookies. `raw_path` is sent as it is."""
        parts = urlsplit(url)
        sent = [(b"host", parts.netloc.encode()), *((n.lower().encode(), v.encode()) for n, v in headers or [])]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": parts.scheme,
            "path": parts.path or "/",
            "raw_path": raw_path if raw_path is not None else (parts.path or "/").encode(),
            "query_string": parts.query.encode(),
            "headers": sent,
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 443),
            "root_path": "",
        }
        return self.run(_asked(app or self.front, scope, url, body))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """In the world's own event loop, wherever that runs."""
        if self.loop.is_running():
            return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)
        return self.loop.run_until_complete(work)

    def api(self, method: str, path: str, body: Json | None = None) -> Json:
        """A call of the REST API below the account, or below the zone for `dns_records`."""
        scope = f"zones/{ZONE}" if path.startswith("dns_records") else f"accounts/{ACCOUNT}"
        headers = [("authorization", f"Bearer {TOKEN}"), ("content-type", "application/json")]
        url = f"http://api/client/v4/{scope}/{path}"
        reply = self.call(method, url, headers, json.dumps(body or {}).encode(), app=self._api)
        answer: Json = reply.json()
        assert answer["success"], answer
        result: Json = answer["result"]
        return result

    def control(self, method: str, path: str, body: Json | None = None) -> Reply:
        """The sandbox's own API."""
        headers = [("content-type", "application/json")]
        return self.call(method, f"https://{IDP}/__sandbox{path}", headers, json.dumps(body or {}).encode())

    def make(self, kind: str, body: Json) -> str:
        made = self.api("POST", kind, body)
        own = str(made["id"])
        self.ids[str(body["name"])] = own
        self.last = made
        return own

    def named(self, collection: str, name: str) -> str:
        """The id of an object of the store."""
        return next(str(one["id"]) for one in self.store.all(collection) if one["name"] == name)

    def _furnish(self) -> None:
        tunnel = self.make("cfd_tunnel", {"name": "t", "config_src": "cloudflare"})
        for host in ("apps", "wiki", "status", "open"):
            target = {"type": "CNAME", "content": f"{tunnel}.cfargotunnel.com", "proxied": True, "ttl": 1}
            self.make("dns_records", {"name": f"{host}.example.com", **target})
        client = {"client_id": "c", "client_secret": "s"}
        workspace = self.make(
            "access/identity_providers",
            {"name": "workspace", "type": "google-apps", "config": {**client, "apps_domain": "example.com"}},
        )
        urls = {"auth_url": "https://p/a", "token_url": "https://p/t", "certs_url": "https://p/c"}
        config = {**client, **urls, "claims": ["employment"]}
        partners = self.make("access/identity_providers", {"name": "partners", "type": "oidc", "config": config})
        for name in ("marketing", "sales"):
            rule = {"gsuite": {"email": f"{name}@example.com", "identity_provider_id": workspace}}
            include = [rule, {"email": {"email": "cfo@example.com"}}]
            only = [{"login_method": {"id": workspace}}]
            self.make("access/groups", {"name": name, "include": include, "require": only})
        self._applications(workspace, partners)
        self.control("PUT", "/people", {"people": PEOPLE})

    def _applications(self, workspace: str, partners: str) -> None:
        marketing = self.policy("marketing", "allow", [{"group": {"id": self.ids["marketing"]}}])
        sales = self.policy("sales", "allow", [{"group": {"id": self.ids["sales"]}}], session_duration="1h")
        token = self.make("access/service_tokens", {"name": "nightly"})
        self.secret = {"id": self.last["client_id"], "secret": self.last["client_secret"]}
        machine = self.policy("machines", "non_identity", [{"service_token": {"token_id": token}}])
        public = self.policy("public", "bypass", [{"everyone": {}}])
        one = {"allowed_idps": [workspace], "auto_redirect_to_identity": True}
        path = {"path_cookie_attribute": True, "same_site_cookie_attribute": "lax"}
        self.application("campaigns", "apps.example.com/streamlit/marketing", [marketing], **one, **path)
        self.application("pipeline", "apps.example.com/streamlit/sales", [machine, sales], **one, **path)
        self.application("closed", "apps.example.com", [])
        self.application("wiki", "wiki.example.com", [marketing], allowed_idps=[workspace, partners])
        self.application("status", "status.example.com", [public])

    def policy(self, name: str, decision: str, include: list[Json], **more: Any) -> str:
        return self.make("access/policies", {"name": name, "decision": decision, "include": include, **more})

    def application(self, name: str, domain: str, policies: list[str], **more: Any) -> str:
        listed = [{"id": one, "precedence": number} for number, one in enumerate(policies, start=1)]
        body = {"name": name, "domain": domain, "type": "self_hosted", "policies": listed, **more}
        own = self.make("access/apps", body)
        self.ids[f"aud {name}"] = str(self.last["aud"])
        return own


async def _asked(app: Any, scope: Json, url: str, body: bytes) -> Reply:
    status, headers, chunks = 0, [], []
    left = [{"type": "http.request", "body": body, "more_body": False}]
    forever = asyncio.Event()

    async def receive() -> Json:
        if left:
            return left.pop()
        await forever.wait()
        return {"type": "http.disconnect"}

    async def send(message: Json) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = [(n.decode(), v.decode()) for n, v in message["headers"]]
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    return Reply(url, status, headers, b"".join(chunks))


class Browser:
    """Keeps cookies as browsers do (host, path, longest path first) and follows redirects."""

    def __init__(self, world: FrontWorld) -> None:
        self.world = world
        self.cookies: dict[tuple[str, str, str], str] = {}
        self.set_cookies: list[str] = []

    def ask(self, method: str, url: str, headers: list[tuple[str, str]] | None = None, body: bytes = b"") -> Reply:
        """One request with the cookies of its URL."""
        parts = urlsplit(url)
        crumbs = self._crumbs(parts.netloc, parts.path or "/")
        sent = [*(headers or []), *([("cookie", crumbs)] if crumbs else [])]
        reply = self.world.call(method, url, sent, body)
        for value in reply.all("set-cookie"):
            self._keep(parts.netloc, value)
        return reply

    def get(self, url: str, headers: list[tuple[str, str]] | None = None) -> Reply:
        return self.follow(self.ask("GET", url, headers))

    def follow(self, reply: Reply) -> Reply:
        for _ in range(12):
            if reply.status not in (301, 302, 303):
                return reply
            reply = self.ask("GET", urljoin(reply.url, reply.header("location")))
        raise AssertionError(f"too many redirects: {reply.url}")

    def choose(self, reply: Reply, person: str) -> Reply:
        """Click a person on the login page of a provider."""
        assert urlsplit(reply.url).netloc == IDP, reply.text
        action = re.search(r'<form method="post" action="([^"]*)"', reply.text)
        assert action is not None
        url = urljoin(reply.url, unescape(action[1]))
        return self.follow(self.ask("POST", url, body=urlencode({"person": person}).encode()))

    def log_in(self, url: str, person: str, provider: str = "workspace") -> Reply:
        """From an application to its content (or refusal) as that person."""
        reply = self.get(url)
        link = re.search(rf'href="(\?[^"]*idp={self.world.ids[provider]}[^"]*)"', reply.text)
        if link is not None:
            reply = self.get(urljoin(reply.url, unescape(link[1])))
        return self.choose(reply, person)

    def _crumbs(self, host: str, path: str) -> str:
        mine = [
            (at, name, value)
            for (own, at, name), value in self.cookies.items()
            if own == host and (path == at or path.startswith(at.rstrip("/") + "/"))
        ]
        return "; ".join(f"{name}={value}" for _, name, value in sorted(mine, key=lambda one: -len(one[0])))

    def _keep(self, host: str, header: str) -> None:
        self.set_cookies.append(header)
        first, *attributes = header.split("; ")
        name, _, value = first.partition("=")
        marks = dict(one.partition("=")[::2] for one in attributes)
        key = (host, marks.get("Path", "/"), name)
        if marks.get("Max-Age") == "0":
            self.cookies.pop(key, None)
        else:
            self.cookies[key] = value


def made_keys(directory: Path) -> None:
    """Keys to be copied, since making them is slow."""
    KeyRing(TEAM, directory / "example.json")
    KeyRing(IDP, directory / "idp.json")


LOST, NO_CONNECTOR = ConnectionLostError("gone"), NoConnectorError("none")
