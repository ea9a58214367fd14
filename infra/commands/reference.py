"""docs/apps-yaml.md: every key of apps.yaml, from the declarations that also decode it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from typing import Any

from infra.estate import Tunnelled
from infra.reach import command
from infra.records import MapOf, Record
from infra.schema import FILE
from infra.schema.examples import EXAMPLES
from infra.shapes import Day, Flag, ListOf, OneOf, Text
from infra.short_forms import Converted, Either

_INTRO = """\
# apps.yaml

What exists and who may enter. Unknown keys are errors everywhere; what is refused, and why, is in
[problems.md](problems.md). Host names, ids and secrets live in `stacks/`, see [first-account.md](first-account.md).

A name has lower-case letters, digits and `-`, at most 40 of them; NAME stands for one of your choice. This page is
printed by `gatehouse schema --format markdown`.
"""

_SERVICES = """\
### services

What `service` can be: something that runs already, as the connector reaches it. `http` and `https` may have a `path`,
the others need a `subdomain`.

| `service` | what it is | how people reach it |
|---|---|---|
{rows}

cloudflared opens a browser for the login; a machine gives it `TUNNEL_SERVICE_TOKEN_ID` and
`TUNNEL_SERVICE_TOKEN_SECRET`. `gatehouse who` and the output `apps` show the command of each app. An app with a command
has no tile in the App Launcher.

```yaml
apps:
  bastion: {{owner: sales, service: "ssh://bastion.internal:22", subdomain: bastion, access: [sales]}}
  warehouse: {{owner: finance, service: "tcp://db.internal:5432", subdomain: warehouse, access: [finance]}}
  legacy: {{owner: sales, service: "unix:/run/legacy.sock", subdomain: legacy, access: [sales]}}
  closed: {{owner: sales, service: "http_status:503", subdomain: closed, access: [sales]}}
```
"""
SERVICES = {
    "http://wiki.internal:8080": "a web server",
    "https://wiki.internal:8443": "a web server with TLS; `origin` says which certificate to expect",
    "unix:/run/app.sock": "a web server at a socket of the connector's machine",
    "unix+tls:/run/app.sock": "the same with TLS",
    "ssh://bastion.internal:22": "an SSH server",
    "rdp://desktop.internal:3389": "a remote desktop",
    "smb://files.internal:445": "a file share",
    "tcp://db.internal:5432": "any other TCP service",
    "http_status:503": "nothing: the connector gives this answer",
}

Field = dataclasses.Field[object]


def reference() -> str:
    """The whole page."""
    parts = [_INTRO]
    described: dict[type, str] = {}
    for name, field in FILE.fields.items():
        example = f"```yaml\n{EXAMPLES[name]}```\n"
        parts += [f"## {name}\n", f"{_doc(field)}{_need(field)}\n", example]
        for place, record in _records(name, field.metadata["shape"]):
            parts += _section(place, record, described)
        parts += [_services()] if name == "apps" else []
    return "\n".join(parts)


def _section(place: str, record: Record[Any], described: dict[type, str]) -> Iterator[str]:
    """A table of a record's keys; a record that occurs twice is described once."""
    first = described.setdefault(record.kind, place)
    if first != place:
        return
    if place not in EXAMPLES:
        yield f"### {place}\n"
    nested = [
        found for name, field in record.fields.items() for found in _records(f"{place}.{name}", field.metadata["shape"])
    ]
    for inner, other in nested:
        described.setdefault(other.kind, inner)
    rows = [
        f"| `{name}` | {form(f'{place}.{name}', field.metadata['shape'], described)} | {_doc(field)}{_need(field)} |"
        for name, field in record.fields.items()
    ]
    yield "\n".join(["| key | form | meaning |", "|---|---|---|", *rows]) + "\n"
    for inner, other in nested:
        yield from _section(inner, other, described)


def _services() -> str:
    ways = {service: command(Tunnelled("HOST", "", service, None)) for service in SERVICES}
    rows = (
        f"| `{service}` | {what} | {f'`{ways[service]}`' if ways[service] else 'in the browser'} |"
        for service, what in SERVICES.items()
    )
    return _SERVICES.format(rows="\n".join(rows))


def _records(place: str, shape: object) -> Iterable[tuple[str, Record[Any]]]:
    """The records inside a shape, and where they stand."""
    match shape:
        case Record():
            yield place, shape
        case MapOf(value=value):
            yield from _records(f"{place}.NAME", value)
        case ListOf(item=item):
            yield from _records(f"{place}[]", item)
        case Either(mapping=mapping, otherwise=otherwise):
            yield from _records(place, mapping)
            yield from _records(place, otherwise)


def form(place: str, shape: object, described: dict[type, str]) -> str:
    """What a value looks like, in words."""
    match shape:
        case Record(kind=kind):
            where = described.get(kind, place)
            return f"[mapping](#{re.sub(r'[^a-z0-9_-]', '', where.lower())})"
        case Text(form=words, example=example):
            short, _, rule = words.partition(": ")
            return short if rule or not example else f"{short}, such as `{example}`"
        case OneOf(words=allowed):
            return ", ".join(f"`{word}`" for word in allowed)
        case Flag():
            return "`true` or `false`"
        case Day():
            return "a day, such as `2027-03-31`"
        case ListOf(item=item, single=single):
            inner = form(f"{place}[]", item, described)
            return f"{inner}; or a list" if single else f"list: {inner}"
        case MapOf(key=key, value=value):
            return f"by NAME, {form(place, key, described)}: {form(f'{place}.NAME', value, described)}"
        case Either(mapping=mapping, otherwise=otherwise):
            return f"{form(place, otherwise, described)}; or {form(place, mapping, described)}"
        case Converted(shape=inner):
            return form(place, inner, described)
    raise AssertionError(f"{type(shape).__name__} has no words yet")


def _doc(field: Field) -> str:
    return str(field.metadata["doc"]).replace("|", "\\|")


def _need(field: Field) -> str:
    return " **Required.**" if field.metadata["required"] else ""
