"""The second environment: made once, of exactly its lock, and never taken for complete when it is not."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from sandbox.places import SandboxError
from sandbox.snowflake_runtime import packages


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would be run, by its module; making an environment makes the folders that a real one has."""
    lock = tmp_path / "requirements.lock"
    lock.write_text("one==1 --hash=sha256:00\n")
    monkeypatch.setattr(packages, "LOCK", lock)
    run: list[str] = []

    def runs(words: list[str]) -> None:
        run.append(words[2])
        if words[2] == "venv":
            Path(words[-1], "bin").mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(packages, "_run", runs)
    return run


def test_it_is_made_once(tmp_path: Path, steps: list[str]) -> None:
    home = tmp_path / "snowflake"
    said: list[str] = []
    assert packages.find(home) is None
    made = packages.obtain(said.append, home)
    assert (made.python, made.snow) == (home / "bin" / "python", home / "bin" / "snow")
    assert steps == ["venv", "pip"]
    assert len(said) == 1
    assert packages.obtain(said.append, home) == packages.find(home) == made
    assert (steps, len(said)) == (["venv", "pip"], 1)


def test_another_lock_makes_it_anew(tmp_path: Path, steps: list[str]) -> None:
    home = tmp_path / "snowflake"
    packages.obtain(folder=home)
    packages.LOCK.write_text("one==2 --hash=sha256:00\n")
    assert packages.find(home) is None
    packages.obtain(folder=home)
    assert steps == ["venv", "pip"] * 2


def test_an_environment_that_was_moved_is_not_taken(tmp_path: Path, steps: list[str]) -> None:
    packages.obtain(folder=tmp_path / "snowflake")
    (tmp_path / "snowflake").rename(tmp_path / "elsewhere")
    assert packages.find(tmp_path / "elsewhere") is None
    assert steps == ["venv", "pip"]


def test_an_interrupted_installation_is_not_taken_for_complete(
    tmp_path: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "snowflake"
    packages.obtain(folder=home)
    packages.LOCK.write_text("one==2 --hash=sha256:00\n")
    runs = packages._run

    def interrupted(words: list[str]) -> None:
        runs(words)
        if words[2] == "pip":
            raise KeyboardInterrupt

    monkeypatch.setattr(packages, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        packages.obtain(folder=home)
    assert packages.find(home) is None
    packages.LOCK.write_text("one==1 --hash=sha256:00\n")  # what stands there is of another lock
    assert packages.find(home) is None
    monkeypatch.setattr(packages, "_run", runs)
    packages.obtain(folder=home)
    assert steps == ["venv", "pip"] * 3


def test_a_failure_says_what_would_help_and_why() -> None:
    script = "import sys; print('some'); sys.exit('ERROR: No matching distribution found for one==1')"
    with pytest.raises(SandboxError) as failure:
        packages._run([sys.executable, "-c", script])
    assert "needs a package index that pip reaches" in str(failure.value)
    assert str(failure.value).endswith("it said: ERROR: No matching distribution found for one==1")


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="cannot be written"):
        packages.obtain(folder=tmp_path / "nowhere" / "snowflake")


def test_the_lock_pins_what_the_apps_need_and_names_no_place() -> None:
    text = packages.LOCK.read_text(encoding="utf-8")
    pinned = dict(line.split(" ")[0].split("==") for line in text.splitlines() if "==" in line)
    assert pinned["streamlit"] == "1.52.2"
    assert pinned["snowflake-connector-python"].startswith("4.")
    assert {"snowflake-snowpark-python", "snowflake-cli", "requests", "pandas", "altair", "numpy"} <= set(pinned)
    assert "://" not in text
    assert re.findall(r"^[a-z0-9-]+==.*\n(?!    --hash=sha256:)", text, re.MULTILINE) == []
