"""Versions that the runtimes have (docs.snowflake.com, "Runtime environments for Streamlit apps")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

CONTAINER_PYTHON = "3.11"
CONTAINER_STREAMLIT = "1.50"
_PATCHES = tuple(f"{CONTAINER_PYTHON}.{patch}" for patch in range(100))
_WAREHOUSE = {"python": ((3, 9), (3, 11)), "streamlit": ((1, 22, 0), (1, 52, 2))}


def suits_container_python(wanted: SpecifierSet) -> bool:
    """Whether some Python of a container satisfies `requires-python`."""
    return any(wanted.contains(version) for version in _PATCHES)


def suits_container_streamlit(wanted: SpecifierSet) -> bool:
    """Whether some Streamlit of a container satisfies a requirement.

    A set of versions has an end where it names a version, so the named ones and both ends of the range are enough.
    """
    named = [specifier.version.removesuffix(".*") for specifier in wanted]
    candidates = (version for version in (CONTAINER_STREAMLIT, "9999", *named) if is_container_streamlit(version))
    return any(wanted.contains(version, prereleases=True) for version in candidates)


def unfit_for_warehouse(package: str, pin: str) -> str:
    """What a warehouse has instead of this pin of Python or Streamlit (`1.35.*`); `` where it has that."""
    if package not in _WAREHOUSE:
        return ""
    least, most = _WAREHOUSE[package]
    numbers = tuple(int(part) for part in re.findall(r"\d+", pin.partition("*")[0]))[: len(least)]
    # A pin of fewer parts stands for all versions that begin so.
    if not numbers or least[: len(numbers)] <= numbers <= most[: len(numbers)]:
        return ""
    return f"{'.'.join(map(str, least))} to {'.'.join(map(str, most))}"


def is_container_streamlit(version: str) -> bool:
    """Whether containers have this Streamlit. What is no version is none of theirs."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version) >= Version(CONTAINER_STREAMLIT)
    except InvalidVersion:
        return False
