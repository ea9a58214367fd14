"""Interpreting a Dockerfile: what needs no machine of its own is done, and every line that is not says so."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sandbox.cloudflare_api.document import Json
from sandbox.docker_engine.context import copy
from sandbox.docker_engine.dockerfile import (
    DockerfileError,
    Instruction,
    Stage,
    assignments,
    command,
    expand,
    health_check,
    read_dockerfile,
    words,
)

NOT_RUN = "packages come from the sandbox's own environment"


@dataclass(frozen=True)
class Found:
    """An image that a stage begins with: its files, if it has any, and its configuration."""

    files: Path | None
    config: Json


@dataclass(frozen=True)
class BuildPlan:
    """What a build is made of. `find` gives the image of a FROM, or raises."""

    dockerfile: str
    context: Path
    arguments: dict[str, str]
    target: str
    find: Callable[[str], Found]


@dataclass(frozen=True)
class Built:
    """The folder and the configuration of a new image, and what Docker prints meanwhile."""

    files: Path
    config: Json
    lines: tuple[str, ...]


def build(plan: BuildPlan, place: Path) -> Built:
    """Build in the empty folder `place`; raises DockerfileError."""
    read = read_dockerfile(plan.dockerfile)
    work = _Build(plan, place, {stage.name: stage for stage in read.stages if stage.name})
    for instruction in read.globals:
        work.declare(instruction, work.globals, {})
    last = read.stages[-1]
    if plan.target:
        named = [stage for stage in read.stages if stage.name == plan.target.lower()]
        if not named:
            raise DockerfileError(f"failed to reach build target {plan.target} in Dockerfile")
        last = named[0]
    made = work.stage(last)
    unused = sorted(set(plan.arguments) - work.declared)
    if unused:
        work.lines.append(f"[Warning] One or more build-args {unused} were not consumed\n")
    return Built(made.files or place, made.config, tuple(work.lines))


class _Build:
    """One build: its stages, as far as they are needed."""

    def __init__(self, plan: BuildPlan, place: Path, stages: dict[str, Stage]) -> None:
        self._plan, self._place, self._stages = plan, place, stages
        self._started: set[str] = set()
        self.globals: dict[str, str] = {}
        self.declared: set[str] = set()
        self.lines: list[str] = []

    def declare(self, instruction: Instruction, into: dict[str, str], known: dict[str, str]) -> None:
        """ARG: what the client gives counts, then the Dockerfile's own value, then the one before the first FROM."""
        for word in words(instruction.rest):
            name, has_default, default = word.partition("=")
            self.declared.add(name)
            if name in self._plan.arguments:
                into[name] = self._plan.arguments[name]
            elif has_default:
                into[name] = expand(default, {**self.globals, **into, **known})
            elif name in self.globals:
                into[name] = self.globals[name]

    def stage(self, stage: Stage) -> Found:
        """Interpret a stage, after the one that it begins with."""
        image = expand(stage.image, self.globals)
        begun = self._first(image, stage)
        folder = self._place / f"stage-{len(self._started)}"
        self._started.add(stage.name or image)
        if begun.files is not None:
            shutil.copytree(begun.files, folder, symlinks=True)
        folder.mkdir(exist_ok=True)
        self.lines.append(f"FROM {image}\n")
        run = _StageRun(self, self._plan, folder, json.loads(json.dumps(begun.config)))
        for instruction in stage.instructions:
            self.lines.append(f"{instruction.text}\n")
            run.do(instruction)
        return Found(folder, run.config)

    def _first(self, image: str, stage: Stage) -> Found:
        earlier = self._stages.get(image.lower())
        if earlier is not None and earlier is not stage and earlier.name not in self._started:
            return self.stage(earlier)
        if not image:
            raise DockerfileError(f"base name ({stage.image}) should not be blank")
        return Found(None, {}) if image == "scratch" else self._plan.find(image)


class _StageRun:
    """The instructions of one stage, one after the other."""

    def __init__(self, build: _Build, plan: BuildPlan, folder: Path, config: Json) -> None:
        self._build, self._plan, self._folder, self.config = build, plan, folder, config
        self._arguments: dict[str, str] = {}
        self._has_command = False

    @property
    def _variables(self) -> dict[str, str]:
        environment = dict(entry.split("=", 1) for entry in self.config.get("Env") or ())
        return {**self._arguments, **environment}

    def do(self, instruction: Instruction) -> None:
        """Carry out one instruction."""
        match instruction.name:
            case "ARG":
                self._build.declare(instruction, self._arguments, self._variables)
            case "ENV":
                environment = dict(entry.split("=", 1) for entry in self.config.get("Env") or ())
                environment.update(assignments(instruction, self._variables))
                self.config["Env"] = [f"{name}={value}" for name, value in environment.items()]
            case "LABEL":
                self.config["Labels"] = {
                    **(self.config.get("Labels") or {}),
                    **assignments(instruction, self._variables),
                }
            case "WORKDIR":
                self.config["WorkingDir"] = str(self._inside(self._expanded(instruction)))
                self._real(self.config["WorkingDir"]).mkdir(parents=True, exist_ok=True)
            case "COPY":
                self._copy(instruction)
            case "RUN":
                self._build.lines.append(f" ---> not run: {instruction.text}: {NOT_RUN}\n")
            case _:
                self._configure(instruction)

    def _configure(self, instruction: Instruction) -> None:
        shell = self.config.get("Shell") or ["/bin/sh", "-c"]
        match instruction.name:
            case "USER" | "STOPSIGNAL":
                field = "User" if instruction.name == "USER" else "StopSignal"
                self.config[field] = self._expanded(instruction)
            case "EXPOSE":
                for port in self._expanded(instruction).split():
                    named = port if "/" in port else f"{port}/tcp"
                    if not named.partition("/")[0].isdigit():
                        raise DockerfileError(f"invalid containerPort: {port}")
                    self.config.setdefault("ExposedPorts", {})[named] = {}
            case "HEALTHCHECK":
                self.config["Healthcheck"] = health_check(instruction)
            case "SHELL":
                self.config["Shell"] = command(instruction.rest, [])
            case "CMD":
                self.config["Cmd"] = command(instruction.rest, shell)
                self._has_command = True
            case "ENTRYPOINT":
                self.config["Entrypoint"] = command(instruction.rest, shell)
                # The command of the image below was meant for the entrypoint of the image below.
                if not self._has_command:
                    self.config.pop("Cmd", None)

    def _copy(self, instruction: Instruction) -> None:
        if "from" in instruction.flags:
            self._build.lines.append(f" ---> not run: {instruction.text}: {NOT_RUN}\n")
            return
        listed = command(instruction.rest, []) if instruction.rest.startswith("[") else words(instruction.rest)
        *sources, target = [expand(word, self._variables) for word in listed]
        if not sources:
            raise DockerfileError("COPY requires at least two arguments, but only one was provided")
        place = self._real(str(self._inside(target)))
        copy(self._plan.context, sources, place, target.endswith(("/", "/.")) or target == ".")

    def _expanded(self, instruction: Instruction) -> str:
        return " ".join(words(expand(instruction.rest, self._variables)))

    def _inside(self, path: str) -> PurePosixPath:
        return PurePosixPath(self.config.get("WorkingDir") or "/") / path

    def _real(self, path: str) -> Path:
        parts: list[str] = []
        for part in PurePosixPath(path).parts[1:]:
            if part == "..":
                parts = parts[:-1]
            else:
                parts.append(part)
        return self._folder.joinpath(*parts)
