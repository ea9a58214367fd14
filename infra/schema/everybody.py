"""Words for everybody, of which `access` has none: what somebody who writes one can mean."""

from __future__ import annotations

from collections.abc import Iterator

from infra.problems import Problems
from infra.records import Table
from infra.schema.people import Department
from infra.shapes import Word

_PUBLIC = ("public", "world")
_EVERYBODY = ("all", "any", "anybody", "anyone", "everybody", "everyone", *_PUBLIC)


def stands_for_everybody(word: Word, departments: Table[Department]) -> bool:
    """Whether a word is meant so: a department of that name is a department."""
    return word.lower() in _EVERYBODY and departments.lacks(word)


def refuse_everybody(
    word: Word, departments: Table[Department], problems: Problems, *, denied: bool, can_be_public: bool
) -> None:
    """Say that there is no such word, and what there is."""
    advice = list(_instead(departments))
    if can_be_public:
        public = "for anybody in the world, without signing in: `{public: true, reason: …}`"
        advice.insert(0 if word.lower() in _PUBLIC else len(advice), public)
    if denied:
        advice = ["leave it out: whoever is not allowed is turned away"]
    message = f"there is no word for everybody, and no department `{word}`"
    problems.add("unknown-department", message, word.span, label="not under `departments`", advice=advice)


def _instead(departments: Table[Department]) -> Iterator[str]:
    """Departments that are there, and how everybody of a domain becomes one."""
    if 0 < len(departments.declared) <= 12:
        yield f"name departments: {', '.join(f'`{name}`' for name in departments.declared)}"
    wide = {name: department.domains for name, department in departments.items() if department.domains}
    for name, domains in wide.items():
        yield f"in `{name}` is everybody with an address at {' or '.join(domains)}"
    if not wide:
        yield "for everybody with an address of yours, declare a department with `domains: [example.com]`"
