"""The measured table: verdicts come from answers at the front door, whatever the policies say."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from sandbox.edge.upstream import Answer
from sandbox.portal.cells import App
from sandbox.portal.measure import Table, measure
from sandbox.portal.scene import scene_of
from sandbox.portal.snowflake import Snowflake
from tests.sandbox.front.world import ACCOUNT, LOST, NO_CONNECTOR, WORLD, Chunks

from .conftest import Served


def _measured(served: Served) -> Table:
    scene = scene_of(served.world.front, WORLD.accounts[0])
    return asyncio.run(measure(served.door, scene))


def _verdicts(table: Table, visitor: str) -> dict[str, tuple[str, int]]:
    found = {}
    for app in table.scene.apps:
        cell = table.cell(visitor, app.id)
        assert cell is not None
        found[app.title] = (cell.verdict, cell.status)
    return found


OUT, IN, WALL = ("refused", 403), ("entered", 200), ("wall", 200)
EXPECTED = {
    "anybody": {"campaigns": WALL, "pipeline": WALL, "closed": WALL, "wiki": WALL},
    "mika@workspace": {"campaigns": IN, "pipeline": OUT, "closed": OUT, "wiki": IN},
    "sam@workspace": {"campaigns": OUT, "pipeline": IN, "closed": OUT, "wiki": OUT},
    "kim@partners": {"campaigns": OUT, "pipeline": OUT, "closed": OUT, "wiki": OUT},
    "mallory@workspace": {"campaigns": OUT, "pipeline": OUT, "closed": OUT, "wiki": OUT},
    "mallory@partners": {"campaigns": OUT, "pipeline": OUT, "closed": OUT, "wiki": OUT},
    "nightly": {"campaigns": OUT, "pipeline": IN, "closed": OUT, "wiki": OUT},
}


def test_everybody_at_every_app(served: Served) -> None:
    table = _measured(served)
    ids = {one.name if one.kind == "machine" else one.id: one.id for one in table.scene.visitors}
    assert {name: _verdicts(table, own) for name, own in ids.items()} == {
        name: {**apps, "status": IN} for name, apps in EXPECTED.items()
    }
    assert len(table.cells) == table.scene.size


def test_everybody_at_snowflake(served: Served) -> None:
    """By the login there, which no machine has; a page behind the door is opened for nobody."""
    listing = asyncio.run(Snowflake(served.snowflake.origin).listing())
    scene = scene_of(served.world.front, WORLD.accounts[0], listing.apps or ())
    apps = tuple(one for one in scene.apps if one.place == "snowflake")
    table = asyncio.run(measure(served.door, replace(scene, apps=apps)))
    found, gone, led, wall = {}, ("refused", 404), ("entered", 307), ("wall", 303)
    for visitor in table.scene.visitors:
        found[visitor.name if visitor.kind == "machine" else visitor.id] = _verdicts(table, visitor.id)
    nobody = {"Draft": wall, "Ledger": wall, "Quota": wall}
    unknown = dict.fromkeys(nobody, ("refused", 403))
    assert found == {
        "anybody": nobody,
        "mika@workspace": {"Draft": gone, "Ledger": led, "Quota": led},
        "sam@workspace": {"Draft": led, "Ledger": gone, "Quota": led},
        "kim@partners": dict.fromkeys(nobody, gone),
        "mallory@workspace": unknown,
        "mallory@partners": unknown,
        "nightly": nobody,
    }
    assert {one.reason for one in table.cells if one.visitor == "mallory@partners"} == {
        "Snowflake has no user mallory."
    }


def test_a_snowflake_that_is_gone_is_in_the_table(served: Served) -> None:
    app = App("x", "X", "http://127.0.0.1:1/streamlit-apps/x/", "snowflake")
    scene = scene_of(served.world.front, WORLD.accounts[0])
    table = asyncio.run(measure(served.door, replace(scene, apps=(app,))))
    assert {(one.verdict, one.status) for one in table.cells} == {("down", 0)}


def test_each_entry_is_a_request_at_the_origin(served: Served) -> None:
    table = _measured(served)
    entered = [one for one in table.cells if one.verdict == "entered"]
    assert len(served.world.origin.heads) == len(entered)
    emails = {dict(one.headers).get("cf-access-authenticated-user-email") for one in served.world.origin.heads}
    assert emails == {None, "mika@example.com", "sam@example.com"}


def test_the_reason_is_what_the_page_says(served: Served) -> None:
    table = _measured(served)
    apps = {one.title: one.id for one in table.scene.apps}

    def reason(visitor: str, app: str) -> str:
        cell = table.cell(visitor, apps[app])
        assert cell is not None
        return cell.reason

    assert reason("mika@workspace", "pipeline") == "No policy matches. sales: It is for the group sales."
    assert reason("kim@partners", "pipeline") == "workspace does not know this person."
    assert reason("anybody", "pipeline") == "workspace asks who you are."
    assert reason("anybody", "wiki") == "example.cloudflareaccess.com asks how to log in."
    assert reason("mallory@workspace", "campaigns").startswith("Workspace is the Workspace of example.com")


def test_the_table_follows_what_answers_and_not_what_the_policies_say(served: Served) -> None:
    served.world.origin.failure = NO_CONNECTOR
    table = _measured(served)
    assert _verdicts(table, "mika@workspace")["campaigns"] == ("down", 530)
    assert _verdicts(table, "mika@workspace")["pipeline"] == OUT
    served.world.origin.failure = LOST
    assert _verdicts(_measured(served), "mika@workspace")["campaigns"] == ("down", 502)
    served.world.origin.failure = None
    served.world.origin.answer = Answer(404, (("x-sandbox-answered-by", "origin"),), Chunks(), "cloudflared")
    assert _verdicts(_measured(served), "mika@workspace")["campaigns"] == ("down", 404)


def test_an_app_that_stumbles_was_entered_all_the_same(served: Served) -> None:
    """Its own redirects and errors are its own."""
    for status in (302, 403, 500):
        away = (("location", "https://elsewhere.test/"),)
        served.world.origin.answer = Answer(status, away, Chunks(), "origin")
        assert _verdicts(_measured(served), "mika@workspace")["campaigns"] == ("entered", status)


def test_visits_leave_no_session_behind(served: Served) -> None:
    _measured(served)
    assert not served.world.front.sessions._live


def test_a_door_that_does_not_answer_is_in_the_table(served: Served) -> None:
    scene = scene_of(served.world.front, WORLD.accounts[0])
    closed = type(served.door)("127.0.0.1", 1, served.door.authority)
    table = asyncio.run(measure(closed, scene))
    assert {(one.verdict, one.status) for one in table.cells} == {("down", 0)}


def test_secrets_of_machines_are_not_shown(served: Served) -> None:
    secret = served.world.secret["secret"]
    table = _measured(served)
    assert secret not in repr(table)
    assert secret not in str(table.as_json())
    assert {"id", "name", "kind"} <= set(table.as_json()["visitors"][0])


def test_apps_that_the_launcher_hides_are_not_measured(served: Served) -> None:
    world = served.world
    before = world.store.get("applications", f"accounts/{ACCOUNT}", world.ids["closed"]) or {}
    world.store.put(
        "applications", f"accounts/{ACCOUNT}", world.ids["closed"], {**before, "app_launcher_visible": False}
    )
    world.store.commit()
    assert "closed" not in {one.title for one in scene_of(world.front, WORLD.accounts[0]).apps}
