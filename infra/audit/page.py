"""A review as a page to print and to sign: an app on each table, room for a decision beside each row."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files

from infra.audit.forms import denials_of, head, stacks_of
from infra.audit.review import Line, Review
from infra.problems import count
from infra.report.page.markup import Markup, breakable, joined, tag

COLUMNS = ("Who", "Enters", "By", "Why, until", "Last change", "Decision")
MARKS = {"never": "no", "always": "yes"}


def page(review: Review) -> str:
    """One file that asks nobody for anything."""
    style = files("infra.audit").joinpath("page.css").read_text("utf-8")
    hashed = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'none'"
    about = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"Access review {review.revision}"),
        Markup(f"<style>{style}</style>"),
    )
    facts = [joined(tag("dt", key), tag("dd", value or "none")) for key, value in head(review)]
    tables = list(_tables(review)) or [tag("p", "Nothing changed." if review.since else "Nobody may enter anything.")]
    signed = [tag("p", tag("span", word)) for word in ("Reviewed by", "On", "Signature")]
    parts = (tag("h1", "Access review"), tag("dl", *facts), *tables, tag("footer", *signed))
    return f"<!doctype html>\n{tag('html', about, tag('body', tag('main', *parts)), lang='en')}\n"


def _tables(review: Review) -> Iterator[Markup]:
    apps: dict[str, list[Line]] = {}
    for line in review.lines:
        apps.setdefault(line.row.app, []).append(line)
    for app, lines in apps.items():
        first = lines[0].row
        addresses = ", ".join(dict.fromkeys(line.row.address for line in lines))
        about = joined(breakable(addresses), f" · owned by {first.owner} · {count(len(lines), 'row')}")
        heading = tag("tr", *(tag("th", name, scope="col") for name in COLUMNS))
        rows = [tag("tr", *_cells(line, review), class_=line.since or None) for line in lines]
        table = tag("table", tag("thead", heading), tag("tbody", *rows))
        title = tag("h2", first.title, " ", tag("code", app) if first.title != app else None)
        yield tag("section", title, tag("p", about, class_="soft"), table)


def _cells(line: Line, review: Review) -> Iterator[Markup]:
    row = line.row
    who = row.person or row.email
    by = [part for part in (row.department, row.through) if part]
    lasting = f"login lasts {row.session}" if row.session and row.is_in else ""
    where = "" if row.stacks == review.stacks else f"in {stacks_of(line, review)}"
    found = {
        "Who": (
            tag("em", line.since) if line.since else None,
            tag("span", who),
            row.email if row.email != who else "",
        ),
        "Enters": (_entering(row.enters), *_through_this(line), lasting, where),
        "By": (row.policy, *by),
        "Why, until": (row.reason or tag("span", "no reason is written", class_="soft"), row.expires),
        "Last change": (f"apps.yaml:{row.line}", line.changed),
    }
    for name, (first, *others) in found.items():
        yield _cell(name, first, *others)
    # Nothing is left to decide about what was.
    boxes = [tag("li", word) for word in ("keep", "reduce", "revoke") if line.since != "formerly"]
    yield tag("td", tag("ul", *boxes), data_label="Decision", class_="decision")


def _entering(enters: str) -> Markup:
    return tag("strong", enters, class_=MARKS.get(enters.partition(",")[0], "if"))


def _through_this(line: Line) -> Iterator[str]:
    """What the entry has to do with it, where that is not all that is to be said."""
    never, _, why = line.row.decides.partition("never: ")
    if not never and not line.row.is_in:
        yield why
    elif line.row.decides != line.row.enters.removesuffix(", with exceptions"):
        yield f"by this policy {line.row.decides}"
    if line.row.denials:
        yield f"turned away by {denials_of(line)}"


def _cell(label: str, *parts: str | None) -> Markup:
    """The first part large, the others small below it; what a narrow screen says before them."""
    first, *rest = [part for part in parts if part]
    lead = first if isinstance(first, Markup) else tag("span", first)
    small = [part if isinstance(part, Markup) else tag("span", part, class_="soft") for part in rest]
    return tag("td", tag("div", lead, *small), data_label=label)
