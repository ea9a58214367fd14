"""The project's files as they were: apps.yaml, people.yaml and the stack files of a git revision."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from infra.load import APPS
from infra.problems import ConfigError, Problem
from infra.roster import FILE as PEOPLE
from infra.stack import FOLDER

WORK_TREE = ""
"""Instead of a revision: the files as they are now."""

MOST_BYTES = 50_000_000  # of all files together; a revision may be a stranger's


@dataclass(frozen=True)
class Revision:
    """A commit: its full id, its day (of the committer, UTC) and the first line of its message."""

    id: str
    date: str
    subject: str

    def __str__(self) -> str:
        return f"{self.id[:10]} {self.date} {self.subject}"


@contextmanager
def checked_out(root: Path, revision: str) -> Iterator[Path]:
    """A folder with the files of a revision, or the project's own for WORK_TREE. Raises ConfigError."""
    if revision == WORK_TREE:
        yield root
        return
    commit = describe(root, revision).id
    with tempfile.TemporaryDirectory(prefix="gatehouse-") as name:
        folder = Path(name)
        size = 0
        listed = list(_files(root, commit))
        for (path, _), content in zip(listed, _contents(root, [blob for _, blob in listed]), strict=True):
            size += len(content)
            if size > MOST_BYTES:
                raise ConfigError(
                    [Problem("too-long", f"the files of `{revision}` are larger than {MOST_BYTES} bytes")]
                )
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        if not (folder / APPS).exists():
            raise ConfigError([Problem("missing-file", f"there is no `{APPS}` in `{revision}`")])
        yield folder


def describe(root: Path, revision: str) -> Revision:
    """The commit that is meant. Raises ConfigError where there is none, or no repository."""
    try:
        found = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except subprocess.CalledProcessError:
        advice = ("a branch, a tag or a commit; in a shallow clone: `git fetch --unshallow`",)
        problem = Problem("unknown-revision", f"`{revision}` is no folder and no git revision here", advice=advice)
        raise ConfigError([problem]) from None
    wanted = ("show", "--no-patch", "--no-show-signature", "--encoding=UTF-8", "--format=%H%n%ct%n%s")
    shown = _git(root, *wanted, found.decode().strip()).decode(errors="replace")
    commit, seconds, subject = shown.split("\n", 2)
    return Revision(commit, day_of(int(seconds)), subject.strip())


def day_of(seconds: int) -> str:
    """The day of a moment that git knows, wherever the clock hung."""
    return str(datetime.fromtimestamp(seconds, UTC).date())


def work_tree(root: Path) -> str:
    """What the files are that lie there: the commit that they are on, and whether they are as it has them."""
    if asked(root, "rev-parse", "--is-inside-work-tree") is None:
        return "work tree, in no git repository"
    if asked(root, "rev-parse", "--verify", "--quiet", "HEAD") is None:
        return "work tree, of which nothing is committed"
    read = (APPS, PEOPLE, FOLDER)
    changed = asked(root, "status", "--porcelain", "--ignored", "--untracked-files=all", "--", *read)
    return f"work tree, {'with changes on' if changed else 'as in'} {describe(root, 'HEAD')}"


def merge_base(root: Path) -> str:
    """Where this branch left the default one, as git knows it: `origin/HEAD`, else `main` or `master`."""
    for branch in ("origin/HEAD", "main", "master"):
        try:
            return _git(root, "merge-base", "HEAD", branch).decode().strip()
        except subprocess.CalledProcessError:
            continue
    advice = ("name what to compare with: `gatehouse diff REVISION`",)
    raise ConfigError([Problem("unknown-revision", "there is no default branch to compare with", advice=advice)])


def _files(root: Path, commit: str) -> Iterator[tuple[str, str]]:
    """The path within the project, and the id, of each file that is read. Links are none of them."""
    prefix = _git(root, "rev-parse", "--show-prefix").decode().strip()
    listed = _git(
        root,
        "ls-tree",
        "-r",
        "-z",
        "--full-tree",
        commit,
        "--",
        *(prefix + name for name in (APPS, PEOPLE, f"{FOLDER}/")),
    )
    for entry in filter(None, listed.decode(errors="surrogateescape").split("\0")):
        about, _, path = entry.partition("\t")
        mode, _, blob = about.split()
        if mode.startswith("100"):
            yield path.removeprefix(prefix), blob


def _contents(root: Path, blobs: list[str]) -> Iterator[bytes]:
    """The contents of blobs, of one process: `<id> blob <size>`, a line end, the content, a line end, for each."""
    answer = _git(root, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in blobs).encode())
    at = 0
    for _ in blobs:
        end = answer.index(b"\n", at)
        size = int(answer[at:end].split()[2])
        yield answer[end + 1 : end + 1 + size]
        at = end + size + 2


def asked(root: Path, *arguments: str) -> bytes | None:
    """What git says; None where it is not installed, there is no repository, or it cannot say."""
    try:
        return _git(root, *arguments)
    except (subprocess.CalledProcessError, ConfigError):
        return None


def _git(root: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    try:
        return subprocess.run(["git", *arguments], cwd=root, input=stdin, capture_output=True, check=True).stdout
    except FileNotFoundError:
        raise ConfigError(
            [Problem("unknown-revision", "`git` is not installed", advice=("name two folders instead",))]
        ) from None
