"""Values of constant expressions: literals, casts, paths into JSON, what a session knows, and calls of functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlglot import exp

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.result import Cell, Column, cell


@dataclass(frozen=True)
class Value:
    """A Python value and its type on the wire: text, fixed, real, boolean, timestamp_ltz, variant, object or array."""

    value: Any
    type: str = "text"

    @property
    def cell(self) -> Cell:
        if self.type in ("variant", "object", "array"):
            return None if self.value is None else json.dumps(self.value, indent=2, ensure_ascii=False)
        return cell(self.value, self.type)

    def column(self, name: str) -> Column:
        digits = -int(self.value.as_tuple().exponent) if isinstance(self.value, Decimal) else 0
        return Column(name, self.type, digits)


Row = Mapping[str, Value]
Known = Callable[[str, tuple[Value, ...]], Value]
"""What a function gives: its name, upper case for the system's own, and its arguments."""
UserDefined = Callable[[tuple[str, ...], tuple[Value, ...]], Value]

_CASTS: dict[str, str] = {
    **dict.fromkeys(("TEXT", "VARCHAR", "CHAR", "NVARCHAR"), "text"),
    **dict.fromkeys(("INT", "BIGINT", "SMALLINT", "TINYINT", "DECIMAL"), "fixed"),
    **dict.fromkeys(("DOUBLE", "FLOAT"), "real"),
    "BOOLEAN": "boolean",
    "VARIANT": "variant",
    "OBJECT": "object",
    "ARRAY": "array",
    "STRUCT": "object",
}


@dataclass(frozen=True)
class Evaluation:
    """Evaluates expressions over a row; `bindings` stand for question marks, in their order."""

    known: Known
    user_defined: UserDefined
    bindings: tuple[Value, ...] = ()
    row: Row | None = None

    def value(self, node: exp.Expr) -> Value:
        for kind, method in _NODES:
            if isinstance(node, kind):
                return method(self, node)
        if isinstance(node, exp.Func):
            return self._function(node)
        raise refusals.unsupported(f"{type(node).__name__} in a query")

    def _literal(self, node: exp.Literal) -> Value:
        if node.is_string:
            return Value(node.name)
        try:
            number = Decimal(node.name)
        except InvalidOperation:
            raise refusals.syntax("a number cannot be read.") from None
        return Value(float(number), "real") if "e" in node.name.lower() else Value(_plain(number), "fixed")

    def _inner(self, node: exp.Expr) -> Value:
        return self.value(node.this)

    def _negative(self, node: exp.Neg) -> Value:
        inner = self.value(node.this)
        return Value(-_number(inner), inner.type)

    def _binary(self, node: exp.Binary) -> Value:
        left, right = _number(self.value(node.left)), _number(self.value(node.right))
        if isinstance(node, exp.Add):
            return Value(_plain(left + right), "fixed")
        return Value(_plain(left - right if isinstance(node, exp.Sub) else left * right), "fixed")

    def _joined(self, node: exp.DPipe | exp.Concat) -> Value:
        parts = node.expressions if isinstance(node, exp.Concat) else [node.left, node.right]
        cells = [cast(self.value(part), "text").cell for part in parts]
        return Value(None if None in cells else "".join(str(one) for one in cells))

    def _cast(self, node: exp.Cast) -> Value:
        inner, target = self.value(node.this), _CASTS.get(node.to.this.name)
        if target is None:
            raise refusals.unsupported(f"a cast to {node.to.sql(dialect='snowflake')}")
        return cast(inner, target, lenient=isinstance(node, exp.TryCast))

    def _path(self, node: exp.JSONExtract) -> Value:
        value = self.value(node.this).value
        for part in node.expression.expressions:
            if isinstance(part, exp.JSONPathKey):
                value = value.get(part.this) if isinstance(value, dict) else None
            elif isinstance(part, exp.JSONPathSubscript):
                value = _element(value, part.this)
        return Value(value, "variant")

    def _bracket(self, node: exp.Bracket) -> Value:
        value = self.value(node.this).value
        for part in node.expressions:
            value = _element(value, self.value(part).value)
        return Value(value, "variant")

    def _struct(self, node: exp.Struct) -> Value:
        pairs = [(self.value(one.this).value, self.value(one.expression).value) for one in node.expressions]
        return Value({str(key): value for key, value in pairs if value is not None}, "object")

    def _array(self, node: exp.Array) -> Value:
        return Value([self.value(one).value for one in node.expressions], "array")

    def _coalesce(self, node: exp.Coalesce) -> Value:
        values = [self.value(one) for one in (node.this, *node.expressions)]
        return next((one for one in values if one.value is not None), values[-1])

    def _parse_json(self, node: exp.ParseJSON) -> Value:
        try:
            return Value(json.loads(self.value(node.this).cell or "null"), "variant")
        except ValueError:
            raise refusals.Refusal("100069", "22P02", "Error parsing JSON") from None

    def _to_json(self, node: exp.JSONFormat) -> Value:
        return Value(json.dumps(self.value(node.this).value, separators=(",", ":"), ensure_ascii=False))

    def _bound(self, node: exp.Placeholder) -> Value:
        number = int(node.args.get("at", 0))
        if number >= len(self.bindings):
            raise refusals.Refusal("002049", "42601", "SQL compilation error:\nBind variable not set.")
        return self.bindings[number]

    def _column(self, node: exp.Column) -> Value:
        name = node.name if node.this.quoted else node.name.upper()
        if self.row is None or name not in self.row:
            raise refusals.Refusal("000904", "42000", f"SQL compilation error:\ninvalid identifier '{name}'")
        return self.row[name]

    def _positional(self, node: exp.Parameter) -> Value:
        return self._column(exp.column(f"COLUMN{node.name}"))

    def _dotted(self, node: exp.Dot) -> Value:
        parts: list[str] = []
        last: exp.Expr = node
        while isinstance(last, exp.Dot):
            last = last.expression
        inner: exp.Expr = node.this
        while isinstance(inner, exp.Dot):
            parts.insert(0, _identifier(inner.expression))
            inner = inner.this
        parts.insert(0, _identifier(inner))
        if not isinstance(last, exp.Func):
            raise refusals.unsupported("a dotted name in a query")
        return self._called(tuple(parts), last)

    def _function(self, node: exp.Func) -> Value:
        return self._called((), node)

    def _called(self, before: tuple[str, ...], node: exp.Func) -> Value:
        given = node.expressions if isinstance(node, exp.Anonymous) else _arguments(node)
        arguments = tuple(self.value(one) for one in given)
        if not isinstance(node, exp.Anonymous):
            return self.known("SYSDATE" if node.args.get("sysdate") else node.sql_name(), arguments)
        own = node.args["this"]
        name = _identifier(own) if isinstance(own, exp.Expr) else str(own).upper()
        if not before and (name.startswith("SYSTEM$") or name in SYSTEM_FUNCTIONS):
            return self.known(name, arguments)
        return self.user_defined((*before, name), arguments)


