"""The API answers Cloudflare's own Python client in strict mode, and its published OpenAPI text.

Every resource goes through its whole life. Each exchange is also held against the OpenAPI text when it is there.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import cloudflare
import httpx
import pytest
from cloudflare import Cloudflare

from .conftest import ACCOUNT, TOKEN, ZONE, ApiServer
from .openapi import SPEC, complaints

GOOGLE = {"client_id": "cid", "client_secret": "s3cret", "apps_domain": "example.com"}


@pytest.fixture
def client(api: ApiServer) -> Iterator[Cloudflare]:
    """The official client: no retries, and an answer of another shape than documented is an error."""
    found: list[str] = []

    def judge(response: httpx.Response) -> None:
        response.read()
        found.extend(complaints(response) if SPEC.exists() else ())

    with httpx.Client(event_hooks={"response": [judge]}, trust_env=False) as http:
        yield Cloudflare(
            base_url=api.base_url,
            api_token=TOKEN,
            http_client=http,
            max_retries=0,
            _strict_response_validation=True,
        )
    assert not found, "\n".join(found)


def gone(read: object, *arguments: str, **keywords: str) -> bool:
    with pytest.raises(cloudflare.NotFoundError):
        read(*arguments, **keywords)  # type: ignore[operator]
    return True


def test_the_openapi_text_is_there() -> None:
    if not SPEC.exists():
        pytest.skip(f"{SPEC} is absent: exchanges are judged by the strict client alone")
    assert json.loads(SPEC.read_text())["paths"]


def test_tunnel_and_its_configuration(client: Cloudflare, api: ApiServer) -> None:
    tunnels = client.zero_trust.tunnels.cloudflared
    local = tunnels.create(account_id=ACCOUNT, name="local")
    assert (local.config_src, local.remote_config) == ("local", False)
    tunnel = tunnels.create(account_id=ACCOUNT, name="gatehouse", config_src="cloudflare")
    assert tunnel.id is not None
    assert (tunnel.status, tunnel.connections, tunnel.deleted_at) == ("inactive", [], None)
    assert tunnels.get(tunnel.id, account_id=ACCOUNT) == tunnel
    assert [one.name for one in tunnels.list(account_id=ACCOUNT, name="gatehouse")] == ["gatehouse"]
    token = tunnels.token.get(tunnel.id, account_id=ACCOUNT)
    content = json.loads(base64.b64decode(token))
    assert (content["a"], content["t"]) == (ACCOUNT, tunnel.id)
    assert len(base64.b64decode(content["s"])) >= 32

    assert tunnels.configurations.get(tunnel.id, account_id=ACCOUNT).config is None
    config = {
        "ingress": [
            {"hostname": "a.example.com", "service": "http://a:1"},
            {"hostname": "", "service": "http_status:404"},
        ]
    }
    first = tunnels.configurations.update(tunnel.id, account_id=ACCOUNT, config=config)
    second = tunnels.configurations.update(tunnel.id, account_id=ACCOUNT, config=config)
    assert (first.version, second.version, second.source) == (1, 2, "cloudflare")
    assert tunnels.configurations.get(tunnel.id, account_id=ACCOUNT).model_dump() == second.model_dump()

    assert tunnels.edit(tunnel.id, account_id=ACCOUNT, name="renamed").name == "renamed"
    api.control.put(f"/tunnels/{tunnel.id}/connections", json={"connections": 2}).raise_for_status()
    assert tunnels.get(tunnel.id, account_id=ACCOUNT).status == "healthy"
    assert [len(one.conns or []) for one in tunnels.connections.get(tunnel.id, account_id=ACCOUNT)] == [2]
    with pytest.raises(cloudflare.BadRequestError, match="active connections"):
        tunnels.delete(tunnel.id, account_id=ACCOUNT)
    tunnels.connections.delete(tunnel.id, account_id=ACCOUNT)
    assert tunnels.get(tunnel.id, account_id=ACCOUNT).status == "down"
    tunnels.delete(tunnel.id, account_id=ACCOUNT)
    assert tunnels.get(tunnel.id, account_id=ACCOUNT).deleted_at is not None
    assert gone(tunnels.token.get, tunnel.id, account_id=ACCOUNT)
    assert [one.name for one in tunnels.list(account_id=ACCOUNT, is_deleted=False)] == ["local"]
    assert set(api.objects()) == {"tunnels"}


def test_dns_record(client: Cloudflare) -> None:
    records = client.dns.records
    record = records.create(
        zone_id=ZONE, name="apps", type="CNAME", content="t.cfargotunnel.com", proxied=True, ttl=1, comment="mine"
    )
    assert record is not None
    assert record.name == "apps.example.com"
    assert record.comment_modified_on is not None
    assert records.get(record.id, zone_id=ZONE) == record
    replaced = records.update(record.id, zone_id=ZONE, name="apps", type="CNAME", content="u.cfargotunnel.com", ttl=60)
    assert replaced is not None
    assert (replaced.content, replaced.proxied, replaced.comment) == ("u.cfargotunnel.com", False, None)
    assert replaced.created_on == record.created_on
    edited = records.edit(record.id, zone_id=ZONE, name="apps", type="CNAME", ttl=120)
    assert edited is not None
    assert (edited.content, edited.ttl) == ("u.cfargotunnel.com", 120)
    txt = records.create(zone_id=ZONE, name="@", type="TXT", content="hello", ttl=1)
    assert txt is not None
    assert txt.name == "example.com"
    assert [one.id for one in records.list(zone_id=ZONE, name={"exact": "apps.example.com"})] == [record.id]
    assert [one.id for one in records.list(zone_id=ZONE, name={"startswith": "example"})] == [txt.id]
    assert [one.id for one in records.list(zone_id=ZONE, type="TXT")] == [txt.id]
    assert len(list(records.list(zone_id=ZONE, per_page=1))) == 2
    records.delete(record.id, zone_id=ZONE)
    assert gone(records.get, record.id, zone_id=ZONE)


def test_zone_and_its_settings(client: Cloudflare) -> None:
    assert [zone.id for zone in client.zones.list(name="example.com")] == [ZONE]
    assert {zone.name: zone.status for zone in client.zones.list()} == {
        "example.com": "active",
        "pending.example": "pending",
    }
    zone = client.zones.get(zone_id=ZONE)
    assert zone is not None
    assert zone.account.id == ACCOUNT
    settings = client.zones.settings
    before = settings.get("always_use_https", zone_id=ZONE)
    settings.edit("always_use_https", zone_id=ZONE, value="on")
    after = settings.get("always_use_https", zone_id=ZONE)
    assert (before.value, after.value) == ("off", "on")  # type: ignore[union-attr]
    assert settings.get("min_tls_version", zone_id=ZONE).value == "1.0"  # type: ignore[union-attr]


def test_identity_providers(client: Cloudflare) -> None:
    providers = client.zero_trust.identity_providers
    google = providers.create(account_id=ACCOUNT, name="workspace", type="google-apps", config=GOOGLE)
    assert google is not None
    assert google.config.client_secret is None
    again = providers.update(google.id, account_id=ACCOUNT, name="work", type="google-apps", config=GOOGLE)
    assert again is not None
    assert (again.id, again.name) == (google.id, "work")
    pin = providers.create(account_id=ACCOUNT, name="pin", type="onetimepin", config={})
    assert pin is not None
    assert pin.config.redirect_url == "https://example.cloudflareaccess.com/cdn-cgi/access/callback"
    assert [one.name for one in providers.list(account_id=ACCOUNT)] == ["work", "pin"]
    providers.delete(google.id, account_id=ACCOUNT)
    assert gone(providers.get, google.id, account_id=ACCOUNT)


def test_groups_policies_and_applications(client: Cloudflare) -> None:
    access = client.zero_trust.access
    access.tags.create(account_id=ACCOUNT, name="gatehouse")
    group = access.groups.create(
        account_id=ACCOUNT, name="staff", include=[{"email_domain": {"domain": "example.com"}}]
    )
    assert group is not None
    policy = access.policies.create(
        account_id=ACCOUNT,
        name="staff may",
        decision="allow",
        include=[{"group": {"id": group.id}}],
        require=[{"ip": {"ip": "192.0.2.1"}}],
    )
    assert policy.require[0].ip.ip == "192.0.2.1/32"
    app = access.applications.create(
        account_id=ACCOUNT,
        name="campaigns",
        type="self_hosted",
        domain="apps.example.com/campaigns",
        policies=[{"id": policy.id, "precedence": 1}],
        tags=["gatehouse"],
    )
    assert app.self_hosted_domains == ["apps.example.com/campaigns"]
    assert [(one.type, one.uri) for one in app.destinations] == [("public", "apps.example.com/campaigns")]
    assert [(one.id, one.precedence, one.decision) for one in app.policies] == [(policy.id, 1, "allow")]
    assert len(app.aud) == 64
    assert access.policies.get(policy.id, account_id=ACCOUNT).app_count == 1
    assert access.tags.get("gatehouse", account_id=ACCOUNT).app_count == 1
    place = {"account_id": ACCOUNT, "type": "self_hosted", "domain": "apps.example.com/campaigns"}
    kept = access.applications.update(app.id, name="c1", **place)
    assert [one.id for one in kept.policies] == [policy.id]
    changed = access.applications.update(app.id, name="c2", policies=[], **place)
    assert (changed.aud, changed.policies, changed.tags) == (app.aud, [], [])
    access.applications.revoke_tokens(app.id, account_id=ACCOUNT)
    assert [one.id for one in access.applications.list(account_id=ACCOUNT)] == [app.id]
    assert access.applications.get(app.id, account_id=ACCOUNT).model_dump() == changed.model_dump()

    access.applications.delete(app.id, account_id=ACCOUNT)
    access.policies.update(
        policy.id,
        account_id=ACCOUNT,
        name="n",
        decision="deny",
        include=[{"group": {"id": group.id}}],
        session_duration="1h",
    )
    assert [one.decision for one in access.policies.list(account_id=ACCOUNT)] == ["deny"]
    access.policies.delete(policy.id, account_id=ACCOUNT)
    access.groups.update(group.id, account_id=ACCOUNT, name="everybody", include=[{"everyone": {}}])
    assert [one.name for one in access.groups.list(account_id=ACCOUNT)] == ["everybody"]
    access.groups.delete(group.id, account_id=ACCOUNT)
    access.tags.delete("gatehouse", account_id=ACCOUNT)
    assert gone(access.applications.get, app.id, account_id=ACCOUNT)
    assert gone(access.policies.get, policy.id, account_id=ACCOUNT)
    assert gone(access.groups.get, group.id, account_id=ACCOUNT)
    assert gone(access.tags.get, "gatehouse", account_id=ACCOUNT)


def test_access_objects_of_a_zone(client: Cloudflare) -> None:
    access = client.zero_trust.access
    group = access.groups.create(zone_id=ZONE, name="staff", include=[{"everyone": {}}])
    assert group is not None
    app = access.applications.create(zone_id=ZONE, name="a", type="self_hosted", domain="a.example.com")
    assert access.applications.get(app.id, zone_id=ZONE).model_dump() == app.model_dump()
    assert gone(access.applications.get, app.id, account_id=ACCOUNT)
    assert gone(access.groups.get, group.id, account_id=ACCOUNT)


def test_service_token_shows_its_secret_once(client: Cloudflare) -> None:
    tokens = client.zero_trust.access.service_tokens
    token = tokens.create(account_id=ACCOUNT, name="ci")
    assert token is not None
    assert token.client_id.endswith(".access")
    assert (len(token.client_secret), token.duration) == (64, "8760h")
    read = tokens.get(token.id, account_id=ACCOUNT)
    assert read is not None
    assert "client_secret" not in read.model_dump()
    rotated = tokens.rotate(token.id, account_id=ACCOUNT)
    assert rotated is not None
    assert rotated.client_secret != token.client_secret
    tokens.refresh(token.id, account_id=ACCOUNT)
    raised = tokens.update(token.id, account_id=ACCOUNT, name="ci", client_secret_version=3)
    assert raised is not None
    assert raised.model_dump()["client_secret"] not in (None, rotated.client_secret)
    kept = tokens.update(token.id, account_id=ACCOUNT, name="ci2")
    assert kept is not None
    assert "client_secret" not in kept.model_dump()
    assert [one.name for one in tokens.list(account_id=ACCOUNT)] == ["ci2"]
    tokens.delete(token.id, account_id=ACCOUNT)
    assert gone(tokens.get, token.id, account_id=ACCOUNT)


def test_posture_rule(client: Cloudflare) -> None:
    posture = client.zero_trust.devices.posture
    rule = posture.create(account_id=ACCOUNT, name="warp", type="warp", match=[{"platform": "mac"}], schedule="5m")
    assert rule is not None
    assert posture.get(rule.id, account_id=ACCOUNT) == rule
    changed = posture.update(rule.id, account_id=ACCOUNT, name="warp on", type="warp")
    assert changed is not None
    assert (changed.id, changed.name) == (rule.id, "warp on")
    assert [one.name for one in posture.list(account_id=ACCOUNT)] == ["warp on"]
    posture.delete(rule.id, account_id=ACCOUNT)
    assert gone(posture.get, rule.id, account_id=ACCOUNT)


def test_organization_is_a_singleton(client: Cloudflare, api: ApiServer) -> None:
    organizations = client.zero_trust.organizations
    assert organizations.list(account_id=ACCOUNT).auth_domain == "example.cloudflareaccess.com"
    organizations.update(account_id=ACCOUNT, name="Example", session_duration="12h")
    read = organizations.list(account_id=ACCOUNT)
    assert read is not None
    assert (read.name, read.session_duration) == ("Example", "12h")
    assert api.objects() == {}


def test_token_verification(client: Cloudflare) -> None:
    mine = client.user.tokens.verify()
    account = client.accounts.tokens.verify(account_id=ACCOUNT)
    assert (mine.status, account.status) == ("active", "active")


def test_policy_tester(client: Cloudflare, api: ApiServer) -> None:
    people = [{"email": "ann@example.com", "idp_id": "?"}, {"email": "bob@elsewhere.example", "idp_id": "?"}]
    providers = client.zero_trust.identity_providers
    pin = providers.create(account_id=ACCOUNT, name="pin", type="onetimepin", config={})
    assert pin is not None
    api.control.put("/people", json={"people": [{**one, "idp_id": pin.id} for one in people]}).raise_for_status()
    access = client.zero_trust.access
    policy = access.policies.create(
        account_id=ACCOUNT, name="p", decision="allow", include=[{"email_domain": {"domain": "example.com"}}]
    )
    tests = access.applications.policy_tests
    test = tests.create(account_id=ACCOUNT, policies=[policy.id])
    read = tests.get(test.id, account_id=ACCOUNT)
    assert (read.status, read.total_users, read.users_approved, read.users_blocked) == ("complete", 2, 1, 1)
    users = list(tests.users.list(test.id, account_id=ACCOUNT))
    assert [(user.email, user.status) for user in users] == [
        ("ann@example.com", "approved"),
        ("bob@elsewhere.example", "blocked"),
    ]
