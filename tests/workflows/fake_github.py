"""A GitHub of this machine: one repository, its pull requests, comments, statuses, issues and deployments."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from infra.workflows.github import BOT, GitHub

REPOSITORY = "example/apps"
TOKEN = "token-of-the-run"
_BOT = {"login": BOT, "type": "Bot"}


def person(login: str) -> dict[str, str]:
    return {"login": login, "type": "User"}


@dataclass
class FakeGitHub:
    """What is there. `lists` are by path below the repository; `asked` is every request, in order."""

    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    statuses: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def open_pull(self, number: int, head: str, author: str = "ann", into: str = "main", body: str = "") -> None:
        self.pulls[number] = {
            "number": number,
            "state": "open",
            "base": {"ref": into},
            "head": {"sha": head, "label": f"{author}:change"},
            "user": person(author),
            "body": body,
        }
        self.lists[f"issues/{number}/comments"] = []
        self.lists[f"pulls/{number}/commits"] = [
            {"sha": head, "author": person(author), "committer": person("web-flow")}
        ]

    def comment(self, number: int, author: str, text: str, edited: bool = False) -> dict[str, Any]:
        made = {
            "id": sum(len(one) for one in self.lists.values()) + 1000,
            "user": person(author),
            "body": text,
            "created_at": "2026-11-27T10:00:00Z",
            "updated_at": "2026-11-27T10:05:00Z" if edited else "2026-11-27T10:00:00Z",
        }
        self.comments(number).append(made)
        return made

    def comments(self, number: int) -> list[dict[str, Any]]:
        return self.lists[f"issues/{number}/comments"]

    def own_comments(self, number: int) -> list[str]:
        return [one["body"] for one in self.comments(number) if one["user"]["login"] == BOT]

    def about(self, number: int) -> dict[str, Any]:
        """The event of a comment below a pull request."""
        return {"issue": {"number": number, "pull_request": {}}, **_REPOSITORY}

    def client(self) -> GitHub:
        return GitHub(REPOSITORY, TOKEN, self.address)

    # The API

    def answer(self, method: str, target: str, body: Any) -> tuple[int, Any]:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = parts.path.removeprefix(f"/repos/{REPOSITORY}/")
        self.asked.append(f"{method} {path}")
        if method == "GET":
            return self._get(path, query)
        return self._write(method, path, body)

    def _get(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        if path == "pulls":
            found = [pull for pull in self.pulls.values() if pull["head"]["label"] == query["head"]]
        elif path.startswith("pulls/") and path.count("/") == 1:
            pull = self.pulls.get(int(path.split("/")[1]))
            return (200, pull) if pull else (404, {"message": "Not Found"})
        elif path in ("issues", "deployments"):
            wanted = {"state": query.get("state"), "environment": query.get("environment")}
            found = [
                one
                for one in self.lists.get(path, [])
                if all(value is None or one.get(name) == value for name, value in wanted.items())
            ]
        else:
            found = self.lists.get(path, [])
        size, page = min(int(query.get("per_page", "30")), 100), int(query.get("page", "1"))
        return 200, found[(page - 1) * size : page * size]

    def _write(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        kind, _, rest = path.partition("/")
        if kind == "statuses":
            assert len(body["description"]) <= 140
            self.statuses[rest] = body
            return 201, {}
        if method == "POST" and path.endswith("/comments"):
            made = self.comment(int(rest.split("/")[0]), BOT, body["body"]) | {"user": _BOT}
            self.lists[path][-1] = made
            return 201, made
        if method == "POST" and path == "issues":
            issues = self.lists.setdefault("issues", [])
            made = {"number": len(issues) + 1, "state": "open", "user": _BOT, **body}
            self.lists[f"issues/{made['number']}/comments"] = []
            issues.append(made)
            return 201, made
        if method == "PATCH" and path.startswith("issues/comments/"):
            (one,) = (one for part in self.lists.values() for one in part if str(one.get("id")) == path.split("/")[2])
        else:
            assert method == "PATCH", (method, path)
            (one,) = (one for one in self.lists["issues"] if str(one["number"]) == rest)
        one |= body
        return 200, one


_REPOSITORY = {"repository": {"default_branch": "main", "html_url": f"https://github.com/{REPOSITORY}"}}


@contextmanager
def serving(fake: FakeGitHub) -> Iterator[FakeGitHub]:
    """The same, reachable over HTTP at `address`."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            code, found = 401, {"message": "Bad credentials"}
            if self.headers.get("Authorization") == f"Bearer {TOKEN}":
                code, found = fake.answer(self.command, self.path, body)
            content = json.dumps(found).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815  # names that the server looks for

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    fake.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
