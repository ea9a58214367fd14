"""The apps of the local Snowflake in the portal: who sees which, how they are opened, and what comes of silence."""

from __future__ import annotations

import asyncio
import re
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox import local_cloudflare
from sandbox.places import Places
from sandbox.portal import snowflake
from sandbox.portal.snowflake import Snowflake
from tests.sandbox.front.world import IDP, TEAM, Browser, Reply
from tests.sandbox.snowflake_runtime.served import world_in

from .conftest import Served

HOME = f"https://{TEAM}"
SILENT = "The local Snowflake does not answer; sandbox up starts it."


def _section(text: str) -> list[str]:
    """The words of the section: its introduction, and a line for each tile."""
    found = re.search('<section aria-labelledby="snowflake">.*?</section>', text.replace("<wbr>", ""))
    if found is None:
        return []
    introduction, *tiles = re.split('<li class="tile">', found[0])
    words = [" ".join(unescape(re.sub("<[^>]+>", " ", one)).split()) for one in (introduction, *tiles)]
    return [words[0].removeprefix("In Snowflake "), *words[1:]]


def _log_in(browser: Browser, person: str, provider: str = "workspace") -> Reply:
    return browser.follow(_send(browser, "/portal/login", {"person": person, "idp": browser.world.ids[provider]}))


def _send(browser: Browser, path: str, form: dict[str, str], origin: str = HOME) -> Reply:
    return browser.ask("POST", HOME + path, [("origin", origin)], urlencode(form).encode())


def test_all_apps_with_who_may_open_them(served: Served) -> None:
    text = served.world.call("GET", f"{HOME}/").text
    introduction, draft, ledger, quota = _section(text)
    assert introduction == "Whoever has a role with USAGE on an app may open it. Snowflake asks for its own login."
    assert draft == (
        "Draft APPS.FINANCE.DRAFT USAGE SALES may open it People Sam Okafor "
        "Runtime container ! no live version yet, so nobody can open it"
    )
    assert ledger == (
        "Ledger APPS.FINANCE.LEDGER USAGE MARKETING may open it People Mika Tanaka "
        "Runtime container ✓ serving Open Ledger"
    )
    assert quota == (
        "Quota APPS.FINANCE.QUOTA USAGE MARKETING and SALES may open it People Mika Tanaka and Sam Okafor "
        "Runtime warehouse ○ not running, starts when it is opened Open Quota"
    )
    assert f'href="{served.snowflake.origin}/streamlit-apps/ledger/"' in text


@pytest.mark.parametrize(
    ("person", "provider", "introduction", "ways"),
    [
        ("mika", "workspace", "What a role of Mika Tanaka may open.", ["Open Ledger as", "Open Quota as"]),
        ("sam", "workspace", "What a role of Sam Okafor may open.", ["may open it", "Open Quota as"]),
        ("kim", "partners", "No role of Kim Lee may open an app there.", []),
    ],
)
def test_a_person_sees_what_a_role_of_theirs_may_open(
    served: Served, person: str, provider: str, introduction: str, ways: list[str]
) -> None:
    home = _log_in(Browser(served.world), person, provider)
    words, *tiles = _section(home.text)
    assert words.startswith(introduction)
    assert len(tiles) == len(ways)
    assert all(way in tile for way, tile in zip(ways, tiles, strict=True)), tiles
    assert f'href="{served.snowflake.origin}' not in home.text


def test_opening_an_app_logs_in_there_as_the_same_person(served: Served) -> None:
    browser = Browser(served.world)
    _log_in(browser, "mika")
    reply = _send(browser, "/portal/snowflake", {"url_id": "quota"})
    assert (reply.status, served.snowflake.asked) == (303, [{"person": "mika", "url_id": "quota"}])
    with httpx.Client(trust_env=False, follow_redirects=True) as client:
        assert client.get(reply.header("location")).text == "mika at quota"


def test_nothing_is_opened_for_somebody_else(served: Served) -> None:
    """Neither for nobody, nor for a form of another page, and the person of a form does not count."""
    browser = Browser(served.world)
    reply = _send(browser, "/portal/snowflake", {"url_id": "quota", "person": "mika"})
    assert (reply.status, "Nothing was opened: nobody is logged in." in reply.text) == (400, True)
    _log_in(browser, "sam")
    for origin in ("null", "https://apps.example.com", served.snowflake.origin):
        assert _send(browser, "/portal/snowflake", {"url_id": "quota"}, origin).status == 403
    assert browser.ask("GET", f"{HOME}/portal/snowflake?url_id=quota").status == 405
    assert served.snowflake.asked == []
    _send(browser, "/portal/snowflake", {"url_id": "quota", "person": "mika"})
    assert served.snowflake.asked == [{"person": "sam", "url_id": "quota"}]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "there is no app with the id gone"),
        (PlainTextResponse("no", 502), "the local Snowflake does not answer"),
        (JSONResponse({"error": "<b>no</b>"}, 400), "&lt;b&gt;no&lt;/b&gt;"),
        (JSONResponse({"url": "https://evil.test/"}), "the local Snowflake told of a place elsewhere"),
        (JSONResponse(["no"]), "the local Snowflake told of a place elsewhere"),
    ],
)
def test_an_invitation_that_is_not_given(served: Served, answer: Response | None, why: str) -> None:
    browser = Browser(served.world)
    _log_in(browser, "mika")
    served.snowflake.answer = answer
    reply = _send(browser, "/portal/snowflake", {"url_id": "gone"})
    assert (reply.status, f'role="alert">Nothing was opened: {why}.' in reply.text) == (400, True)


