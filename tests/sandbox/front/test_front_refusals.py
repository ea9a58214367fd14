"""Bad input at the front door: each is refused, and none reaches an origin."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from .world import ACCOUNT, CAMPAIGNS, IDP, PIPELINE, STATUS, TEAM, WIKI, Browser, FrontWorld, told

Json = dict[str, Any]


def _token(browser: Browser, host: str = "apps.example.com") -> str:
    return next(v for (at, _, name), v in browser.cookies.items() if at == host and name == "CF_Authorization")


def _claims(token: str) -> Json:
    claims: Json = jwt.decode(token, options={"verify_signature": False})
    return claims


def _with(front: FrontWorld, token: str, url: str = CAMPAIGNS) -> int:
    """The status of a request with that token as the application's cookie, and as the header of cloudflared."""
    by_cookie = front.call("GET", url, [("cookie", f"CF_Authorization={token}")])
    by_header = front.call("GET", url, [("cf-access-token", token)])
    assert by_cookie.status == by_header.status
    assert bool(front.origin.heads) == (by_cookie.status == 200)
    front.origin.heads.clear()
    return by_cookie.status


@pytest.fixture
def good(front: FrontWorld) -> str:
    """A token of Mika's at campaigns."""
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    front.origin.heads.clear()
    return _token(browser)


def test_the_untouched_token_passes(front: FrontWorld, good: str) -> None:
    assert _with(front, good) == 200


@pytest.mark.parametrize(
    "change",
    [
        {"exp": 1},
        {"exp": None},
        {"nbf": 4_102_444_800},  # the year 2100
        {"aud": ["0" * 64]},
        {"aud": []},
        {"aud": None},
        {"iss": "https://elsewhere.cloudflareaccess.com"},
        {"iss": None},
        {"type": "org"},
        {"type": "meta"},
        {"identity_nonce": "made-up"},
        {"identity_nonce": None},
    ],
    ids=str,
)
def test_signed_claims_that_do_not_count(front: FrontWorld, good: str, change: Json) -> None:
    claims = {name: value for name, value in {**_claims(good), **change}.items() if value is not None}
    token = front.front.teams.named("example").signer.keys.sign(claims)  # type: ignore[union-attr]
    assert _with(front, token) == 302


def test_signatures_that_do_not_count(front: FrontWorld, good: str) -> None:
    header, payload, signature = good.split(".")
    kid = jwt.get_unverified_header(good)["kid"]
    stranger = generate_private_key(public_exponent=65537, key_size=2048)
    certs = front.call("GET", f"https://{TEAM}/cdn-cgi/access/certs").json()
    forged = [
        jwt.encode(_claims(good), "", "none", headers={"kid": kid}),
        jwt.encode(_claims(good), stranger, "RS256", headers={"kid": kid}),
        jwt.encode(_claims(good), stranger, "RS256", headers={"kid": "unknown"}),
        jwt.encode(_claims(good), stranger, "RS256"),
        jwt.encode(_claims(good), certs["keys"][0]["n"], "HS256", headers={"kid": kid}),
        f"{header}.{payload}.",
        f"{header}.{payload[:-4]}AAAA.{signature}",
        f"{header}.{payload}",
        "a.b.c",
        "\xff",
    ]
    assert [_with(front, token) for token in forged] == [302] * len(forged)


def test_a_token_opens_its_own_application_only(front: FrontWorld, good: str) -> None:
    assert _with(front, good, PIPELINE) == 302
    assert _with(front, good, WIKI) == 302
    assert _with(front, good, "https://apps.example.com/") == 302


