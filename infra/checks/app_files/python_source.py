"""The Python files of an app: every one is parsed, those for Snowflake as the Python that both of its runtimes have.

Only a file with a word that matters is looked through as well, since that takes longer.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from infra.checks.app_files.python_reader import KIT, SNOWFLAKE, TOKEN_FILE, Reader, Use, Written, span_of
from infra.checks.app_files.text_file import TextFile
from infra.problems import Problem, Span

Grammar = tuple[int, int]
IN_SNOWFLAKE: Grammar = (3, 11)
_MODULE = re.compile(r"from[ \t]+([.\w]+)")
# What a file holds that has to be looked through, in small letters. `in` is thirty times as quick as a pattern.
_MATTERS = (
    SNOWFLAKE, KIT, TOKEN_FILE, "active_session", "secret", "environ", "getenv", "passw", "passph", "passcode", "pwd",
    "token", "_key", "apikey", "credential", "auth", "bearer", "signature", "hmac", "salt", "cookie", "jwt", "dsn",
    "webhook", "_pat",
)  # fmt: skip


@dataclass(frozen=True)
class Import:
    """An import that always happens: dots in front, the module, and the names that are taken from it."""

    level: int
    module: str
    names: tuple[str, ...]
    span: Span


@dataclass(frozen=True)
class PythonFile:
    """What matters of one file.

    `token_files` are places that name the token of a container, unless the file asks whether there is one;
    `suits_both` where it imports `_snowflake` only if that exists, or asks the kit which runtime it is in.
    """

    file: TextFile
    imports: tuple[Import, ...]
    uses: tuple[Use, ...] = ()
    written: tuple[Written, ...] = ()
    token_files: tuple[Span, ...] = ()
    suits_both: bool = False


def read_python(file: TextFile, grammar: Grammar | None) -> PythonFile | Problem:
    """What matters of a file, or why it is no Python of this grammar; without one, it is read as this process would."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as of `"\d"`: it runs all the same
            tree = ast.parse(file.text, feature_version=grammar)
    except SyntaxError as error:
        return _unlike_python(file, error, grammar)
    except (RecursionError, MemoryError, ValueError) as error:
        what = "holds a null byte" if isinstance(error, ValueError) else "is nested too deep"
        return Problem("python-syntax", f"this is not Python: it {what}", file.whole)
    imports = tuple(_imports(file, tree))
    small = file.text.lower()
    if "Key" not in file.text and not any(word in small for word in _MATTERS):
        return PythonFile(file, imports)
    found = Reader(file, tree).read()
    token_files = () if found.asks_where else tuple(found.token_files)
    return PythonFile(file, imports, tuple(found.uses), tuple(found.written), token_files, found.suits_both)


def _imports(file: TextFile, tree: ast.Module) -> Iterator[Import]:
    """The imports at the top level of a file. Those further in may be tried, or never come about."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            names = tuple(name.name for name in node.names)
            whole = span_of(node, file)
            module = _MODULE.match(file.source.lines[whole.line], whole.column)
            span = (
                whole._replace(column=module.start(1), end_line=whole.line, end_column=module.end())
                if module
                else whole
            )
            yield Import(node.level, node.module or "", names, span)
        elif isinstance(node, ast.Import):
            for name in node.names:
                yield Import(0, name.name, (), span_of(name, file))


def _unlike_python(file: TextFile, error: SyntaxError, grammar: Grammar | None) -> Problem:
    line = min(max(error.lineno or 1, 1), len(file.source.lines)) - 1
    length = len(file.source.lines[line])
    column = min(max((error.offset or 1) - 1, 0), length)
    ends_here = error.end_lineno == error.lineno and (error.end_offset or 0) - 1 > column
    end = min((error.end_offset or 0) - 1, length) if ends_here else column + 1
    said = str(error.msg)
    language = f"Python {grammar[0]}.{grammar[1]}" if grammar else "Python"
    message = f"this is not {language}: {said[:1].lower()}{said[1:]}"
    return Problem("python-syntax", message, Span(file.source, line, column, line, end))