SYSTEM_FUNCTIONS = frozenset({"LAST_QUERY_ID", "IS_ROLE_IN_SESSION", "CURRENT_TRANSACTION"})


def _arguments(node: exp.Func) -> list[exp.Expr]:
    return [one for one in node.args.values() if isinstance(one, exp.Expr)]


def _identifier(node: exp.Expr) -> str:
    inner = node.this if isinstance(node, exp.Column) else node
    quoted = isinstance(inner, exp.Identifier) and inner.quoted
    return str(inner.name) if quoted else str(inner.name).upper()


def _plain(number: Decimal | int) -> Decimal | int:
    return int(number) if isinstance(number, Decimal) and number == number.to_integral_value() else number


def _number(value: Value) -> Any:
    if isinstance(value.value, bool) or not isinstance(value.value, int | float | Decimal):
        raise refusals.Refusal("100038", "22018", f"Numeric value is not recognized in a value of type {value.type}")
    return value.value


def _element(value: Any, key: Any) -> Any:
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if 0 <= key < len(value) else None
    return value.get(key) if isinstance(value, dict) else None


def cast(value: Value, target: str, *, lenient: bool = False) -> Value:
    """The value as another type; None stays None."""
    inner = value.value
    if inner is None or target in ("variant", "object", "array"):
        return Value(inner, target)
    if target == "text":
        if isinstance(inner, dict | list):
            return Value(json.dumps(inner, separators=(",", ":"), ensure_ascii=False))
        return Value(cell(inner))
    try:
        if target == "boolean":
            return Value({"true": True, "false": False}[str(inner).lower()], target)
        return Value(float(inner) if target == "real" else _plain(Decimal(str(inner))), target)
    except (KeyError, ValueError, InvalidOperation):
        if lenient:
            return Value(None, target)
        # The value may be a secret, so it is not quoted.
        raise refusals.Refusal(
            "100038", "22018", f"A value of type {value.type} is not recognized as {target}"
        ) from None


_NODES: tuple[tuple[Any, Callable[[Evaluation, Any], Value]], ...] = (
    (exp.Literal, Evaluation._literal),
    (exp.Null, lambda _, __: Value(None)),
    (exp.Boolean, lambda _, node: Value(bool(node.this), "boolean")),
    (exp.Paren | exp.Alias, Evaluation._inner),
    (exp.Neg, Evaluation._negative),
    (exp.Add | exp.Sub | exp.Mul, Evaluation._binary),
    (exp.DPipe | exp.Concat, Evaluation._joined),
    (exp.Cast, Evaluation._cast),
    (exp.JSONExtract, Evaluation._path),
    (exp.Bracket, Evaluation._bracket),
    (exp.Struct, Evaluation._struct),
    (exp.Array, Evaluation._array),
    (exp.Coalesce, Evaluation._coalesce),
    (exp.ParseJSON, Evaluation._parse_json),
    (exp.JSONFormat, Evaluation._to_json),
    (exp.Placeholder, Evaluation._bound),
    (exp.Column, Evaluation._column),
    (exp.Parameter, Evaluation._positional),
    (exp.Dot, Evaluation._dotted),
)
