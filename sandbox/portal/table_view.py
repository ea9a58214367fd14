"""The measured table as HTML, whole or while it is being filled."""

from __future__ import annotations

from sandbox.portal.cells import App, Cell, Visitor
from sandbox.portal.markup import Markup, tag
from sandbox.portal.measure import Table
from sandbox.portal.measurements import Measurements

# A sign and a word each, so that no verdict is told by its colour alone.
_VERDICTS = {
    "entered": ("✓", "entered"),
    "refused": ("✕", "refused"),
    "wall": ("→", "login asked"),
    "down": ("!", "app is down"),
}
_EXPLAINED = {
    "entered": ("the app's own answer came back", ", or Snowflake led on to it"),
    "refused": ("Access or the provider said no", ", or Snowflake did"),
    "wall": ("a login page, and no way past it", ""),
    "down": ("let in, but no app answered", ""),
}


def measured(measurements: Measurements) -> Markup:
    """All that changes while a measurement goes on."""
    table = measurements.table
    body = _grid(table) if table else tag("p", "Nothing was measured yet.", class_="soft")
    return tag(
        "div",
        _status(measurements, table),
        body,
        id="measured",
        data_running=measurements.is_running,
        data_old=measurements.is_old,
    )


def legend(*, with_snowflake: bool) -> Markup:
    """What the signs mean."""
    rows = (
        tag("li", _sign(verdict), tag("strong", _VERDICTS[verdict][1]), f" {text}{more if with_snowflake else ''}")
        for verdict, (text, more) in _EXPLAINED.items()
    )
    return tag("ul", *rows, class_="legend")


def _status(measurements: Measurements, table: Table | None) -> Markup:
    if table is not None and measurements.is_running:
        done, total = len(table.cells), table.scene.size
        bar = tag("progress", max=total, value=done, aria_label="Visits made")
        return tag("p", bar, f" Visit {done} of {total} …", class_="status")
    if table is None:
        return tag("p", class_="status")
    moment = table.begun.astimezone().strftime("%H:%M:%S")
    text = f"Measured at {moment} with {len(table.cells)} visits in {table.seconds:.1f} s."
    old = tag("strong", " Something has changed since.") if measurements.is_old else None
    return tag("p", text, old, class_="status", role="status")


def _grid(table: Table) -> Markup:
    corner = tag("th", "Visitor", scope="col")
    head = tag("tr", corner, *map(_column, table.scene.apps))
    rows = (_row(table, visitor) for visitor in table.scene.visitors)
    caption = tag("caption", "What each visitor got at each app", class_="unseen")
    grid = tag("table", caption, tag("thead", head), tag("tbody", *rows))
    return tag("div", grid, class_="scroll", tabindex=0, role="region", aria_label="Who gets in, as a table")


def _column(app: App) -> Markup:
    where = tag("small", "in Snowflake") if app.place == "snowflake" else None
    return tag("th", tag("span", app.title), where, scope="col")


def _row(table: Table, visitor: Visitor) -> Markup:
    kind = f"through {visitor.through}" if visitor.through else {"machine": "machine"}.get(visitor.kind, "")
    name = tag("th", tag("span", visitor.name), tag("small", kind) if kind else None, scope="row")
    return tag("tr", name, *(_cell(table, visitor, app) for app in table.scene.apps))


def _cell(table: Table, visitor: Visitor, app: App) -> Markup:
    key = f"{visitor.id} {app.id}"
    cell = table.cell(visitor.id, app.id)
    # On a narrow screen there are no columns, and each cell says of which app it is.
    name = tag("span", app.title, class_="app")
    if cell is None:
        return tag("td", name, tag("span", "…", class_="soft", aria_label="not visited yet"), data_key=key)
    return tag("td", name, _answer(cell, f"why-{'-'.join(key.split())}"), data_key=key, data_verdict=cell.verdict)


def _answer(cell: Cell, own: str) -> Markup:
    word = _VERDICTS[cell.verdict][1]
    status = str(cell.status) if cell.status else "no answer"
    reason = f"{cell.reason} ({round(cell.seconds * 1000)} ms)"
    return tag(
        "button",
        _sign(cell.verdict),
        tag("span", word),
        tag("small", status),
        tag("span", reason, class_="reason", role="tooltip", id=own),
        type="button",
        aria_describedby=own,
        class_=f"cell {cell.verdict}",
    )


def _sign(verdict: str) -> Markup:
    return tag("span", _VERDICTS[verdict][0], class_=f"sign {verdict}", aria_hidden="true")
