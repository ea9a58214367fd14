"""The access map: every app with everybody who may enter it, before and after."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from infra.diff.access_map import AccessMap, Cell, Effect, MapRow, Subject, access_map
from infra.diff.estates import Diff
from infra.problems import count
from infra.report.page.markup import Markup, breakable, joined, tag, unseen
from infra.report.page.signs import STATES, badge, chip, entrance, mark
from infra.report.summary import ORDER

MANY = 12
"""With more apps than this, those that stay as they are are shown when they are asked for."""


def maps(diff: Diff) -> Markup:
    """A table for all stacks, or one for each group of them that are alike."""
    groups: dict[AccessMap, tuple[str, ...]] = {}
    for stack in diff.stacks:
        if stack.changes:
            one = access_map(stack, diff.today)
            groups[one] = (*groups.get(one, ()), stack.stack)
    if not groups:
        return Markup("")
    alike = len(groups) == 1
    tables = [
        joined(
            None if alike else tag("h3", "In ", ", ".join(stacks)),
            _table(one, number, "" if alike else f" in {', '.join(stacks)}"),
        )
        for number, (one, stacks) in enumerate(groups.items(), 1)
    ]
    where = f" in {', '.join(next(iter(groups.values())))}" if alike else ""
    return tag(
        "section",
        tag("h2", "Access map", id="map"),
        tag(
            "p", f"Who may enter which app{where}, as apps.yaml says it, and what was proved to change.", class_="soft"
        ),
        _legend(),
        *tables,
        aria_labelledby="map",
    )


def _legend() -> Markup:
    signs: tuple[tuple[Effect, str], ...] = (
        ("gains", "somebody may enter who could not"),
        ("loses", "somebody may not who could"),
    )
    return tag(
        "ul",
        *(tag("li", mark(state), tag("span", words)) for state, words in STATES.items()),
        *(tag("li", chip(effect), tag("span", words)) for effect, words in signs),
        class_="legend",
    )


def _table(one: AccessMap, number: int, where: str) -> Markup:
    rows = sorted(one.rows, key=lambda row: ORDER.index(row.verdict))
    same = sum(_stays(row) for row in rows)
    folded = len(rows) > MANY and 0 < same < len(rows)
    name = f"all-{number}"
    toggle = tag(
        "p",
        tag("input", type="checkbox", id=name, class_="all"),
        tag("label", f"Show the {count(same, 'app')} that stay as they are too", for_=name),
        class_="toggle",
    )
    head = tag("tr", tag("th", "App", scope="col"), *(_head(subject) for subject in one.subjects))
    body = [_row(row, one.subjects) for row in rows]
    caption = tag("caption", unseen(f"Apps and who may enter them{where}"))
    table = tag("table", caption, tag("thead", head), tag("tbody", *body), class_="map")
    scroll = tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=f"Access map{where}")
    return tag("div", toggle if folded else None, scroll, class_="folded" if folded else "unfolded")


def _head(subject: Subject) -> Markup:
    kind, who = subject
    above = {"anybody": "without a login", "machine": "machine", "person": "person"}.get(kind)
    return tag("th", who, tag("small", above) if above else None, scope="col")


def _stays(row: MapRow) -> bool:
    return row.verdict == "equivalent" and all(
        cell.before == cell.after and cell.effect == "same" for cell in row.cells
    )


def _row(row: MapRow, subjects: tuple[Subject, ...]) -> Markup:
    head = tag(
        "th",
        tag("span", row.title, class_="title"),
        tag("small", tag("code", row.app)) if row.title != row.app else None,
        badge(row.verdict) if row.verdict != "equivalent" else None,
        scope="row",
    )
    cells = (_cell(cell, subject) for cell, subject in zip(row.cells, subjects, strict=True))
    return tag("tr", head, *cells, class_="stays" if _stays(row) else None)


@cache
def _cell(cell: Cell, subject: Subject) -> Markup:
    before, after = cell.before, cell.after
    who = f"machine {subject[1]}" if subject[0] == "machine" else subject[1]
    if cell.effect == "same" and before == after:
        if after is None:
            return tag("td", class_="nothing")
        if after.state == "nobody":
            return tag("td", mark("nobody"), unseen(STATES["nobody"]), class_="nothing", data_who=who)
        return tag("td", tag("span", entrance(after), class_="entrance"), data_who=who)
    return tag(
        "td",
        tag("div", chip(cell.effect), *_sides(cell), class_="change"),
        class_=cell.effect.replace(" ", "-"),
        data_who=who,
    )


def _sides(cell: Cell) -> Iterator[Markup]:
    if cell.at:
        yield tag("small", "at ", breakable(", ".join(cell.at)))
    if cell.before is None or cell.after is None:
        yield tag("span", cell.when or "always", class_="entrance")
    elif cell.before == cell.after:
        yield tag("span", entrance(cell.after), class_="entrance")
    else:
        yield tag("span", tag("small", "was"), entrance(cell.before), class_="entrance before")
        yield tag("span", tag("small", "now"), entrance(cell.after), class_="entrance after")
