"""The local Cloudflare as the commands know it: started, asked, and stopped."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from sandbox import background, local_api
from sandbox.background import Program, Running
from sandbox.invocation import command
from sandbox.local_api import HOST, Json, LocalApi, answers, refuse_damaged
from sandbox.places import Places, SandboxError

NAME = "cloudflare"
TITLE = "the local Cloudflare"
_RUNS_WITHIN = 45.0
PREFERRED = {"api": (8787,), "edge": (7844,), "https": (443, 8443), "http": (80, 8080)}


@dataclass(frozen=True)
class Whereabouts:
    """Hosts that the front door answers, the key that it shows (for browsers), and the services inside the network."""

    hosts: tuple[str, ...]
    identity_provider: str
    team: str
    team_domain: str
    key: str
    services: dict[str, int]


class Cloudflare(LocalApi):
    """The running program, and where it keeps the account."""

    @property
    def base_url(self) -> str:
        """Where the API is below it."""
        return f"{self.origin}/client/v4"

    def reach(self, url: str, *, run: bool = False) -> Json | None:
        """What the origin behind a URL says to the edge itself; None without an answer.

        With `run` a Streamlit script is run as at a visit, which may take half a minute.
        """
        found = self.asked("/__sandbox/reach", {"url": url, "run": "1"} if run else {"url": url}, _RUNS_WITHIN)
        return found if isinstance(found, dict) else None

    def whereabouts(self) -> Whereabouts:
        """What it says of itself."""
        said = self.asked("/__sandbox/whereabouts")
        if not isinstance(said, dict):
            raise SandboxError(f"the local Cloudflare does not answer; `{command()} up` starts it again")
        return Whereabouts(**{**said, "hosts": tuple(said["hosts"])})

    def tell_ends(self, who: Mapping[str, str]) -> None:
        """Hand on the program's lines of who may enter, by URL: policies do not say until when."""
        with contextlib.suppress(httpx.HTTPError):  # the portal then shows no last day
            httpx.put(f"{self.origin}/__sandbox/ends", json=dict(who), timeout=15, trust_env=False)

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
        return self.invitation_to(TITLE, {"person": person, "url": url})


def found(place: Places) -> Cloudflare | None:
    """The local Cloudflare, if it runs."""
    program = background.running(place, NAME)
    return Cloudflare(program, place.cloudflare) if program else None


def ensure(place: Places, further: tuple[str, ...] = (), snowflake: str = "") -> tuple[Cloudflare, bool]:
    """The local Cloudflare, started if it does not run; and whether it was started now.

    `further` are addresses that containers come from, `snowflake` is where the portal finds the apps there, if it does.
    """
    if background.running(place, NAME) is None:
        refuse_damaged(place.cloudflare, TITLE, "objects")
    program, started = background.ensure(place, _program(place, further, snowflake))
    return Cloudflare(program, place.cloudflare), started


def stop(place: Places) -> Running | None:
    """End it, if it runs; the account is kept."""
    return background.stop(place, NAME)


def forget(place: Places) -> None:
    """Put the account back to its first day, whether it runs or not."""
    local_api.forget(place, NAME, place.cloudflare, found(place))


def _program(place: Places, further: tuple[str, ...], snowflake: str) -> Program:
    return Program(
        name=NAME,
        title=TITLE,
        module="sandbox.cloudflare",
        arguments=(
            *("--dir", str(place.cloudflare)),
            *(("--snowflake", snowflake) if snowflake else ()),
            *(word for host in further for word in ("--also", host)),
        ),
        answers=answers,
        ports=PREFERRED,
        hosts=(HOST, *further),
    )
