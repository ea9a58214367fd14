"""SELECT of constants: single rows, VALUES, UNION ALL, nested queries and LIMIT. There are no tables to read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.expressions import Evaluation, Value
from sandbox.snowflake_api.result import SELECT, Cell, Column, Result

Earlier = Callable[[str], Result | None]


class Relation:
    """Rows under names; names may come twice."""

    def __init__(self, names: tuple[str, ...], rows: list[tuple[Value, ...]]) -> None:
        self.names = names
        self.rows = rows

    def result(self) -> Result:
        shown = self.rows[0] if self.rows else tuple(Value(None) for _ in self.names)
        shape = tuple(
            _widest(number, name, self.rows, one)
            for number, (name, one) in enumerate(zip(self.names, shown, strict=True))
        )
        return Result(shape, tuple(tuple(one.cell for one in row) for row in self.rows), SELECT)


def _widest(number: int, name: str, rows: list[tuple[Value, ...]], first: Value) -> Column:
    """The column's type is that of its first value that is not null."""
    return next((row[number] for row in rows if row[number].value is not None), first).column(name)


def parsed(sql: str) -> exp.Expr:
    """The query; where sqlglot cannot read it, Snowflake's syntax error, without the text."""
    try:
        found = sqlglot.parse_one(sql, read="snowflake")
    except SqlglotError as error:
        at = getattr(error, "errors", None) or [{}]
        line, column = at[0].get("line") or 1, at[0].get("col") or 0
        raise refusals.syntax(f"syntax error line {line} at position {column}.") from None
    if not isinstance(found, exp.Query | exp.Values):
        raise refusals.syntax("syntax error: a query was expected.")
    for number, placeholder in enumerate(found.find_all(exp.Placeholder, bfs=False)):
        placeholder.set("at", number)
    return found


def select(sql: str, evaluation: Evaluation, earlier: Earlier) -> Result:
    """Answer a query. `earlier` finds the result of a query of the same session."""
    return _relation(parsed(sql), evaluation, Around(earlier)).result()


def constant_rows(sql: str) -> tuple[tuple[Cell, ...], ...]:
    """The rows of a query in which nothing is called."""

    def refuse(name: object, _: tuple[Value, ...]) -> Value:
        raise refusals.unsupported(f"a call of {name} here")

    found = _relation(parsed(sql), Evaluation(refuse, refuse), Around(lambda _: None))
    return tuple(tuple(one.cell for one in row) for row in found.rows)


@dataclass(frozen=True)
class Around:
    """What a query can read from: results of the session, and the queries of WITH."""

    earlier: Earlier
    named: Mapping[str, Relation] = field(default_factory=dict)


def _relation(node: exp.Expr, evaluation: Evaluation, around: Around) -> Relation:
    if isinstance(node, exp.Subquery):
        return _relation(node.this, evaluation, around)
    if isinstance(node, exp.Values):
        return _values(node, evaluation)
    if isinstance(node, exp.Union):
        return _limited(node, _union(node, evaluation, around), evaluation)
    if isinstance(node, exp.Select):
        with_ = node.args.get("with_")
        for one in with_.expressions if with_ is not None else ():
            inner = _relation(one.this, evaluation, around)
            around = replace(around, named={**around.named, one.alias.upper(): inner})
        return _limited(node, _select(node, evaluation, around), evaluation)
    raise refusals.unsupported(f"{type(node).__name__} in a query")


def _values(node: exp.Values, evaluation: Evaluation) -> Relation:
    rows = [tuple(evaluation.value(one) for one in row.expressions) for row in node.expressions]
    widths = {len(row) for row in rows}
    if len(widths) != 1:
        raise refusals.syntax("the rows of VALUES have different lengths.")
    return Relation(tuple(f"COLUMN{number + 1}" for number in range(widths.pop())), rows)


