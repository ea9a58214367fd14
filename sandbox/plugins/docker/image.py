"""Images: built from a folder, or taken as they lie here, or pulled."""

from __future__ import annotations

import re
import threading
from collections import deque
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, BuildError, ImageNotFound

from sandbox.containers.package_settings import proxies
from sandbox.plugins.docker.attributes import Attribute, Attributes, found, plan, table
from sandbox.plugins.docker.connection import Connection
from sandbox.plugins.service import Fault, NothingDoneError
from sandbox.plugins.values import Properties, reveal

_BUILD_DEFAULTS: dict[str, object] = {"dockerfile": "Dockerfile", "remove": True}
_BUILD_INPUTS = {
    "buildArgs", "context", "dockerfile", "extraHosts", "forceRemove", "label", "labels", "networkMode", "noCache",
    "platform", "pullParent", "remove", "tags", "target", "useLegacyBuilder",
}  # fmt: skip
_SHOWN_AFTER_FAILURE = 25
# The builder shares a step with builds before it, not with those beside it: packages are installed once this way.
_IN_TURN = threading.Lock()
_OF_NO_INTEREST = ("--->", "Removing intermediate container")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def _with_defaults(build: Any) -> Any:
    return {**_BUILD_DEFAULTS, **build} if isinstance(build, dict) else build


ATTRIBUTES: Attributes = table(
    Attribute("name"),
    Attribute("build", normal=_with_defaults),
    Attribute("triggers"),
    Attribute("pullTriggers", unordered=True),
    Attribute("platform"),
    Attribute("keepLocally", forces=False),
    Attribute("forceRemove", forces=False),
)
COMPUTED = ("imageId", "repoDigest")


def faults(inputs: Properties) -> list[Fault]:
    """What of a build this provider would not carry out as it stands."""
    build = reveal(inputs.get("build"))
    if not isinstance(build, dict):
        return []
    unknown = sorted(set(build) - _BUILD_INPUTS)
    return [("build", f"the provider stand-in does not support `{name}` of a build") for name in unknown]


def create(connection: Connection, urn: str, inputs: Properties) -> tuple[str, Properties]:
    """Build the image, or find it here, or pull it."""
    wanted = plan(ATTRIBUTES, inputs)
    name, build = str(reveal(wanted["name"])), reveal(wanted.get("build"))
    with connection.api() as api:
        if isinstance(build, dict):
            with _IN_TURN:
                _build(api, connection, urn, name, _with_defaults(build))
        else:
            ensure(api, connection, urn, name, str(reveal(wanted.get("platform")) or ""))
    outputs = read(connection, "", wanted)
    if outputs is None:
        raise NothingDoneError(f"the image `{name}` is not there after it was made")
    return outputs


def read(connection: Connection, _ident: str, state: Properties) -> tuple[str, Properties] | None:
    """What lies here under the name, or None."""
    name = str(reveal(state["name"]))
    with connection.api() as api:
        answer = _local(api, name)
    if answer is None:
        return None
    ident = f"{answer['Id']}{name}"
    computed = {"id": ident, "imageId": answer["Id"], "repoDigest": _digest(name, answer)}
    return ident, {**found(ATTRIBUTES, answer, state), **computed}


def update(connection: Connection, urn: str, ident: str, inputs: Properties, state: Properties) -> Properties:
    """How it is removed one day is all that can be changed."""
    wanted = plan(ATTRIBUTES, inputs)
    with connection.api() as api:
        ensure(api, connection, urn, str(reveal(wanted["name"])), str(reveal(wanted.get("platform")) or ""))
    outputs = read(connection, ident, wanted)
    return outputs[1] if outputs else {**state, **wanted}


def delete(connection: Connection, _ident: str, state: Properties) -> None:
    """Remove it, unless it is to be kept."""
    if reveal(state.get("keepLocally")):
        return
    with connection.api() as api:
        try:
            api.remove_image(str(reveal(state["name"])), force=bool(reveal(state.get("forceRemove"))))
        except ImageNotFound:
            return


def ensure(api: docker.APIClient, connection: Connection, urn: str, name: str, platform: str = "") -> None:
    """Pull what does not lie here."""
    if _local(api, name) is not None:
        return
    connection.say(urn, f"pulling {name}")
    try:
        for part in api.pull(name, stream=True, decode=True, platform=platform or None):
            if "error" in part:
                raise NothingDoneError(f"the image `{name}` could not be pulled: {part['error']}")
            if part.get("id"):
                connection.say(urn, f"{part['id']} {part.get('status', '')} {part.get('progress', '')}".rstrip())
    except APIError as error:
        raise NothingDoneError(f"the image `{name}` could not be pulled: {error.explanation}") from error


def _build(api: docker.APIClient, connection: Connection, urn: str, name: str, build: dict[str, Any]) -> None:
    context = Path(build["context"]).resolve()
    lines: deque[str] = deque(maxlen=_SHOWN_AFTER_FAILURE)
    # In the sandbox a build reaches what this machine reaches, its proxies and a mirror on loopback too.
    surroundings, network = (proxies(), "host") if connection.extras else ({}, None)
    try:
        for part in api.build(
            path=str(context),
            dockerfile=build["dockerfile"],
            tag=name,
            buildargs=surroundings | {key: str(value) for key, value in (build.get("buildArgs") or {}).items()},
            target=build.get("target"),
            platform=build.get("platform"),
            labels={**connection.extras.labels, **(build.get("label") or {}), **(build.get("labels") or {})},
            network_mode=build.get("networkMode") or network,
            extra_hosts=dict(item.split(":", 1) for item in build.get("extraHosts") or ()) or None,
            nocache=bool(build.get("noCache")),
            pull=bool(build.get("pullParent")),
            rm=bool(build["remove"]),
            forcerm=bool(build.get("forceRemove")),
            decode=True,
        ):
            _heard(part, connection, urn, name, lines)
            if connection.pause(0):
                raise NothingDoneError(f"the build of `{name}` was cancelled")
    except (APIError, BuildError, OSError, TypeError) as error:
        reason = error.explanation if isinstance(error, APIError) else error
        raise NothingDoneError(f"the image `{name}` could not be built from {context}: {reason}") from error
    for tag in build.get("tags") or ():
        repository, _, version = tag.rpartition(":")
        api.tag(name, repository or version, version if repository else None)


def _heard(part: dict[str, Any], connection: Connection, urn: str, name: str, lines: deque[str]) -> None:
    """Show a line of the build; keep it for the case that the build fails."""
    for line in _COLOURS.sub("", str(part.get("stream") or part.get("status") or "")).splitlines():
        if line.strip() and not line.lstrip().startswith(_OF_NO_INTEREST):
            lines.append(line.rstrip())
            connection.say(urn, line.strip()[:200])
    if "error" in part:
        shown = "\n".join(f"  {line}" for line in lines)
        raise NothingDoneError(f"the image `{name}` could not be built: {part['error']}\n{shown}")


def _local(api: docker.APIClient, name: str) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = api.inspect_image(name)  # type: ignore[no-untyped-call] # the stubs leave it open
    except ImageNotFound:
        return None
    return answer


def _digest(name: str, answer: dict[str, Any]) -> str:
    """The digest by which a registry knows the image: that of the same repository, where there are several."""
    digests: list[str] = answer.get("RepoDigests") or []
    repository = re.sub(r":[^/]*$", "", name.partition("@")[0])
    return next((item for item in digests if item.partition("@")[0] == repository), digests[0] if digests else "")
