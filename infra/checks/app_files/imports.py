"""Rules about modules that an app imports from its own folder: they are there, because nothing else is deployed."""

from __future__ import annotations

import difflib
import sys

from infra.checks.app_files.folder import AppCode, folder_of, pages_of
from infra.checks.app_files.python_source import Import


def check_imports(app: AppCode) -> None:
    """Ensure that a module which can only be the app's own is among its files."""
    for python in app.folder.python:
        folder, _, name = python.file.path.rpartition("/")
        for found in python.imports:
            if found.level:
                _check_relative(app, folder, name, found)
            else:
                _check_absolute(app, found)


def _check_relative(app: AppCode, folder: str, name: str, found: Import) -> None:
    above = folder.split("/")[: -(found.level - 1) or None] if folder else []
    is_page = folder == pages_of(app) and name != "__init__.py"
    is_script = not folder or f"{folder}/{name}" == app.main_file or is_page
    written = f"{'.' * found.level}{found.module}"
    if is_script or found.level > len(folder.split("/")):
        message = f"`{written}` leads out of the app's folder"
        if is_script:
            message = f"`{written}` is relative to a package, and this file is in none"
        advice = ("leave the dots out: modules are found from the app's folder",)
        app.problems.add("missing-module", message, found.span, advice=advice)
        return
    package = "/".join(above)
    modules = [found.module] if found.module else list(found.names)
    if not found.module and f"{package}/__init__.py" in app.folder.places:
        return  # it may define these names
    for module in modules:
        path = f"{package}/{module.replace('.', '/')}"
        if module != "*" and not _exists(app, path):
            message = f"there is no module `{module}` in `{app.source}/{package}`"
            app.problems.add("missing-module", message, found.span, advice=_near(app, path, module))


def _check_absolute(app: AppCode, found: Import) -> None:
    """What is neither Python's nor the app's can be anybody's, except where only this project has it."""
    top, _, rest = found.module.partition(".")
    path = found.module.replace(".", "/")
    if top in sys.stdlib_module_names:
        return
    for place in dict.fromkeys((folder_of(app.main_file), "")):
        if f"{place}{top}/__init__.py" in app.folder.places and rest:
            if not _exists(app, f"{place}{path}"):
                message = f"there is no module `{found.module}` in `{app.source}`"
                advice = _near(app, f"{place}{path}", found.module)
                app.problems.add("missing-module", message, found.span, advice=advice)
            return
        if _exists(app, f"{place}{top}"):
            return
    if leads_out(app, found):
        message = f"`{found.module}` is outside of `{app.source}`, which is all that is deployed"
        app.problems.add("missing-module", message, found.span, advice=("move the module into the app's folder",))


def is_own(app: AppCode, top: str) -> bool:
    """Whether a module is among the app's files."""
    return any(_exists(app, f"{place}{top}") for place in (folder_of(app.main_file), ""))


def leads_out(app: AppCode, found: Import) -> bool:
    """Whether a module is in this project, outside of the app's folder."""
    root, path = app.folder.root, found.module.replace(".", "/")
    is_beside = found.module.partition(".")[0] in app.folder.beside
    return is_beside and ((root / f"{path}.py").is_file() or (root / path / "__init__.py").is_file())


def _exists(app: AppCode, path: str) -> bool:
    return f"{path}.py" in app.folder.places or path in app.folder.places


def _near(app: AppCode, path: str, module: str) -> tuple[str, ...]:
    """The module of the same folder that may have been meant."""
    folder, _, name = path.rpartition("/")
    places = [place.rpartition("/") for place in sorted(app.folder.places) if place.endswith(".py")]
    beside = [file.removesuffix(".py") for parent, _, file in places if parent == folder and file != "__init__.py"]
    near = difflib.get_close_matches(name, beside, n=1)
    return tuple(f"did you mean `{module.removesuffix(name)}{other}`?" for other in near)
