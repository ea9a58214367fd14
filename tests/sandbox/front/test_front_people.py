"""The sandbox's own API on the identity provider's host: people, the roster, and where they come from."""

from __future__ import annotations

from typing import Any

import pytest

from .world import CAMPAIGNS, STATUS, Browser, FrontWorld, told

Json = dict[str, Any]


def test_people_are_added_moved_and_removed(front: FrontWorld) -> None:
    assert front.control("PUT", "/people/new", {"email": "new@example.com"}).status == 200
    groups = {"identities": {"workspace": {"groups": ["marketing@example.com"]}}}
    assert front.control("PATCH", "/people/new", groups).json()["identities"]["workspace"]["claims"] == {}
    assert Browser(front).log_in(CAMPAIGNS, "new").status == 200
    front.restart()
    assert front.control("GET", "/people/new").json()["name"] == "new@example.com"
    assert front.control("DELETE", "/people/new").status == 200
    assert front.control("DELETE", "/people/new").status == 404
    assert front.control("PATCH", "/people/new", {}).status == 404
    assert front.control("GET", "/people/new").status == 404


ROSTER: Json = {
    "people": [
        {
            "id": "mika",
            "name": "Mika T.",
            "email": "mika@example.com",
            "identities": {"workspace": {"groups": ["sales@example.com"]}},
        },
        {"id": "fiona", "name": "Fiona Berg", "email": "fiona@example.com"},
    ]
}


def test_a_roster_replaces_the_people_listed_before_and_nobody_else(front: FrontWorld) -> None:
    def ids() -> list[str]:
        return [one["id"] for one in front.control("GET", "/people").json()["people"]]

    by_hand = ["sam", "kim", "mallory"]
    assert front.control("PUT", "/roster", ROSTER).status == 200
    assert ids() == ["mika", "fiona", *by_hand]
    assert front.control("PUT", "/roster", {"people": ROSTER["people"][:1]}).status == 200
    front.restart()
    assert ids() == ["mika", *by_hand]
    assert front.control("PUT", "/roster", {"people": []}).status == 200
    assert ids() == by_hand


def test_a_roster_leaves_circumstances_as_they_were_set(front: FrontWorld) -> None:
    """Who is new is somebody at work: a second factor, in Japan, every device check passed."""
    front.control("PUT", "/roster", ROSTER)
    fiona = front.control("GET", "/people/fiona").json()
    assert (fiona["second_factor"], fiona["circumstances"]) == (True, {"country": "JP", "ip": None, "postures": None})
    away = {"country": "DE", "ip": None, "postures": []}
    front.control("PATCH", "/people/fiona", {"second_factor": False, "circumstances": away})
    front.control("PUT", "/roster", ROSTER)
    fiona = front.control("GET", "/people/fiona").json()
    assert (fiona["second_factor"], fiona["circumstances"]) == (False, away)
    mika = front.control("GET", "/people/mika").json()
    assert (mika["name"], mika["circumstances"]["ip"]) == ("Mika T.", "192.0.2.7")
    assert mika["identities"]["workspace"]["groups"] == ["sales@example.com"]


def test_every_device_check_passes_where_none_is_named(front: FrontWorld) -> None:
    front.make("devices/posture", {"name": "laptop", "type": "warp"})
    rule = {"device_posture": {"integration_uid": front.ids["laptop"]}}
    own = front.policy("devices", "allow", [{"everyone": {}}], require=[rule])
    front.application("careful", "wiki.example.com/careful", [own], allowed_idps=[front.ids["workspace"]])
    for postures, status in ((None, 200), ([], 403), (["laptop"], 200), (["other"], 403)):
        front.control("PATCH", "/people/mika", {"circumstances": {"postures": postures}})
        assert (postures, Browser(front).log_in("https://wiki.example.com/careful", "mika").status) == (
            postures,
            status,
        )


@pytest.mark.parametrize(
    "roster",
    [{}, {"people": "everybody"}, {"people": [{"id": "x", "email": "no address"}]}],
    ids=str,
)
def test_a_wrong_roster_changes_nothing(front: FrontWorld, roster: Json) -> None:
    before = front.control("GET", "/people").json()
    assert front.control("PUT", "/roster", roster).status == 400
    assert front.control("GET", "/people").json() == before


@pytest.mark.parametrize(
    "person",
    [
        {"email": "no address"},
        {"email": "<b>@x"},
        {"email": "a@b", "circumstances": {"country": "Japan"}},
        {"email": "a@b", "circumstances": {"ip": "everywhere"}},
        {"email": "a@b", "circumstances": {"postures": "all"}},
    ],
    ids=str,
)
def test_a_wrong_person_is_refused_with_the_reason(front: FrontWorld, person: Json) -> None:
    before = front.control("GET", "/people").json()
    reply = front.control("PUT", "/people/x", person)
    assert (reply.status, bool(reply.json()["error"])) == (400, True)
    assert front.control("PUT", "/people", {"people": [{"email": "ok@x"}, person]}).status == 400
    assert front.control("GET", "/people").json() == before


def test_forms_of_other_pages_change_nothing(front: FrontWorld) -> None:
    url = "https://idp.sandbox.test/__sandbox/people/mika"
    assert front.call("DELETE", url, [("content-type", "text/plain")]).status == 415
    assert front.call("DELETE", url).status == 415
    assert front.control("GET", "/people/mika").status == 200


def test_the_place_of_visitors_whom_nobody_knows(front: FrontWorld) -> None:
    assert told(front.call("GET", STATUS))["cf-connecting-ip"] == "127.0.0.1"
    front.control("PUT", "/anonymous", {"country": "de", "ip": "198.51.100.9"})
    headers = told(front.call("GET", STATUS))
    assert (headers["cf-ipcountry"], headers["cf-connecting-ip"]) == ("DE", "198.51.100.9")


@pytest.mark.parametrize(
    "fields",
    [
        {"country": "KP"},
        {"second_facto": False},
        {"circumstances": {"contry": "KP"}},
        {"identities": {"workspace": {"group": ["sales@example.com"]}}},
    ],
)
def test_a_key_that_nobody_reads_is_refused(front: FrontWorld, fields: Json) -> None:
    before = front.control("GET", "/people/mika").json()
    refused = front.control("PATCH", "/people/mika", fields)
    assert (refused.status, "is no key of" in refused.text, "allowed: " in refused.text) == (400, True, True)
    assert front.control("GET", "/people/mika").json() == before


def test_a_change_of_the_country_leaves_devices_as_they_are(front: FrontWorld) -> None:
    front.control("PATCH", "/people/mika", {"circumstances": {"postures": ["laptop"]}})
    front.control("PATCH", "/people/mika", {"circumstances": {"country": "US"}})
    assert front.control("GET", "/people/mika").json()["circumstances"] == {
        "country": "US",
        "ip": "192.0.2.7",
        "postures": ["laptop"],
    }
