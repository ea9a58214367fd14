"""The architecture: imports run one way, along the lines drawn in infra/__init__.py."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest

import infra
from tests.problem_codes import ROOT

LAYERS = [line.split(", ") for line in re.findall(r"^    ([a-z_, ]+)$", str(infra.__doc__), re.MULTILINE)]
LAYER_OF = {name: number for number, names in enumerate(LAYERS) for name in names}
WITH_PULUMI = {"settings", "components", "provision", "__main__"}
FORBIDDEN = {"utils", "helpers", "common", "manager", "handler", "base", "data", "info", "process", "misc"}


def python_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imported(path: Path) -> frozenset[str]:
    """Every module that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {_target(str(node.module), name.name) for name in node.names}
    return frozenset(found)


def _target(package: str, name: str) -> str:
    """`from infra.access import decide` is the package's; `from infra import names` is the module."""
    inner = ROOT.joinpath(*package.split("."), name)
    return f"{package}.{name}" if inner.with_suffix(".py").is_file() or inner.is_dir() else package


def unit(name: str) -> str:
    """`infra.checks.people` belongs to `checks`."""
    return name.split(".")[1]


INFRA = [path for path in python_files("infra") if module(path) != "infra"]


def test_every_module_has_its_line() -> None:
    assert {unit(module(path)) for path in INFRA} == set(LAYER_OF)


@pytest.mark.parametrize("path", INFRA, ids=module)
def test_imports_run_downwards(path: Path) -> None:
    own = unit(module(path))
    below = {unit(name) for name in imported(path) if name.startswith("infra.")} - {own}
    assert {name for name in below if LAYER_OF[name] >= LAYER_OF[own]} == set()


def test_no_module_imports_itself_in_a_circle() -> None:
    """Inside packages too."""
    graph = {module(path): {name for name in imported(path) if name.startswith("infra.")} for path in INFRA}
    done: set[str] = set()
    while leaves := {name for name in graph if name not in done and graph[name] <= done}:
        done |= leaves
    assert sorted(set(graph) - done) == []


def test_components_do_not_know_each_other() -> None:
    for path in python_files("infra/components"):
        assert {name for name in imported(path) if name.startswith("infra.components")} == set(), path.name


@pytest.mark.parametrize("path", INFRA, ids=module)
def test_pulumi_is_known_to_the_shell_only(path: Path) -> None:
    uses = any(name.split(".")[0].startswith("pulumi") for name in imported(path))
    assert not uses or unit(module(path)) in WITH_PULUMI


def test_the_offline_commands_reach_no_pulumi() -> None:
    """Not through anything they import either."""
    by_name = {module(path): path for path in python_files("infra")}
    reached, left = set(), {"infra.cli"}
    while left:
        name = left.pop()
        reached.add(name)
        left |= {other for other in imported(by_name[name]) if other in by_name} - reached
    assert {unit(name) for name in reached if "." in name} & WITH_PULUMI == set()
    assert "infra.lints.entries" in reached


def test_infra_and_sandbox_do_not_know_each_other() -> None:
    assert [path for path in python_files("infra") if any(n.split(".")[0] == "sandbox" for n in imported(path))] == []
    assert [path for path in python_files("sandbox") if any(n.split(".")[0] == "infra" for n in imported(path))] == []


def test_the_product_imports_no_tests() -> None:
    for path in [*python_files("infra"), *python_files("sandbox"), *python_files("apps")]:
        assert not any(name.split(".")[0] in ("tests", "pytest") for name in imported(path)), path


def test_no_module_hides_one_of_pythons() -> None:
    """Pulumi runs infra/ as a folder, so its modules come before the standard library's."""
    names = {path.stem for path in (ROOT / "infra").iterdir()}
    assert names & set(sys.stdlib_module_names) == set()


def test_names_say_something() -> None:
    assert [path for path in (*python_files("infra"), *python_files("sandbox")) if path.stem in FORBIDDEN] == []


@pytest.mark.parametrize("path", INFRA, ids=module)
def test_modules_and_functions_fit_on_a_screen(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is too long"
