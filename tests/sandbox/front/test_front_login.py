"""Logging in: two people of two departments, apps with a path on one host, and an app on its own."""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import jwt
import pytest

from .world import ACCOUNT, CAMPAIGNS, IDP, PIPELINE, TEAM, WIKI, Browser, FrontWorld, told


@pytest.mark.parametrize(
    ("person", "url", "status"),
    [
        ("mika", CAMPAIGNS, 200),
        ("mika", PIPELINE, 403),
        ("mika", WIKI, 200),
        ("sam", CAMPAIGNS, 403),
        ("sam", PIPELINE, 200),
        ("sam", WIKI, 403),
        ("mika", "https://apps.example.com/", 403),
        ("mika", "https://apps.example.com/streamlit", 403),
    ],
)
def test_a_person_gets_their_departments_app_and_no_other(
    front: FrontWorld, person: str, url: str, status: int
) -> None:
    reply = Browser(front).log_in(url, person)
    assert reply.status == status
    assert len(front.origin.heads) == (status == 200)


def test_the_steps_of_a_login(front: FrontWorld) -> None:
    """The addresses are those that cloudflared's own client looks for."""
    browser = Browser(front)
    first = browser.ask("GET", CAMPAIGNS + "page?x=1&y=%2F")
    login = urlsplit(first.header("location"))
    asked = parse_qs(login.query)
    assert (first.status, login.netloc, login.path) == (302, TEAM, "/cdn-cgi/access/login/apps.example.com")
    assert asked["kid"] == [front.ids["aud campaigns"]]
    assert asked["redirect_url"] == ["/streamlit/marketing/page?x=1&y=%2F"]
    assert first.header("set-cookie").startswith("CF_AppSession=")
    assert first.header("www-authenticate") == "Cloudflare-Access"
    second = browser.ask("GET", first.header("location"))
    assert second.header("location").startswith(f"https://{IDP}/{front.ids['workspace']}/authorize?")
    last = browser.choose(browser.ask("GET", second.header("location")), "mika")
    assert (last.status, last.url) == (200, CAMPAIGNS + "page?x=1&y=%2F")


def test_the_cookie_is_what_the_application_wants(front: FrontWorld) -> None:
    """Lifetime: policy before application before organization; path and SameSite of the application."""
    browser = Browser(front)
    browser.log_in(PIPELINE, "sam")
    seen = browser.set_cookies
    (own,) = [one for one in seen if one.startswith("CF_Authorization=") and "/streamlit/sales" in one]
    assert own.split("; ")[1:] == ["Path=/streamlit/sales", "Max-Age=3600", "Secure", "HttpOnly", "SameSite=Lax"]
    (organization,) = [one for one in seen if one.startswith("CF_Authorization=") and "Path=/;" in one]
    assert organization.split("; ")[1:] == ["Path=/", "Max-Age=86400", "Secure", "HttpOnly", "SameSite=None"]


def test_the_token_says_what_cloudflares_says(front: FrontWorld) -> None:
    headers = told(Browser(front).log_in(CAMPAIGNS, "mika"))
    token = headers["cf-access-jwt-assertion"]
    certs = front.call("GET", f"https://{TEAM}/cdn-cgi/access/certs").json()
    key = jwt.PyJWKSet.from_dict(certs)[jwt.get_unverified_header(token)["kid"]]
    aud = front.ids["aud campaigns"]
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=aud, issuer=f"https://{TEAM}")
    assert claims["aud"] == [aud]
    assert (claims["email"], claims["type"], claims["country"]) == ("mika@example.com", "app", "JP")
    assert {"exp", "iat", "nbf", "sub", "identity_nonce"} < set(claims)
    assert headers["cf-access-authenticated-user-email"] == "mika@example.com"
    assert (headers["cf-connecting-ip"], headers["cf-ipcountry"]) == ("192.0.2.7", "JP")
    assert certs["public_cert"] in certs["public_certs"]
    assert "BEGIN CERTIFICATE" in certs["public_cert"]["cert"]


