"""Worlds for tests on the real engine. Each ends its own processes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.engine import find
from tests.end_to_end.world import ROOT, World


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    """These tests are worth nothing without the engine, so its absence is said aloud."""
    if find() is None:
        pytest.skip(
            "NO PULUMI ENGINE on this machine: run `make up` once, which gets it; nothing end to end was tested"
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The sample project and an empty sandbox, for all tests of a module, which run in order."""
    created = World(tmp_path_factory.mktemp("world"))
    yield created
    created.sandbox("down")


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    """The sample project and an empty sandbox for one test."""
    created = World(tmp_path)
    yield created
    created.sandbox("down")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[World]:
    """A world with the small estate."""
    world = World(tmp_path)
    text = (ROOT / "tests" / "end_to_end" / "small.yaml").read_text(encoding="utf-8")
    (world.project / "apps.yaml").write_text(text, encoding="utf-8")
    stack = world.project / "stacks" / "Pulumi.sandbox.yaml"
    stack.write_text(
        without_snowflake(without_containers(without_workspace(stack.read_text(encoding="utf-8")))), encoding="utf-8"
    )
    for name in ("account", "dev", "staging", "prod"):
        (world.project / "stacks" / f"Pulumi.{name}.yaml").unlink()
    yield world
    world.sandbox("down")


def without_containers(stack: str) -> str:
    """The stack file of somebody who runs apps and connectors otherwise; what is left is Cloudflare's."""
    return re.sub(r"  gatehouse:docker:.*\n(    .*\n)+", "", stack)


def without_snowflake(stack: str) -> str:
    """The stack file of an estate with no app in Snowflake; the secrets in it are those of such apps."""
    return re.sub(r"  gatehouse:(snowflake|secrets):\n(    .*\n)+", "", stack)


def without_workspace(stack: str) -> str:
    """The sandbox's stack file for an estate with partners only."""
    return re.sub(r"    workspace:\n(      .*\n)+", "", stack)
