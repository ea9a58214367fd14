"""The images: folders named by the hash of their content, and the names that point at them."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from sandbox.cloudflare_api.document import Json
from sandbox.docker_engine.build import Built, Found
from sandbox.docker_engine.dockerfile import DockerfileError
from sandbox.docker_engine.records import Image, now
from sandbox.docker_engine.references import familiar, is_id
from sandbox.docker_engine.refusals import RefusalError, no_such_image
from sandbox.front.files import read_json, write_json

ALWAYS: dict[str, Json] = {
    "localhost/gatehouse/python:sandbox": {"Cmd": ["python3"]},
    "localhost/gatehouse/cloudflared:sandbox": {
        "Entrypoint": ["cloudflared", "--no-autoupdate"],
        "Cmd": ["version"],
        "User": "65532:65532",
        "ExposedPorts": {"2000/tcp": {}},
    },
}
"""Images that stand for what the sandbox's own environment holds: they have no files."""


class Images:
    """The images of one engine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tags: dict[str, str] = read_json(folder / "tags.json")
        self._images = {image.id: image for image in map(_read, folder.glob("*/image.json"))}
        for name, config in ALWAYS.items():
            with tempfile.TemporaryDirectory(dir=self._prepared()) as empty:
                image = self.add(Built(Path(empty), config, ()))
            self._tags[name] = image.id

    def place(self) -> tempfile.TemporaryDirectory[str]:
        """A folder to build in, on the same disk."""
        return tempfile.TemporaryDirectory(dir=self._prepared(), prefix="build-")

    def files(self, image_id: str) -> Path:
        """An image's folder."""
        return self._folder / image_id.removeprefix("sha256:") / "files"

    def add(self, built: Built) -> Image:
        """Keep what was built; the same content is the same image."""
        number, size = _content(built.files, built.config)
        known = self._images.get(number)
        if known is not None:
            return known
        image = Image(number, now(), built.config, size)
        files = self.files(number)
        shutil.rmtree(files, ignore_errors=True)
        shutil.copytree(built.files, files, symlinks=True)
        write_json(files.parent / "image.json", asdict(image))
        self._images[number] = image
        return image

    def get(self, name: str) -> Image:
        """The image of a name or id; refuses what is not there."""
        image = self._find(name)
        if image is None:
            raise no_such_image(name)
        return image

    def begin(self, name: str) -> Found:
        """The image that a stage begins with."""
        image = self._find(name)
        if image is None:
            raise DockerfileError(
                f"pull access denied for {name}: the sandbox's stand-in Docker Engine has no registry to pull it from"
            )
        return Found(self.files(image.id), image.config)

    def all(self) -> tuple[Image, ...]:
        """Every image, newest first."""
        return tuple(sorted(self._images.values(), key=lambda image: image.created, reverse=True))

    def tags(self, image: Image) -> list[str]:
        """The names of an image."""
        return sorted(name for name, number in self._tags.items() if number == image.id)

    def tag(self, image: Image, name: str) -> None:
        """Point a name at an image."""
        self._tags[familiar(name)] = image.id
        self._save()

    def remove(self, name: str, force: bool, user: Callable[[Image], str | None]) -> list[Json]:
        """Take a name away, and the image with its last one; `user` gives the container that needs an image."""
        image = self.get(name)
        names = self.tags(image)
        by_name = not is_id(name) and familiar(name) in names
        gone = [familiar(name)] if by_name else names
        last = set(gone) == set(names)
        container = user(image)
        if any(name in ALWAYS for name in gone):
            raise RefusalError(409, f"conflict: unable to remove {name}: it always belongs to the sandbox")
        if not by_name and len(names) > 1 and not force:
            short = _short(image)
            raise RefusalError(
                409,
                f"conflict: unable to delete {short} (must be forced) - image is referenced in multiple repositories",
            )
        if container is not None and last and not force:
            kind = "remove repository reference" if by_name else "delete"
            said = f'"{name}"' if by_name else _short(image)
            raise RefusalError(
                409,
                f"conflict: unable to {kind} {said} (must force) - container {container[:12]} is using its referenced "
                f"image {_short(image)}",
            )
        for one in gone:
            del self._tags[one]
        answer: list[Json] = [{"Untagged": one} for one in gone]
        # A container that was made of it keeps its own copy of the files, and asks for the rest when it starts.
        if last and container is None:
            del self._images[image.id]
            shutil.rmtree(self.files(image.id).parent, ignore_errors=True)
            answer.append({"Deleted": image.id})
        self._save()
        return answer

    def _find(self, name: str) -> Image | None:
        if is_id(name):
            wanted = name.removeprefix("sha256:")
            fitting = [image for image in self._images.values() if image.id[7:].startswith(wanted)]
            if len(fitting) == 1:
                return fitting[0]
        return self._images.get(self._tags.get(familiar(name), ""))

    def _prepared(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    def _save(self) -> None:
        write_json(self._folder / "tags.json", dict(self._tags))


def _read(file: Path) -> Image:
    document = read_json(file)
    return Image(document["id"], document["created"], document["config"], document["size"])


def _short(image: Image) -> str:
    return image.id[7:19]


def _content(folder: Path, config: Json) -> tuple[str, int]:
    """The hash of files and configuration, without times and owners; and how many bytes the files have."""
    digest, size = hashlib.sha256(), 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            kind, content = "link", str(path.readlink()).encode()
        elif path.is_dir():
            kind, content = "folder", b""
        else:
            kind, content = f"file {path.stat().st_mode & 0o111:o}", path.read_bytes()
            size += len(content)
        said = [kind, path.relative_to(folder).as_posix(), hashlib.sha256(content).hexdigest()]
        digest.update(json.dumps(said).encode())
    digest.update(json.dumps(config, sort_keys=True).encode())
    return f"sha256:{digest.hexdigest()}", size
