"""What the default branch becomes when a pull request is merged, from git objects alone."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.load import APPS
from infra.roster import FILE as PEOPLE
from infra.stack import FOLDER
from infra.workflows import WorkflowError

MOST_BYTES = 20_000_000
"""Of all files that are read."""

_HARMLESS = (f"{FOLDER}/Pulumi.", "apps/", "bench/", "docs/", "sandbox/", "tests/")
_HARMLESS_FILES = frozenset({APPS, PEOPLE, "CHANGELOG.md", "LICENSE", "README.md", ".gitignore"})
_NOBODY = {
    f"GIT_{role}_{what}": text
    for role in ("AUTHOR", "COMMITTER")
    for what, text in (("NAME", "gatehouse"), ("EMAIL", "gatehouse@localhost"), ("DATE", "2000-01-01T00:00:00Z"))
}


@dataclass(frozen=True)
class Proposal:
    """`base` is where the default branch is, `merged` what it becomes.

    `program` are the changed files that decide what runs: all but those which are known not to.
    """

    base: str
    merged: str
    program: tuple[str, ...]


def proposal(root: Path, base: str, head: str) -> Proposal:
    """Raises WorkflowError where it cannot be merged, or is not what it seems."""
    merged = _merge(root, base, head)
    _refuse_odd_files(root, merged)
    changed = git(root, "diff", "--name-only", "-z", "--no-renames", base, merged).split("\0")
    return Proposal(base, merged, tuple(path for path in changed if path and is_program(path)))


def is_program(path: str) -> bool:
    """Whether a file can decide what is run, or what the files that are read become when they are checked out."""
    inside = path.startswith(_HARMLESS) and path.rsplit("/", 1)[-1] != ".gitattributes"
    return not inside and path not in _HARMLESS_FILES


def fetch(root: Path, refs: Iterable[str], token: str) -> tuple[str, ...]:
    """Fetch refs of `origin` and return their commits. Nothing is checked out."""
    commits = []
    for ref in refs:
        git(root, "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "origin", ref, env=_credentials(token))
        commits.append(git(root, "rev-parse", "--verify", "FETCH_HEAD^{commit}").strip())
    return tuple(commits)


def tip(root: Path, branch: str, token: str) -> str:
    """The newest commit of a branch of `origin`, as it is there now."""
    listed = git(root, "ls-remote", "origin", f"refs/heads/{branch}", env=_credentials(token))
    if not listed:
        raise WorkflowError(f"`origin` has no branch `{branch}`")
    return listed.split("\t", 1)[0]


def git(root: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """The output of a git command. Raises WorkflowError."""
    done = _run(root, arguments, env or {})
    if done.returncode:
        raise WorkflowError(f"git {arguments[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def _run(root: Path, arguments: Sequence[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    # Names are bytes for git; what is no text comes back as it was.
    return subprocess.run(
        ["git", *arguments],
        cwd=root,
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0", **env},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )


def _credentials(token: str) -> dict[str, str]:
    """The token for git, in its environment: an argument could be seen by every process."""
    if not token:
        return {}
    login = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {login}",
    }


def _merge(root: Path, base: str, head: str) -> str:
    done = _run(root, ("merge-tree", "--write-tree", "--no-messages", base, head), {})
    if done.returncode == 1:
        raise WorkflowError("it conflicts with the branch that it leads into: merge that branch into it first")
    if done.returncode:
        raise WorkflowError(f"it cannot be merged, for which git 2.38 or newer is needed: {done.stderr.strip()}")
    return git(root, "commit-tree", done.stdout.strip(), "-p", base, "-p", head, "-m", "merged", env=_NOBODY).strip()


def _refuse_odd_files(root: Path, commit: str) -> None:
    """A link would be skipped here, and followed where the branch is checked out."""
    names = (APPS, PEOPLE, FOLDER)
    odd = [path for mode, _, path in _entries(root, commit, *names) if mode != ("40000" if path == FOLDER else "100")]
    inside = list(_entries(root, commit, "-r", *names))
    odd += [path for mode, _, path in inside if mode != "100"]
    if odd:
        raise WorkflowError(f"`{odd[0]}` is a link or something else that is no ordinary file")
    size = sum(size for _, size, _ in inside)
    if size > MOST_BYTES:
        raise WorkflowError(f"the files have {size:,} bytes, more than {MOST_BYTES:,}")


def _entries(root: Path, commit: str, *arguments: str) -> Iterable[tuple[str, int, str]]:
    """Kind (the first digits of its mode), size and path of what a commit holds."""
    options = [one for one in arguments if one.startswith("-")]
    names = [one for one in arguments if not one.startswith("-")]
    listed = git(root, "ls-tree", "-l", "-z", "--full-tree", *options, commit, "--", *names)
    for entry in filter(None, listed.split("\0")):
        about, _, path = entry.partition("\t")
        mode, _, _, size = about.split()
        kind = mode.lstrip("0")
        yield kind if kind in ("40000", "120000", "160000") else kind[:3], int(size) if size.isdigit() else 0, path
