"""Git repositories of the account: mirrors of repositories on this machine, read with the git program."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path as File

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.catalogue import Catalogue
from sandbox.snowflake_api.things import GitRepository, Thing

_LIMIT = 60
"""Seconds that a call of git may take."""
_COMMIT = re.compile("[0-9a-f]{7,40}")


@dataclass(frozen=True)
class Ref:
    """A branch or tag, its commit, and of a tag who made it and why."""

    kind: str
    name: str
    commit: str
    author: str
    message: str


def check_origin(origin: str) -> None:
    if not origin.startswith(("file://", "/")):
        message = "The sandbox reads Git repositories of this machine only: give a file:// address or an absolute path."
        raise refusals.not_possible(message)


def mirror(repository: File, origin: str) -> None:
    """Clone the origin, or fetch what is new in it."""
    source = origin.removeprefix("file://")
    if not repository.exists():
        repository.mkdir(parents=True)
        git(repository, "init", "--bare", "--quiet")
    git(
        repository,
        "fetch",
        "--quiet",
        "--prune",
        "--force",
        source,
        "+refs/heads/*:refs/heads/*",
        "+refs/tags/*:refs/tags/*",
    )


def refs(repository: File) -> tuple[Ref, ...]:
    """Branches and tags, in order of their names."""
    shape = "%(refname)%00%(objectname)%00%(*objectname)%00%(creator)%00%(subject)"
    lines = git(repository, "for-each-ref", f"--format={shape}", "refs/heads", "refs/tags").decode().splitlines()
    found = []
    for line in lines:
        name, own, peeled, creator, subject = line.split("\0")
        author = creator.rpartition("> ")[0] + ">"
        kind, _, short = name.removeprefix("refs/").partition("/")
        found.append(Ref({"heads": "branches", "tags": "tags"}[kind], short, peeled or own, author, subject))
    return tuple(found)


def located(repository: File, path: str) -> tuple[str, str]:
    """The commit that a path begins with, and the rest of the path.

    Names of branches and tags may hold slashes, also without the quotes that Snowflake asks for then.
    """
    kind, _, rest = path.partition("/")
    if kind == "commits":
        commit, _, inner = rest.partition("/")
        if _COMMIT.fullmatch(commit) and known(repository, commit):
            return commit, inner
    for ref in sorted(refs(repository), key=lambda one: -len(one.name)):
        for name in (ref.name, f'"{ref.name}"'):
            if kind == ref.kind and (rest == name or rest.startswith(f"{name}/")):
                return ref.commit, rest[len(name) + 1 :]
    raise refusals.unknown("Git reference", path)


def known(repository: File, commit: str) -> bool:
    done = subprocess.run(
        _command(repository, "cat-file", "-e", f"{commit}^{{commit}}"),
        env=_ENVIRONMENT,
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def listed(repository: File, commit: str, prefix: str) -> tuple[tuple[str, str, int], ...]:
    """Path, blob and size of each file whose path begins with the prefix."""
    out = git(repository, "ls-tree", "-r", "-z", "--long", commit).decode(errors="replace")
    found = []
    for line in filter(None, out.split("\0")):
        about, _, path = line.partition("\t")
        _, kind, blob, size = about.split()
        if kind == "blob" and path.startswith(prefix):
            found.append((path, blob, int(size)))
    return tuple(found)


def files_at(catalogue: Catalogue, thing: Thing[GitRepository], path: str) -> tuple[tuple[str, File], ...]:
    """The files below a path, unpacked into a folder that goes with the object."""
    repository = catalogue.folders / thing.body.folder
    commit, prefix = located(repository / "mirror.git", path)
    unpacked = repository / "unpacked" / commit
    if not unpacked.exists():
        unpacked.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=unpacked.parent) as fresh, tempfile.TemporaryFile() as archive:
            archive.write(git(repository / "mirror.git", "archive", "--format=tar", commit))
            archive.seek(0)
            with tarfile.open(fileobj=archive) as tar:
                tar.extractall(f"{fresh}/files", filter=_files_only)  # noqa: S202 - the filter keeps to the folder
            File(fresh, "files").mkdir(exist_ok=True)
            File(fresh, "files").replace(unpacked)
    start = prefix.rpartition("/")[0] + "/" if "/" in prefix else ""
    paths = [one[0] for one in listed(repository / "mirror.git", commit, prefix)]
    return tuple((one.removeprefix(start), unpacked / one) for one in paths if (unpacked / one).is_file())


def _files_only(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Links are left out: on a stage there are none."""
    return tarfile.data_filter(member, folder) if member.isfile() or member.isdir() else None


_ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}


def _command(repository: File, *arguments: str) -> list[str]:
    # The folder of the origin may belong to somebody else.
    return ["git", "-c", "safe.directory=*", "-C", str(repository), *arguments]


def git(repository: File, *arguments: str) -> bytes:
    """What git says; its complaint becomes a refusal."""
    try:
        done = subprocess.run(
            _command(repository, *arguments), env=_ENVIRONMENT, capture_output=True, check=False, timeout=_LIMIT
        )
    except FileNotFoundError:
        raise refusals.not_possible("The sandbox reads Git repositories with git, which is not installed.") from None
    except subprocess.TimeoutExpired:
        raise refusals.not_possible(f"git took longer than {_LIMIT} seconds.") from None
    if done.returncode:
        complaint = done.stderr.decode(errors="replace").strip().splitlines()
        raise refusals.not_possible(
            f"Failed to access the Git repository: {complaint[-1] if complaint else 'git failed'}"
        )
    return done.stdout
