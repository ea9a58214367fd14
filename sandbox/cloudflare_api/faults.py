"""Faults on order: the nth request of a kind is refused, its connection dies before or after the act, or the answer to
what was done is held back until the caller is gone.

Rules live in the store, so they survive a restart with their counts.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from sandbox.cloudflare_api.document import Json
from sandbox.cloudflare_api.store import Store

SCOPE = "sandbox"
KINDS = ("status", "drop-before", "drop-after", "hold")


@dataclass(frozen=True)
class Fault:
    """What happens to a request instead of, or after, the ordinary course."""

    kind: str
    status: int
    code: int
    message: str


def add_rule(store: Store, sent: Json) -> Json:
    """Store a rule: `method`, `path` and `body` are regular expressions, of the whole method and a part of the others.

    It strikes from the `nth` matching request on, `count` times (0: for ever).
    """
    kind = sent.get("kind", "status")
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    rule: Json = {
        "id": str(uuid.uuid4()),
        "method": str(sent.get("method", ".*")),
        "path": str(sent.get("path", "")),
        "body": str(sent.get("body", "")),
        "nth": int(sent.get("nth", 1)),
        "count": int(sent.get("count", 1)),
        "kind": kind,
        "status": int(sent.get("status", 400)),
        "code": int(sent.get("code", 10000)),
        "message": str(sent.get("message", "refused by a fault rule of the sandbox")),
        "seen": 0,
    }
    for key in ("method", "path", "body"):
        try:
            re.compile(rule[key])
        except re.error as error:
            raise ValueError(f"{key} is not a regular expression: {error}") from error
    store.put("faults", SCOPE, rule["id"], rule)
    return rule


def strike(store: Store, method: str, path: str, body: str) -> Fault | None:
    """Count the request against every rule; the first rule whose turn it is decides."""
    struck: Fault | None = None
    for rule in store.all("faults", SCOPE):
        meant = re.search(rule["path"], path) and re.search(rule["body"], body)
        if not re.fullmatch(rule["method"], method) or not meant:
            continue
        seen = int(rule["seen"]) + 1
        store.put("faults", SCOPE, rule["id"], {**rule, "seen": seen})
        turn = seen - int(rule["nth"])
        if struck is None and turn >= 0 and (rule["count"] == 0 or turn < rule["count"]):
            struck = Fault(rule["kind"], rule["status"], rule["code"], rule["message"])
    return struck
