"""Reading a Dockerfile: instructions, stages, variables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sandbox.cloudflare_api.document import Json

_KNOWN = (
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "SHELL",
    "STOPSIGNAL",
    "RUN",
    "USER",
    "WORKDIR",
)
_VARIABLE = re.compile(r"\\(.)|\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})")
_HEREDOC = re.compile(r"<<-?\s*[\"']?(\w+)[\"']?")
_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+""")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


class DockerfileError(Exception):
    """A Dockerfile that cannot be built, in Docker's words."""


@dataclass(frozen=True)
class Instruction:
    """One instruction: its name, its flags (`--from=build`) and what follows."""

    name: str
    flags: dict[str, str]
    rest: str
    text: str


@dataclass(frozen=True)
class Stage:
    """What follows one FROM."""

    image: str  # not yet expanded
    name: str
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True)
class Dockerfile:
    """The ARGs before the first FROM, and the stages."""

    globals: tuple[Instruction, ...]
    stages: tuple[Stage, ...]


def read_dockerfile(text: str) -> Dockerfile:
    """Read it; raises DockerfileError."""
    before: list[Instruction] = []
    stages: list[tuple[Instruction, list[Instruction]]] = []
    for instruction in map(_instruction, _logical_lines(text)):
        if instruction.name == "FROM":
            stages.append((instruction, []))
        elif stages:
            stages[-1][1].append(instruction)
        elif instruction.name == "ARG":
            before.append(instruction)
        else:
            raise DockerfileError("no build stage in current context")
    if not stages:
        raise DockerfileError("file with no instructions" if not before else "no build stage in current context")
    return Dockerfile(tuple(before), tuple(_stage(first, inside) for first, inside in stages))


def _stage(first: Instruction, inside: list[Instruction]) -> Stage:
    words = first.rest.split()
    if len(words) == 3 and words[1].lower() == "as":
        return Stage(words[0], words[2].lower(), tuple(inside))
    if len(words) != 1:
        raise DockerfileError("FROM requires either one or three arguments")
    return Stage(words[0], "", tuple(inside))


def _logical_lines(text: str) -> Iterator[str]:
    lines = iter(text.splitlines())
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        whole = line.strip()
        while whole.endswith("\\"):
            following = next(lines, "")
            if following.lstrip().startswith("#"):
                continue
            whole = whole[:-1].rstrip() + " " + following.strip()
        if whole.upper().startswith(("RUN ", "COPY ")):
            for end in _HEREDOC.findall(whole):
                # The words of a here-document are for what is not run here.
                while next(lines, end).strip() != end:
                    pass
        yield whole


def _instruction(line: str) -> Instruction:
    name, _, rest = line.partition(" ")
    name = name.upper()
    if name not in _KNOWN:
        meant = {"ADD": "use COPY", "ONBUILD": "write it out", "VOLUME": "leave it out"}.get(name)
        raise DockerfileError(
            f"{name} is not supported by the sandbox's stand-in Docker Engine: {meant}"
            if meant
            else f"unknown instruction: {name}"
        )
    flags = {}
    rest = rest.strip()
    while found := re.match(r"--([a-z-]+)(?:=(\S*))?\s+", rest):
        flags[found[1]] = found[2] or ""
        rest = rest[found.end() :]
    if not rest:
        raise DockerfileError(f"{name} requires at least one argument")
    return Instruction(name, flags, rest, line)


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Put variables in: `$A`, `${A}`, `${A:-otherwise}`, `${A:+instead}`."""

    def value(found: re.Match[str]) -> str:
        escaped, plain, braced, sign, other = found.groups()
        if escaped:
            return str(escaped) if escaped == "$" else found[0]
        known = variables.get(plain or braced, "")
        if sign == "-":
            return known or expand(other, variables)
        if sign == "+":
            return expand(other, variables) if known else ""
        return known

    return _VARIABLE.sub(value, text)


def words(text: str) -> list[str]:
    """The words of a line, quotes taken off."""
    return [re.sub(r"""\\(.)|["']""", r"\1", word) for word in _WORD.findall(text)]


def assignments(instruction: Instruction, variables: Mapping[str, str]) -> dict[str, str]:
    """The pairs of ENV or LABEL, in either form."""
    first = _WORD.match(instruction.rest)
    if first is not None and "=" not in first[0]:
        name, _, value = instruction.rest.partition(" ")
        return {name: expand(value.strip(), variables)}
    pairs = [word.partition("=") for word in words(expand(instruction.rest, variables))]
    return {name: value for name, _, value in pairs}


def command(rest: str, shell: list[str]) -> list[str]:
    """The words of CMD or ENTRYPOINT: JSON as it stands, anything else through the shell."""
    if rest.startswith("["):
        try:
            said = json.loads(rest)
        except ValueError:
            said = None
        if isinstance(said, list) and all(isinstance(word, str) for word in said):
            return said
    return [*shell, rest]


def health_check(instruction: Instruction) -> Json:
    """The API's `Healthcheck`: durations in nanoseconds."""
    kind, _, rest = instruction.rest.partition(" ")
    if kind.upper() == "NONE":
        return {"Test": ["NONE"]}
    if kind.upper() != "CMD":
        raise DockerfileError(f"Unknown type {kind!r} in HEALTHCHECK (try CMD)")
    said = command(rest.strip(), ["CMD-SHELL"])
    check: Json = {"Test": said if said[0] == "CMD-SHELL" else ["CMD", *said]}
    for flag, name in (("interval", "Interval"), ("timeout", "Timeout"), ("start-period", "StartPeriod")):
        if flag in instruction.flags:
            check[name] = _nanoseconds(instruction.flags[flag])
    if "retries" in instruction.flags:
        check["Retries"] = int(instruction.flags["retries"])
    return check


def _nanoseconds(text: str) -> int:
    parts = re.findall(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)", text)
    if not parts or "".join(map("".join, parts)) != text:
        raise DockerfileError(f"time: invalid duration {text!r}")
    return round(sum(float(number) * _SECONDS[unit] for number, unit in parts) * 1e9)
