"""How a person calls the sandbox here, so that every printed command can be copied as it is."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

VARIABLE = "GATEHOUSE_SANDBOX_COMMAND"
"""Hands the words on to the plugins, whose messages name commands too."""


def command() -> str:
    """What to print for `sandbox`, in the supervisor and in the plugins that its engine starts."""
    return os.environ.get(VARIABLE) or "sandbox"


def remember(project: Path | None) -> None:
    """Let `command` answer as this program was called; `project` is what `--cwd` named."""
    os.environ[VARIABLE] = as_called(project)


def as_called(project: Path | None, anywhere: bool = False) -> str:
    """`sandbox` where PATH leads to this very program, else its path; `anywhere` keeps both apart from the folder."""
    words = [*_program(anywhere)]
    if project is not None:
        words += ["-C", str(project.resolve() if anywhere else project)]
    return shlex.join(words)


def _program(anywhere: bool) -> tuple[str, ...]:
    invoked = Path(sys.argv[0])
    script = invoked if invoked.name == "sandbox" else Path(sys.executable).with_name("sandbox")
    if not script.is_file():
        return (_path(Path(sys.executable), anywhere), "-m", "sandbox.cli")
    found = shutil.which("sandbox")
    if found and script.samefile(found):
        return ("sandbox",)
    return (_path(script, anywhere),)


def _path(program: Path, anywhere: bool) -> str:
    # Not `resolve`: a virtual environment's programs are links that must be called by their own names.
    absolute = program.absolute()
    if anywhere or not absolute.is_relative_to(Path.cwd()):
        return str(absolute)
    return os.path.join(*(absolute.relative_to(Path.cwd()).parts[:-1] or (".",)), absolute.name)  # noqa: PTH118 # pathlib drops `./`