def test_single_sign_on_across_applications(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    assert browser.get(WIKI).status == 200
    refused = browser.get(PIPELINE)
    assert (refused.status, urlsplit(refused.url).netloc) == (403, TEAM)
    assert browser.get(CAMPAIGNS).status == 200


def test_path_apps_on_one_host_keep_their_cookies_apart(front: FrontWorld) -> None:
    front.control("PATCH", "/people/mika", _groups("marketing@example.com", "sales@example.com"))
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    assert browser.get(PIPELINE).status == 200
    assert {path for host, path, name in browser.cookies if name == "CF_Authorization" and host != TEAM} == {
        "/streamlit/marketing",
        "/streamlit/sales",
    }
    # No redirect any more at either of them.
    assert [browser.ask("GET", url).status for url in (CAMPAIGNS, PIPELINE, CAMPAIGNS)] == [200, 200, 200]


def test_a_moved_person_is_judged_anew_at_the_next_login(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    front.control("PATCH", "/people/mika", _groups("sales@example.com"))
    assert browser.ask("GET", CAMPAIGNS).status == 200
    again = Browser(front)
    assert again.log_in(CAMPAIGNS, "mika").status == 403
    assert again.get(PIPELINE).status == 200


def test_logout_ends_every_session(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    browser.get(WIKI)
    kept = dict(browser.cookies)
    out = browser.get("https://wiki.example.com/cdn-cgi/access/logout")
    assert (out.status, urlsplit(out.url).netloc) == (200, TEAM)
    assert not [key for key in browser.cookies if key[2] == "CF_Authorization" and key[0] != "apps.example.com"]
    browser.cookies = kept  # a thief who kept the cookies has nothing of them
    assert browser.ask("GET", CAMPAIGNS).status == 302
    assert urlsplit(browser.get(WIKI).url).netloc == TEAM


def test_from_a_refusal_to_another_account(front: FrontWorld) -> None:
    browser = Browser(front)
    refused = browser.log_in(PIPELINE, "mika")
    href = re.search(r'href="(/cdn-cgi/access/logout[^"]*)"', refused.text)
    assert href is not None
    out = browser.get(urljoin(refused.url, unescape(href[1])))
    assert f'href="{PIPELINE}"' in out.text
    assert browser.log_in(PIPELINE, "sam").status == 200


@pytest.mark.parametrize("back", ["evil.example/", "//evil.example", "javascript:alert(1)", "/evil.example", TEAM])
def test_logout_leads_to_applications_only(front: FrontWorld, back: str) -> None:
    out = front.call("GET", f"https://{TEAM}/cdn-cgi/access/logout?{urlencode({'back': back})}")
    assert (out.status, "href" in out.text) == (200, False)


def test_get_identity(front: FrontWorld) -> None:
    browser = Browser(front)
    assert browser.get(f"https://{TEAM}/cdn-cgi/access/get-identity").status == 401
    browser.log_in(WIKI, "mika")
    for host in (TEAM, "wiki.example.com"):
        said = browser.get(f"https://{host}/cdn-cgi/access/get-identity").json()
        assert (said["name"], said["email"]) == ("Mika Tanaka", "mika@example.com")
        assert said["groups"] == ["marketing@example.com"]
        assert said["idp"] == {"id": front.ids["workspace"], "type": "google-apps"}
        assert said["geo"] == {"country": "JP"}


def test_only_configured_claims_reach_the_token(front: FrontWorld) -> None:
    rule = {"claim_name": "employment", "claim_value": "contractor", "identity_provider_id": front.ids["partners"]}
    own = front.policy("contractors", "allow", [{"oidc": rule}], require=[{"auth_method": {"auth_method": "mfa"}}])
    front.api("PUT", f"access/apps/{front.ids['wiki']}", _wiki(own))
    browser = Browser(front)
    headers = told(browser.log_in(WIKI, "kim", "partners"))
    claims = jwt.decode(headers["cf-access-jwt-assertion"], options={"verify_signature": False})
    assert claims["custom"] == {"employment": "contractor"}
    assert Browser(front).log_in(WIKI, "kim|no", "partners").status == 403


def test_a_workspace_reports_no_second_factor(front: FrontWorld) -> None:
    front.control("PATCH", "/people/mika", {"second_factor": True})
    require = [{"auth_method": {"auth_method": "mfa"}}]
    own = front.policy("with mfa", "allow", [{"everyone": {}}], require=require)
    front.api("PUT", f"access/apps/{front.ids['wiki']}", _wiki(own))
    assert Browser(front).log_in(WIKI, "mika|yes").status == 403


def test_country_and_posture_are_looked_at_on_each_request(front: FrontWorld) -> None:
    laptop = front.make("devices/posture", {"name": "laptop", "type": "warp"})
    require = [{"geo": {"country_code": "JP"}}, {"device_posture": {"integration_uid": laptop}}]
    own = front.policy("careful", "allow", [{"everyone": {}}], require=require)
    front.api("PUT", f"access/apps/{front.ids['wiki']}", _wiki(own))
    browser = Browser(front)
    assert browser.log_in(WIKI, "mika").status == 403
    _place(front, country="JP", postures=["laptop"])
    assert browser.get(WIKI).status == 200
    _place(front, country="US", postures=["laptop"])
    assert browser.get(WIKI).status == 403
    _place(front, country="JP", postures=[])
    assert browser.get(WIKI).status == 403
    claimed = [("cf-ipcountry", "JP"), ("cf-connecting-ip", "192.0.2.7")]
    _place(front, country="US", postures=["laptop"])
    assert browser.get(WIKI, claimed).status == 403


def test_sessions_and_keys_survive_a_restart_of_the_edge(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    front.restart()
    assert browser.ask("GET", CAMPAIGNS).status == 200


def test_any_address_passes_a_one_time_pin(front: FrontWorld) -> None:
    pin = front.make("access/identity_providers", {"name": "pin", "type": "onetimepin", "config": {}})
    own = front.policy("anybody", "allow", [{"login_method": {"id": pin}}])
    front.api("PUT", f"access/apps/{front.ids['wiki']}", {**_wiki(own), "allowed_idps": [pin]})
    browser = Browser(front)
    page = browser.get(WIKI)
    link = re.search(rf'href="(\?[^"]*idp={pin}[^"]*)"', page.text)
    assert link is not None
    page = browser.get(urljoin(page.url, unescape(link[1])))
    url = f"https://{IDP}/{pin}/authorize?{urlsplit(page.url).query}"
    wrong = browser.ask("POST", url, body=urlencode({"address": "no address"}).encode())
    assert (wrong.status, "not an e-mail address" in wrong.text) == (403, True)
    reply = browser.follow(browser.ask("POST", url, body=urlencode({"address": "who@else.example"}).encode()))
    assert told(reply)["cf-access-authenticated-user-email"] == "who@else.example"


def test_discovery_and_userinfo(front: FrontWorld) -> None:
    issuer = f"https://{IDP}/{front.ids['partners']}"
    document = front.call("GET", f"{issuer}/.well-known/openid-configuration").json()
    assert document["issuer"] == issuer
    assert document["authorization_endpoint"] == f"{issuer}/authorize"
    assert front.call("GET", f"{issuer}/jwks").json()["keys"][0]["alg"] == "RS256"
    assert front.call("GET", f"{issuer}/userinfo", [("authorization", "Bearer nothing")]).status == 401
    assert front.call("GET", f"https://{IDP}/nobody/.well-known/openid-configuration").status == 404


def _groups(*groups: str) -> dict[str, object]:
    return {"identities": {"workspace": {"groups": list(groups)}}}


def _wiki(policy: str) -> dict[str, object]:
    body = {"name": "wiki", "domain": "wiki.example.com", "type": "self_hosted"}
    return {**body, "policies": [{"id": policy, "precedence": 1}], "allowed_idps": []}


def _place(front: FrontWorld, **circumstances: object) -> None:
    reply = front.control("PATCH", "/people/mika", {"circumstances": circumstances})
    assert reply.status == 200, json.dumps(reply.text)


def test_revoked_tokens_end_and_the_session_makes_new_ones(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    browser.get(WIKI)
    kept = browser.cookies["apps.example.com", "/streamlit/marketing", "CF_Authorization"]
    front.api("POST", f"access/apps/{front.ids['campaigns']}/revoke_tokens")
    assert browser.ask("GET", CAMPAIGNS).status == 302
    assert browser.ask("GET", WIKI).status == 200
    assert browser.get(CAMPAIGNS).status == 200
    assert browser.ask("GET", CAMPAIGNS).status == 200
    assert browser.cookies["apps.example.com", "/streamlit/marketing", "CF_Authorization"] != kept
    assert front.call("GET", CAMPAIGNS, [("cookie", f"CF_Authorization={kept}")]).status == 302


def test_revoked_tokens_of_machines_end_too(front: FrontWorld) -> None:
    right = [("CF-Access-Client-Id", front.secret["id"]), ("CF-Access-Client-Secret", front.secret["secret"])]
    cookie = front.call("GET", PIPELINE, right).all("set-cookie")[-1].partition(";")[0]
    assert front.call("GET", PIPELINE, [("cookie", cookie)]).status == 200
    front.api("POST", f"access/apps/{front.ids['pipeline']}/revoke_tokens")
    assert front.call("GET", PIPELINE, [("cookie", cookie)]).status == 302
    assert front.call("GET", PIPELINE, right).status == 200


@pytest.mark.parametrize(
    ("policy", "application", "organization", "seconds"),
    [("1h", "2h", "3h", 3600), (None, "2h", "3h", 7200), (None, None, "3h", 10800)],
)
def test_how_long_a_token_lasts(
    front: FrontWorld, policy: str | None, application: str | None, organization: str, seconds: int
) -> None:
    """The policy's own duration goes before the application's, and that before the organization's."""
    own = front.policy("timed", "allow", [{"everyone": {}}])
    app = front.application("timed app", "wiki.example.com/timed", [own], allowed_idps=[front.ids["workspace"]])
    for collection, name, duration in (("policies", own, policy), ("applications", app, application)):
        before = front.store.get(collection, f"accounts/{ACCOUNT}", name) or {}
        front.store.put(collection, f"accounts/{ACCOUNT}", name, {**before, "session_duration": duration})
    front.store.commit()
    front.api("PUT", "access/organizations", {"session_duration": organization})
    token = told(Browser(front).log_in("https://wiki.example.com/timed", "mika"))["cf-access-jwt-assertion"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == seconds


def test_a_choice_of_providers_is_offered_unless_there_is_none(front: FrontWorld) -> None:
    page = Browser(front).get(WIKI)
    assert (urlsplit(page.url).netloc, "workspace" in page.text, "partners" in page.text) == (TEAM, True, True)
    # One provider, but the application does not ask to be sent on.
    front.application("asks", "wiki.example.com/asks", [], allowed_idps=[front.ids["partners"]])
    page = Browser(front).get("https://wiki.example.com/asks")
    assert (urlsplit(page.url).netloc, "workspace" in page.text, "partners" in page.text) == (TEAM, False, True)
    assert urlsplit(Browser(front).get(CAMPAIGNS).url).netloc == IDP


def test_a_login_without_a_page_knows_its_people_only(front: FrontWorld) -> None:
    """OpenID Connect's `prompt=none`, by which the launcher logs somebody in."""
    page = urlsplit(Browser(front).get(CAMPAIGNS).url)
    for person, said in (("mika", "code="), ("kim", "error=login_required"), ("nobody", "error=login_required")):
        silent = urlencode({"prompt": "none", "login_hint": person})
        reply = front.call("GET", f"https://{IDP}{page.path}?{page.query}&{silent}")
        assert (reply.status, said in reply.header("location")) == (303, True)
