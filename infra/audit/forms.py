"""A review as a spreadsheet's file, as JSON and as a page to print."""

from __future__ import annotations

import csv
import io
import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files

from infra.audit.review import TO_FILL, Line, Review
from infra.problems import count
from infra.report.page.markup import Markup, tag

COLUMNS = ("person", "email", "department", "through", "app", "title", "address", "stacks", "conditions", "owner",
           "reason", "expires", "session", "entry", "last change")  # fmt: skip


def spreadsheet(review: Review) -> str:
    """RFC 4180, after a few lines about the review. No cell is a formula, whatever somebody is called."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for key, value in _head(review):
        writer.writerow([key, _cell(value)])
    writer.writerow([])
    since = ["since then"] if review.since else []
    writer.writerow([*since, *COLUMNS, *TO_FILL])
    for line in review.lines:
        filled = [line.since] if review.since else []
        writer.writerow([*filled, *map(_cell, _cells(line)), *("" for _ in TO_FILL)])
    return out.getvalue()


def document(review: Review) -> str:
    """The same for programs."""
    lines = [
        {**({"since": line.since} if review.since else {}), **dict(zip(COLUMNS, _cells(line), strict=True))}
        for line in review.lines
    ]
    return json.dumps({**dict(_head(review)), "rows": lines}, indent=2, ensure_ascii=False) + "\n"


def page(review: Review) -> str:
    """One file to print and to sign: an app on each table, room for a decision beside each row."""
    style = files("infra.audit").joinpath("page.css").read_text("utf-8")
    hashed = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'none'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"Access review {review.revision}"),
        Markup(f"<style>{style}</style>"),
    )
    about = [tag("dt", key) + tag("dd", value or "none") for key, value in _head(review)]
    facts = tag("dl", *map(Markup, about))
    body = tag("body", tag("main", tag("h1", "Access review"), facts, *_tables(review)))
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _tables(review: Review) -> Iterator[Markup]:
    apps: dict[str, list[Line]] = {}
    for line in review.lines:
        apps.setdefault(line.row.app, []).append(line)
    for app, lines in apps.items():
        first = lines[0].row
        about = f"{first.address} · owned by {first.owner} · {count(len(lines), 'row')}"
        columns = ["Who", "By", "When", "Why, until", "Last change", "Decision"]
        head = tag("tr", *(tag("th", name, scope="col") for name in columns))
        rows = [tag("tr", *_columns(line)) for line in lines]
        table = tag("table", tag("thead", head), tag("tbody", *rows))
        title = tag("h2", first.title, " ", tag("code", app))
        yield tag("section", title, tag("p", about, class_="soft"), tag("div", table, class_="wide"))


def _columns(line: Line) -> Iterator[Markup]:
    row = line.row
    since = tag("strong", line.since) + tag("br") if line.since else ""
    who = tag("span", row.email, class_="soft") if row.email else None
    yield tag("td", Markup(since), row.person or row.department, tag("br") if who else None, who)
    yield tag("td", row.department, tag("br") if row.department else None, tag("span", row.through, class_="soft"))
    lasting = f"login lasts {row.session}" if row.session else ""
    where = "" if row.stacks == "all" else f"in {row.stacks}"
    small = tag("span", ", ".join(filter(None, (lasting, where))), class_="soft")
    yield tag("td", row.conditions or "always", tag("br"), small)
    yield tag("td", row.reason or "no reason is written", tag("br") if row.expires else None, row.expires)
    yield tag("td", f"apps.yaml:{row.line}", tag("br"), tag("span", line.changed, class_="soft"))
    boxes = [tag("li", word) for word in ("keep", "reduce", "revoke")]
    yield tag("td", tag("ul", *boxes), class_="decision")


def _head(review: Review) -> Iterator[tuple[str, str]]:
    yield "revision", review.revision
    if review.since:
        yield "since", review.since
        yield "no longer in people.yaml", ", ".join(review.leavers)
    yield "evaluated for", str(review.today)
    yield "policies", review.digest


def _cells(line: Line) -> tuple[str, ...]:
    row = line.row
    return (
        row.person, row.email, row.department, row.through, row.app, row.title, row.address, row.stacks,
        row.conditions or "always", row.owner, row.reason, row.expires, row.session, f"apps.yaml:{row.line}",
        line.changed,
    )  # fmt: skip


def _cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula (owasp.org, "CSV Injection")."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
