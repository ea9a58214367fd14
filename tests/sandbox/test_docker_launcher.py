"""The Docker provider is always the sandbox's own: only it can tell containers the way to the local edge."""

from __future__ import annotations

import subprocess
from importlib.metadata import version as installed_version
from pathlib import Path

import pytest

from sandbox import launchers
from sandbox.engine import Engine
from sandbox.places import Places

NAME = f"resource-docker-v{installed_version('pulumi-docker')}"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setenv("HOME", str(tmp_path))
    made = Places(tmp_path, tmp_path / "state")
    made.prepare()
    return made


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    program = tmp_path / "pulumi"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return Engine(program, tmp_path / "exec", "v3.259.0", "on PATH", None)


def written(place: Places, engine: Engine) -> Path:
    chosen = launchers.choose(engine, place)
    assert not chosen.docker
    launchers.write(engine, chosen, place)
    return place.pulumi_home / "plugins" / NAME / "pulumi-resource-docker"


def official(plugins: Path) -> Path:
    plugin = plugins / NAME / "pulumi-resource-docker"
    plugin.parent.mkdir(parents=True)
    plugin.write_text("official")
    return plugin


def test_an_official_one_of_the_user_is_left_alone(place: Places, engine: Engine) -> None:
    theirs = official(Path.home() / ".pulumi" / "plugins")
    assert "start.py" in written(place, engine).read_text()
    assert theirs.read_text() == "official"


def test_an_official_one_of_the_sandbox_makes_room(place: Places, engine: Engine) -> None:
    official(place.pulumi_home / "plugins")
    assert "start.py" in written(place, engine).read_text()


def test_a_link_to_an_official_one_is_only_unlinked(place: Places, engine: Engine) -> None:
    theirs = official(Path.home() / ".pulumi" / "plugins")
    (place.pulumi_home / "plugins").mkdir(parents=True)
    (place.pulumi_home / "plugins" / NAME).symlink_to(theirs.parent)
    assert "start.py" in written(place, engine).read_text()
    assert theirs.read_text() == "official"


def test_it_starts_as_plugins_do(place: Places, engine: Engine) -> None:
    with subprocess.Popen([written(place, engine), "127.0.0.1:1"], stdout=subprocess.PIPE, text=True) as plugin:
        assert plugin.stdout is not None
        assert plugin.stdout.readline().strip().isdigit()
        plugin.terminate()
        assert plugin.wait(10) == 0
