"""Every problem code that infra can emit, found in its source text.

A code is the first argument of `Problem(...)`, `problems.add(...)` or `self.refuse(...)`. The one computed form,
`unknown-{what}`, stands for each `Noun`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

from infra.records import Noun

ROOT = Path(__file__).parent.parent


def _modules(*, with_pulumi: bool) -> Iterator[ast.Module]:
    for path in sorted((ROOT / "infra").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        imported = {
            name.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([ast.alias(node.module or "")] if isinstance(node, ast.ImportFrom) else node.names)
        }
        if with_pulumi or not any(name.startswith("pulumi") for name in imported):
            yield tree


def _codes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called, code = node.func, node.args[0]
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        owner = ast.unparse(called.value) if isinstance(called, ast.Attribute) else ""
        if not (name in ("Problem", "refuse") or (name == "add" and owner.endswith("problems"))):
            continue
        if isinstance(code, ast.Constant):
            yield str(code.value)
        elif isinstance(code, ast.JoinedStr):
            prefix = "".join(part.value for part in code.values if isinstance(part, ast.Constant))
            yield from (f"{prefix}{noun}" for noun in get_args(Noun))
        elif not (isinstance(code, ast.Name) and code.id == "code"):  # passed on: the caller is looked at instead
            raise AssertionError(f"the code in `{ast.unparse(node)}` is neither text nor an f-string")


@cache
def emitted(*, with_pulumi: bool = True) -> frozenset[str]:
    """The codes of all of infra, or of what the offline commands can reach."""
    return frozenset(code for tree in _modules(with_pulumi=with_pulumi) for code in _codes(tree))
