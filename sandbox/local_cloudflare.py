"""The local Cloudflare as the commands know it: started, asked, and stopped."""

from __future__ import annotations

import json
import shutil
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sandbox import background
from sandbox.background import Program, Running
from sandbox.invocation import command
from sandbox.places import Places, SandboxError

NAME = "cloudflare"
HOST = "127.0.0.1"
PREFERRED = {"api": (8787,), "edge": (7844,), "https": (443, 8443), "http": (80, 8080)}

Json = dict[str, Any]


@dataclass(frozen=True)
class Whereabouts:
    """Hosts that the front door answers, the key that it shows (for browsers), and the services inside the network."""

    hosts: tuple[str, ...]
    identity_provider: str
    team: str
    team_domain: str
    key: str
    services: dict[str, int]


@dataclass(frozen=True)
class Cloudflare:
    """The running program, and where it keeps the account."""

    program: Running
    directory: Path

    @property
    def origin(self) -> str:
        """Where the API's server listens."""
        return f"http://{HOST}:{self.program.ports['api']}"

    @property
    def base_url(self) -> str:
        """Where the API is below it."""
        return f"{self.origin}/client/v4"

    @property
    def authority(self) -> Path:
        """The certificate to trust, for the front door and for the edge."""
        return self.directory / "tls" / "ca.pem"

    def objects(self) -> dict[str, list[Json]] | None:
        """Everything that a program has created and not destroyed, by collection; None without an answer."""
        found = self._asked("/__sandbox/objects")
        return found if isinstance(found, dict) else None

    def reach(self, url: str) -> Json | None:
        """What the origin behind a URL says to the edge itself; None without an answer."""
        found = self._asked("/__sandbox/reach", {"url": url})
        return found if isinstance(found, dict) else None

    def whereabouts(self) -> Whereabouts:
        """What it says of itself."""
        said = self._asked("/__sandbox/whereabouts")
        if not isinstance(said, dict):
            raise SandboxError(f"the local Cloudflare does not answer; `{command()} up` starts it again")
        return Whereabouts(**{**said, "hosts": tuple(said["hosts"])})

    def at_front_door(
        self, method: str, host: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Ask a host of the front door, and follow no redirect; raises what `httpx` raises."""
        with httpx.Client(verify=ssl.create_default_context(cafile=self.authority), trust_env=False) as client:
            return client.request(
                method,
                f"https://{HOST}:{self.program.ports['https']}{path}",
                json=body,
                headers={**(headers or {}), "host": host},
                extensions={"sni_hostname": host},
                timeout=15,
            )

    def invitation(self, person: str, url: str) -> str:
        """A link to `url`, good once, that logs a browser in as the person of that id, address or name."""
        asked = {"person": person, "url": url}
        try:
            answer = httpx.post(f"{self.origin}/__sandbox/invitations", json=asked, timeout=15, trust_env=False)
            said = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise SandboxError(f"the local Cloudflare does not answer ({error}); `{command()} up` starts it") from error
        if not answer.is_success:
            raise SandboxError(str(said["error"]))
        return str(said["url"])

    def forget(self) -> bool:
        """Put the account back to its first day; False where it does not answer."""
        try:
            return httpx.post(f"{self.origin}/__sandbox/reset", timeout=10, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def _asked(self, path: str, query: dict[str, str] | None = None) -> object:
        try:
            answer = httpx.get(f"{self.origin}{path}", params=query, timeout=15, trust_env=False)
            return answer.json() if answer.is_success else None
        except (httpx.HTTPError, ValueError):
            return None


def found(place: Places) -> Cloudflare | None:
    """The local Cloudflare, if it runs."""
    program = background.running(place, NAME)
    return Cloudflare(program, place.cloudflare) if program else None


def ensure(place: Places, further: tuple[str, ...] = ()) -> tuple[Cloudflare, bool]:
    """The local Cloudflare, started if it does not run; and whether it was started now.

    `further` are addresses that containers come from.
    """
    if background.running(place, NAME) is None:
        for file in sorted(place.cloudflare.glob("*.json")):
            _refuse_damaged(file)
    program, started = background.ensure(place, _program(place, further))
    return Cloudflare(program, place.cloudflare), started


def stop(place: Places) -> Running | None:
    """End it, if it runs; the account is kept."""
    return background.stop(place, NAME)


def forget(place: Places) -> None:
    """Put the account back to its first day, whether it runs or not."""
    cloudflare = found(place)
    if cloudflare is None or not cloudflare.forget():
        stop(place)
        for entry in place.cloudflare.iterdir():
            # Browsers and containers go on trusting the same key.
            if entry.name != "tls":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _program(place: Places, further: tuple[str, ...]) -> Program:
    return Program(
        name=NAME,
        title="the local Cloudflare",
        module="sandbox.cloudflare",
        arguments=("--dir", str(place.cloudflare), *(word for host in further for word in ("--also", host))),
        answers=_answers,
        ports=PREFERRED,
        hosts=(HOST, *further),
    )


def _answers(program: Running) -> bool:
    try:
        health = f"http://{HOST}:{program.ports['api']}/__sandbox/health"
        return httpx.get(health, timeout=5, trust_env=False).status_code == 200
    except (httpx.HTTPError, KeyError):
        return False


def _refuse_damaged(file: Path) -> None:
    """The program writes its files whole or not at all, so what cannot be read was changed by somebody else."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        document = None
    if not isinstance(document, dict) or (file.name == "state.json" and "objects" not in document):
        raise SandboxError(
            f"{file} is damaged, so the local Cloudflare cannot start. Start again from nothing:\n"
            f"  {command()} reset\n  {command()} up"
        )
