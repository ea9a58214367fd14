"""The order of what has none: in statements by Terraform's hash, in stored state by the alphabet.

Both are the official provider's (terraform-plugin-sdk helper/schema/set.go and serialize.go; go-cty).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping


def sent(values: Iterable[str]) -> list[str]:
    """Texts in the order in which statements list them."""
    return sorted(values, key=lambda value: _code(f"{value};"))


def blocks_sent(blocks: Iterable[Mapping[str, str]], *keys: tuple[str, str]) -> list[Mapping[str, str]]:
    """Blocks in that order; `keys` are the names of their parts on the wire and in Terraform, by the latter."""
    return sorted(blocks, key=lambda block: _code("".join(f"{theirs}:{block[ours]};" for ours, theirs in keys)))


def stored(values: Iterable[str]) -> list[str]:
    """Texts in the order in which the state lists them."""
    return sorted(set(values))


def _code(text: str) -> str:
    # The hashes are compared as decimal text, not as numbers.
    return str(zlib.crc32(text.encode()))
