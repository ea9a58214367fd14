"""How a container's program is started: its command, environment and folder, as they are on this machine."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.cloudflare_api.document import section
from sandbox.containers.extras import Extras
from sandbox.docker_engine.addresses import relocated, relocated_words
from sandbox.docker_engine.records import Container
from sandbox.docker_engine.refusals import RefusalError
from sandbox.places import REPOSITORY

MARK = "GATEHOUSE_CONTAINER"
"""Set for every program of a container, to its 256-bit id: by this an engine knows what one before it has left."""


@dataclass(frozen=True)
class Launch:
    """A program about to be started. The environment holds secrets; the command line never does."""

    words: tuple[str, ...]
    environment: dict[str, str]
    folder: Path

    def instead(self, words: Sequence[str], container: Container, root: Path) -> Launch:
        """Another program in the same place: a health check. One that is not there fails when it is run."""
        with contextlib.suppress(RefusalError):
            words = _found(words, container, root, self.environment["PATH"])
        return Launch(tuple(words), self.environment, self.folder)


def launch(container: Container, folder: Path, launchers: Path, extras: Path) -> Launch:
    """Prepare the container's folder and say how it is started; refuses what cannot be started."""
    root = folder / "root"
    added = _read_extras(extras)
    _prepare(root, container, added.mounts)
    inside = _inside(root, container.config.get("WorkingDir") or "/")
    inside.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.pathsep.join((str(launchers), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))),
        "HOSTNAME": str(container.config.get("Hostname") or container.id[:12]),
        "HOME": str(root),
        "TMPDIR": str(root / "tmp"),
        "LANG": "C.UTF-8",
        # What the sandbox adds is already as it is on this machine.
        **added.environment,
        **_own_environment(container, root),
        "SANDBOX_HOSTS": str(folder / "hosts.json"),
        MARK: container.id,
    }
    words = [*(container.config.get("Entrypoint") or ()), *(container.config.get("Cmd") or ())]
    if not words:
        raise RefusalError(400, "No command specified")
    return Launch(_found(words, container, root, environment["PATH"]), environment, inside)


def write_launchers(folder: Path) -> None:
    """`cloudflared` on the PATH of containers.

    Always the sandbox's connector: a cloudflared of this machine would look the names of origins and of the team
    domain up in DNS, where a program has no names of its own as a real container has.
    """
    folder.mkdir(parents=True, exist_ok=True)
    launcher = folder / "cloudflared"
    # Without -P the container's own folder would come first on the import path.
    source, python = shlex.quote(str(REPOSITORY)), shlex.quote(sys.executable)
    launcher.write_text(f'#!/bin/sh\nPYTHONPATH={source} exec {python} -P -m sandbox.connector "$@"\n')
    launcher.chmod(0o755)


def _own_environment(container: Container, root: Path) -> dict[str, str]:
    found = {}
    for entry in container.config.get("Env") or ():
        name, _, value = entry.partition("=")
        # The image's folders of programs are not there: what it would find in them is in the sandbox's environment.
        if name == "PATH":
            continue
        value = relocated(name, value, container.ports)
        # The path of a URL is no file, though the container may have one of that name.
        found[name] = value if "URL" in name else _at_home(value, root)
    return found


def _found(words: Sequence[str], container: Container, root: Path, path: str) -> tuple[str, ...]:
    """The command line with the container's addresses and files replaced by the real ones."""
    first, *rest = [_at_home(word, root) for word in relocated_words(words, container.ports)]
    if not Path(first).is_absolute():
        inside = _inside(root, container.config.get("WorkingDir") or "/") / first
        program = str(inside) if "/" in first and inside.is_file() else shutil.which(first, path=path)
    else:
        program = first if Path(first).is_file() else shutil.which(Path(first).name, path=path)
    if program is None:
        raise RefusalError(
            400,
            "failed to create shim: OCI runtime create failed: starting container process caused: "
            f'exec: "{words[0]}": executable file not found in $PATH: unknown',
        )
    return (program, *rest)


def _at_home(value: str, root: Path) -> str:
    """Absolute paths of the container's own files as they are on this machine, also in `--option=` and in a list."""
    option, sign, rest = value.partition("=")
    if sign and option.startswith("-"):
        return f"{option}={_at_home(rest, root)}"
    if not value.startswith("/") or "\n" in value:
        return value
    parts = value.split(":")
    return ":".join(str(_inside(root, part)) if _is_own(root, part) else part for part in parts)


def _is_own(root: Path, path: str) -> bool:
    return len(path) > 1 and path.startswith("/") and os.path.lexists(_inside(root, path))


def _inside(root: Path, path: str) -> Path:
    return Path(os.path.normpath(f"{root}/{os.path.normpath('/' + path)}"))


def _prepare(root: Path, container: Container, mounts: Mapping[str, str]) -> None:
    for target in ("/tmp", *section(container.host, "Tmpfs")):  # noqa: S108 - inside the container's folder
        _inside(root, target).mkdir(parents=True, exist_ok=True)
    bound = [str(bind).split(":")[:2] for bind in container.host.get("Binds") or ()]
    typed = container.host.get("Mounts") or ()
    bound += [[mount["Source"], mount["Target"]] for mount in typed if mount.get("Type") == "bind"]
    for source, target in (*bound, *mounts.items()):
        place = _inside(root, str(target))
        if not os.path.lexists(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(source)


def _read_extras(file: Path) -> Extras:
    """What the sandbox adds to every container; read at every start, so that a changed file counts from the next."""
    try:
        return Extras.read(file)
    except FileNotFoundError:
        return Extras()
    except (ValueError, TypeError) as error:
        raise RefusalError(500, f"{file} cannot be read: {error}") from error
