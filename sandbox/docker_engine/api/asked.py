"""What a request asks: its body, its flags, its filters."""

from __future__ import annotations

import json
from collections.abc import Iterable

from starlette.requests import Request

from sandbox.cloudflare_api.document import Json
from sandbox.docker_engine.refusals import RefusalError


async def body_of(request: Request) -> Json:
    """The JSON object that came along; empty without a body."""
    text = await request.body()
    try:
        document = json.loads(text) if text else {}
    except ValueError as error:
        raise RefusalError(400, f"invalid JSON: {error}") from error
    if not isinstance(document, dict):
        raise RefusalError(400, "invalid JSON: an object is expected")
    return document


def flag(request: Request, name: str) -> bool:
    """A yes or no of the query, as Docker's clients write it."""
    return request.query_params.get(name, "").lower() not in ("", "0", "false", "no", "none")


def object_in(request: Request, name: str) -> dict[str, str]:
    """A JSON object in the query."""
    try:
        found = json.loads(request.query_params.get(name) or "{}")
    except ValueError as error:
        raise RefusalError(400, f"invalid {name}: {error}") from error
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


class Filters:
    """`filters` of a list: each names values of which one has to fit."""

    def __init__(self, request: Request, known: Iterable[str]) -> None:
        try:
            said = json.loads(request.query_params.get("filters") or "{}")
        except ValueError as error:
            raise RefusalError(400, f"invalid filters: {error}") from error
        # The command line writes {"name": {"web": true}}, the Python client {"name": ["web"]}.
        self._wanted = {str(name): [str(value) for value in values] for name, values in dict(said).items()}
        for name in self._wanted:
            if name not in known:
                raise RefusalError(400, f"Invalid filter '{name}'")

    def __contains__(self, name: str) -> bool:
        return name in self._wanted

    def fits(self, name: str, *values: str) -> bool:
        """Whether one of the values is asked for, or nothing is."""
        return name not in self._wanted or bool(set(values) & set(self._wanted[name]))

    def found(self, name: str, *values: str) -> bool:
        """The same, where a part of the value is enough."""
        wanted = self._wanted.get(name)
        return wanted is None or any(part.lstrip("^/").rstrip("$") in value for part in wanted for value in values)

    def labelled(self, labels: dict[str, str]) -> bool:
        """Whether all labels that are asked for are there."""
        for wanted in self._wanted.get("label", ()):
            name, sign, value = wanted.partition("=")
            if name not in labels or (sign and labels[name] != value):
                return False
        return True
