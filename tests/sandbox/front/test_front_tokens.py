"""Tokens and service credentials that do not count: none of them reaches an origin."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from .world import ACCOUNT, CAMPAIGNS, PIPELINE, TEAM, WIKI, Browser, FrontWorld, told

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


def test_a_token_that_counted_ends_all_the_same(front: FrontWorld, good: str) -> None:
    signer = front.front.teams.named("example").signer  # type: ignore[union-attr]
    end = int(time.time()) + 3
    token = signer.keys.sign({**_claims(good), "exp": end - 5})  # clocks may differ by five seconds
    assert _with(front, token) == 200
    time.sleep(max(0.0, end - time.time()))
    assert _with(front, token) == 302


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
