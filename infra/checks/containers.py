"""Rules about the containers of a stack: what they are made from can be built, and is what was reviewed."""

from __future__ import annotations

import re
from pathlib import Path

from infra.bundle import MOST_BYTES, File, files_of, unreadable
from infra.checks.scope import Scope
from infra.containers import KIT, LOCAL, REQUIREMENTS, SOURCES
from infra.names import connector
from infra.schema.containers import DockerValues
from infra.shapes import Word

_MEBIBYTE = 1024 * 1024
_WITHIN = re.compile(r"unix(\+tls)?:|[a-z]+://(localhost|127\.[0-9.]+|0\.0\.0\.0|\[::1?\])(:|/|$)")


def check_containers(scope: Scope) -> None:
    """Ensure that images are pinned, and that each app here with a folder can be built from it."""
    docker = scope.stack.values.docker
    if docker is None:
        return
    if not scope.stack.has_apps:
        message = f"stack `{scope.stack.name}` has no apps, so nothing runs in it"
        span = scope.stack.values.at["docker"]
        scope.problems.add("misplaced-value", message, span, advice=("move it to the stacks with apps",))
    for image in (docker.connector_image, docker.python_image):
        _check_pinned(scope, image)
    for name, app in scope.apps_here().items():
        if app.service is not None:
            _check_service(scope, app.service)
        if app.source is not None and app.snowflake is None:
            _check_name(scope, name, docker)
            if scope.root is not None and (scope.root / app.source).is_dir():
                _check_folder(scope, app.source, scope.root / app.source)
    if scope.root is not None and not (scope.root / KIT).is_dir():
        advice = ("it belongs to Gatehouse: `git restore kit`",)
        scope.problems.add("missing-source", f"there is no folder `{KIT}`, which every image holds",
                           scope.stack.values.at["docker"], advice=advice)  # fmt: skip


def _check_service(scope: Scope, service: Word) -> None:
    if _WITHIN.match(service):
        message = f"`{service}` is in the connector's own container, where nothing else runs"
        advice = (
            f"stack `{scope.stack.name}` runs connectors as containers; name the machine as they reach it",
            "or remove `gatehouse:docker` from the stack, and run a connector on the service's machine",
        )
        scope.problems.add("bad-service", message, service.span, advice=advice)


def _check_pinned(scope: Scope, image: Word) -> None:
    if image.startswith(LOCAL) or re.fullmatch(r"[^@]+@sha256:[0-9a-f]{64}", image):
        return
    name = image.partition("@")[0]
    message = f"`{image}` is not pinned by a digest: a tag can be another image tomorrow"
    advice = (f"write `{name}@sha256:…` with the digest that `docker buildx imagetools inspect {name}` prints",)
    scope.problems.add("unpinned-image", message, image.span, advice=advice)


def _check_name(scope: Scope, name: str, docker: DockerValues) -> None:
    if name == "localhost" or name in {connector(number) for number in range(1, docker.replicas + 1)}:
        message = f"an app that runs as a container cannot be called `{name}`"
        advice = ("a connector answers to this name; choose another key",)
        scope.problems.add("reserved-name", message, scope.span_of(name), advice=advice)


def _check_folder(scope: Scope, source: Word, folder: Path) -> None:
    problems, span = scope.problems, source.span
    if not source.startswith(f"{SOURCES}/"):
        message = f"`{source}` is not below `{SOURCES}/`, and images are built from nothing else"
        problems.add("unfit-source", message, span, advice=(f"move the folder to `{SOURCES}/`",))
    if not (folder / REQUIREMENTS).is_file():
        advice = ("write one with a line `streamlit`, and a line for each package that the app imports",)
        problems.add("missing-source", f"`{source}` has no `{REQUIREMENTS}`", span, advice=advice)
    try:
        files = files_of(folder)
    except OSError as error:
        problems.add("unfit-source", unreadable(source, error), span)
        return
    for file in files:
        if file.leaves or file.is_special:
            what = f"a link that leads out of `{source}`" if file.leaves else "neither a file nor a folder"
            advice = ("an image holds the folder and nothing else: put a copy there, or remove it",)
            problems.add("unfit-source", f"`{source}/{file.path}` is {what}", span, advice=advice)
    _check_size(scope, source, files)


def _check_size(scope: Scope, source: Word, files: tuple[File, ...]) -> None:
    size = sum(file.size for file in files)
    if size > MOST_BYTES:
        largest = max(files, key=lambda file: file.size)
        message = f"`{source}` has {size // _MEBIBYTE:,} MiB, more than {MOST_BYTES // _MEBIBYTE}"
        advice = (f"the largest file is `{source}/{largest.path}`; let the app read its data where it is kept",)
        scope.problems.add("unfit-source", message, source.span, advice=advice)
