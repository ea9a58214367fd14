"""Values of a stack file that Pulumi has encrypted. They stay opaque; what should be one and is not is never shown."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from infra.problems import Problem, Problems
from infra.shapes import BAD, Bad, JsonSchema, Shape, wrong
from infra.source import Mapping, Node, Scalar

# Keys of Pulumi's providers that hold a secret, and ours.
_SECRETS = (
    "apiToken",
    "apiKey",
    "apiUserServiceKey",
    "password",
    "privateKey",
    "privateKeyPassphrase",
    "token",
    "refreshToken",
    "clientSecret",
)
SPELLINGS = {spelling for key in _SECRETS for spelling in (key, re.sub("([A-Z])", r"_\1", key).lower())}
_SECRET_LINE = re.compile(rf"((?:{'|'.join(SPELLINGS)})['\"]?\s*:\s*)([^\s{{].*)", re.IGNORECASE)


def is_encrypted(node: Node) -> bool:
    """Whether this is Pulumi's form of a secret: a mapping with the one key `secure`."""
    if not isinstance(node, Mapping) or [name.text for name, _ in node.entries] != ["secure"]:
        return False
    value = node.entries[0][1]
    return isinstance(value, Scalar) and bool(value.text)


@dataclass(frozen=True)
class Encrypted(Shape[bool]):
    """A value that Pulumi has encrypted; plain text is refused before it is committed."""

    def decode(self, node: Node, problems: Problems) -> bool | Bad:
        if is_encrypted(node):
            return True
        node.span.source.hide(node.span)
        if isinstance(node, Scalar) and node.text:
            message = "this secret is written in plain text"
            advice = ("remove it and run `pulumi config set --secret --path …`; see docs/first-account.md",
                      "a secret that has been committed must be replaced at its provider")  # fmt: skip
            problems.add("plain-secret", message, node.span, advice=advice)
            return BAD
        return wrong(node, "an encrypted value", problems, "set it with `pulumi config set --secret --path …`")

    def schema(self) -> JsonSchema:
        return {"type": "object", "required": ["secure"]}


def hide_values(node: Node) -> None:
    """Mask what stands after a key that is nearly one of a secret: its line may be shown for another reason."""
    for name, value in node.entries if isinstance(node, Mapping) else ():
        near = difflib.get_close_matches(name.text.rpartition(":")[2], SPELLINGS, n=1, cutoff=0.8)
        if near and not is_encrypted(value):
            value.span.source.hide(value.span)
        hide_values(value)


def hide_lines(found: Iterable[Problem]) -> None:
    """Mask secrets in a text that is no YAML, or whose keys are written twice."""
    for source in {problem.span.source for problem in found if problem.span}:
        source.lines[:] = [
            _SECRET_LINE.sub(lambda match: match[1] + "*" * len(match[2]), line) for line in source.lines
        ]
