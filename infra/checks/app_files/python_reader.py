"""Looks through a parsed Python file: what it uses that differs between runtimes, and what it gives to names."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from infra.checks.app_files.text_file import TextFile
from infra.problems import Span

ENVIRON = "os.environ"
ST_SECRETS = "streamlit.secrets"
SNOWFLAKE = "_snowflake"
SESSION = "snowflake.snowpark.context.get_active_session"
KIT = "streamlit_runtime"
TOKEN_FILE = "/snowflake/session/token"  # noqa: S105 - where a container finds one

_OF_INTEREST = (SNOWFLAKE, SESSION, "snowflake.snowpark.secrets", KIT, ST_SECRETS, ENVIRON, "os.getenv")
_READING = {"get", "pop", "setdefault", "has_key"}
_OF_MAPPINGS = _READING | {"keys", "values", "items", "to_dict", "copy", "load_if_toml_exists"}


@dataclass(frozen=True)
class Use:
    """Something that is used and differs between runtimes, by its full name, such as `streamlit.secrets`.

    `key` is the secret or the variable that it is asked for, where that is written there. `is_optional` where the code
    says what happens without it.
    """

    name: str
    span: Span
    key: str | None = None
    key_span: Span | None = None
    is_optional: bool = False
    is_import: bool = False


@dataclass(frozen=True)
class Written:
    """A constant that is given to a name."""

    name: str
    value: str = field(repr=False)
    span: Span


class Reader:
    """The nodes of one file, looked at one after the other. `asks_where` is whether it asks if some file exists."""

    def __init__(self, file: TextFile, tree: ast.Module) -> None:
        self.file = file
        self.tree = tree
        self.names: dict[str, str] = {}  # what a name of this file stands for
        self.uses: list[Use] = []
        self.written: list[Written] = []
        self.token_files: list[Span] = []
        self.seen: set[int] = set()  # parts of an expression that has been looked at as a whole
        self.guarded: set[int] = set()  # what stands in a `try` with a handler
        self.tested: set[str] = set()  # secrets that the file asks the existence of
        self.asks_where = False
        self.suits_both = False

    def read(self) -> Reader:
        looks: dict[type[ast.AST], Callable[[Any], None]] = {
            ast.Try: self.tried,
            ast.Call: self.called,
            ast.Compare: self.compared,
            ast.Subscript: self.indexed,
            ast.Attribute: self.named,
            ast.Name: self.named,
            ast.Constant: self.constant,
            ast.Assign: self.assigned,
            ast.AnnAssign: self.annotated,
            ast.NamedExpr: self.annotated,
            ast.Dict: self.mapped,
            ast.arguments: self.declared,
        }
        nodes = list(_nodes(self.tree))
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.imported(node)
        for node in nodes:
            if look := looks.get(type(node)):
                look(node)
        self.uses = [
            replace(use, is_optional=True) if use.name == ST_SECRETS and use.key in self.tested else use
            for use in self.uses
        ]
        return self

    def span(self, node: ast.expr | ast.alias) -> Span:
        return span_of(node, self.file)

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        """Put down what the imported names stand for."""
        for name in node.names:
            if isinstance(node, ast.ImportFrom):
                whole = f"{node.module}.{name.name}" if node.level == 0 else ""
                self.names[name.asname or name.name] = whole
            else:
                whole = name.name
                first = whole.partition(".")[0]
                self.names[name.asname or first] = whole if name.asname else first
            if whole.startswith(SNOWFLAKE) or whole == SESSION:
                self.uses.append(Use(whole, self.span(name), is_import=True))

    def assigned(self, node: ast.Assign) -> None:
        for target in node.targets:
            self.given(_name_of(target), node.value)

    def annotated(self, node: ast.AnnAssign | ast.NamedExpr) -> None:
        self.given(_name_of(node.target), node.value)

    def mapped(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            self.given(_text(key) or "", value)

    def declared(self, node: ast.arguments) -> None:
        """Parameters with what they are if left out."""
        last = [*node.posonlyargs, *node.args][-len(node.defaults) :] if node.defaults else []
        for place, default in zip([*last, *node.kwonlyargs], [*node.defaults, *node.kw_defaults], strict=True):
            self.given(place.arg, default)

    def constant(self, node: ast.Constant) -> None:
        if node.value == TOKEN_FILE:
            self.token_files.append(self.span(node))

    def tried(self, node: ast.Try) -> None:
        """`try: import _snowflake`, or a secret that may be missing, with an answer for where there is none."""
        if not node.handlers:
            return
        for inner in (inner for statement in node.body for inner in ast.walk(statement)):
            self.guarded.add(id(inner))
            if isinstance(inner, ast.Import | ast.ImportFrom):
                modules = (getattr(inner, "module", None), *(name.name for name in inner.names))
                self.suits_both |= SNOWFLAKE in modules

    def compared(self, node: ast.Compare) -> None:
        """`"name" in st.secrets`."""
        key = _text(node.left)
        if key and isinstance(node.ops[0], ast.In | ast.NotIn) and self.dotted(node.comparators[0]) == ST_SECRETS:
            self.tested.add(key)

    def called(self, node: ast.Call) -> None:
        for keyword in node.keywords:
            self.given(keyword.arg or "", keyword.value)
        name = self.dotted(node.func)
        self.asks_where |= isinstance(node.func, ast.Attribute) and node.func.attr in ("exists", "is_file", "isfile")
        if not name.startswith(_OF_INTEREST):
            return
        owner, _, method = name.rpartition(".")
        asked = node.args[0] if node.args else next((keyword.value for keyword in node.keywords), None)
        if owner in (ST_SECRETS, ENVIRON) and method in _READING:
            self.use(owner, node.func, asked, is_optional=True)
        elif name == "os.getenv":
            self.use(ENVIRON, node.func, asked, is_optional=True)
        elif owner not in (ST_SECRETS, ENVIRON):
            self.suits_both |= name == f"{KIT}.runtime"
            self.use(name, node.func, asked)

    def indexed(self, node: ast.Subscript) -> None:
        name = self.dotted(node.value)
        if name in (ST_SECRETS, ENVIRON):
            optional = not isinstance(node.ctx, ast.Load) or id(node) in self.guarded
            self.use(name, node.value, node.slice, is_optional=optional)

    def named(self, node: ast.Attribute | ast.Name) -> None:
        name = self.dotted(node) if id(node) not in self.seen else ""
        if not name.startswith(_OF_INTEREST):
            return
        owner, _, attribute = name.rpartition(".")
        if owner == ST_SECRETS and isinstance(node, ast.Attribute):
            key = None if attribute in _OF_MAPPINGS else attribute
            end = self.span(node)
            place = end._replace(line=end.end_line, column=end.end_column - len(attribute))
            self.mark(node)
            self.uses.append(Use(ST_SECRETS, self.span(node.value), key, place, id(node) in self.guarded))
        else:
            self.use(name, node, None)

    def use(self, name: str, node: ast.expr, asked: ast.expr | None, *, is_optional: bool = False) -> None:
        self.mark(node)
        key = _text(asked)
        place = self.span(asked) if asked is not None and key is not None else None
        self.uses.append(Use(name, self.span(node), key, place, is_optional))

    def mark(self, node: ast.expr) -> None:
        self.seen.add(id(node))
        while isinstance(node, ast.Attribute):
            node = node.value
            self.seen.add(id(node))

    def dotted(self, node: ast.expr) -> str:
        """The full name of `a.b.c`, by what this file imports; `` for anything else."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.names:
            return ""
        return ".".join([self.names[node.id], *reversed(parts)])

    def given(self, name: str, value: ast.expr | None) -> None:
        if name and isinstance(value, ast.Constant) and isinstance(value.value, str | bytes):
            text = value.value if isinstance(value.value, str) else value.value.decode("latin-1")
            self.written.append(Written(name, text, self.span(value)))


def span_of(node: ast.expr | ast.alias | ast.stmt, file: TextFile) -> Span:
    """Where a node stands. `ast` counts bytes of UTF-8, and a span characters."""
    end_line, end = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    start = _column(file, node.lineno, node.col_offset)
    return Span(file.source, node.lineno - 1, start, end_line - 1, _column(file, end_line, end))


def _column(file: TextFile, line: int, offset: int) -> int:
    text = file.source.lines[line - 1]
    return offset if text.isascii() else len(text.encode()[:offset].decode("utf-8", "replace"))


def _nodes(tree: ast.Module) -> Iterator[ast.AST]:
    """All nodes, outer before inner, in the order of the text. Twice as quick as `ast.walk`."""
    left: list[object] = [tree]
    while left:
        node = left.pop()
        if isinstance(node, ast.AST):
            yield node
            for name in reversed(node._fields):
                value = getattr(node, name)
                if isinstance(value, list):
                    left += reversed(value)
                elif isinstance(value, ast.AST):
                    left.append(value)


def _name_of(target: ast.expr) -> str:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
    return ""


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