def _union(node: exp.Union, evaluation: Evaluation, around: Around) -> Relation:
    left, right = _relation(node.left, evaluation, around), _relation(node.right, evaluation, around)
    if len(left.names) != len(right.names):
        raise refusals.Refusal(
            "001789", "42601", "SQL compilation error:\ninvalid number of result columns for set operator."
        )
    rows = left.rows + right.rows
    if node.args.get("distinct"):
        rows = list({tuple(one.cell for one in row): row for row in rows}.values())
    return Relation(left.names, rows)


_UNREAD = ("joins", "where", "group", "having", "order", "qualify", "windows", "laterals", "connect", "distinct")


def _select(node: exp.Select, evaluation: Evaluation, around: Around) -> Relation:
    for clause in _UNREAD:
        if node.args.get(clause):
            raise refusals.unsupported(f"{clause.upper()} in a query")
    source = node.args.get("from_")
    if source is None:
        rows = [tuple(evaluation.value(one) for one in node.expressions)]
        return Relation(tuple(_name(one) for one in node.expressions), rows)
    inner = _source(source.this, evaluation, around)
    if all(isinstance(one, exp.Star) for one in node.expressions):
        return inner
    rows = []
    for row in inner.rows:
        over = Evaluation(
            evaluation.known, evaluation.user_defined, evaluation.bindings, dict(zip(inner.names, row, strict=True))
        )
        rows.append(tuple(over.value(one) for one in node.expressions))
    return Relation(tuple(_name(one) for one in node.expressions), rows)


def _source(node: exp.Expr, evaluation: Evaluation, around: Around) -> Relation:
    if isinstance(node, exp.TableFromRows):
        return _scanned(node.this, evaluation, around)
    if isinstance(node, exp.Table) and node.name.upper() in around.named and not node.db:
        return around.named[node.name.upper()]
    if isinstance(node, exp.Table):
        parts = [one for one in (node.args.get("catalog"), node.args.get("db"), node.this) if one is not None]
        shown = ".".join(one.name if getattr(one, "quoted", False) else one.name.upper() for one in parts)
        raise refusals.Refusal(
            "002003", "42S02", f"SQL compilation error:\nObject '{shown}' does not exist or not authorized."
        )
    return _relation(node, evaluation, around)


def _scanned(node: exp.Expr, evaluation: Evaluation, around: Around) -> Relation:
    """`TABLE(RESULT_SCAN('<query id>'))`."""
    if not isinstance(node, exp.Anonymous) or node.name.upper() != "RESULT_SCAN" or len(node.expressions) != 1:
        raise refusals.unsupported("a table function in a query")
    query_id = str(evaluation.value(node.expressions[0]).value)
    found = around.earlier(query_id)
    if found is None:
        raise refusals.Refusal("000709", "02000", f"Statement {query_id} not found")
    rows = [
        tuple(_read(one, column.type) for one, column in zip(row, found.columns, strict=True)) for row in found.rows
    ]
    return Relation(tuple(one.name for one in found.columns), rows)


def _read(text: Cell, kind: str) -> Value:
    """A cell of a result as a value again."""
    if text is None:
        return Value(None, kind)
    if kind == "fixed":
        return Value(Decimal(text), kind)
    return Value(json.loads(text) if kind in ("variant", "object", "array") else text, kind)


def _limited(node: exp.Expr, found: Relation, evaluation: Evaluation) -> Relation:
    limit = node.args.get("limit")
    if limit is None or limit.expression is None:
        return found
    return Relation(found.names, found.rows[: int(evaluation.value(limit.expression).value)])


def _name(node: exp.Expr) -> str:
    """The alias; without one the text of the expression in upper case, as Snowflake names columns."""
    if isinstance(node, exp.Alias):
        alias = node.args["alias"]
        return str(alias.name) if alias.quoted else str(alias.name).upper()
    if isinstance(node, exp.Column):
        return node.name if node.this.quoted else node.name.upper()
    return node.sql(dialect="snowflake").upper()
