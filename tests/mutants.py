"""Mutants: small wrong changes of a module, each of which some test must notice.

    python -m tests.mutants infra/access/decide.py [MORE FILES] [--jobs 2] [--then "tests/test_changes.py ..."]

Comparisons, constants, `and` and `or`, `not`, branches, statements and what is returned are changed one at a time. Each
mutant is tried in a process of its own on small universes counted one by one, and, if nothing was noticed, by the test
files after `--then`. What survives is printed; docs/decisions/2026-11-27-mutation-run.md says why some may.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import os
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

from infra.diff import changes
from infra.diff.delta import Comparison, Delta, Residents, Side
from infra.diff.delta import delta as real_delta
from tests import test_comparison

SEEDS = range(120)
SECONDS = 10  # of computing, for the small universes; what never ends is noticed
COMPARISONS = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr}


@dataclass(frozen=True)
class Mutant:
    """A changed module; `what` says where and how."""

    module: str
    what: str
    source: str


def mutants(path: Path) -> Iterator[Mutant]:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        for annotation in {"annotation", "returns"} & {*node._fields}:
            setattr(node, annotation, getattr(node, annotation) and ast.Constant(value="of no matter"))
    module = ".".join(path.with_suffix("").parts)
    for number, node in enumerate(ast.walk(tree)):
        for change in range(len(list(_changed(node)))):
            other = copy.deepcopy(tree)
            twin = next(twin for place, twin in enumerate(ast.walk(other)) if place == number)
            what = list(_changed(twin))[change]
            before = ast.unparse(node).partition("\n")[0]
            what(twin)
            after = ast.unparse(twin).partition("\n")[0]
            text = ast.unparse(ast.fix_missing_locations(other))
            line = getattr(node, "lineno", 0)
            yield Mutant(module, f"{path}:{line}: {before[:90]}  ->  {after[:90]}", text)


def _changed(node: ast.AST) -> Iterator[object]:
    """The ways to change a node in place, each a function of it."""
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in COMPARISONS:
            yield lambda one: one.ops.__setitem__(0, COMPARISONS[type(one.ops[0])]())
        case ast.BoolOp():
            yield lambda one: setattr(one, "op", ast.And() if isinstance(one.op, ast.Or) else ast.Or())
        case ast.BinOp(op=operator) if type(operator) in OPERATORS:
            yield lambda one: setattr(one, "op", OPERATORS[type(one.op)]())
        case ast.UnaryOp(op=ast.Not()):
            yield lambda one: setattr(one, "op", ast.UAdd()) or setattr(one, "operand", _truth(one.operand))
        case ast.Constant(value=bool() | int()):
            yield lambda one: setattr(one, "value", not one.value if isinstance(one.value, bool) else one.value + 1)
        case ast.If() | ast.IfExp():
            yield lambda one: setattr(one, "test", ast.Constant(value=True))
            yield lambda one: setattr(one, "test", ast.Constant(value=False))
        case ast.comprehension(ifs=[_, *_]):
            yield lambda one: setattr(one, "ifs", [])
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
            yield _dropped
        case ast.Return(value=ast.expr()):
            yield lambda one: setattr(one, "value", ast.Constant(value=None))
        case _:
            return


def _truth(operand: ast.expr) -> ast.expr:
    return ast.Call(func=ast.Name(id="bool", ctx=ast.Load()), args=[operand], keywords=[])


def _dropped(node: ast.AST) -> None:
    """A statement becomes one that does nothing."""
    if isinstance(node, ast.Expr):
        node.value = ast.Constant(value=None)


def _swap(old: object, new: object) -> None:
    """Give functions, methods and properties the code of their twins, wherever they have been imported to."""
    for name, twin in list(vars(new).items()):
        mine = vars(old).get(name)
        if isinstance(twin, type) and isinstance(mine, type) and twin.__module__ == mine.__module__:
            _swap(mine, twin)
        for part in ("fget", "func", "__func__", "__wrapped__", ""):
            one, other = ((getattr(item, part, None) if part else item) for item in (mine, twin))
            if isinstance(one, FunctionType) and isinstance(other, FunctionType) and one.__module__ == old_name(old):
                one.__code__ = other.__code__


def old_name(one: object) -> str:
    return one.__name__ if isinstance(one, ModuleType) else str(getattr(one, "__module__", ""))


def _try(mutant: Mutant, then: list[str]) -> None:
    """Take the place of the module, and raise if a test notices."""
    module = importlib.import_module(mutant.module)
    twin = ModuleType(mutant.module)
    exec(compile(mutant.source, mutant.module, "exec"), vars(twin))  # noqa: S102 - that is the point
    _swap(module, twin)
    kept: dict[int, tuple[Comparison, int]] = {}

    def recording(
        one: Comparison, side: Side, other: Side, roster: Residents, said: frozenset[str] | None
    ) -> Delta | None:
        part = real_delta(one, side, other, roster, said)
        if part is not None:
            kept[id(part.witness)] = one, one.diagrams.of(one.beyond(side, other))
        return part

    changes.delta = recording
    for seed in SEEDS:
        list(test_comparison.held(seed, kept))
    test_comparison.test_counting_says_what_decide_says(SEEDS[:60])
    changes.delta = real_delta
    if then:
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore", *then])
        if code:
            raise AssertionError(code)


def run(mutant: Mutant, then: list[str]) -> int:
    """Start the tests of a mutant in a process of its own; its exit code is 0 if nothing was noticed."""
    pid = os.fork()
    if pid:
        return pid
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS + 60 * len(then),) * 2)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        _try(mutant, then)
    except BaseException:
        os._exit(1)
    os._exit(0)


def main() -> None:
    arguments = argparse.ArgumentParser(description="Try mutants of modules against the fast tests.")
    arguments.add_argument("files", nargs="+", type=Path)
    arguments.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments.add_argument("--then", default="", help="test files for those that survive the small universes")
    options = arguments.parse_args()
    _try(Mutant("tests.mutants", "nothing is changed", ""), [])
    waiting = [mutant for path in options.files for mutant in mutants(path)]
    total, survived, started = len(waiting), 0, time.monotonic()
    running: dict[int, Mutant] = {}
    while waiting or running:
        while waiting and len(running) < options.jobs:
            mutant = waiting.pop(0)
            running[run(mutant, options.then.split())] = mutant
        pid, status = os.wait()
        mutant = running.pop(pid)
        if status == 0:
            survived += 1
            print(f"survived {mutant.what}", flush=True)
    print(f"{total} mutants, {survived} survived, {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
