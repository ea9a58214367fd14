"""A rule's own Access check at the connector, with keys of this test behind the team's name."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.sandbox.tunnel_world import APP, Connector, Tunnel, TunnelWorld, tunnel_world, until

AUD, DOMAIN = "a" * 64, "example.cloudflareaccess.com"


@dataclass
class Team:
    """A team domain: its keys, and a certs endpoint that shows them."""

    shown: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def document(self) -> bytes:
        algorithm = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
        keys = [
            {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, "alg": "RS256", "use": "sig"}
            for kid, key in self.shown.items()
        ]
        return json.dumps({"keys": keys}).encode()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head)
        body = self.document()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


OLD, NEW, STRANGER = new_key(), new_key(), new_key()


def token(
    key: rsa.RSAPrivateKey = OLD, kid: str = "old", life: float = 60, algorithm: str = "RS256", **claims: object
) -> str:
    now = time.time()
    whole = {"aud": [AUD], "iss": f"https://{DOMAIN}", "iat": now, "nbf": now, "exp": now + life, **claims}
    return jwt.encode(whole, None if algorithm == "none" else key, algorithm, headers={"kid": kid})


@dataclass(frozen=True)
class Guarded:
    """A tunnel whose rules check tokens."""

    world: TunnelWorld
    tunnel: Tunnel
    connector: Connector
    team: Team

    def status(self, assertion: str | None, host: str = APP) -> int:
        headers = () if assertion is None else (("Cf-Access-Jwt-Assertion", assertion),)
        return self.world.fetch(self.tunnel, host=host, headers=headers).status


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with tunnel_world(tmp_path_factory.mktemp("tunnel")) as world:
        team = Team({"old": OLD})
        server = world.loop.run(_served(team, world))
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        tunnel = world.tunnel("guarded")
        check = {"required": True, "teamName": "example"}
        rules = {
            APP: {"access": {**check, "audTag": ["b" * 64, AUD]}},
            "nobody.example.com": {"access": {**check, "audTag": []}},
            "other-team.example.com": {"access": {**check, "teamName": "elsewhere", "audTag": [AUD]}},
            "off.example.com": {"access": {**check, "required": False, "audTag": [AUD]}},
        }
        service = f"http://{world.origin}"
        world.configure(
            tunnel,
            *({"hostname": host, "service": service, "originRequest": asked} for host, asked in rules.items()),
        )
        connector = world.connector(tunnel.token, SANDBOX_ACCESS_EDGE=address).wait()
        until(lambda: "updated to configuration" in connector.said())
        yield Guarded(world, tunnel, connector, team)
        server.close()


async def _served(team: Team, world: TunnelWorld) -> asyncio.Server:
    return await asyncio.start_server(team.answer, "127.0.0.1", 0, ssl=world.certificates.server_context())


def test_tokens_of_the_application_pass(guarded: Guarded) -> None:
    assert guarded.status(token()) == 200
    assert guarded.status(token(aud=AUD)) == 200
    assert guarded.status(token(aud=["c" * 64, AUD])) == 200
    assert guarded.team.asked[0].startswith("GET /cdn-cgi/access/certs HTTP/1.1\r\n")
    assert f"host: {DOMAIN}\r\n" in guarded.team.asked[0].lower()


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda: None, 403),
        (lambda: "", 403),
        (lambda: token(aud=["c" * 64]), 403),
        (lambda: token(aud=[]), 403),
        (lambda: token(key=STRANGER), 502),
        (lambda: token(kid="unknown"), 502),
        (lambda: token(life=-1), 502),
        (lambda: token(nbf=time.time() + 600), 502),
        (lambda: token(iss="https://elsewhere.cloudflareaccess.com"), 502),
        (lambda: token(iss=f"https://{DOMAIN}/"), 502),
        (lambda: token(algorithm="none"), 502),
        (lambda: token(algorithm="RS512"), 502),
        (lambda: token()[:-4], 502),
        (lambda: "x.y.z", 502),
    ],
)
def test_other_tokens_do_not(guarded: Guarded, make: Callable[[], str | None], status: int) -> None:
    # Made here and not while tests are collected: a long run would find them expired.
    assert guarded.status(make()) == status


def test_a_symmetric_token_signed_with_the_public_key_does_not(guarded: Guarded) -> None:
    # Put together by hand: the library refuses to sign with such a secret.
    public = OLD.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = token().split(".")[1]
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"old","typ":"JWT"}').rstrip(b"=").decode()
    signature = hmac.digest(public, f"{head}.{claims}".encode(), "sha256")
    forged = f"{head}.{claims}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    assert guarded.status(forged) == 502


def test_a_rule_without_audiences_lets_nobody_in_and_one_not_required_everybody(guarded: Guarded) -> None:
    assert guarded.status(token(), "nobody.example.com") == 403
    assert guarded.status(None, "nobody.example.com") == 403
    assert guarded.status(None, "off.example.com") == 200


def test_the_rule_names_the_team(guarded: Guarded) -> None:
    assert guarded.status(token(), "other-team.example.com") == 502


def test_a_key_that_is_new_is_fetched(guarded: Guarded) -> None:
    fresh = token(key=NEW, kid="new")
    assert guarded.status(fresh) == 502
    guarded.team.shown["new"] = NEW
    assert guarded.status(fresh) == 200
    asked = len(guarded.team.asked)
    assert guarded.status(fresh) == 200
    assert len(guarded.team.asked) == asked


def test_a_token_that_counted_ends_all_the_same(guarded: Guarded) -> None:
    end = int(time.time()) + 3
    short = token(exp=end)
    assert guarded.status(short) == 200
    time.sleep(max(0.0, end - time.time()))
    assert guarded.status(short) == 502


def test_a_token_that_counted_is_not_known_to_another_rule(guarded: Guarded) -> None:
    known = token()
    assert guarded.status(known) == 200
    assert guarded.status(known, "nobody.example.com") == 403
    assert guarded.status(known, "other-team.example.com") == 502


def test_a_key_that_is_gone_takes_its_tokens_along(guarded: Guarded) -> None:
    known = token()
    assert guarded.status(known) == 200
    del guarded.team.shown["old"]
    assert guarded.status(token(kid="unknown")) == 502, "which has the keys fetched again"
    assert guarded.status(known) == 502
    guarded.team.shown["old"] = OLD
    assert guarded.status(known) == 200
