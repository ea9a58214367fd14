"""The official release: downloaded only where its host answers at once, and never used unverified."""

from __future__ import annotations

import hashlib
import platform
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import httpx

from sandbox.engine.locate import ENGINE_VERSION, EXEC_FILE, EngineUnavailableError

RELEASES = "https://get.pulumi.com/releases/sdk"
WANTED = ("pulumi", EXEC_FILE, "pulumi-language-python")
_ANSWER_WITHIN = 5.0
_ARCHITECTURES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def archive_name() -> str | None:
    """The release archive for this machine, or None where there is none."""
    system, machine = platform.system().lower(), _ARCHITECTURES.get(platform.machine().lower())
    return f"pulumi-v{ENGINE_VERSION}-{system}-{machine}.tar.gz" if system in ("linux", "darwin") and machine else None


def download(into: Path, say: Callable[[str], None]) -> None:
    """Put the release's engine files into a directory, or raise when host, checksum or archive fail."""
    archive = archive_name()
    if archive is None:
        raise EngineUnavailableError(f"there is no release for {platform.system()} {platform.machine()}")
    expected = expected_digest(_checksums(), archive)
    say("downloading the official release")
    file = into / archive
    digest = hashlib.sha256()
    try:
        with (
            httpx.stream("GET", f"{RELEASES}/{archive}", timeout=30, follow_redirects=True) as answer,
            file.open("wb") as out,
        ):
            answer.raise_for_status()
            for chunk in answer.iter_bytes(1 << 20):
                digest.update(chunk)
                out.write(chunk)
    except httpx.HTTPError as error:
        raise EngineUnavailableError(f"the release could not be downloaded: {error}") from error
    if digest.hexdigest() != expected:
        raise EngineUnavailableError(f"{archive} does not match its published checksum and was not used")
    unpack(file, into)
    file.unlink()


def expected_digest(checksums: str, archive: str) -> str:
    """The SHA-256 that the published list gives for an archive."""
    for line in checksums.splitlines():
        digest, _, name = line.partition(" ")
        if name.strip() == archive and len(digest) == 64:
            return digest
    raise EngineUnavailableError(f"the published checksums do not name {archive}")


def unpack(archive: Path, into: Path) -> None:
    """Take the three files we run out of the archive, and nothing else."""
    with tarfile.open(archive) as tar:
        for member in tar:
            name = Path(member.name).name
            content = tar.extractfile(member) if member.isfile() and name in WANTED else None
            if content is not None:
                (into / name).write_bytes(content.read())
                (into / name).chmod(0o755)
    if not (into / "pulumi").is_file() or not (into / EXEC_FILE).is_file():
        raise EngineUnavailableError("the release archive does not hold what it should")


def _checksums() -> str:
    # Name resolution has no time-out of its own, so the whole question runs beside a clock.
    answers: list[str] = []

    def ask() -> None:
        try:
            url = f"{RELEASES}/pulumi-{ENGINE_VERSION}-checksums.txt"
            answer = httpx.get(url, timeout=_ANSWER_WITHIN, follow_redirects=True)
            answers.append(answer.raise_for_status().text)
        except (httpx.HTTPError, OSError):
            return

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_ANSWER_WITHIN)
    if not answers:
        raise EngineUnavailableError("the release host does not answer")
    return answers[0]
