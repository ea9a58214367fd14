"""Rules about packages of a warehouse app, which come from Snowflake's conda channel, as `environment.yml` says."""

from __future__ import annotations

import re

from infra.checks.app_files.credentials import masked
from infra.checks.app_files.folder import SnowflakeApp
from infra.checks.app_files.plain_secrets import shapes_of
from infra.checks.app_files.text_file import TextFile
from infra.checks.app_files.versions import unfit_for_warehouse
from infra.problems import Problems, Related, Source
from infra.source import Mapping, Node, Scalar, Sequence, parse

ENVIRONMENT = "environment.yml"
CHANNEL = "snowflake"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PINNED = re.compile(
    r"(?P<package>[A-Za-z0-9][A-Za-z0-9._-]*)(\s*=\s*(?P<version>\*|[A-Za-z0-9][A-Za-z0-9._+-]*(\.\*)?))?"
)
_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*([=<>!~]+)\s*([A-Za-z0-9.]+)")


def check_environment(app: SnowflakeApp, file: TextFile) -> None:
    """Ensure that `environment.yml` asks for what the channel has, in the few ways that Snowflake reads."""
    problems = Problems()
    root = parse(file.text, file.source.name, problems)
    _hide(file, [root.span.source] if root else [], problems)
    app.problems.found += problems.found
    if root is None:
        return
    if not isinstance(root, Mapping):
        app.problems.add("wrong-type", f"expected a mapping with `dependencies`, found {root.kind}", file.whole)
        return
    for key, value in root.entries:
        if key.text == "channels":
            for channel in _listed(app, key, value):
                _check_channel(app, channel)
        elif key.text == "dependencies":
            for dependency in _listed(app, key, value):
                _check_dependency(app, dependency)


def named_packages(app: SnowflakeApp) -> set[str] | None:
    """The packages that `environment.yml` names, in small letters with `-`; None where it cannot be read."""
    file = app.folder.texts.get(ENVIRONMENT)
    if file is None:
        return None if ENVIRONMENT in app.folder.places else set()
    root = parse(file.text, file.source.name, Problems())
    if not isinstance(root, Mapping):
        return None
    lists = [value for key, value in root.entries if key.text == "dependencies"]
    items = [item for value in lists if isinstance(value, Sequence) for item in value.items]
    names = (_NAME.match(item.text) for item in items if isinstance(item, Scalar))
    return {found[0].lower().replace("_", "-") for found in names if found}


def _hide(file: TextFile, shown: list[Source], problems: Problems) -> None:
    """Mask credentials in what YAML's own messages show as well."""
    shown += [problem.span.source for problem in problems.found if problem.span]
    for source in shown:
        for span, _ in shapes_of(file):
            source.hide(span)


def _listed(app: SnowflakeApp, key: Scalar, value: Node) -> tuple[Node, ...]:
    if isinstance(value, Sequence):
        return value.items
    if not (isinstance(value, Scalar) and value.kind == "nothing"):
        app.problems.add("wrong-type", f"expected a list below `{key.text}`, found {value.kind}", key.span)
    return ()


def _check_channel(app: SnowflakeApp, channel: Node) -> None:
    if isinstance(channel, Scalar) and channel.text != CHANNEL:
        message = f"`{masked(channel.text)}` is no channel of a warehouse app"
        advice = (f"packages come from `{CHANNEL}` only: remove it",)
        app.problems.add("bad-dependency", message, channel.span, related=app.because, advice=advice)


def _check_dependency(app: SnowflakeApp, dependency: Node) -> None:
    if not isinstance(dependency, Scalar):
        key = dependency.entries[0][0] if isinstance(dependency, Mapping) and dependency.entries else dependency
        message = "a warehouse app gets no packages from `pip`"
        advice = (
            "name what Snowflake's channel has, without `pip:`; or put the package's files into the app's folder",
        )
        app.problems.add("bad-dependency", message, key.span, related=app.because, advice=advice)
        return
    pinned = _PINNED.fullmatch(dependency.text)
    if pinned is None:
        named = _NAMED.match(dependency.text)
        pin = f"{named[1]}={named[3]}{'' if named[2] == '==' else '.*'}" if named else ""
        advice = (f"write `{pin}`" if pin else "for example `pandas=2.3.*`",)
        message = f"`{masked(dependency.text)}` is not a package with `=` and one version"
        app.problems.add("bad-dependency", message, dependency.span, advice=advice)
        return
    package, version = pinned["package"].lower(), pinned["version"] or "*"
    available = unfit_for_warehouse(package, version)
    if available:
        message = f"a warehouse app has no {package.capitalize()} {version}"
        related: tuple[Related, ...] = app.because
        app.problems.add("unfit-version", message, dependency.span, related=related,
                         advice=(f"choose one from {available}",))  # fmt: skip
