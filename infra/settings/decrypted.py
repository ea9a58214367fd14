"""Decrypted values of a stack file. Each becomes a secret Output the moment it is read, and no message quotes one."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi

from infra.problems import Problems, Span
from infra.stack import PROJECT, Stack


class Decrypted:
    """One section of a stack file, such as `gatehouse:providers`, as Pulumi hands it over."""

    def __init__(self, stack: Stack, section: str, problems: Problems) -> None:
        self._stack = stack
        self._section = section
        self._problems = problems
        # Config.get_object warns about values that hold a secret and get_secret_object cannot be looked into.
        text = pulumi.runtime.get_config(f"{PROJECT}:{section}")
        try:
            found = json.loads(text or "{}")
        except ValueError:
            found = None
        self._found: Mapping[str, object] = found if isinstance(found, dict) else {}
        if found is not self._found:
            message = f"`{PROJECT}:{section}` is not a mapping"
            problems.add("wrong-stack-value", message, stack.values.at[section])

    def secret(self, path: tuple[str, ...], span: Span) -> pulumi.Output[str] | None:
        """The secret at a path below the section; None with a problem recorded when it cannot be used.

        A stray line end comes from `echo … | pulumi config set`, and nothing accepts it. A key in PEM form ends in one.
        """
        value: object = self._found
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        if isinstance(value, str) and value and (value == value.strip() or value.startswith("-----BEGIN ")):
            return pulumi.Output.secret(value)
        what = "begins or ends with white space" if isinstance(value, str) and value.strip() else "is empty"
        advice = self._stack.setting(f"--secret --path '{self._key(path)}'")
        message = f"the secret `{self._key(path)}` {what}"
        self._problems.add("wrong-stack-value", message, span, advice=(advice,))
        return None

    def missing(self, path: tuple[str, ...], span: Span) -> None:
        """Record that a secret is not set, and how to set it."""
        key = self._key(path)
        advice = self._stack.setting(f"--secret --path '{key}'")
        message = f"the secret `{key}` is not set in `{self._stack.file}`"
        self._problems.add("missing-stack-value", message, span, advice=(advice,))

    def _key(self, path: tuple[str, ...]) -> str:
        return f"{PROJECT}:{'.'.join((self._section, *path))}"
