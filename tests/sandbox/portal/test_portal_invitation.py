"""Links that log a browser in as somebody: at which provider, and that none is given where it leads nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from sandbox.portal.invitation import Invitations
from tests.sandbox.front.world import CAMPAIGNS, STATUS, TEAM, WIKI, FrontWorld, Reply


@pytest.fixture
def world() -> Iterator[FrontWorld]:
    made = FrontWorld()
    yield made
    made.close()


def invite(world: FrontWorld, person: str, url: str) -> Reply:
    """What the loopback API answers."""
    routes: list[Route] = [Invitations().making(world.front)]
    asked = json.dumps({"person": person, "url": url}).encode()
    return world.call("POST", "http://127.0.0.1/__sandbox/invitations", body=asked, app=Starlette(routes=routes))


@pytest.mark.parametrize(
    ("person", "url"),
    [
        ("mika", CAMPAIGNS),
        ("sam@example.com", CAMPAIGNS),  # refused there, by name
        ("Kim Lee", WIKI),
        ("kim", STATUS),  # open to everybody
        ("kim", f"https://{TEAM}/"),
    ],
)
def test_a_link_leads_to_a_login_of_whoever_can_log_in_there(world: FrontWorld, person: str, url: str) -> None:
    reply = invite(world, person, url)
    assert reply.status == 200, reply.text
    assert reply.json()["url"].startswith(f"https://{TEAM}/portal/as/")


def test_no_link_for_somebody_whom_no_provider_of_the_app_knows(world: FrontWorld) -> None:
    reply = invite(world, "kim", CAMPAIGNS)
    why = "Kim Lee is known to `partners` only, and campaigns takes logins of `workspace`: there is no way in"
    assert (reply.status, reply.json()) == (400, {"error": why})
