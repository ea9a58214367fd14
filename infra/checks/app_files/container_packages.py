"""Rules about packages of a container app, which `uv` installs from `pyproject.toml` or `requirements.txt`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from infra.checks.app_files import versions
from infra.checks.app_files.credentials import masked
from infra.checks.app_files.folder import SnowflakeApp
from infra.checks.app_files.text_file import TextFile
from infra.checks.app_files.toml_places import Toml
from infra.problems import Span

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_COMMENT = re.compile(r"(^|\s)#.*")
_OPTION = re.compile(r"\s--?[a-z].*")
_NOT_NAMED = re.compile(r"-|\.|.*/|.*\.whl$")  # an option, or a folder, a wheel or an address
_ONE_EQUALS = re.compile(r"(?<![=<>!~])=(?!=)")
_LOCKED = re.compile(r'^\[\[package\]\]\r?\nname = "streamlit"\r?\nversion = "([^"]+)"', re.MULTILINE)


def check_project(app: SnowflakeApp, path: str, lock: TextFile | None) -> None:
    """Ensure that `pyproject.toml` is one that `uv` takes, for a Python and a Streamlit that containers have."""
    toml, file = app.folder.toml(path), app.folder.texts[path]
    if toml is None:
        return
    project = toml.at("project")
    for key in ("name", "version"):
        if not isinstance(project, dict) or key not in project:
            span = toml.keys.get(("project",), file.whole)
            advice = (f'write `{key} = "…"` below a line `[project]`',)
            app.problems.add("missing-key", f"`project.{key}` is missing", span, related=app.because, advice=advice)
    _check_python(app, toml)
    listed = toml.at("project", "dependencies")
    loose: list[Span] = []
    for number, text in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(text, str):
            _check_requirement(app, text, toml.texts[("project", "dependencies", number)], loose)
    if lock is not None:
        _check_locked(app, lock)
    elif loose:
        _warn(app, loose, "run `uv lock` in the folder, and commit `uv.lock`; or pin each with `==`")


def check_requirements(app: SnowflakeApp, file: TextFile) -> None:
    """Ensure that `requirements.txt` names packages as `uv` reads them, and a Streamlit that containers have."""
    loose: list[Span] = []
    for number, line in enumerate(file.source.lines):
        written = _OPTION.sub("", _COMMENT.sub("", line)).rstrip(" \t\\")
        text = written.lstrip()
        if text and not _NOT_NAMED.match(text):
            span = Span(file.source, number, len(written) - len(text), number, len(written))
            _check_requirement(app, text, span, loose)
    if loose:
        _warn(app, loose, "pin each with `==`, or let a `pyproject.toml` with a `uv.lock` take its place")


def _check_requirement(app: SnowflakeApp, text: str, span: Span, loose: list[Span]) -> None:
    requirement = _parsed(app, text, span)
    if requirement is None or requirement.url:
        return
    if not any(pin.operator in ("==", "===") and not pin.version.endswith("*") for pin in requirement.specifier):
        loose.append(span)
    if requirement.name.lower() == "streamlit" and not versions.suits_container_streamlit(requirement.specifier):
        _unfit(app, f"`{text}` leaves out every Streamlit from {versions.CONTAINER_STREAMLIT} on", span)


def _parsed(app: SnowflakeApp, text: str, span: Span) -> Requirement | None:
    from packaging.requirements import Requirement

    try:
        return Requirement(text)
    except ValueError:  # InvalidRequirement, or a number of more digits than Python reads
        text = masked(text)
        message = f"`{text}` does not name a package and its versions"
        meant = _ONE_EQUALS.sub("==", text)
        advice = (f"write `{meant}`" if meant != text else "for example `pandas==2.3.3`",)
        app.problems.add("bad-dependency", message, span, advice=advice)
        return None


def _check_python(app: SnowflakeApp, toml: Toml) -> None:
    from packaging.specifiers import SpecifierSet

    wanted = toml.at("project", "requires-python")
    if not isinstance(wanted, str):
        return
    span = toml.texts[("project", "requires-python")]
    try:
        suits = versions.suits_container_python(SpecifierSet(wanted))
    except ValueError:
        app.problems.add("bad-dependency", f"`{masked(wanted)}` does not say which versions of Python", span,
                         advice=(f"for example `=={versions.CONTAINER_PYTHON}.*`",))  # fmt: skip
        return
    if not suits:
        _unfit(app, f"`{wanted}` leaves out Python {versions.CONTAINER_PYTHON}", span)


def _check_locked(app: SnowflakeApp, lock: TextFile) -> None:
    locked = _LOCKED.search(lock.text)
    if locked and not versions.is_container_streamlit(locked[1]):
        _unfit(app, f"Streamlit {locked[1]} is locked here", lock.span(*locked.span(1)))


def _unfit(app: SnowflakeApp, message: str, span: Span) -> None:
    advice = f"containers have Python {versions.CONTAINER_PYTHON}, and Streamlit from {versions.CONTAINER_STREAMLIT} on"
    app.problems.add("unfit-version", message, span, related=app.because, advice=(advice,))


def _warn(app: SnowflakeApp, loose: list[Span], advice: str) -> None:
    what = "this dependency is" if len(loose) == 1 else f"{len(loose)} dependencies are"
    message = f"{what} not pinned: what runs can be another version tomorrow"
    app.problems.add("unlocked", message, loose[0], advice=(advice,), severity="warning")
