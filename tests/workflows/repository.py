"""A project in a git repository with a clone, as a workflow has one: `origin` is what was pushed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]

_WHO = {f"GIT_{role}_{what}": "test@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class Repository:
    """`origin` is bare, `work` is where people write, `clone` is where a workflow runs, with the program of main."""

    def __init__(self, folder: Path, project: Path | None = None) -> None:
        self.origin, self.work, self.clone = folder / "origin", folder / "work", folder / "clone"
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.origin))
        if project is None:
            self.work.mkdir()
            (self.work / "stacks").mkdir()
            for file in ("apps.yaml", "people.yaml", *(f"stacks/{path.name}" for path in (ROOT / "stacks").iterdir())):
                shutil.copy(ROOT / file, self.work / file)
        else:
            self.work = project
        git(self.work, "init", "--quiet", "--initial-branch=main")
        git(self.work, "remote", "add", "origin", str(self.origin))
        self.base = self.commit("start")
        git(self.work, "push", "--quiet", "origin", "main")
        git(folder, "clone", "--quiet", str(self.origin), str(self.clone))

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.work / file
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), "utf-8")

    def widen(self) -> None:
        """Let marketing into an app of sales, and into the test that keeps others out."""
        self.edit("apps.yaml", "access: [sales, finance]", "access: [sales, finance, marketing]")
        self.edit("apps.yaml", "only: [sales, finance]\n", "only: [sales, finance, marketing]\n")

    def commit(self, message: str) -> str:
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--allow-empty", "--message", message)
        return git(self.work, "rev-parse", "HEAD").strip()

    def branch(self, name: str = "change") -> None:
        git(self.work, "checkout", "--quiet", "-B", name, "main")

    def propose(self, number: int, message: str = "change") -> str:
        """Commit what is there and push it as the newest commit of a pull request."""
        head = self.commit(message)
        git(self.work, "push", "--quiet", "--force", "origin", f"HEAD:refs/pull/{number}/head")
        return head

    def push_to_main(self, message: str) -> str:
        """Commit what is there to main and push it."""
        commit = self.commit(message)
        git(self.work, "push", "--quiet", "origin", "HEAD:refs/heads/main")
        return commit


def git(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, **_WHO, "GIT_CONFIG_GLOBAL": os.devnull}
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
