"""The containers: one folder each, that only its owner may read, with record, files, output and names of others."""

from __future__ import annotations

import dataclasses
import re
import secrets
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.cloudflare_api.document import Json
from sandbox.docker_engine.records import Container, Health, Image, Probe, State, now
from sandbox.docker_engine.refusals import RefusalError, no_such_container
from sandbox.front.files import read_json, write_json

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")


class Containers:
    """The containers of one engine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = [_container(read_json(file)) for file in folder.glob("*/container.json")]
        self._containers = {container.id: container for container in found}

    def all(self) -> tuple[Container, ...]:
        """Every container, newest first."""
        return tuple(sorted(self._containers.values(), key=lambda container: container.created, reverse=True))

    def folder(self, number: str) -> Path:
        """A container's own folder: `root/`, `output.log`, `hosts.json`."""
        return self._folder / number

    def get(self, name: str) -> Container:
        """The container of a name, an id or the beginning of one."""
        bare = name.removeprefix("/")
        exact = [container for container in self._containers.values() if bare in (container.name, container.id)]
        fitting = exact or [one for one in self._containers.values() if bare and one.id.startswith(bare)]
        if len(fitting) > 1:
            raise RefusalError(400, f"Multiple IDs found with provided prefix: {bare}")
        if not fitting:
            raise no_such_container(name)
        return fitting[0]

    def create(self, name: str, asked: Json, image: Image, files: Path) -> Container:
        """A new container, with its own copy of the image's files."""
        number = secrets.token_hex(32)
        self._check_name(name)
        container = Container(
            id=number,
            name=name or f"container_{number[:12]}",
            created=now(),
            image=str(asked.get("Image")),
            image_id=image.id,
            config=_merged(image.config, asked, number),
            host=dict(asked.get("HostConfig") or {}),
        )
        folder = self.folder(number)
        folder.mkdir(mode=0o700)
        shutil.copytree(files, folder / "root", symlinks=True)
        self.put(container)
        return container

    def rename(self, container: Container, name: str) -> None:
        """Give another name."""
        if not name:
            raise RefusalError(400, "Neither old nor new names may be empty")
        bare = name.removeprefix("/")
        self._check_name(bare)
        self.put(dataclasses.replace(container, name=bare))

    def put(self, container: Container) -> Container:
        """Keep a changed container."""
        self._containers[container.id] = container
        write_json(self.folder(container.id) / "container.json", asdict(container))
        return container

    def change(self, number: str, **changes: Any) -> Container:
        """Change a container's state."""
        container = self._containers[number]
        return self.put(dataclasses.replace(container, state=dataclasses.replace(container.state, **changes)))

    def remove(self, container: Container) -> None:
        """Forget a container and its folder."""
        del self._containers[container.id]
        shutil.rmtree(self.folder(container.id), ignore_errors=True)

    def _check_name(self, name: str) -> None:
        if not name:
            return
        if not _NAME.fullmatch(name):
            raise RefusalError(400, f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
        for other in self._containers.values():
            if other.name == name:
                raise RefusalError(
                    409,
                    f'Conflict. The container name "/{name}" is already in use by container "{other.id}". '
                    "You have to remove (or rename) that container to be able to reuse that name.",
                )


def _merged(image: Json, asked: Json, number: str) -> Json:
    """The container's configuration: what was asked for, on top of the image's."""
    own = {key: value for key, value in asked.items() if key not in ("HostConfig", "NetworkingConfig")}
    merged = {**image, **{key: value for key, value in own.items() if value not in (None, "", [], {})}}
    # An entrypoint of one's own does not take the image's command as its arguments.
    if asked.get("Entrypoint") and not asked.get("Cmd"):
        merged["Cmd"] = None
    environment = dict(entry.partition("=")[::2] for entry in (*(image.get("Env") or ()), *(asked.get("Env") or ())))
    merged["Env"] = [f"{name}={value}" for name, value in environment.items()]
    for field in ("ExposedPorts", "Labels"):
        merged[field] = {**(image.get(field) or {}), **(asked.get(field) or {})}
    if image.get("Healthcheck") and (asked.get("Healthcheck") or {}).get("Test") == []:
        merged["Healthcheck"] = {**image["Healthcheck"], **asked["Healthcheck"], "Test": image["Healthcheck"]["Test"]}
    return {
        "Tty": False,
        "Hostname": number[:12],
        "User": "",
        "WorkingDir": "",
        "Entrypoint": None,
        "Cmd": None,
    } | merged


def _container(document: Json) -> Container:
    state = document["state"]
    health = state["health"]
    if health is not None:
        health = Health(health["status"], health["streak"], tuple(Probe(**probe) for probe in health["log"]))
    return Container(**{**document, "state": State(**{**state, "health": health})})
