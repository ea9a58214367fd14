"""The files of an app in Snowflake as they are uploaded: its own, and the kit's if it imports that.

A Snowflake runtime has no package of ours, so the kit's folder comes along, with a list of the app's secret UDFs in it:
`streamlit_runtime.secret(alias)` looks its function up there. It lies beside the main file, where modules are found.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from infra.bundle import SECRETS_FILE, digest, files_of, unreadable
from infra.containers import KIT
from infra.estate import App, Estate, InSnowflake
from infra.problems import ConfigError, Problem
from infra.secret_functions import secret_functions
from infra.sql import ObjectName

GENERATED = ".gatehouse"  # below the project's folder; git does not keep it
PACKAGE = "streamlit_runtime"
_IMPORT = re.compile(rf"^[ \t]*(?:from|import)[ \t]+{PACKAGE}\b", re.MULTILINE)


@dataclass(frozen=True)
class Upload:
    """One file: its path in the app, where it is on this machine, and a hash of app, path and content.

    On the stage it is below that hash, so that no upload ever overwrites another.
    """

    path: str
    place: Path
    key: str

    @property
    def folder(self) -> str:
        """The folder on the stage that it is put into."""
        parent = PurePosixPath(self.path).parent.as_posix()
        return f"{self.key}/" + ("" if parent == "." else f"{parent}/")


Uploads = Mapping[str, tuple[Upload, ...]]
"""By app; those that Snowflake fetches from Git have none."""


def plan_uploads(estate: Estate, root: Path) -> Uploads:
    """Read every file, and write down the secret UDFs of apps that ask for them. Raises ConfigError."""
    return {app.name: _uploads(app, home, root) for app, home in estate.in_snowflake if home.git is None}


def own_files(folder: Path, runtime: str) -> tuple[str, ...]:
    """The paths of an app's own files; secrets.toml only means something to a container. Raises OSError."""
    keep = (SECRETS_FILE,) if runtime == "container" else ()
    found = (file.path for file in files_of(folder, keep=keep))
    # Others of that name mean nothing to Streamlit, or more than what is checked.
    return tuple(path for path in found if not path.endswith(SECRETS_FILE) or path == f".streamlit/{SECRETS_FILE}")


def _uploads(app: App, home: InSnowflake, root: Path) -> tuple[Upload, ...]:
    folder = root / home.source
    with _readable(home.source, app):
        found = {path: folder / path for path in own_files(folder, home.runtime)}
        texts = [place.read_text("utf-8", errors="replace") for path, place in found.items() if path.endswith(".py")]
    if any(map(_IMPORT.search, texts)):
        with _readable(KIT, app):
            found = {**_kit(home, root), **found}
    with _readable(home.source, app):
        # A stage of another name or owner is a new one, and empty.
        stage = f"{ObjectName(home.schema.database, home.schema.name, home.name)} {home.owner_role}"
        return tuple(Upload(path, found[path], _key(stage, path, digest(found[path]))) for path in sorted(found))


@contextlib.contextmanager
def _readable(folder: str, app: App) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError([Problem("unfit-source", unreadable(folder, error), app.at["source"])]) from None


def _kit(home: InSnowflake, root: Path) -> dict[str, Path]:
    place, beside = root / KIT / PACKAGE, (PurePosixPath(home.main_file).parent / PACKAGE).as_posix()
    found = {f"{beside}/{file.path}": place / file.path for file in files_of(place) if file.path.endswith(".py")}
    return found | {f"{beside}/functions.json": _written(functions(home), root)}


def functions(home: InSnowflake) -> dict[str, dict[str, str]]:
    """The secret UDFs of an app: by alias and function of `_snowflake`, each as it is called in SQL."""
    at = ObjectName(home.schema.database, home.schema.name, home.name)
    return {
        secret.alias: {function.reads: str(at.beside(function.name)) for function in secret_functions(secret)}
        for secret in home.read_by_function
    }


def _written(content: dict[str, dict[str, str]], root: Path) -> Path:
    """A file with this content; drivers upload files, not texts. Its place follows from the content."""
    text = json.dumps(content, indent=1, sort_keys=True) + "\n"
    place = root / GENERATED / _key("functions.json", text) / "functions.json"
    if not place.is_file():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return place


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
