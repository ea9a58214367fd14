"""Since when the lines of apps.yaml are as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path

from infra.load import APPS
from infra.revisions import WORK_TREE, asked, day_of, describe
from infra.syntax import lines_of

_COMMIT = re.compile(r"[0-9a-f]{40,64} [0-9]+ [0-9]+( [0-9]+)?")


@dataclass(frozen=True)
class Change:
    """Who changed a line last: the commit, the second (of the committer), its author and first line.

    Without a commit the line is in none. `or_before`: the history is cut off there, and goes on elsewhere.
    """

    commit: str = ""
    seconds: int = 0
    author: str = ""
    subject: str = ""
    or_before: bool = False

    def __str__(self) -> str:
        if not self.commit:
            return "not committed"
        said = f"{self.commit[:10]} {day_of(self.seconds)} {self.author}: {self.subject}"
        return f"in or before {said}" if self.or_before else said

    @property
    def order(self) -> float:
        """What is not committed is newer than all that is."""
        return self.seconds if self.commit else inf


def last_changes(root: Path, revision: str) -> tuple[Change, ...]:
    """The last change of each line of apps.yaml, as YAML counts lines; none of any outside of a repository."""
    named = [describe(root, revision).id] if revision != WORK_TREE else []
    # Nobody's settings hide a commit.
    blame = ("blame", "--porcelain", "--encoding=UTF-8", "--ignore-revs-file=")
    blamed = asked(root, *blame, *named, "--", APPS)
    if blamed is not None:
        return tuple(_changes(blamed, _shallow(root)))
    if named or asked(root, "rev-parse", "--is-inside-work-tree") is None:
        return ()
    return tuple(Change() for _ in lines_of((root / APPS).read_text("utf-8")))


def _changes(blamed: bytes, shallow: frozenset[str]) -> Iterator[Change]:
    known: dict[str, dict[str, str]] = {}
    commit = ""
    # Git ends lines with LF alone; what else Python takes for an end can stand in a subject or in the file.
    for line in (part.decode(errors="replace") for part in blamed.split(b"\n")[:-1]):
        if line.startswith("\t"):
            change = _change(commit, known[commit], shallow)
            yield from (change for _ in lines_of(line.removesuffix("\r")))
        elif _COMMIT.fullmatch(line):
            commit = line.partition(" ")[0]
            known.setdefault(commit, {})
        else:
            key, _, value = line.partition(" ")
            known[commit][key] = value


def _change(commit: str, about: Mapping[str, str], shallow: Iterable[str]) -> Change:
    if set(commit) == {"0"}:
        return Change()
    return Change(commit, int(about["committer-time"]), about["author"], about["summary"], commit in shallow)


def _shallow(root: Path) -> frozenset[str]:
    """The commits whose parents a shallow clone does not have: what was changed before them is said to be theirs."""
    place = asked(root, "rev-parse", "--git-path", "shallow")
    file = root / place.decode().strip() if place else None
    return frozenset(file.read_text("ascii").split()) if file and file.exists() else frozenset()
