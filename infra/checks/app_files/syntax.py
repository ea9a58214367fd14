"""Rules about the syntax of the Python files that an app comes to run; a template with `{{ name }}` in it is only data.

Files that cannot be parsed have imports too, so lines are read, and no syntax tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from infra.checks.app_files.folder import AppCode, folder_of, pages_of

_REST = r"(?:\\\r?\n|[^#;\r\n])*"  # of a statement
_FROM = re.compile(rf"^[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(\([^)]{{0,5000}}\)|{_REST})", re.MULTILINE)
_IMPORT = re.compile(rf"^[ \t]*import[ \t]+({_REST})", re.MULTILINE)
_PAGE = re.compile(r"\bPage\(\s*[\"']([^\"']{1,500})[\"']")  # st.Page("views/one.py")
_COMMENT = re.compile(r"#.*")
_NAME = re.compile(r"[\w.]+")


def check_syntax(app: AppCode) -> None:
    """Ensure that the main file, pages, and what is imported from there are Python."""
    if app.folder.broken:
        run = run_files(app)
        app.problems.found += [problem for path, problem in app.folder.broken.items() if path in run]


def run_files(app: AppCode) -> set[str]:
    """The paths of the Python files that the app comes to run, as far as can be read from its text."""
    files = {path for path in app.folder.texts if path.endswith(".py")}
    left = [path for path in files if path == app.main_file or folder_of(path) == f"{pages_of(app)}/"]
    found = set(left)
    while left:
        path = left.pop()
        named = set(_named(app, path, app.folder.texts[path].text)) & files - found
        found |= named
        left += named
    return found


def _named(app: AppCode, path: str, text: str) -> Iterator[str]:
    """The files that one file may import or show as a page; most of them do not exist."""
    beside = folder_of(app.main_file)
    for page in _PAGE.findall(text):
        yield f"{beside}{page.removeprefix('./')}"
    for written in _IMPORT.findall(text):
        for module in written.split(","):
            yield from _modules((beside, ""), "".join(_NAME.findall(module)[:1]))
    for dots, module, written in _FROM.findall(text):
        places = (_above(path, len(dots)),) if dots else (beside, "")
        if dots:
            yield f"{places[0]}__init__.py"
        for name in _COMMENT.sub("", written).split(","):
            yield from _modules(places, ".".join(filter(None, (module, *_NAME.findall(name)[:1]))))


def _above(path: str, level: int) -> str:
    """The folder that so many dots lead to."""
    folder = folder_of(path)
    for _ in range(level - 1):
        folder = folder_of(folder.removesuffix("/"))
    return folder


def _modules(places: tuple[str, ...], module: str) -> Iterator[str]:
    """What is run to import a module: its file, and those of the packages around it."""
    parts = module.split(".") if module else []
    for place in places:
        for length in range(1, len(parts) + 1):
            within = f"{place}{'/'.join(parts[:length])}"
            yield from (f"{within}.py", f"{within}/__init__.py")
