"""Running the engine for `sandbox up`: a log, a count, and of a failure the part that explains it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.console import Say
from sandbox.engine import Engine
from sandbox.locks import clear
from sandbox.outcome import diagnostics, explanation, refusal, summary
from sandbox.places import Places, SandboxError
from sandbox.turns import in_turn

_STEP = re.compile(r"^ \S+ +(\S+ \S+) (?:(creating|updating|replacing|deleting)|(created|updated|replaced|deleted)) ")


class ProgramRefusedError(SandboxError):
    """What the program found wrong with its files before it changed anything; the text is the program's own."""


@dataclass(frozen=True)
class AppLine:
    """One app as the program exports it; `command` reaches it where it has no web page."""

    key: str
    title: str
    url: str
    who: str
    command: str

    @property
    def in_snowflake(self) -> str:
        """`DATABASE.SCHEMA.NAME` of a Streamlit object; empty for an app behind Cloudflare."""
        before, mark, name = self.url.partition("/#/streamlit-apps/")
        return name if mark and before.startswith("https://app.snowflake.com/") else ""


def ensure_stack(place: Places, engine: Engine, environment: Mapping[str, str], stack: str) -> bool:
    """Make the stack in the file backend, if it is not there; whether it was made now."""
    with in_turn(place, "stack"):
        return _ensure_stack(place, engine, environment, stack)


def _ensure_stack(place: Places, engine: Engine, environment: Mapping[str, str], stack: str) -> bool:
    if place.checkpoint(stack).is_file():
        return False
    # An engine that was killed while it made the stack has left its lock, and `cancel` needs a stack.
    clear(place, stack)
    command = [str(engine.pulumi), "stack", "init", stack, "--non-interactive"]
    done = _run(command, place, environment)
    if done.returncode:
        raise SandboxError(f"the stack `{stack}` could not be made: {explanation(done.stderr.splitlines())}")
    return True


@dataclass(frozen=True)
class Updated:
    """What an update did, in a few words, and what the program wants to be seen, often nothing."""

    summary: str
    diagnostics: str


def update(place: Places, engine: Engine, environment: Mapping[str, str], stack: str, say: Say) -> Updated:
    """Run `pulumi up` and say what it did."""
    command = [str(engine.pulumi), "up", "--yes", "--skip-preview", "--non-interactive", "--stack", stack]
    lines: list[str] = []
    finished, begun = 0, dict[str, None]()
    log = place.log("update")
    with (
        log.open("w") as out,
        subprocess.Popen(
            [*command, "--color", "never"],
            cwd=place.project,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as program,
    ):
        try:
            for line in program.stdout or ():
                out.write(line)
                lines.append(line.rstrip("\n"))
                step = _STEP.match(line)
                if step:
                    begun.pop(step[1], None) if step[3] else begun.setdefault(step[1])
                    finished += bool(step[3])
                    say(_progress(finished, begun))
        except KeyboardInterrupt:
            # The engine heard it too and ends in good order; leaving first would leave it half-way.
            program.wait()
            raise
    if program.returncode:
        refused = refusal(lines)
        if refused:
            raise ProgramRefusedError(refused)
        raise SandboxError(f"the update failed:\n\n{explanation(lines)}\n\nthe whole output is in {_short(log)}")
    return Updated(summary(lines), diagnostics(lines))


def _progress(finished: int, begun: Iterable[str]) -> str:
    """How many resources are done, and a few of those under way, which may take minutes."""
    names = [one.split()[1] for one in begun]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{finished} done" + (f", working on {', '.join(names[:3])}{more}" if names else "")


def exported_apps(place: Places, engine: Engine, environment: Mapping[str, str], stack: str) -> tuple[AppLine, ...]:
    """The apps that the program exports, in its order."""
    command = [str(engine.pulumi), "stack", "output", "--json", "--stack", stack]
    done = _run(command, place, environment)
    if done.returncode:
        raise SandboxError(f"the outputs could not be read: {explanation(done.stderr.splitlines())}")
    listed = json.loads(done.stdout).get("apps") or {}
    return tuple(
        AppLine(key, *(str(item.get(name) or "") for name in ("title", "url", "who", "command")))
        for key, item in listed.items()
    )


def _run(command: list[str], place: Places, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=place.project, env=dict(environment), capture_output=True, text=True, check=False
    )


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
