"""A review as a spreadsheet's file and as JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator

from infra.audit.review import TO_FILL, Line, Review
from infra.problems import visible

COLUMNS = ("person", "email", "department", "through", "app", "title", "address", "stacks", "enters", "policy",
           "by this policy", "turned away by", "owner", "reason", "expires", "session", "entry",
           "last change")  # fmt: skip

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes the file for one in the code page of the country."""

# What Excel, LibreOffice and Google Sheets take for a formula, at the start of a cell (owasp.org, "CSV Injection") and
# after what some of them take for the end of one; in full width too, which Japanese ones read alike.
_FORMULA = re.compile(r"(^|[;|\t\r\n])(?=\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")


def spreadsheet(review: Review) -> str:
    """RFC 4180, after a few lines about the review. No cell is a formula, whatever somebody is called."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    out.write(BYTE_ORDER_MARK)
    for key, value in head(review):
        writer.writerow([key, _cell(value)])
    writer.writerow([])
    since = ["since then"] if review.since else []
    writer.writerow([*since, *COLUMNS, *TO_FILL])
    for line in review.lines:
        filled = [line.since] if review.since else []
        writer.writerow([*filled, *map(_cell, _cells(line, review)), *("" for _ in TO_FILL)])
    return out.getvalue()


def document(review: Review) -> str:
    """The same for programs."""
    lines = [
        {**({"since": line.since} if review.since else {}), **dict(zip(COLUMNS, _cells(line, review), strict=True))}
        for line in review.lines
    ]
    return json.dumps({**dict(head(review)), "rows": lines}, indent=2, ensure_ascii=False) + "\n"


def head(review: Review) -> Iterator[tuple[str, str]]:
    """What is said of the whole review."""
    yield "revision", review.revision
    yield "evaluated for", str(review.today)
    yield "stacks", ", ".join(review.stacks)
    if review.since:
        yield "since", review.since
        yield from review.news
    yield "policies", review.digest


def stacks_of(line: Line, review: Review) -> str:
    """The stacks of a row, `all` if there are no others."""
    return "all" if line.row.stacks == review.stacks else ", ".join(line.row.stacks)


def denials_of(line: Line) -> str:
    """`apps.yaml:28 deny contractors (in FR)`."""
    return "; ".join(f"apps.yaml:{number} {said}" for number, said in line.row.denials)


def _cells(line: Line, review: Review) -> tuple[str, ...]:
    row = line.row
    return (
        row.person, row.email, row.department, row.through, row.app, row.title, row.address, stacks_of(line, review),
        row.enters, row.policy, row.decides, denials_of(line), row.owner, row.reason, row.expires, row.session,
        f"apps.yaml:{row.line}", line.changed,
    )  # fmt: skip


def _cell(text: str) -> str:
    """Text in which no spreadsheet finds a formula, and no terminal an order."""
    return _FORMULA.sub(r"\1'", visible(text))
