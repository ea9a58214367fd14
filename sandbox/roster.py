"""The people of the project, put into the local identity provider and into Snowflake.

The program says who they are; nothing here does.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping

import httpx

from sandbox.accounts import Accounts
from sandbox.local_api import Json
from sandbox.places import Places

_WITHIN = 60
_ROLES = "snowflake_roles"


class NoRosterError(Exception):
    """Why nobody of the project can log in; the text is one line."""


def hand_over(place: Places, local: Accounts, stack: str, environment: Mapping[str, str]) -> int:
    """Tell the identity provider and Snowflake of everybody; how many they are."""
    people = _people(place, stack, environment)
    host = local.cloudflare.whereabouts().identity_provider
    known = [{name: value for name, value in person.items() if name != _ROLES} for person in people]
    users = [
        {"name": person["id"], "display_name": person["name"], "email": person["email"], "roles": person[_ROLES]}
        for person in people
    ]
    try:
        local.cloudflare.at_front_door("PUT", host, "/__sandbox/roster", {"people": known}).raise_for_status()
        local.snowflake.hand_over(users)
    except httpx.HTTPError as error:
        raise NoRosterError(f"the identity provider did not take them: {error}") from error
    return len(people)


def _people(place: Places, stack: str, environment: Mapping[str, str]) -> list[Json]:
    asked = [sys.executable, "-m", "infra.cli", "people", "--stack", stack, "--format", "json"]
    try:
        done = subprocess.run(
            asked,
            cwd=place.project,
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=_WITHIN,
            check=False,
        )
        people = json.loads(done.stdout)["people"] if done.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired, ValueError, LookupError, TypeError):
        people = None
    if not isinstance(people, list):
        raise NoRosterError("the project says of nobody who they are (`gatehouse people` gives no list)")
    return people
