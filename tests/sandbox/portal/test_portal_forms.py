"""What the portal's forms do, request by request: only for its own pages, and by the provider's own means."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.sandbox.front.world import IDP, TEAM, Browser, FrontWorld, Reply

from .conftest import Served

HOME = f"https://{TEAM}"


@pytest.fixture
def world(served: Served) -> FrontWorld:
    return served.world


def _send(browser: Browser, path: str, form: dict[str, Any], origin: str | None = HOME) -> Reply:
    headers = [("origin", origin)] if origin else []
    return browser.ask("POST", HOME + path, headers, urlencode(form, doseq=True).encode())


@pytest.mark.parametrize("origin", [None, "null", "https://apps.example.com", f"http://{TEAM}", f"{HOME}.evil.example"])
@pytest.mark.parametrize("path", ["/portal/login", "/portal/people/mika/remove", "/portal/people/mika"])
def test_forms_of_other_pages_do_nothing(world: FrontWorld, origin: str | None, path: str) -> None:
    before = world.control("GET", "/people").json()
    reply = _send(Browser(world), path, {"person": "mika", "idp": world.ids["workspace"]}, origin)
    assert (reply.status, reply.all("set-cookie")) == (403, [])
    assert world.control("GET", "/people").json() == before


def test_links_do_nothing(world: FrontWorld) -> None:
    for path in ("/portal/login", "/portal/logout", "/portal/measure", "/portal/people/mika/remove"):
        assert world.call("GET", HOME + path).status == 405


def test_a_login_goes_through_the_provider(world: FrontWorld) -> None:
    browser = Browser(world)
    first = _send(browser, "/portal/login", {"person": "mika", "idp": world.ids["workspace"]})
    assert urlsplit(first.header("location")).netloc == IDP
    home = browser.follow(first)
    assert (home.url, "Logged in as" in home.text) == (f"{HOME}/", True)
    # The answer of a provider counts once, and a browser that did not begin gets nothing of it.
    assert browser.get(f"{HOME}/cdn-cgi/access/get-identity").json()["email"] == "mika@example.com"


@pytest.mark.parametrize(("person", "provider"), [("kim", "workspace"), ("nobody", "workspace"), ("", "workspace")])
def test_nobody_is_logged_in_whom_the_provider_does_not_know(world: FrontWorld, person: str, provider: str) -> None:
    browser = Browser(world)
    reply = browser.follow(_send(browser, "/portal/login", {"person": person, "idp": world.ids[provider]}))
    assert (reply.status, "Logged in as" in browser.get(HOME + "/").text) == (400 if person else 200, False)


def test_an_answer_of_the_launchers_login_counts_once_and_at_home(world: FrontWorld) -> None:
    mine, other = Browser(world), Browser(world)
    step = _send(mine, "/portal/login", {"person": "mika", "idp": world.ids["workspace"]})
    callback = mine.ask("GET", step.header("location")).header("location")
    assert other.ask("GET", callback).status == 400
    assert mine.ask("GET", callback).status == 400  # the theft has spent it
    step = _send(mine, "/portal/login", {"person": "mika", "idp": world.ids["workspace"]})
    callback = mine.ask("GET", step.header("location")).header("location")
    assert mine.ask("GET", callback).status == 303
    assert mine.ask("GET", callback).status == 400


def test_logging_out_ends_the_session_everywhere(world: FrontWorld) -> None:
    browser = Browser(world)
    browser.follow(_send(browser, "/portal/login", {"person": "mika", "idp": world.ids["workspace"]}))
    kept = dict(browser.cookies)
    assert browser.follow(_send(browser, "/portal/logout", {})).status == 200
    browser.cookies = kept
    assert browser.get(f"{HOME}/cdn-cgi/access/get-identity").status == 401


def test_boxes_become_what_is_true_of_a_person(world: FrontWorld) -> None:
    laptop = world.make("devices/posture", {"name": "laptop", "type": "warp"})
    disk = world.make("devices/posture", {"name": "disk", "type": "disk_encryption"})
    own, other = world.ids["workspace"], world.ids["partners"]
    boxes = {"factor": "yes", "country": "US", "posture": [laptop], "at": [own, other]}
    said = {f"group {own}": ["sales@example.com", "x@example.com"], f"claim {other}": ["employment=contractor"]}
    assert _send(Browser(world), "/portal/people/mika", {**boxes, **said}).status == 303
    mika = world.control("GET", "/people/mika").json()
    assert (mika["second_factor"], mika["name"]) == (True, "Mika Tanaka")
    assert mika["circumstances"] == {"country": "US", "ip": "192.0.2.7", "postures": [laptop]}
    assert mika["identities"] == {
        "workspace": {"groups": ["sales@example.com", "x@example.com"], "claims": {}, "email": ""},
        "partners": {"groups": [], "claims": {"employment": ["contractor"]}, "email": ""},
    }
    _send(Browser(world), "/portal/people/mika", {"posture": [laptop, disk], "country": ""})
    mika = world.control("GET", "/people/mika").json()
    assert (mika["circumstances"]["postures"], mika["circumstances"]["country"]) == (None, None)
    assert (mika["second_factor"], mika["identities"]) == (False, {})


def test_what_a_provider_says_beside_groups_stays(world: FrontWorld) -> None:
    own = world.ids["partners"]
    _send(Browser(world), "/portal/people/mallory", {"at": [own], "country": "JP"})
    assert world.control("GET", "/people/mallory").json()["identities"]["partners"]["email"] == "cfo@example.com"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": "X", "email": "nowhere"}, "needs an e-mail address"),
        ({"name": "X", "email": ""}, "needs an id"),
        ({"name": "X", "email": "Twice@example.com"}, "there already"),
    ],
)
def test_a_person_who_cannot_be_added(world: FrontWorld, form: dict[str, str], words: str) -> None:
    world.control("PUT", "/people/twice@example.com", {"email": "twice@example.com"})
    before = world.control("GET", "/people").json()
    reply = _send(Browser(world), "/portal/people", form)
    assert (reply.status, words in reply.text, 'role="alert"' in reply.text) == (400, True, True)
    assert world.control("GET", "/people").json() == before


def test_a_country_that_is_none_changes_nothing(world: FrontWorld) -> None:
    before = world.control("GET", "/people/mika").json()
    reply = _send(Browser(world), "/portal/people/mika", {"country": "Japan"})
    assert (reply.status, "Nothing was changed" in reply.text) == (400, True)
    assert world.control("GET", "/people/mika").json() == before


def test_the_table_as_a_document_is_old_once_something_has_changed(world: FrontWorld) -> None:
    def asked() -> dict[str, Any]:
        document: dict[str, Any] = world.call("GET", f"{HOME}/portal/table.json").json()
        return document

    assert asked() == {"running": False, "old": True}
    _send(Browser(world), "/portal/measure", {})
    while asked()["running"]:
        time.sleep(0.05)
    table = asked()
    assert (table["old"], len(table["cells"])) == (False, 56)
    world.control("PATCH", "/people/mika", {"name": "M."})
    assert asked()["old"]
    assert world.secret["secret"] not in str(table)


def test_pages_bring_nothing_from_elsewhere(world: FrontWorld) -> None:
    reply = world.call("GET", f"{HOME}/")
    policy = reply.header("content-security-policy")
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
    assert "unsafe" not in policy
    for name, kind in (("portal.css", "text/css"), ("portal.js", "text/javascript")):
        assert world.call("GET", f"{HOME}/portal/{name}").header("content-type").startswith(kind)
    assert world.call("GET", f"{HOME}/elsewhere").status == 404


def test_each_team_has_a_launcher_of_its_own(world: FrontWorld) -> None:
    reply = world.call("GET", "https://elsewhere.cloudflareaccess.com/")
    assert (reply.status, "campaigns" in reply.text, "No app is published yet" in reply.text) == (200, False, True)
