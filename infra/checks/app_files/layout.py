"""Rules about an app's files as such: each can be uploaded to a stage, and the main file is where its runtime looks."""

from __future__ import annotations

import os
import re
from collections import Counter

from infra.bundle import MOST_BYTES, File
from infra.checks.app_files.folder import SnowflakeApp

_MEBIBYTE = 1024 * 1024
# Each file is three resources and two statements: thousands make every update and preview of the stack slow.
MOST_FILES = 1000
# PUT takes the first four for patterns, and a leading `~` for a home; the rest can end its text.
_NOT_FOR_PUT = re.compile(r"[*?\[\]\\\x00-\x1f\x7f\ufffd]|^~")


def check_files(app: SnowflakeApp) -> None:
    """Ensure that every file can be uploaded as it is, and that all together are a size and a number for an app."""
    for file in app.folder.files:
        what, advice = _unfit(app, file)
        if what:
            name = os.fsencode(file.path).decode("utf-8", "replace")
            app.problems.add("unfit-source", f"`{app.source}/{name}` {what}", app.source.span, advice=(advice,))
    _check_number(app)
    size = sum(file.size for file in app.folder.files)
    if size > MOST_BYTES:
        largest = max(app.folder.files, key=lambda file: file.size)
        message = f"`{app.source}` has {size // _MEBIBYTE:,} MiB, more than {MOST_BYTES // _MEBIBYTE}"
        advice = f"the largest file is `{app.source}/{largest.path}`; let the app read its data from a table or a stage"
        app.problems.add("unfit-source", message, app.source.span, advice=(advice,))


def _check_number(app: SnowflakeApp) -> None:
    files = app.folder.files
    if len(files) > MOST_FILES:
        (folder, number), *_ = Counter(file.path.rpartition("/")[0].partition("/")[0] for file in files).most_common()
        place = f"{app.source}/{folder}" if folder else str(app.source)
        message = f"`{app.source}` has {len(files):,} files, more than {MOST_FILES:,}"
        advice = f"{number:,} are in `{place}`; remove what the app does not need, or let it read data from a stage"
        app.problems.add("unfit-source", message, app.source.span, advice=(advice,))


def _unfit(app: SnowflakeApp, file: File) -> tuple[str, str]:
    """What is wrong with a file and what to do about it, or two empty texts."""
    copy = "a stage holds files and nothing else: put a copy there, or remove it"
    if file.leaves:
        return f"is a link that leads out of `{app.source}`", copy
    if file.target is not None and not (app.folder.path / file.path).is_file():
        return "is a link that leads to no file", copy
    if file.is_special:
        return "is neither a file nor a folder", copy
    if _NOT_FOR_PUT.search(os.fsencode(file.path).decode("utf-8", "replace")):
        return "has a name that PUT cannot upload", "use letters, digits, `-`, `_` and `.`"
    return "", ""


def check_main_file(app: SnowflakeApp) -> None:
    """Ensure that the main file is at the root where the runtime looks nowhere else."""
    written = app.snowflake.main_file
    if written is not None and "/" in written and not app.is_container:
        message = "the main file of a warehouse app is at the root of its folder"
        advice = (f"move it to `{app.source}/{written.rpartition('/')[2]}`, or write `runtime: container`",)
        app.problems.add("bad-main-file", message, written.span, related=app.because, advice=advice)
