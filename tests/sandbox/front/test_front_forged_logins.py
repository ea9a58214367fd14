"""Logins that somebody has tampered with: replayed, stolen, made up, or by the wrong person."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from .world import CAMPAIGNS, IDP, TEAM, WIKI, Browser, FrontWorld

Json = dict[str, Any]


def _callback(browser: Browser) -> tuple[str, str]:
    """The address of the provider's answer, before anybody has followed it; and the login page's own."""
    page = browser.get(CAMPAIGNS)
    reply = browser.ask("POST", page.url, body=urlencode({"person": "mika"}).encode())
    return reply.header("location"), page.url


def test_state_and_code_count_once(front: FrontWorld) -> None:
    browser = Browser(front)
    callback, _ = _callback(browser)
    grant = browser.ask("GET", callback).header("location")
    replayed = browser.ask("GET", callback)
    assert (replayed.status, "used already" in replayed.text) == (400, True)
    assert browser.ask("GET", grant).status == 302
    again = browser.ask("GET", grant)
    assert (again.status, "used already" in again.text, again.all("set-cookie")) == (400, True, [])


def test_a_login_counts_in_its_own_browser_only(front: FrontWorld) -> None:
    mine, other = Browser(front), Browser(front)
    callback, _ = _callback(mine)
    stolen = other.ask("GET", callback)
    assert (stolen.status, "another browser" in stolen.text) == (400, True)
    assert mine.ask("GET", callback).status == 400  # the theft has spent it
    callback, _ = _callback(mine)
    grant = mine.ask("GET", callback).header("location")
    stolen = other.ask("GET", grant)
    assert (stolen.status, stolen.all("set-cookie")) == (400, [])


def test_the_code_of_another_login_is_refused(front: FrontWorld) -> None:
    mine, other = Browser(front), Browser(front)
    own, foreign = (parse_qs(urlsplit(_callback(one)[0]).query) for one in (mine, other))
    mixed = urlencode({"state": own["state"][0], "code": foreign["code"][0]})
    reply = mine.ask("GET", f"https://{TEAM}/cdn-cgi/access/callback?{mixed}")
    assert (reply.status, reply.all("set-cookie")) == (403, [])


@pytest.mark.parametrize("state", ["", "made-up"])
def test_a_state_that_was_never_issued(front: FrontWorld, state: str) -> None:
    assert Browser(front).get(f"https://{TEAM}/cdn-cgi/access/callback?code=x&state={state}").status == 400


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/wiki"])
def test_the_way_back_stays_at_the_application(front: FrontWorld, target: str) -> None:
    """The plain parameter is not believed, and the signed one is a path on the application's host."""
    browser = Browser(front)
    first = urlsplit(browser.ask("GET", CAMPAIGNS).header("location"))
    asked = {name: values[0] for name, values in parse_qs(first.query).items()}
    url = f"https://{TEAM}{first.path}?{urlencode({**asked, 'redirect_url': target})}"
    assert browser.choose(browser.get(url), "mika").url == CAMPAIGNS
    signer = front.front.teams.named("example").signer  # type: ignore[union-attr]
    meta = signer.login_request(asked["kid"], "apps.example.com", target, "x" * 32)
    refused = Browser(front).ask("GET", f"https://{TEAM}{first.path}?{urlencode({**asked, 'meta': meta})}")
    assert refused.status == 400


@pytest.mark.parametrize("change", [{"kid": "0" * 64}, {"meta": ""}, {"meta": "a.b.c"}, {"kid": ""}], ids=str)
def test_a_login_request_that_no_application_made(front: FrontWorld, change: dict[str, str]) -> None:
    first = urlsplit(Browser(front).ask("GET", CAMPAIGNS).header("location"))
    asked = {name: values[0] for name, values in parse_qs(first.query).items()}
    url = f"https://{TEAM}{first.path}?{urlencode({**asked, **change})}"
    assert front.call("GET", url).status == 400
    other = f"https://{TEAM}/cdn-cgi/access/login/wiki.example.com?{urlencode(asked)}"
    assert front.call("GET", other).status == 400


def test_a_removed_person_is_refused(front: FrontWorld) -> None:
    browser = Browser(front)
    page = browser.get(CAMPAIGNS)
    assert front.control("DELETE", "/people/mika").status == 200
    refused = browser.choose(page, "mika")
    assert (refused.status, "does not know this person" in refused.text) == (403, True)


def test_a_person_removed_with_the_code_in_hand_is_refused(front: FrontWorld) -> None:
    browser = Browser(front)
    callback, _ = _callback(browser)
    front.control("DELETE", "/people/mika")
    refused = browser.ask("GET", callback)
    assert (refused.status, "refused the login" in refused.text, refused.all("set-cookie")) == (403, True, [])


def test_a_person_of_one_provider_claiming_the_address_of_another(front: FrontWorld) -> None:
    """`partners` says cfo@example.com; the groups ask for a login by the Workspace."""
    reply = Browser(front).log_in(WIKI, "mallory", "partners")
    assert reply.status == 403
    assert "cfo@example.com" in reply.text
    front.control("PUT", "/people/carla", {"email": "cfo@example.com", "identities": {"workspace": {}}})
    assert Browser(front).log_in(WIKI, "carla").status == 200


def test_a_workspace_vouches_for_its_own_domain_only(front: FrontWorld) -> None:
    reply = Browser(front).log_in(CAMPAIGNS, "mallory")
    assert (reply.status, "is not of it" in reply.text) == (403, True)


def test_a_session_of_one_provider_is_none_at_an_application_of_another(front: FrontWorld) -> None:
    browser = Browser(front)
    assert browser.log_in(WIKI, "kim", "partners").status == 403
    assert urlsplit(browser.get(CAMPAIGNS).url).netloc == IDP


def test_a_login_page_answers_its_own_client_only(front: FrontWorld) -> None:
    page = urlsplit(Browser(front).get(CAMPAIGNS).url)
    asked = {name: values[0] for name, values in parse_qs(page.query).items()}
    for change in ({"redirect_uri": "https://evil.example/"}, {"client_id": "other"}):
        reply = front.call("GET", f"https://{IDP}{page.path}?{urlencode({**asked, **change})}")
        assert (reply.status, reply.all("location")) == (400, [])
    for change in ({"response_type": "token"}, {"scope": "email"}, {"code_challenge_method": "plain"}):
        reply = front.call("GET", f"https://{IDP}{page.path}?{urlencode({**asked, **change})}")
        assert "error=invalid_request" in reply.header("location")


def test_a_code_needs_the_client_the_verifier_and_its_issuer(front: FrontWorld) -> None:
    for change in ({"client_secret": "no"}, {"client_id": "no"}, {"code_verifier": "no"}, {"redirect_uri": "no"}):
        callback, login = _callback(Browser(front))
        code = parse_qs(urlsplit(callback).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "client_id": "c", "client_secret": "s"}
        whole = {**form, "redirect_uri": f"https://{TEAM}/cdn-cgi/access/callback", **change}
        url = login.partition("/authorize")[0] + "/token"
        assert front.call("POST", url, body=urlencode(whole).encode()).status in (400, 401)
