"""An app's folder as it is deployed: its files, each read and parsed once, however many apps are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from infra.bundle import File, files_of, unreadable
from infra.checks.app_files.python_source import Grammar, PythonFile, read_python
from infra.checks.app_files.text_file import TextFile, decoded
from infra.checks.app_files.toml_places import Toml, read_toml
from infra.problems import Problem, Problems, Related
from infra.schema.snowflake import Snowflake
from infra.shapes import Word
from infra.source import MAX_BYTES, read_text

CONFIGURATION = ".streamlit/config.toml"
SECRETS_FILE = ".streamlit/secrets.toml"
_SEARCHED = 1024 * 1024  # larger files are data: they are not searched for credentials
GENERATED = ("uv.lock",)
_MUST_BE_TEXT = (".py", ".toml", "environment.yml", "requirements.txt", "uv.lock")


class Folder:
    """The files of a folder. What cannot be read has been reported.

    `beside` are the names of what lies in the project's own folder, `root`; `grammar` is the Python that it is for, or
    None for that of this process.
    """

    def __init__(
        self, root: Path, beside: frozenset[str], source: Word, problems: Problems, grammar: Grammar | None
    ) -> None:
        self.root = root
        self.beside = beside
        self.name = str(source)
        self.path = root / source
        self.declared = source.span
        self.problems = problems
        self.grammar = grammar
        self.files: tuple[File, ...] = ()
        self.texts: dict[str, TextFile] = {}
        self._toml: dict[str, Toml | None] = {}
        try:
            self.files = files_of(self.path)
        except OSError as error:
            self._refuse(source, error)
            return
        paths = [file.path for file in self.files if _is_read(file)]
        if SECRETS_FILE not in paths and (self.path / SECRETS_FILE).is_file():
            paths.append(SECRETS_FILE)  # the bundle of a warehouse app leaves it out
        for path in paths:
            self._read(path)

    def _read(self, path: str) -> None:
        name = f"{self.name}/{path}"
        try:
            content = (self.path / path).read_bytes()
        except OSError as error:
            self._refuse(name, error)
            return
        must_be_text = path.endswith(_MUST_BE_TEXT)
        text = None
        if len(content) <= MAX_BYTES and (must_be_text or b"\0" not in content[:1024]):
            text = decoded(content, is_python=path.endswith(".py"))
        if text is None and must_be_text:
            text = read_text(self.path / path, name, self.problems)  # which says what is wrong with it
        if text is not None:
            self.texts[path] = TextFile.of(path, name, text)

    def _refuse(self, name: str, error: OSError) -> None:
        """What is read for an image as well has been reported there."""
        problem = Problem("unfit-source", unreadable(name, error), self.declared)
        if problem not in self.problems.found:
            self.problems.found.append(problem)

    @cached_property
    def _read_python(self) -> dict[str, PythonFile | Problem]:
        python = {path: file for path, file in self.texts.items() if path.endswith(".py")}
        return {path: read_python(file, self.grammar) for path, file in python.items()}

    @property
    def python(self) -> tuple[PythonFile, ...]:
        """What matters of the Python files that could be parsed."""
        return tuple(found for found in self._read_python.values() if isinstance(found, PythonFile))

    @property
    def broken(self) -> dict[str, Problem]:
        """By path, what is wrong with the others."""
        return {path: found for path, found in self._read_python.items() if isinstance(found, Problem)}

    def toml(self, path: str) -> Toml | None:
        """A TOML file, or None where there is none that can be read."""
        if path not in self._toml:
            self._toml[path] = read_toml(self.texts[path], self.problems) if path in self.texts else None
        return self._toml[path]

    @cached_property
    def places(self) -> frozenset[str]:
        """The paths of all files that are deployed, and of the folders that hold them."""
        found = {file.path for file in self.files}
        left = list(found)
        while left:
            above = left.pop().rpartition("/")[0]
            if above and above not in found:
                found.add(above)
                left.append(above)
        return frozenset(found)


@dataclass(frozen=True)
class AppCode:
    """One app of apps.yaml with its folder, wherever it runs."""

    name: str
    source: Word
    main_file: str
    folder: Folder
    problems: Problems


@dataclass(frozen=True)
class SnowflakeApp(AppCode):
    """One that runs in Snowflake."""

    snowflake: Snowflake

    @property
    def is_container(self) -> bool:
        return self.snowflake.runtime == "container"

    @property
    def kind(self) -> str:
        return "a container app" if self.is_container else "a warehouse app"

    @property
    def because(self) -> tuple[Related, ...]:
        """The place in apps.yaml that decides what its files may hold."""
        where = "in a container" if self.is_container else "on a warehouse"
        return (Related(self.snowflake.at["runtime"], f"`{self.name}` runs {where}"),)


def folder_of(path: str) -> str:
    """The folder of a file with a `/` behind it, unless it is the root."""
    return path[: path.rfind("/") + 1]


def pages_of(app: AppCode) -> str:
    """Streamlit runs each file of this folder, like the main file."""
    return f"{folder_of(app.main_file)}pages"


def _is_read(file: File) -> bool:
    is_content = file.target is None and not file.is_special
    return is_content and (file.path.endswith(_MUST_BE_TEXT) or file.size <= _SEARCHED)
