"""Until when somebody may enter: Cloudflare's policies have no end, so only the program can say it, after an update.

`PUT /__sandbox/ends {URL: WHO}` of the loopback API takes the program's own lines of who may enter. They count until
an application or a policy changes.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.cloudflare_api.document import Json
from sandbox.cloudflare_api.store import Change, Store
from sandbox.serving import endpoint

_ENTRY = re.compile(r"([\w.@-]+)(?: \(([^()]*)\))?(?:, |$)")
_UNTIL = re.compile(r"\buntil (\d{4}-\d\d-\d\d)$")
_RULES = ("applications", "policies")


class Ends:
    """What was said last."""

    def __init__(self, store: Store) -> None:
        self._said: dict[str, dict[str, str]] = {}
        store.listen(self._note)

    def route(self) -> Route:
        return Route("/__sandbox/ends", endpoint(self._take), methods=["PUT"])

    def at(self, url: str) -> dict[str, str]:
        """The last day of each member of an app at that URL who has one."""
        return self._said.get(url, {})

    def _take(self, _: Request, said: Json) -> Response:
        self._said = {url: ends_in(str(who)) for url, who in said.items()}
        return JSONResponse({})

    def _note(self, changes: tuple[Change, ...]) -> None:
        if any(change.key.collection in _RULES for change in changes):
            self._said = {}


def ends_in(who: str) -> dict[str, str]:
    """`marketing, contractors (in JP or US, until 2027-03-31)` as the last day of each member who has one.

    Whoever stands there several times has none, unless it is the same day.
    """
    days: dict[str, set[str]] = {}
    for name, conditions in _ENTRY.findall(who):
        until = _UNTIL.search(conditions)
        days.setdefault(name, set()).add(until[1] if until else "")
    return {name: day for name, found in days.items() for day in found if len(found) == 1 and day}
