"""GitHub's REST API, as much of it as the workflows need."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from infra.workflows import WorkflowError

BOT = "github-actions[bot]"
"""Who writes with the token of a workflow."""

_PAGE = 100
_MOST_PAGES = 50
_LOCAL = ("127.0.0.1", "localhost")


class GitHub:
    """One repository. Paths are below it."""

    def __init__(self, repository: str, token: str, api: str = "https://api.github.com") -> None:
        parts = urlsplit(api)
        if parts.scheme != "https" and parts.hostname not in _LOCAL:
            raise WorkflowError(f"`{api}` is not spoken to: a token goes over https only")
        self._address = f"{api.rstrip('/')}/repos/{repository}"
        self._token = token

    def get(self, path: str, **query: str) -> Any:
        return self._ask("GET", path + (f"?{urlencode(query)}" if query else ""), None)

    def every(self, path: str, **query: str) -> list[Any]:
        """All of a list, page by page. Raises WorkflowError for more than is plausible, rather than leave some out."""
        found: list[Any] = []
        for page in range(1, _MOST_PAGES + 1):
            part = self.get(path, **query, per_page=str(_PAGE), page=str(page))
            found += part
            if len(part) < _PAGE:
                return found
        raise WorkflowError(f"`{path}` has more than {_PAGE * _MOST_PAGES} entries")

    def post(self, path: str, body: object) -> Any:
        return self._ask("POST", path, body)

    def patch(self, path: str, body: object) -> Any:
        return self._ask("PATCH", path, body)

    def _ask(self, method: str, path: str, body: object) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = Request(f"{self._address}/{path}", content, method=method)  # noqa: S310  # https, or this machine
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("X-GitHub-Api-Version", "2022-11-28")
        # Not handed on where the answer points elsewhere.
        request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        try:
            with urlopen(request, timeout=30) as answer:  # noqa: S310  # the same
                return json.load(answer)
        except HTTPError as error:
            with error:
                said = error.read(500).decode(errors="replace")
            raise WorkflowError(f"GitHub answered {error.code} to {method} {path}: {said}") from None
        except (URLError, TimeoutError) as error:
            raise WorkflowError(f"GitHub did not answer {method} {path}: {error}") from None
