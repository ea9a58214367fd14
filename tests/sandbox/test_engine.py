"""Finding, downloading and building the engine, without doing any of it for real."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from pathlib import Path

import httpx
import pytest

from sandbox.engine import EngineUnavailableError, acquire, build, locate, release

SUM = hashlib.sha256(b"x").hexdigest()


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def _pulumi_on_path(directory: Path, version: str, monkeypatch: pytest.MonkeyPatch, exec_file: bool = True) -> None:
    directory.mkdir()
    (directory / "pulumi").write_text(f"#!/bin/sh\necho {version}\n")
    (directory / "pulumi").chmod(0o755)
    if exec_file:
        (directory / locate.EXEC_FILE).touch()
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")


def _filled(directory: Path) -> None:
    (directory / "pulumi").touch()
    (directory / locate.EXEC_FILE).touch()


@pytest.mark.parametrize(
    ("version", "taken"),
    [("v3.259.0", True), ("v3.300.1", True), ("v3.230.0", False), ("v3.258.9", False), ("v4.0.0", False), ("", False)],
)
def test_an_engine_on_path_counts_when_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, taken: bool
) -> None:
    _pulumi_on_path(tmp_path / "bin", version, monkeypatch)
    found = locate.find()
    assert (found is not None) == taken
    assert found is None or (found.version, found.origin) == (version, "on PATH")


def test_an_engine_that_cannot_start_python_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pulumi_on_path(tmp_path / "bin", "v3.300.0", monkeypatch, exec_file=False)
    assert locate.find() is None


def test_versions_are_numbers() -> None:
    assert locate.parse_version("go1.26.8") > locate.parse_version("go1.25.11") > locate.parse_version("1.25.9")
    assert locate.parse_version("") == (0, 0, 0)


def test_a_cached_engine_is_used_without_asking_anybody() -> None:
    locate.cached_dir().mkdir(parents=True)
    _filled(locate.cached_dir())
    found = acquire.obtain()
    assert found.pulumi == locate.cached_dir() / "pulumi"
    assert found.language_host is None


def test_what_cannot_be_downloaded_is_built_and_only_then_moved_into_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(into: Path, _say: object) -> None:
        (into / "half").touch()
        raise EngineUnavailableError("the release host does not answer")

    def built(into: Path, _say: object) -> None:
        assert not locate.cached_dir().exists()
        assert list(into.iterdir()) == []
        _filled(into)

    heard: list[str] = []
    monkeypatch.setattr(release, "download", unreachable)
    monkeypatch.setattr(build, "build", built)
    assert acquire.obtain(heard.append).origin == "built from source"
    assert heard == ["no download (the release host does not answer)"]


def test_a_failed_build_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(into: Path, _say: object) -> None:
        (into / "pulumi").touch()
        raise EngineUnavailableError("no")

    monkeypatch.setattr(release, "download", failing)
    monkeypatch.setattr(build, "build", failing)
    with pytest.raises(EngineUnavailableError):
        acquire.obtain()
    assert locate.cached() is None
    assert [path.suffix for path in locate.cached_dir().parent.iterdir()] == [".lock"]


def test_without_go_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(EngineUnavailableError, match=r"install Go 1\.26 or newer, or Pulumi 3\.259\.0 or newer"):
        build.build(tmp_path, lambda _: None)


def test_a_silent_release_host_costs_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_more: object) -> httpx.Response:
        raise httpx.ConnectError("no route")

    monkeypatch.setattr("httpx.get", refuse)
    with pytest.raises(EngineUnavailableError, match="does not answer"):
        release.download(Path("/nonexistent"), lambda _: None)


def test_only_the_published_checksum_of_that_archive_counts() -> None:
    listed = f"{'0' * 64}  pulumi-v3.259.0-linux-arm64.tar.gz\n{SUM}  pulumi-v3.259.0-linux-x64.tar.gz\n"
    assert release.expected_digest(listed, "pulumi-v3.259.0-linux-x64.tar.gz") == SUM
    with pytest.raises(EngineUnavailableError, match="do not name"):
        release.expected_digest(listed, "pulumi-v3.259.0-darwin-x64.tar.gz")


def test_of_an_archive_only_the_engines_files_are_taken(tmp_path: Path) -> None:
    archive = tmp_path / "a.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("pulumi/pulumi", f"pulumi/{locate.EXEC_FILE}", "pulumi/other", "../../evil"):
            member = tarfile.TarInfo(name)
            member.size = 1
            tar.addfile(member, io.BytesIO(b"x"))
    into = tmp_path / "into"
    into.mkdir()
    release.unpack(archive, into)
    assert sorted(path.name for path in into.iterdir()) == ["pulumi", locate.EXEC_FILE]
    assert os.access(into / "pulumi", os.X_OK)
