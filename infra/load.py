"""The files of a project to checked estates: what every command and the Pulumi program start from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from infra.checks import check
from infra.checks.scope import Scope
from infra.estate import Estate
from infra.holds.outcomes import outcomes
from infra.holds.problems import problems_of
from infra.lints import run_lints
from infra.problems import ConfigError, Problem, Problems, did_you_mean, in_order
from infra.records import Table
from infra.resolve import resolve
from infra.roster import Roster, check_apart, load_roster
from infra.schema import AppsFile, load_apps
from infra.schema.alike import load_alike
from infra.source import read_text
from infra.stack import FOLDER, load_stack, stack_names

APPS = "apps.yaml"


@dataclass(frozen=True)
class Project:
    """The checked estates by stack, in the order of the stacks' names, the roster, and the warnings that remain."""

    estates: dict[str, Estate]
    roster: Roster | None
    warnings: tuple[Problem, ...]


def find_project(start: Path) -> Path:
    """The nearest folder upwards that holds apps.yaml. Raises ConfigError when there is none."""
    for folder in (start, *start.parents):
        if (folder / APPS).is_file():
            return folder
    advice = ("run the command in the project's folder",)
    raise ConfigError([Problem("missing-file", f"there is no `{APPS}` in `{start}` or above it", advice=advice)])


def load_project(root: Path, stacks: Iterable[str], today: date) -> Project:
    """Read apps.yaml, the named stacks (all of them when none is named) and people.yaml.

    Raises ConfigError with all that was found in all files when any of it is an error.
    """
    problems = Problems()
    file = load_file(root, problems)
    estates = _estates(root, file, stacks, problems, today)
    roster = load_roster(root, file.departments if file else Table(readable=False), problems)
    if roster:
        for estate in estates.values():
            check_apart(roster, estate, problems)
    problems.raise_errors()
    return Project(estates, roster, in_order(problems.found))


def load_texts(root: Path) -> Project:
    """All stacks of files that stand alone: no app's folder is looked at, and no lint is run. Raises ConfigError."""
    problems = Problems()
    return _project(root, load_file(root, problems), problems)


def load_both(older: Path, newer: Path, prefix: str) -> tuple[Project, Project]:
    """Two versions of such files. Raises ConfigError, in which `prefix` stands before the names of the older ones."""
    problems = Problems()
    file = load_file(newer, problems)
    after = _project(newer, file, problems)
    text = read_text(older / APPS, APPS, problems)
    alike = load_alike(text, APPS, file) if text is not None and file is not None else None
    if alike is not None:
        try:
            return _project(older, alike, problems), after
        except ConfigError:
            pass  # What is wrong has its place in the file itself.
    try:
        return load_texts(older), after
    except ConfigError as error:
        raise ConfigError(problem.within(prefix) for problem in error.problems) from None


def _project(root: Path, file: AppsFile | None, problems: Problems) -> Project:
    estates = _estates(root, file, (), problems)
    roster = load_roster(root, file.departments if file else Table(readable=False), problems)
    problems.raise_errors()
    return Project(estates, roster, ())


def load_estate(root: Path, stack: str, today: date) -> tuple[Estate, tuple[Problem, ...]]:
    """The estate of one stack, in which all tests hold, and the warnings that remain. people.yaml means nothing for it.

    Raises ConfigError.
    """
    problems = Problems()
    estates = _estates(root, load_file(root, problems), [stack], problems, today)
    problems.raise_errors()
    # What is deployed is what was promised: nothing goes out while a test says that it is wrong.
    problems.found += problems_of(outcomes(estates, today))
    problems.raise_errors()
    return estates[stack], in_order(problems.found)


def load_file(root: Path, problems: Problems) -> AppsFile | None:
    """apps.yaml as written."""
    text = read_text(root / APPS, APPS, problems)
    return load_apps(text, APPS, problems) if text is not None else None


def _estates(
    root: Path, file: AppsFile | None, stacks: Iterable[str], problems: Problems, today: date | None = None
) -> dict[str, Estate]:
    """Without a day the files stand alone: no app's folder is looked at, and no lint is run."""
    beside = root if today else None
    known = stack_names(root)
    chosen = tuple(dict.fromkeys(stacks)) or known
    for name in chosen:
        if name not in known:
            problems.add(
                "unknown-stack", f"stack `{name}` has no file in `{FOLDER}/`", advice=did_you_mean(name, known)
            )
    if not known:
        problems.add("missing-file", f"there is no stack file in `{FOLDER}/`", advice=("see docs/first-account.md",))
    estates: dict[str, Estate] = {}
    scopes: list[Scope] = []
    for name in chosen:
        scope = _scope(beside, root, name, file, known, problems) if name in known else None
        if scope:
            estates[name] = scope.estate
            scopes.append(scope)
    # What is wrong with another stack by itself stops nobody here.
    others = (_scope(beside, root, name, file, known, Problems()) for name in known if name not in chosen)
    check(*scopes, others=[scope for scope in others if scope])
    if today is not None and not problems.has_errors:
        for scope in scopes:
            run_lints(scope, today)
    return estates


def _scope(
    beside: Path | None, root: Path, name: str, file: AppsFile | None, known: tuple[str, ...], problems: Problems
) -> Scope | None:
    stack = load_stack(root, name, problems)
    if stack is None or file is None:
        return None
    return Scope(file, stack, known, resolve(file, stack, known, problems), problems, beside)


__all__ = ["ConfigError", "Project", "find_project", "load_both", "load_estate", "load_project", "load_texts"]
