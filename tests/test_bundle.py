"""The files of a folder and their hash: the same on every machine, and nothing that does not belong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infra.bundle import LEFT_OUT, File, content_hash, files_of
from tests.problem_codes import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pages").mkdir()
    for name in ("streamlit_app.py", "pages/one.py", ".streamlit.toml"):
        (tmp_path / name).write_text(name, "utf-8")
    return tmp_path


def paths(folder: Path) -> list[str]:
    return [file.path for file in files_of(folder)]


def test_files_are_sorted_and_empty_folders_are_none(folder: Path) -> None:
    (folder / "empty").mkdir()
    assert paths(folder) == [".streamlit.toml", "pages/one.py", "streamlit_app.py"]


@pytest.mark.parametrize(
    "left",
    [".git/config", "pages/__pycache__/one.py", "one.pyc", ".venv/bin/x", "pages/.env", ".mypy_cache/x",
     ".streamlit/secrets.toml", ".DS_Store", "kit.egg-info/PKG-INFO", "frontend/node_modules/x/index.js",
     "pages/.ipynb_checkpoints/one-checkpoint.py"],
)  # fmt: skip
def test_what_does_not_belong_changes_nothing(folder: Path, left: str) -> None:
    expected = content_hash([folder])
    (folder / left).parent.mkdir(parents=True, exist_ok=True)
    (folder / left).write_text("x", "utf-8")
    assert content_hash([folder]) == expected


def test_docker_leaves_out_the_same() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("**/")] == [f"**/{pattern}" for pattern in LEFT_OUT]
    assert lines[1:5] == ["*", "!apps", "!kit", "!infra/streamlit.Dockerfile"]


def _write(folder: Path) -> None:
    (folder / "streamlit_app.py").write_text("other", "utf-8")


CHANGES = {
    "content": _write,
    "a new file": lambda folder: (folder / "new.py").touch(),
    "a missing file": lambda folder: (folder / "pages/one.py").unlink(),
    "a new name": lambda folder: (folder / "pages/one.py").rename(folder / "pages/two.py"),
    "a program": lambda folder: (folder / "streamlit_app.py").chmod(0o755),
    "a link instead of its target": lambda folder: _link(folder, "pages/one.py", "../streamlit_app.py"),
}
SAME = {
    "times": lambda folder: os.utime(folder / "streamlit_app.py", (0, 0)),
    "other rights": lambda folder: (folder / "streamlit_app.py").chmod(0o600),
    "the same again": lambda folder: (folder / "pages/one.py").write_text("pages/one.py", "utf-8"),
}


def _link(folder: Path, name: str, target: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(target)


@pytest.mark.parametrize("change", CHANGES)
def test_another_hash(folder: Path, change: str) -> None:
    before = content_hash([folder])
    CHANGES[change](folder)
    assert content_hash([folder]) != before


@pytest.mark.parametrize("change", SAME)
def test_the_same_hash(folder: Path, change: str) -> None:
    before = content_hash([folder])
    SAME[change](folder)
    assert content_hash([folder]) == before


def test_the_hash_is_the_same_on_every_machine(tmp_path: Path) -> None:
    """A change of this value builds every image of every user again."""
    (tmp_path / "app.py").write_text("import streamlit\n", "utf-8")
    (tmp_path / "app.py").chmod(0o644)
    assert content_hash([tmp_path], "words") == "37e15f57cd287394c0f2c5ea3e588fe62b984d72a8995a9cf576d5c081e92a5d"


def test_folders_and_words_count_in_their_order(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    assert content_hash([folder, other]) != content_hash([other, folder])
    assert content_hash([folder], "a", "b") != content_hash([folder], "ab")


@pytest.mark.parametrize(
    ("path", "target", "leaves"),
    [
        ("link", "streamlit_app.py", False),
        ("pages/link", "../streamlit_app.py", False),
        ("pages/link", "../../streamlit_app.py", True),
        ("link", "..", True),
        ("link", "pages/../../x", True),
        ("link", "/etc/passwd", True),
        ("link", "./pages/one.py", False),
    ],
)
def test_links_that_leave(path: str, target: str, leaves: bool) -> None:
    assert File(path, 0, target=target).leaves is leaves


def test_a_link_to_a_folder_is_a_link(folder: Path) -> None:
    """Its files are not looked at, so a link upwards has no end and costs nothing."""
    (folder / "pages" / "up").symlink_to("..")
    assert "pages/up" in paths(folder) and "pages/up/streamlit_app.py" not in paths(folder)


def test_special_files_are_seen_and_not_read(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert [file.path for file in files_of(folder) if file.is_special] == ["pipe"]


def test_names_need_not_be_text(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.py")).touch()
    assert len(content_hash([folder])) == 64


def test_a_folder_that_cannot_be_read_is_not_taken_for_empty(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        files_of(tmp_path / "missing")
