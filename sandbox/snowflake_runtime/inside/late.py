"""Changing what libraries have: now or at their import, so that an app which never imports one does not wait for it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


def replace(owner: object, name: str, value: object) -> None:
    """Put something else in the place of what a module or class has; an `AttributeError` where it has nothing there."""
    getattr(owner, name)
    setattr(owner, name, value)


class _Once(MetaPathFinder):
    def __init__(self, name: str, change: Callable[[ModuleType], None]) -> None:
        self._name, self._change = name, change

    def find_spec(self, fullname: str, _: Sequence[str] | None, __: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def executed(module: ModuleType) -> None:
            execute(module)
            self._change(module)

        replace(spec.loader, "exec_module", executed)
        return spec


def when_imported(name: str, change: Callable[[ModuleType], None]) -> None:
    """Change the module of that name at the end of its import, before anybody has it."""
    sys.meta_path.insert(0, _Once(name, change))
