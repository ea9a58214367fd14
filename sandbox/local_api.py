"""What the commands ask of a local vendor's program: health, objects, a first day again."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sandbox import background
from sandbox.background import Running
from sandbox.invocation import command
from sandbox.places import Places, SandboxError

HOST = "127.0.0.1"

Json = dict[str, Any]


@dataclass(frozen=True)
class LocalApi:
    """A running program with control endpoints at its port `api`, and where it keeps the account."""

    program: Running
    directory: Path

    @property
    def origin(self) -> str:
        """Where its server listens."""
        return f"http://{HOST}:{self.program.ports['api']}"

    @property
    def authority(self) -> Path:
        """The certificate to trust for what it serves by TLS."""
        return self.directory / "tls" / "ca.pem"

    def objects(self) -> dict[str, list[Json]] | None:
        """Everything that a program has created and not destroyed, by collection; None without an answer."""
        found = self.asked("/__sandbox/objects")
        return found if isinstance(found, dict) else None

    def forget(self) -> bool:
        """Put the account back to its first day; False where it does not answer."""
        try:
            return httpx.post(f"{self.origin}/__sandbox/reset", timeout=10, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def asked(self, path: str, query: dict[str, str] | None = None, within: float = 15) -> object:
        """A control endpoint's answer; None where there is none. `within` is in seconds."""
        try:
            answer = httpx.get(f"{self.origin}{path}", params=query, timeout=within, trust_env=False)
            return answer.json() if answer.is_success else None
        except (httpx.HTTPError, ValueError):
            return None

    def invitation_to(self, title: str, wanted: Json) -> str:
        """A link, good once, that logs a browser in; `title` is what sentences call the program."""
        try:
            answer = httpx.post(f"{self.origin}/__sandbox/invitations", json=wanted, timeout=15, trust_env=False)
            said = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise SandboxError(f"{title} does not answer ({error}); `{command()} up` starts it") from error
        if not answer.is_success:
            raise SandboxError(str(said["error"]))
        return str(said["url"])


def answers(program: Running) -> bool:
    """Whether it is up."""
    try:
        health = f"http://{HOST}:{program.ports['api']}/__sandbox/health"
        return httpx.get(health, timeout=5, trust_env=False).status_code == 200
    except (httpx.HTTPError, KeyError):
        return False


def forget(place: Places, name: str, directory: Path, found: LocalApi | None) -> None:
    """Put an account back to its first day, whether its program runs or not."""
    if found is None or not found.forget():
        background.stop(place, name)
        for entry in directory.iterdir() if directory.is_dir() else ():
            # Browsers and containers go on trusting the same key.
            if entry.name != "tls":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def refuse_damaged(directory: Path, title: str, holds: str) -> None:
    """Stop where a file cannot be read, or the account's own lacks the key `holds`.

    The programs write their files whole or not at all, so what cannot be read was changed by somebody else.
    """
    for file in sorted(directory.glob("*.json")):
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            document = None
        if not isinstance(document, dict) or (file.name == "state.json" and holds not in document):
            raise SandboxError(
                f"{file} is damaged, so {title} cannot start. Start again from nothing:\n"
                f"  {command()} reset\n  {command()} up"
            )
