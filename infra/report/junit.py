"""A diff as JUnit XML: a suite for each stack, in it a case for each app, which passes where nobody gains."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from infra.diff.changes import WIDENING, AppChange
from infra.diff.estates import Diff, StackDiff
from infra.report.annotations import sentences
from infra.report.summary import WORDS, Item, verdict

# What XML 1.0 has no way to write.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(diff: Diff) -> str:
    """The document. What is proved to admit the same people, or fewer, passes; what is undecided is an error."""
    changes = [change for _, change in diff.changes]
    top = _element("testsuites", name=f"gatehouse diff: {verdict(diff)}", **_counts(changes))
    for item in diff.stacks:
        top.append(_suite(diff, item))
    ElementTree.indent(top)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(top, encoding="unicode")}\n'


def _suite(diff: Diff, item: StackDiff) -> ElementTree.Element:
    suite = _element("testsuite", name=f"stack {item.stack}", **_counts(item.changes))
    for change in item.changes:
        case = _element("testcase", classname=f"gatehouse.diff.{item.stack}", name=f"{change.app}: nobody gains")
        said = "\n".join(sentences(diff, Item((item.stack,), change)))
        word = WORDS.get(change.verdict, change.verdict)
        if change.verdict in WIDENING and (change.gained or change.verdict == "undecided"):
            kind = "error" if change.verdict == "undecided" else "failure"
            case.append(_element(kind, said, type=change.verdict, message=f"{change.title}: {word}"))
        elif not change.is_silent:
            case.append(_element("system-out", f"{word}\n{said}"))
        suite.append(case)
    return suite


def _counts(changes: tuple[AppChange, ...] | list[AppChange]) -> dict[str, str]:
    gained = sum(1 for change in changes if change.gained)
    errors = sum(1 for change in changes if change.verdict == "undecided")
    return {"tests": str(len(changes)), "failures": str(gained), "errors": str(errors), "skipped": "0"}


def _element(name: str, text: str = "", /, **attributes: str) -> ElementTree.Element:
    found = ElementTree.Element(name, {key: _IMPOSSIBLE.sub("�", value) for key, value in attributes.items()})
    if text:
        found.text = _IMPOSSIBLE.sub("�", text)
    return found
