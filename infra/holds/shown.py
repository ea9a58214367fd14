"""Somebody for whom a claim is not so, as a person with a request, asked about once more in another way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from infra.access import decide
from infra.access.witness import Witness, witness
from infra.estate import Countries, Entry, InSnowflake, Networks
from infra.holds.questions import World
from infra.logic import Assignment, Attribute
from infra.policies import entries_by_policy
from infra.schema.expectations import Who
from infra.spelling import cidr


def shown(
    world: World, assignment: Assignment, looked_at: Iterable[Attribute], spoken_of: Iterable[Who]
) -> tuple[Witness, bool, Entry | None]:
    """An assignment as a witness, whether they enter, and the entry that decides about them, if one does."""
    home = world.app.home
    address = ("snowflake", world.app.name) if isinstance(home, InSnowflake) else (home.hostname, home.path or "/")
    conditions = world.guard.conditions
    found = witness(
        assignment,
        looked_at,
        address=address,
        departments=world.estate.departments,
        networks=[
            *(network for item in conditions if isinstance(item, Networks) for network in item.cidrs),
            *(cidr(who.ip) for who in spoken_of if who.ip),
        ],
        countries=[
            *(code for item in conditions if isinstance(item, Countries) for code in item.codes),
            *(str(who.country) for who in spoken_of if who.country),
        ],
        spelled={},
    )
    enters, entry = _by_role(world, found) if isinstance(home, InSnowflake) else _by_access(world, found)
    return found, enters, entry


def _by_access(world: World, found: Witness) -> tuple[bool, Entry | None]:
    # At the address of an app it answers itself, so there is no need to look for it among all.
    alone = replace(world.estate, apps=(world.app,))
    outcome = decide(alone, found.person, found.request, world.today)
    entries = entries_by_policy(world.app, world.today)
    return outcome.enters, entries.get(outcome.policy.name) if outcome.policy else None


def _by_role(world: World, found: Witness) -> tuple[bool, Entry | None]:
    for entry in world.app.access:
        if entry.holds_on(world.today) and {item.snowflake_role for item in entry.departments} & set(found.roles):
            return True, entry
    return False, None