def test_a_token_of_the_organization_opens_no_application(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    front.origin.heads.clear()
    assert _with(front, _token(browser, TEAM)) == 302


def test_after_a_rotation_the_old_key_counts_until_the_next(front: FrontWorld, good: str) -> None:
    def kids() -> list[str]:
        certs = front.call("GET", f"https://{TEAM}/cdn-cgi/access/certs").json()
        assert certs["public_cert"]["kid"] == certs["keys"][0]["kid"]
        return [key["kid"] for key in certs["keys"]]

    (first,) = kids()
    second = front.control("POST", "/teams/example/keys/rotate").json()["kid"]
    assert kids() == [second, first]
    assert _with(front, good) == 200
    front.restart()
    assert kids() == [second, first]
    front.control("POST", "/teams/example/keys/rotate")
    assert _with(front, good) == 302
    assert Browser(front).log_in(CAMPAIGNS, "mika").status == 200


# A real token is random text, in which any two letters stand sooner or later.
SIGNED = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
SPOOFED = [
    ("cf-access-jwt-assertion", "spoofed"),
    ("Cf-Access-Authenticated-User-Email", "cfo@example.com"),
    ("cf_access_authenticated_user_email", "cfo@example.com"),
    ("cf-connecting-ip", "198.51.100.1"),
    ("cf-ipcountry", "KP"),
    ("cf-cloudflared-proxy-connection-upgrade", "control-stream"),
    ("x-forwarded-for", "198.51.100.1"),
    ("x_forwarded_for", "198.51.100.1"),
    ("true-client-ip", "198.51.100.1"),
    ("forwarded", "for=198.51.100.1"),
    ("cookie", "CF_Authorization=spoofed; own=kept; CF_AppSession=spoofed"),
]


def test_spoofed_headers_never_arrive(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    for reply in (browser.ask("GET", CAMPAIGNS, SPOOFED), front.call("GET", STATUS, SPOOFED)):
        text = SIGNED.sub("", json.dumps(reply.json()))
        for value in ("spoofed", "cfo@example.com", "198.51.100.1", "KP", "control-stream"):
            assert value not in text
        assert "own=kept" in told(reply)["cookie"]


def test_bypass_carries_no_token(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(WIKI, "mika")
    headers = told(browser.get(STATUS))
    assert not [name for name in headers if name.startswith("cf-access")]
    assert "CF_Authorization" not in headers.get("cookie", "")


def test_service_tokens(front: FrontWorld) -> None:
    right = [("CF-Access-Client-Id", front.secret["id"]), ("CF-Access-Client-Secret", front.secret["secret"])]
    reply = front.call("GET", PIPELINE, right)
    headers = told(reply)
    claims = _claims(headers["cf-access-jwt-assertion"])
    assert (claims["common_name"], claims["sub"], claims["aud"]) == (
        front.secret["id"],
        "",
        [front.ids["aud pipeline"]],
    )
    assert "email" not in claims
    assert "cf-access-authenticated-user-email" not in headers
    assert front.secret["secret"] not in json.dumps(reply.json())
    cookie = next(one for one in reply.all("set-cookie") if one.startswith("CF_")).partition(";")[0]
    assert front.call("GET", PIPELINE, [("cookie", cookie)]).status == 200
    for wrong in (
        [right[0], ("CF-Access-Client-Secret", "0" * 64)],
        [right[0]],
        [right[1]],
        [right[0], ("CF-Access-Client-Secret", "")],
        [("CF-Access-Client-Id", "nobody.access"), ("CF-Access-Client-Secret", "")],
    ):
        refused = front.call("GET", PIPELINE, wrong)
        assert refused.status == 403
        assert "credentials are not valid" in refused.text
    assert front.call("GET", CAMPAIGNS, right).status == 403
    front.api("DELETE", f"access/apps/{front.ids['pipeline']}")
    assert front.call("GET", PIPELINE, [("cookie", cookie)]).status != 200


def test_a_rotated_or_ended_service_token_is_refused(front: FrontWorld) -> None:
    right = [("CF-Access-Client-Id", front.secret["id"]), ("CF-Access-Client-Secret", front.secret["secret"])]
    front.api("POST", f"access/service_tokens/{front.ids['nightly']}/rotate")
    assert front.call("GET", PIPELINE, right).status == 403
    scope = f"accounts/{ACCOUNT}"
    token = front.store.get("service_tokens", scope, front.ids["nightly"]) or {}
    fresh = [right[0], ("CF-Access-Client-Secret", token["_client_secret"])]
    assert front.call("GET", PIPELINE, fresh).status == 200
    front.store.put("service_tokens", scope, front.ids["nightly"], {**token, "expires_at": "2020-01-01T00:00:00Z"})
    front.store.commit()
    assert front.call("GET", PIPELINE, fresh).status == 403


PATHS = [
    b"/streamlit/marketing/../sales/",
    b"/streamlit/marketing/%2e%2e/sales/",
    b"/streamlit/marketing/%2E%2e/sales/",
    b"/streamlit/marketing/..%2fsales/",
    b"/streamlit/marketing/..%252fsales/",
    b"/streamlit/marketing/%252e%252e/sales/",
    b"/streamlit/marketing/..;x=1/sales/",
    b"/streamlit/marketing/..\\sales/",
    b"/streamlit/marketing/..%5csales/",
    b"/streamlit/marketing/.. /sales",
    b"/streamlit/marketing/./",
    b"/streamlit//sales/",
    b"//streamlit/sales/",
    b"/streamlit%2fsales/",
    b"/streamlit/sales%2f",
    b"/streamlit/Sales/",
    b"/STREAMLIT/SALES/",
    b"/streamlit/s%41les/",
    b"/streamlit/sales./",
    b"/streamlit/sales%20/",
    b"/streamlit/sales;x/",
    b"/streamlit/sales%00/",
    b"/streamlit/marketing/%zz",
    b"/streamlit/marketing/%ff",
    b"streamlit/sales/",
    b"https://apps.example.com/streamlit/sales/",
    b"*",
]


@pytest.mark.parametrize(("person", "url"), [("mika", CAMPAIGNS), ("sam", PIPELINE)])
def test_path_tricks_are_refused_whoever_asks(front: FrontWorld, person: str, url: str) -> None:
    """Mika may enter marketing; Sam may enter sales, but not by such an address."""
    browser = Browser(front)
    browser.log_in(url, person)
    front.origin.heads.clear()
    crumbs = "; ".join(f"{name}={value}" for (_, _, name), value in browser.cookies.items())
    for path in PATHS:
        reply = front.call("GET", "https://apps.example.com/", [("cookie", crumbs)], raw_path=path)
        assert (reply.status, path) == (400, path)
    assert front.origin.heads == []
    assert front.front.audit.latest[-1]["decision"] == "deny"


@pytest.mark.parametrize("path", [b"/streamlit/%73ales/", b"/streamlit/sales", b"/streamlit/sales/x/y;z=1"])
def test_another_spelling_of_the_same_path_is_the_same_application(front: FrontWorld, path: bytes) -> None:
    reply = front.call("GET", "https://apps.example.com/", raw_path=path)
    assert parse_qs(urlsplit(reply.header("location")).query)["kid"] == [front.ids["aud pipeline"]]


def test_paths_reach_the_origin_as_they_were_sent(front: FrontWorld) -> None:
    reply = front.call("GET", STATUS, raw_path=b"/a%20b/%73/100%25/~x;y=1")
    assert reply.json()["path"] == "/a%20b/%73/100%25/~x;y=1"


@pytest.mark.parametrize("host", ["APPS.example.com", "apps.example.com.", "apps.example.com:443"])
def test_other_spellings_of_a_host_are_guarded_alike(front: FrontWorld, host: str) -> None:
    reply = front.call("GET", f"https://{host}/streamlit/sales/")
    assert reply.header("location").startswith(f"https://{TEAM}/cdn-cgi/access/login/apps.example.com?")


@pytest.mark.parametrize("host", ["apps.example.com@evil.example", "apps.example.com:x", "[::1]", "a b"])
def test_hosts_that_name_nothing(front: FrontWorld, host: str) -> None:
    assert front.call("GET", f"https://{host}/").status == 400
    two = [("host", "wiki.example.com")]
    assert front.call("GET", "https://apps.example.com/", two).status == 400


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


def test_scripts_get_401_and_no_redirect(front: FrontWorld) -> None:
    reply = front.call("GET", CAMPAIGNS, [("X-Requested-With", "XMLHttpRequest")])
    assert (reply.status, reply.all("location")) == (401, [])


def test_an_application_may_have_its_own_words_for_a_refusal(front: FrontWorld) -> None:
    own = front.ids["sales"]  # the policy
    idps: Json = {"allowed_idps": [front.ids["workspace"]], "auto_redirect_to_identity": True}
    front.application("help", "wiki.example.com/help", [own], custom_deny_message="Ask <Sam>.", **idps)
    front.application("moved", "wiki.example.com/moved", [own], custom_deny_url=f"https://{TEAM}/moved", **idps)
    browser = Browser(front)
    assert "Ask &lt;Sam&gt;." in browser.log_in("https://wiki.example.com/help", "mika").text
    assert browser.get("https://wiki.example.com/moved").url == f"https://{TEAM}/moved"


def test_a_preflight_passes_where_the_application_says_so(front: FrontWorld) -> None:
    own: Json = {"options_preflight_bypass": True, "service_auth_401_redirect": True}
    front.application("api", "wiki.example.com/api", [], **own)
    url = "https://wiki.example.com/api"
    assert "cf-access-jwt-assertion" not in told(front.call("OPTIONS", url))
    assert front.call("GET", url).status == 401
    assert front.call("OPTIONS", CAMPAIGNS).status == 302


def test_a_removed_application_closes(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    front.api("DELETE", f"access/apps/{front.ids['campaigns']}")
    front.origin.heads.clear()
    assert browser.get(CAMPAIGNS).status == 403
    assert front.origin.heads == []


def test_a_policy_that_asks_for_an_approval_admits_nobody(front: FrontWorld) -> None:
    own = front.policy("approved", "allow", [{"everyone": {}}], approval_required=True)
    front.application("slow", "wiki.example.com/slow", [own], allowed_idps=[front.ids["workspace"]])
    reply = Browser(front).log_in("https://wiki.example.com/slow", "mika")
    assert (reply.status, "asks for an approval" in reply.text) == (403, True)


def test_policies_that_cannot_be_evaluated_admit_nobody(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    app = front.store.get("applications", f"accounts/{ACCOUNT}", front.ids["campaigns"]) or {}
    broken = {**app, "policies": [{"id": "gone", "precedence": 1}]}
    front.store.put("applications", f"accounts/{ACCOUNT}", front.ids["campaigns"], broken)
    front.store.commit()
    reply = browser.ask("GET", CAMPAIGNS)
    assert (reply.status, "cannot be evaluated" in reply.text) == (403, True)


def test_the_refusal_says_which_application_and_why(front: FrontWorld) -> None:
    reply = Browser(front).log_in(PIPELINE, "mika")
    for phrase in (
        "No access to pipeline",
        "mika@example.com does not have access",
        "apps.example.com/streamlit/sales/",
        "It is for the group sales",
        "No policy matches",
        "/cdn-cgi/access/logout",
    ):
        assert phrase in reply.text
    assert '<html lang="en">' in reply.text
    assert reply.header("cache-control") == "no-store"
    assert "default-src 'none'" in reply.header("content-security-policy")


def test_texts_of_others_are_escaped_in_pages(front: FrontWorld) -> None:
    evil = "<script>alert(1)</script>"
    front.control("PATCH", "/people/mika", {"name": evil, "identities": {"workspace": {"groups": [evil]}}})
    browser = Browser(front)
    page = browser.get(CAMPAIGNS)
    refused = browser.choose(page, "mika")
    assert refused.status == 403
    for text in (page.text, refused.text):
        assert evil not in text
        assert "&lt;script&gt;" in text


def test_the_audit_log_says_who_where_and_why(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(PIPELINE + "?secret=1", "mika")
    front.call("GET", CAMPAIGNS, [("cookie", "CF_Authorization=a.b.c")])
    front.call("GET", STATUS)
    browser.get(f"https://{TEAM}/cdn-cgi/access/logout")
    assert front.directory is not None
    text = (front.directory / "audit.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(one["event"], one["decision"]) for one in lines] == [
        ("request", "login_required"),
        ("login", "deny"),
        ("request", "login_required"),
        ("logout", "ended"),
    ]
    denied = lines[1]
    assert (denied["email"], denied["application"], denied["reason"]) == (
        "mika@example.com",
        "pipeline",
        "no policy matches",
    )
    assert (denied["country"], denied["ip"], denied["path"]) == ("JP", "192.0.2.7", "/streamlit/sales/")
    assert "a token was refused" in lines[2]["reason"]
    assert "secret=1" not in text
    assert front.control("GET", "/audit").json()["decisions"] == lines
