"""The local Snowflake as the commands know it: started, asked, and stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from sandbox import background, local_api
from sandbox.background import Program, Running
from sandbox.local_api import HOST, Json, LocalApi, answers, refuse_damaged
from sandbox.places import Places

NAME = "snowflake"
TITLE = "the local Snowflake"
PREFERRED = {"api": (8788,), "https": (8789,)}
ACCOUNT = "EXAMPLE-SANDBOX"
USER, PASSWORD = "GATEHOUSE", "sandbox-snowflake-password"  # opens nothing but the sandbox
_WAKES_WITHIN = 240.0
_STOP_WITHIN = 15.0


@dataclass(frozen=True)
class AppThere:
    """A Streamlit object: its name with database and schema, where it is opened here, and how it does."""

    name: str
    url_id: str
    url: str
    status: str


class Snowflake(LocalApi):
    """The running program, and where it keeps the account."""

    def objects(self) -> dict[str, list[Json]] | None:
        """Everything that a program has created and not destroyed, by kind; None without an answer."""
        found = self.asked("/__sandbox/objects")
        listed = found.items() if isinstance(found, dict) else ()
        return {kind: [{"name": name} for name in names] for kind, names in listed} if found is not None else None

    def apps(self, *, wake: bool = False) -> tuple[AppThere, ...]:
        """Every Streamlit object; with `wake`, each is started and tried, which may take minutes."""
        found = self.asked("/__sandbox/apps", {"wake": "1"} if wake else None, _WAKES_WITHIN)
        listed = found if isinstance(found, list) else []
        return tuple(AppThere(one["name"], one["url_id"], one["url"], one["status"]) for one in listed)

    def invitation(self, person: str, url_id: str) -> str:
        """A link, good once, that logs a browser in as that user and opens the app, or the list without one."""
        return self.invitation_to(TITLE, {"person": person, "url_id": url_id})

    def hand_over(self, people: Sequence[Json]) -> None:
        """Tell it who may log in, and with which roles; raises what `httpx` raises."""
        answer = httpx.put(f"{self.origin}/__sandbox/people", json=people, timeout=15, trust_env=False)
        answer.raise_for_status()

    def variables(self) -> dict[str, str]:
        """What leads drivers and providers here, and nowhere else."""
        return {
            "SNOWFLAKE_HOST": HOST,
            "SNOWFLAKE_PORT": str(self.program.ports["api"]),
            "SNOWFLAKE_PROTOCOL": "http",
            "SNOWFLAKE_ACCOUNT": ACCOUNT,
            "SNOWFLAKE_USER": USER,
            "SNOWFLAKE_PASSWORD": PASSWORD,
            "SNOWFLAKE_DISABLE_PLATFORM_DETECTION": "true",
        }


def found(place: Places) -> Snowflake | None:
    """The local Snowflake, if it runs."""
    program = background.running(place, NAME)
    return Snowflake(program, place.snowflake) if program else None


def ensure(place: Places) -> tuple[Snowflake, bool]:
    """The local Snowflake, started if it does not run; and whether it was started now."""
    if background.running(place, NAME) is None:
        refuse_damaged(place.snowflake, TITLE, "records")
    program, started = background.ensure(place, _program(place))
    return Snowflake(program, place.snowflake), started


def stop(place: Places) -> Running | None:
    """End it and the apps that run in it, if it runs; the account is kept."""
    return background.stop(place, NAME, _STOP_WITHIN)


def forget(place: Places) -> None:
    """Put the account back to its first day, whether it runs or not."""
    local_api.forget(place, NAME, place.snowflake, found(place))


def _program(place: Places) -> Program:
    return Program(
        name=NAME,
        title=TITLE,
        module="sandbox.snowflake",
        arguments=("--dir", str(place.snowflake)),
        answers=answers,
        ports=PREFERRED,
        stop_within=_STOP_WITHIN,
    )
