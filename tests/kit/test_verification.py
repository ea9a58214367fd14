"""One token at a time: which count, whose they are, and why all others do not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import pickle
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit_access import AccessDeniedError, verify
from streamlit_access.errors import SENTENCES

from sandbox.front.keys import KeyRing
from tests.kit import team
from tests.kit.team import AUD, DOMAIN, KID, STRANGER, checked, claims, good, in_seconds, refusal, signed


def encoded(part: object) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def by_hand(header: object, payload: object, signature: bytes = b"x" * 256) -> str:
    return f"{encoded(header)}.{encoded(payload)}.{encoded(signature)}"


def hs256_with_the_public_key() -> str:
    """The oldest trick: the public key, which everybody knows, as the secret of a symmetric signature."""
    pem = team.KEYS.current.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    text = f"{encoded({'alg': 'HS256', 'kid': KID, 'typ': 'JWT'})}.{encoded(claims())}"
    return f"{text}.{encoded(hmac.new(pem, text.encode(), hashlib.sha256).digest())}"


def jwk_of_the_stranger() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(STRANGER.public_key()))
    return found


BAD: dict[str, tuple[str, str]] = {
    "nothing": ("", "not-a-token"),
    "words": ("let me in", "not-a-token"),
    "two parts": ("a.b", "not-a-token"),
    "four parts": (good() + ".x", "not-a-token"),
    "an empty signature": (good().rpartition(".")[0] + ".", "not-a-token"),
    "not base64": ("!!.??.~~", "not-a-token"),
    "not JSON": (by_hand(b"\xff\xfe", {}), "not-a-token"),
    "deep JSON": (by_hand(b"[" * 9000, {}), "not-a-token"),
    "a header that is a list": (by_hand([], {}), "not-a-token"),
    "very long": (good() + "A" * 20_000, "not-a-token"),
    "two in one header": (f"{good()}, {good()}", "not-a-token"),
    "with Bearer": (f"Bearer {good()}", "not-a-token"),
    "a space after it": (good() + " ", "not-a-token"),
    "a line after it": (good() + "\n", "not-a-token"),
    "algorithm none": (by_hand({"alg": "none", "kid": KID}, claims()), "not-signed-by-access"),
    "algorithm None": (by_hand({"alg": "None", "kid": KID}, claims()), "not-signed-by-access"),
    "no algorithm": (by_hand({"kid": KID}, claims()), "not-signed-by-access"),
    "a list of algorithms": (by_hand({"alg": ["RS256"], "kid": KID}, claims()), "not-signed-by-access"),
    "HS256 with the public key": (hs256_with_the_public_key(), "not-signed-by-access"),
    "RS512": (signed(algorithm="RS512"), "not-signed-by-access"),
    "PS256": (signed(algorithm="PS256"), "not-signed-by-access"),
    "ES256": (signed(algorithm="ES256", key=ec.generate_private_key(ec.SECP256R1())), "not-signed-by-access"),
    "a stranger's key under our kid": (signed(key=STRANGER), "not-signed-by-access"),
    "a stranger's key in the header": (
        signed(key=STRANGER, headers={"jwk": jwk_of_the_stranger()}),
        "not-signed-by-access",
    ),
    "an unknown critical header": (signed(headers={"crit": ["x"], "x": 1}), "not-a-token"),
    "an unknown kid": (signed(headers={"kid": "0" * 64}), "unknown-key"),
    "an empty kid": (signed(headers={"kid": ""}), "unknown-key"),
    "no kid": (by_hand({"alg": "RS256"}, claims()), "unknown-key"),
    "a kid that is a number": (by_hand({"alg": "RS256", "kid": 1}, claims()), "not-a-token"),
    "expired": (signed(exp=in_seconds(-60)), "expired"),
    "expired long ago": (signed(exp=1), "expired"),
    "not before later": (signed(nbf=in_seconds(team.DAY / 2)), "not-yet-valid"),
    "issued in the future": (signed(iat=in_seconds(team.DAY / 2)), "not-yet-valid"),
    "another application": (signed(aud=["6" * 64]), "wrong-application"),
    "no application": (signed(aud=[]), "incomplete"),
    "part of an AUD": (signed(aud=[AUD[:-1]]), "wrong-application"),
    "an AUD and more": (signed(aud=[AUD + "5"]), "wrong-application"),
    "another team": (signed(iss="https://elsewhere.cloudflareaccess.com"), "wrong-team"),
    "a team that begins alike": (signed(iss=f"https://{DOMAIN}.example.org"), "wrong-team"),
    "the team without https": (signed(iss=f"http://{DOMAIN}"), "wrong-team"),
    "the team with a slash": (signed(iss=f"https://{DOMAIN}/"), "wrong-team"),
    "the organization's token": (signed(type="org"), "incomplete"),
    "the meta token of a login": (signed(type="meta"), "incomplete"),
    "nobody's": (signed(email=None), "incomplete"),
    "an empty address": (signed(email=""), "incomplete"),
    "an address that is a list": (signed(email=["mika@example.com"]), "incomplete"),
    "an address without a subject": (signed(sub=""), "incomplete"),
    "a subject that is a number": (
        by_hand({"alg": "RS256", "kid": KID}, {**claims(), "sub": 5}),
        "not-signed-by-access",
    ),
    "no expiry": (signed(exp=None), "incomplete"),
    "no issue": (signed(iat=None), "incomplete"),
    "no issuer": (signed(iss=None), "incomplete"),
    "no audience": (signed(aud=None), "incomplete"),
    "no type": (signed(type=None), "incomplete"),
    "no subject": (signed(sub=None), "incomplete"),
    "an expiry that is a word": (signed(exp="tomorrow"), "not-a-token"),
    "an expiry beyond all calendars": (signed(exp=10**30), "not-a-token"),
    "an endless expiry": (signed(exp=float("inf")), "not-a-token"),
}


def test_the_good_token_says_whose_it_is() -> None:
    user = checked(good())
    assert (user.email, user.name, user.subject) == (team.MIKA.email, "Mika Tanaka", team.MIKA.sub)
    assert user.groups == ("marketing", "everyone")
    assert user.claim("employment") == ("contractor",)
    assert user.claim("salary") == ()
    assert (user.country, user.service_token) == ("JP", "")
    assert (user.issuer, user.audience, user.key_id) == (f"https://{DOMAIN}", AUD, KID)
    assert user.issued is not None
    assert user.expires is not None
    assert (user.expires - user.issued).total_seconds() == team.DAY
    assert user.is_verified
    assert pickle.loads(pickle.dumps(user)) == user  # noqa: S301 - our own
    assert hash(user) == hash(checked(good()))


@pytest.mark.parametrize(("token", "reason"), BAD.values(), ids=BAD.keys())
def test_a_token_that_does_not_count(token: str, reason: str) -> None:
    assert refusal(token) == reason


def test_every_reason_is_given_by_some_test() -> None:
    """Those of the keys and of the session have their own files."""
    elsewhere = {"no-token", "several-tokens", "keys-unreachable"}
    assert {reason for _, reason in BAD.values()} | elsewhere == set(SENTENCES)


@pytest.mark.parametrize(
    "token", [token for token, _ in BAD.values() if token], ids=[name for name in BAD if name != "nothing"]
)
def test_a_refusal_repeats_nothing_that_was_sent(token: str) -> None:
    with pytest.raises(AccessDeniedError) as denied:
        checked(token)
    assert str(denied.value) in SENTENCES.values()
    assert denied.value.__cause__ is None
    assert denied.value.__suppress_context__ or denied.value.__context__ is None


@pytest.mark.parametrize(("name", "seconds"), [("exp", -5), ("nbf", 5), ("iat", 5)])
def test_clocks_may_differ_by_seconds(name: str, seconds: int) -> None:
    assert refusal(signed(None, **{name: in_seconds(seconds)})) == "verified"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"custom": None}, "Mika"),
        ({"custom": {"name": ""}}, "Mika"),
        ({"custom": {"name": 7}}, "7"),
        ({"custom": "broken"}, "Mika"),
        ({"custom": ["broken"]}, "Mika"),
        ({"custom": None, "email": "mika.tanaka@example.com"}, "Mika Tanaka"),
        ({"custom": None, "name": "M. Tanaka"}, "M. Tanaka"),
        ({"name": "outside"}, "Mika Tanaka"),
    ],
    ids=str,
)
def test_what_somebody_is_called(changes: dict[str, Any], name: str) -> None:
    """By the claim, under `custom` or beside the others; without one, by the address."""
    assert checked(signed(**changes)).name == name


@pytest.mark.parametrize(
    ("custom", "groups"),
    [
        ({"groups": "one"}, ("one",)),
        ({"groups": []}, ()),
        ({"groups": [{"id": 1}, "two", None]}, ("two",)),
        ({"groups": {"id": 1}}, ()),
        ({}, ()),
    ],
    ids=str,
)
def test_groups_are_texts_or_nothing(custom: dict[str, Any], groups: tuple[str, ...]) -> None:
    assert checked(signed(custom=custom)).groups == groups


def test_a_service_token_is_nobody_but_itself() -> None:
    client = "e367826f93b8d71185e03fe518aff3b4.access"
    token = team.SIGNER.machine(AUD, client, 600)
    # Cloudflare documents no further claim for it.
    said = jwt.decode(token, options={"verify_signature": False})
    assert set(said) == {"type", "aud", "exp", "iss", "common_name", "iat", "sub"}
    user = checked(token)
    assert (user.service_token, user.email, user.subject, user.name) == (client, "", "", client)
    assert user.is_verified


def test_a_person_is_never_taken_for_a_program() -> None:
    user = checked(signed(common_name="e367826f93b8d71185e03fe518aff3b4.access"))
    assert (user.email, user.service_token) == ("mika@example.com", "")


def test_the_previous_key_still_counts_after_a_rotation() -> None:
    ring = KeyRing(DOMAIN)
    old, retired = ring.current, jwt.encode(claims(), ring.current.private, "RS256", headers={"kid": ring.current.kid})
    keys = {key.kid: key.private.public_key() for key in (ring.rotate(), old)}
    assert verify(retired, team_domain=DOMAIN, audience=AUD, keys=keys.get).key_id == old.kid


def test_a_key_counts_under_its_own_name_only() -> None:
    """Two keys of one team, and a token that names the other."""
    other = generate_private_key(public_exponent=65537, key_size=2048)
    keys = {**team.public_keys(), "other": other.public_key()}
    with pytest.raises(AccessDeniedError) as denied:
        verify(signed(headers={"kid": "other"}), team_domain=DOMAIN, audience=AUD, keys=keys.get)
    assert denied.value.reason == "not-signed-by-access"


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
GOOD = good()


def test_no_token_with_another_character_counts() -> None:
    """Every place with two other characters, and the last one, which has spare bits, with all of them."""
    changed = [
        GOOD[:at] + other + GOOD[at + 1 :]
        for at, character in enumerate(GOOD)
        for other in (ALPHABET[(ALPHABET.find(character) + 1) % 64], "=" if at % 2 else "+")
    ]
    changed += [GOOD[:-1] + other for other in ALPHABET if other != GOOD[-1]]
    assert [token for token in changed if refusal(token) == "verified"] == []


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.characters(), st.sampled_from(["replace", "insert", "remove"]))
def test_no_altered_token_counts(at: int, character: str, how: str) -> None:
    altered = {
        "replace": GOOD[:at] + character + GOOD[at + 1 :],
        "insert": GOOD[:at] + character + GOOD[at:],
        "remove": GOOD[:at] + GOOD[at + 1 :],
    }[how]
    assert altered == GOOD or refusal(altered) != "verified"


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(),
        st.binary(max_size=60).map(lambda raw: by_hand(raw, raw)),
        st.dictionaries(
            st.sampled_from(["alg", "kid", "typ", "b64", "crit", "jku"]),
            st.sampled_from(["RS256", KID, 1, None, [], False]),
        ).map(lambda header: by_hand(header, claims())),
    )
)
def test_whatever_is_sent_the_answer_is_a_refusal(token: str) -> None:
    """No other exception than `AccessDeniedError`, and no user."""
    assert refusal(token) in SENTENCES
