"""Python functions: what they are made of, and that their body compiles and has its handler."""

from __future__ import annotations

import ast
import json
import re

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.integrations import attachments, names
from sandbox.snowflake_api.kind import COMMENT, Creation, Kind, changed
from sandbox.snowflake_api.names import always_dotted, quoted
from sandbox.snowflake_api.reader import Property, Reader
from sandbox.snowflake_api.result import Result, columns, flag, table
from sandbox.snowflake_api.things import Function, Path, Thing

RUNTIMES = ("3.9", "3.10", "3.11", "3.12", "3.13")
PYTHON_ERROR = ("100357", "P0000")
_TYPES = {
    **dict.fromkeys(("VARCHAR", "STRING", "TEXT", "CHAR", "CHARACTER", "NVARCHAR"), "VARCHAR"),
    **dict.fromkeys(("NUMBER", "DECIMAL", "NUMERIC", "INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT"), "NUMBER"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "REAL", "FLOAT8"), "FLOAT"),
    **{one: one for one in ("BOOLEAN", "VARIANT", "OBJECT", "ARRAY", "DATE", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ")},
}
_FULL_TEXT = re.compile(r"VARCHAR\(16777216\)|VARCHAR\(134217728\)")


def read_type(reader: Reader) -> str:
    """A data type by its first name, with its size where it is not the whole range."""
    given = reader.word()
    if given not in _TYPES:
        raise refusals.syntax(f"unsupported data type '{given}'.")
    size = f"({reader.between_parentheses()})" if reader.at_symbol("(") else ""
    name = f"{_TYPES[given]}{size}".replace(" ", "")
    return "VARCHAR" if _FULL_TEXT.fullmatch(name) else name


def _argument(reader: Reader) -> tuple[str, str]:
    name, kind = reader.identifier(), read_type(reader)
    if reader.accept("DEFAULT"):
        raise refusals.unsupported("default values of arguments")
    return name, kind


def read_signature(call: Call) -> Path:
    """`F(VARCHAR, NUMBER)`: the full name with the types of the arguments as its last part."""
    parts = call.reader.name()
    return _signed(call.path(Function, parts), call.reader.listed(lambda: read_type(call.reader)))


def _signed(path: Path, types: tuple[str, ...]) -> Path:
    return (*path[:-1], f"{path[-1]}({', '.join(one.partition('(')[0] for one in types)})")


def aliases(reader: Reader) -> tuple[tuple[str, Path], ...]:
    """`('alias' = secret, ..)`."""

    def pair() -> tuple[str, Path]:
        alias = reader.text()
        reader.expect_symbol("=")
        return alias, reader.name()

    return reader.listed(pair)


def _texts(reader: Reader) -> tuple[str, ...]:
    return reader.listed(reader.text)


_SETTABLE: dict[str, Property] = {
    "EXTERNAL_ACCESS_INTEGRATIONS": ("integrations", names),
    "SECRETS": ("secrets", aliases),
    "SECURE": ("secure", Reader.boolean),
    **COMMENT,
}
_PROPERTIES: dict[str, Property] = {
    "RUNTIME_VERSION": ("runtime", Reader.scalar),
    "HANDLER": ("handler", Reader.text),
    "PACKAGES": ("packages", _texts),
    "IMPORTS": ("imports", _texts),
    **{key: one for key, one in _SETTABLE.items() if key != "SECURE"},
}
_FLAGS: dict[str, tuple[str, object]] = {
    "LANGUAGE PYTHON": ("language", "PYTHON"),
    "NOT NULL": ("not_null", True),
    "CALLED ON NULL INPUT": ("null_handling", "CALLED ON NULL INPUT"),
    "RETURNS NULL ON NULL INPUT": ("null_handling", "RETURNS NULL ON NULL INPUT"),
    "STRICT": ("null_handling", "RETURNS NULL ON NULL INPUT"),
    "VOLATILE": ("volatility", "VOLATILE"),
    "IMMUTABLE": ("volatility", "IMMUTABLE"),
}


def _create(creation: Creation) -> Result:
    call, reader = creation.call, creation.call.reader
    parts = reader.name()
    arguments = reader.listed(lambda: _argument(reader))
    reader.expect("RETURNS")
    if reader.sees("TABLE"):
        raise refusals.unsupported("table functions")
    returns = read_type(reader)
    changes = reader.properties(_PROPERTIES, "FUNCTION", _FLAGS)
    reader.expect("AS")
    body = reader.text()
    reader.end()
    if changes.pop("language", None) is None:
        raise refusals.unsupported("functions in a language other than Python")
    changes.pop("not_null", None)
    for key in ("RUNTIME_VERSION", "HANDLER"):
        if _PROPERTIES[key][0] not in changes:
            raise refusals.missing_property(key)
    made = Function(arguments=arguments, returns=returns, body=body, secure=creation.secure)
    path = _signed(call.path(Function, parts), tuple(kind for _, kind in arguments))
    return creation.made(path, _checked(call, None, changed(made, changes)), changes.get("comment"))


def _checked(call: Call, before: Function | None, after: Function) -> Function:
    if after.runtime not in RUNTIMES:
        raise refusals.invalid_value(after.runtime, "RUNTIME_VERSION", f"It is one of {', '.join(RUNTIMES)}")
    if after.imports:
        raise refusals.unsupported("IMPORTS of a function")
    if before is None:
        _check_body(after)
    known = before or Function()
    integrations, secrets = attachments(call, (known.integrations, known.secrets), (after.integrations, after.secrets))
    return changed(after, {"integrations": integrations, "secrets": secrets})


def _check_body(function: Function) -> None:
    """The body compiles, and defines its handler at the top."""
    try:
        tree = ast.parse(function.body)
    except (SyntaxError, ValueError) as error:
        raise refusals.Refusal(*PYTHON_ERROR, f"Python Interpreter Error:\nSyntaxError: {_said(error)}") from None
    defined = {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    assigned = {
        target.id
        for one in tree.body
        if isinstance(one, ast.Assign)
        for target in one.targets
        if isinstance(target, ast.Name)
    }
    imported = {
        (name.asname or name.name).partition(".")[0]
        for one in tree.body
        if isinstance(one, ast.Import | ast.ImportFrom)
        for name in one.names
    }
    if function.handler.partition(".")[0] not in defined | assigned | imported:
        message = f"Python Interpreter Error:\nAttributeError: module '_udf_code' has no attribute '{function.handler}'"
        raise refusals.Refusal(*PYTHON_ERROR, message)


def _said(error: SyntaxError | ValueError) -> str:
    """What is wrong, and where; never the line itself."""
    return f"{error.msg} (line {error.lineno})" if isinstance(error, SyntaxError) else str(error)


COLUMNS = columns(
    "created_on:timestamp_ltz name schema_name is_builtin is_aggregate is_ansi min_num_arguments:fixed "
    "max_num_arguments:fixed arguments description catalog_name is_table_function valid_for_clustering is_secure "
    "secrets external_access_integrations is_external_function language is_memoizable is_data_metric"
)


def _row(_: Call, thing: Thing[Function]) -> tuple[object, ...]:
    body, number = thing.body, len(thing.body.arguments)
    arguments = f"{quoted(thing.name)}{thing.path[-1].removeprefix(thing.name)} RETURN {body.returns.partition('(')[0]}"
    return (
        *(thing.created, thing.name, thing.path[1], "N", "N", "N", number, number, arguments),
        *(thing.comment or "user-defined function", thing.path[0], "N", "N", flag(body.secure)),
        *(shown_aliases(body.secrets) if body.secrets else None, shown_names(body.integrations) or None),
        *("N", "PYTHON", "N", "N"),
    )


def shown_aliases(secrets: tuple[tuple[str, Path], ...]) -> str:
    return json.dumps({alias: always_dotted(path) for alias, path in secrets})


def shown_names(paths: tuple[Path, ...]) -> str:
    return f"[{', '.join(quoted(path[-1]) for path in paths)}]" if paths else ""


def _describe(_: Call, thing: Thing[Function]) -> Result:
    body = thing.body
    signature = ", ".join(f"{quoted(name)} {kind}" for name, kind in body.arguments)
    rows = (
        ("signature", f"({signature})"),
        ("returns", body.returns),
        ("language", "PYTHON"),
        ("null handling", body.null_handling),
        ("volatility", body.volatility),
        ("body", body.body),
        ("external_access_integrations", shown_names(body.integrations) or "[]"),
        ("secrets", shown_aliases(body.secrets)),
        ("imports", f"[{', '.join(body.imports)}]"),
        ("handler", body.handler),
        ("runtime_version", body.runtime),
        ("packages", f"[{','.join(repr(one) for one in body.packages)}]"),
        ("installed_packages", "[]"),
        ("is_aggregate", "false"),
    )
    return table(columns("property value"), rows)


FUNCTIONS = Kind(
    body=Function,
    words="FUNCTION",
    plural="FUNCTIONS",
    privileges=frozenset({"USAGE"}),
    columns=COLUMNS,
    row=_row,
    describe=_describe,
    create=_create,
    settable=_SETTABLE,
    unsettable=("COMMENT", "SECURE", "SECRETS", "EXTERNAL_ACCESS_INTEGRATIONS"),
    checked=_checked,
    read_name=read_signature,
)