@pytest.mark.parametrize(
    "answer",
    [
        PlainTextResponse("gone", 500),
        PlainTextResponse("<html>"),
        JSONResponse({"error": "no"}, 503),
        JSONResponse([{"name": "A", "title": "A", "url_id": "a", "url": "javascript:alert(1)"}]),
        JSONResponse([{"name": "A", "title": "A", "url_id": "a", "url": "http://127.0.0.1.evil.test/"}]),
    ],
    ids=["refusal", "a page", "an error", "a script", "a place elsewhere"],
)
def test_an_answer_that_is_none(served: Served, answer: Response) -> None:
    served.snowflake.answer = answer
    reply = served.world.call("GET", f"{HOME}/")
    assert (reply.status, _section(reply.text)) == (200, [SILENT])
    assert "campaigns" in reply.text


def test_a_snowflake_that_says_nothing_does_not_hold_the_page_up(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snowflake, "_WITHIN", 0.2)
    served.snowflake.silent = True
    assert _section(served.world.call("GET", f"{HOME}/").text) == [SILENT]
    served.ask_snowflake_at("http://127.0.0.1:1")
    assert _section(served.world.call("GET", f"{HOME}/").text) == [SILENT]


def test_no_apps_and_no_snowflake(served: Served) -> None:
    served.snowflake.rows = []
    assert _section(served.world.call("GET", f"{HOME}/").text) == ["No Streamlit app is there yet: run sandbox up ."]
    served.ask_snowflake_at("")
    text = served.world.call("GET", f"{HOME}/").text
    assert ("campaigns" in text, "Snowflake" in text) == (True, False)
    assert _send(Browser(served.world), "/portal/snowflake", {"url_id": "quota"}).status == 404


def test_whatever_an_app_is_called_it_stays_text(served: Served) -> None:
    title = "<script>alert(1)</script>\"'&"
    row = served.snowflake.row(
        "x", ["<i>ROLE</i>"], ["<b>WHO</b>", "MIKA"], status="its script fails: <u>" + "no " * 99
    )
    served.snowflake.rows = [{**row, "title": title, "name": title, "url_id": title}]
    text = served.world.call("GET", f"{HOME}/").text
    assert not any(one in text for one in ("<script>", "<i>", "<b>", "<u>"))
    (tile,) = _section(text)[1:]
    assert tile.startswith(f"{title} {title} USAGE <i>ROLE</i> may open it People <b>WHO</b> and Mika Tanaka ")
    assert "! its script fails: <u>no no" in tile
    assert "no … Open" in tile
    # The button hands the id back as it is.
    browser = Browser(served.world)
    button = re.search('name="url_id" value="([^"]*)"', _log_in(browser, "mika").text)
    assert button is not None
    _send(browser, "/portal/snowflake", {"url_id": unescape(button[1])})
    assert served.snowflake.asked == [{"person": "mika", "url_id": title}]


@pytest.mark.parametrize(
    ("users", "words"),
    [
        ([], "People Nobody has such a role"),
        (["A"], "People A Runtime"),
        (["A", "B", "C"], "People A, B and C Runtime"),
        (list("ABCDEF"), "People A, B, C, D, E and F Runtime"),
        (list("ABCDEFGH"), "People A, B, C, D, E and 3 more Runtime"),
    ],
)
def test_few_of_many_people_are_named(served: Served, users: list[str], words: str) -> None:
    served.snowflake.rows = [served.snowflake.row("App", [], users)]
    (tile,) = _section(served.world.call("GET", f"{HOME}/").text)[1:]
    assert "USAGE No role may open it" in tile
    assert words in tile


def test_forms_may_lead_to_snowflake_only_where_there_is_one(served: Served) -> None:
    def targets() -> str:
        policy = served.world.call("GET", f"{HOME}/").header("content-security-policy")
        (found,) = (one for one in policy.split("; ") if one.startswith("form-action "))
        return found

    assert targets() == f"form-action 'self' https://{IDP} {served.snowflake.origin}"
    served.ask_snowflake_at("")
    assert targets() == f"form-action 'self' https://{IDP}"


def test_what_the_viewer_says_is_what_the_portal_reads(tmp_path: Path) -> None:
    """The real viewer, over apps that are never started."""
    with world_in(tmp_path) as world:
        draft = world.apps.create("Draft", None)
        (app,) = asyncio.run(Snowflake(world.origin).listing()).apps or ()
        assert (app.name, app.title, app.runtime) == ("APPS.FINANCE.DRAFT", "Draft", "container")
        assert (app.roles, app.users, app.status) == (("FINANCE",), ("MIKA",), "no live version")
        assert (app.is_open_to("mika"), app.is_open_to("sam")) == (True, False)
        link = asyncio.run(Snowflake(world.origin).invitation("mika", draft.url_id))
        with world.browser() as client:
            opened = client.get(link, follow_redirects=True)
            assert (str(opened.url), opened.status_code) == (app.url, 404)
            assert "It has no live version yet." in opened.text


def test_the_program_hands_the_address_on(served: Served, tmp_path: Path) -> None:
    place = Places(tmp_path, tmp_path / "state")
    place.prepare()
    cloudflare, _ = local_cloudflare.ensure(place, (), served.snowflake.origin)
    try:
        shown = _section(cloudflare.at_front_door("GET", TEAM, "/").text)
        assert [one.split()[1] for one in shown[1:]] == [f"APPS.FINANCE.{one}" for one in ("DRAFT", "LEDGER", "QUOTA")]
    finally:
        local_cloudflare.stop(place)
