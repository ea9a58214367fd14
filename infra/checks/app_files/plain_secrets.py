"""Rules about credentials in an app's files: they lie on a stage in plain text, where secret objects do not."""

from __future__ import annotations

import re

from infra.checks.app_files.credentials import is_telling, named_credential, shapes_in
from infra.checks.app_files.folder import GENERATED, SECRETS_FILE, Folder, SnowflakeApp
from infra.checks.app_files.text_file import TextFile
from infra.problems import Span

_QUOTE = re.compile(r"[A-Za-z]{0,2}(\"\"\"|'''|\"|')")
_GIVEN = re.compile(r"(?<![\w.-])([\w.-]++)[\"']?[ \t]*+(?::[^=,]{0,60})?[=:]")
ADVICE = (
    "remove it, declare a secret under `secrets` of the app in apps.yaml, and set its value in the stack files",
    "a secret that has been committed must be replaced at its provider",
)


def check_credentials(app: SnowflakeApp) -> None:
    """Ensure that no file holds a credential: one that is known by its form, or one that code has a name for."""
    for path, file in app.folder.texts.items():
        if path.endswith(GENERATED) or (path == SECRETS_FILE and not app.is_container):
            continue
        for span, what in shapes_of(file):
            report(app, span, what)
    hide_in_broken(app.folder)
    for python in app.folder.python:
        known = [span for span, _ in shapes_of(python.file)] if python.written else []
        for written in python.written:
            what = named_credential(written.name, written.value, in_code=True)
            if what and written.value not in app.snowflake.secrets.declared and not overlaps(written.span, known):
                report(app, _inside_quotes(written.span), what)


def hide_in_broken(folder: Folder) -> None:
    """Mask what may be a credential in Python files that cannot be parsed."""
    for path in folder.broken:
        file = folder.texts[path]
        hide_values(file)
        for span, _ in shapes_of(file):
            file.source.hide(span)


def shapes_of(file: TextFile) -> list[tuple[Span, str]]:
    """The credentials that are known by their form."""
    return [(file.span(found.start, found.end), found.what) for found in shapes_in(file.text)]


def overlaps(span: Span, others: list[Span]) -> bool:
    return any(span[1:3] <= other[3:] and other[1:3] <= span[3:] for other in others)


def report(app: SnowflakeApp, span: Span, what: str) -> None:
    span.source.hide(span)
    app.problems.add("plain-secret", f"this looks like {what}, in plain text", span, advice=ADVICE)


def hide_values(file: TextFile, *, every: bool = False) -> None:
    """Mask what may be a secret in a file that cannot be parsed, since a message will show one of its lines.

    With `every`, that is all but names; else what follows a name that is telling.
    """
    for number, line in enumerate(file.source.lines):
        starts = (given.end() for given in _GIVEN.finditer(line) if every or is_telling(given[1]))
        start = next(starts, 0 if every and not line.lstrip().startswith("[") else len(line))
        file.source.hide(Span(file.source, number, start, number, len(line)))


def _inside_quotes(span: Span) -> Span:
    """The stretch without quotes and prefixes, so that carets stand below what is masked."""
    opening = _QUOTE.match(span.source.lines[span.line], span.column)
    if opening is None:
        return span
    return span._replace(column=opening.end(), end_column=span.end_column - len(opening[1]))
