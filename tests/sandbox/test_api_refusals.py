"""What the API refuses: method, path, body, and the status and code of the answer.

`{names}` in paths and bodies stand for objects of a small account that exists in every case.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from .conftest import ACCOUNT, WORLD, ZONE, ApiServer

ACCESS = 12130
EVERYONE = [{"everyone": {}}]
ANN = [{"email": {"email": "ann@example.com"}}]
NOWHERE = "00000000-0000-4000-8000-000000000000"


class Case(NamedTuple):
    """One request and its refusal; `says` is a part of the message."""

    method: str
    path: str
    body: dict[str, Any] | None
    status: int
    code: int
    says: str = ""


def app(**fields: object) -> dict[str, Any]:
    return {"name": "new", "type": "self_hosted", "domain": "new.example.com", **fields}


def policy(decision: str = "allow", **fields: object) -> dict[str, Any]:
    return {"name": "new", "decision": decision, "include": ANN, **fields}


def rules(*elements: object) -> dict[str, Any]:
    return {"name": "new", "include": list(elements)}


def record(kind: str = "CNAME", content: str = "t.example.net", **fields: object) -> dict[str, Any]:
    return {"name": "new", "type": kind, "content": content, "ttl": 1, **fields}


def ingress(*elements: object) -> dict[str, Any]:
    return {"config": {"ingress": list(elements)}}


LAST = {"service": "http_status:404"}
A, Z = "/accounts/{account}", "/zones/{zone}"
APPS, POLICIES, GROUPS = f"{A}/access/apps", f"{A}/access/policies", f"{A}/access/groups"
IDPS, TOKENS, TAGS = f"{A}/access/identity_providers", f"{A}/access/service_tokens", f"{A}/access/tags"
TUNNELS, RECORDS, POSTURE = f"{A}/cfd_tunnel", f"{Z}/dns_records", f"{A}/devices/posture"
CONFIGURATION = f"{TUNNELS}/{{tunnel}}/configurations"
OTHER, OTHER_ZONE = WORLD.accounts[1].id, WORLD.zones[2].id

PLACES = [
    Case("GET", f"/accounts/{OTHER}/cfd_tunnel", None, 403, 10000, "Authentication error"),
    Case("GET", f"/accounts/{'1' * 32}/cfd_tunnel", None, 403, 10000),
    Case("GET", f"/zones/{OTHER_ZONE}", None, 403, 9109),
    Case("POST", f"/zones/{OTHER_ZONE}/dns_records", record(), 403, 9109),
    Case("GET", f"/zones/{'1' * 32}/dns_records", None, 403, 9109),
    Case("GET", "/zones/example.com/dns_records", None, 404, 7003, "Could not route to"),
    Case("GET", "/accounts/x/access/apps", None, 404, 7003),
    Case("GET", f"{A}/no/such/route", None, 404, 7003),
    Case("DELETE", f"{A}/access/organizations", None, 405, 10405),
    Case("GET", f"{TUNNELS}/{NOWHERE}", None, 404, 1003),
    Case("GET", f"{RECORDS}/{'1' * 32}", None, 404, 81044),
    Case("PUT", f"{APPS}/{NOWHERE}", app(), 404, 11021),
    Case("DELETE", f"{TAGS}/absent", None, 404, 11021),
    Case("GET", f"{POSTURE}/{NOWHERE}", None, 404, 2006),
]
TUNNEL_CASES = [
    Case("POST", TUNNELS, {"config_src": "cloudflare"}, 400, 1001, "name is required"),
    Case("POST", TUNNELS, {"name": "existing"}, 409, 1013),
    Case("POST", TUNNELS, {"name": "new", "config_src": "elsewhere"}, 400, 1001),
    Case("POST", TUNNELS, {"name": "new", "tunnel_secret": "c2hvcnQ="}, 400, 1001, "32 bytes"),
    Case("POST", TUNNELS, {"name": "new", "tunnel_secret": "not base64"}, 400, 1001),
    Case("DELETE", f"{TUNNELS}/{{connected}}", None, 400, 1022, "active connections"),
    Case("PATCH", f"{TUNNELS}/{{tunnel}}", {"name": "connected"}, 409, 1013),
    Case("PUT", CONFIGURATION, ingress(), 400, 1056),
    Case("PUT", CONFIGURATION, ingress({"hostname": "a.example.com", "service": "http://a"}), 400, 1056, "last"),
    Case("PUT", CONFIGURATION, ingress({"path": "/a", "service": "http://a"}), 400, 1056, "last"),
    Case("PUT", CONFIGURATION, ingress(LAST, LAST), 400, 1056, "not the last rule"),
    Case("PUT", CONFIGURATION, ingress({"hostname": "a", "service": "http://a/path"}, LAST), 400, 1056, "path"),
    Case("PUT", CONFIGURATION, ingress({"hostname": "a", "service": "http://a/"}, LAST), 400, 1056, "path"),
    Case("PUT", CONFIGURATION, ingress({"hostname": "a", "service": "ftp://a"}, LAST), 400, 1056, "address"),
    Case("PUT", CONFIGURATION, ingress({"hostname": "a", "service": "localhost"}, LAST), 400, 1056, "scheme"),
    Case("PUT", CONFIGURATION, ingress({"hostname": "a"}, LAST), 400, 1056, "no service"),
    Case("PUT", CONFIGURATION, ingress({"service": "http_status:4040"}), 400, 1056, "status code"),
    Case("PUT", CONFIGURATION, ingress({"hostname": "a:80", "service": "http://a"}, LAST), 400, 1056, "port"),
    Case("PUT", CONFIGURATION, ingress({"hostname": "a.*.b", "service": "http://a"}, LAST), 400, 1056, "wildcard"),
    Case("PUT", CONFIGURATION, ingress({"path": "(", "service": "http://a"}, LAST), 400, 1056, "regex"),
    Case("PUT", CONFIGURATION, ingress({"path": "^/(?!x)", "service": "http://a"}, LAST), 400, 1056, "RE2"),
    Case(
        "PUT",
        CONFIGURATION,
        ingress(
            {"path": "/a", "service": "http://a", "originRequest": {"access": {"required": True, "audTag": ["x"]}}},
            LAST,
        ),
        400,
        1056,
        "TeamName",
    ),
]
DNS_CASES = [
    Case("POST", RECORDS, {"type": "A", "content": "192.0.2.1"}, 400, 9000, "name is required"),
    Case("POST", RECORDS, record("NOPE"), 400, 9004),
    Case("POST", RECORDS, record("A", "192.0.2.256"), 400, 9005),
    Case("POST", RECORDS, record("AAAA", "192.0.2.1"), 400, 9005),
    Case("POST", RECORDS, record(content=""), 400, 9105),
    Case("POST", RECORDS, record(content="not a host"), 400, 9007),
    Case("POST", RECORDS, record(content="new.example.com"), 400, 9039),
    Case("POST", RECORDS, record(ttl=30), 400, 9021),
    Case("POST", RECORDS, record(ttl=300, proxied=True), 400, 9021),
    Case("POST", RECORDS, record("TXT", "hello", proxied=True), 400, 9041),
    Case("POST", RECORDS, record(content="t.example.net", name="existing"), 400, 81058),
    Case("POST", RECORDS, record(content="u.example.net", name="existing"), 400, 81053),
    Case("POST", RECORDS, record(content="u.example.net", name="EXISTING.example.com."), 400, 81053),
    Case("POST", RECORDS, record("A", "192.0.2.1", name="existing"), 400, 81054),
    Case("PATCH", f"{Z}/settings/always_use_https", {"value": "maybe"}, 400, 1007),
    Case("PATCH", f"{Z}/settings/no_such_setting", {"value": "on"}, 400, 1006),
]
RULE_CASES = [
    Case("POST", path, {**extra, **body}, 400, ACCESS, says)
    for path, extra in ((GROUPS, {}), (POLICIES, {"decision": "allow"}))
    for body, says in (
        (rules(), "at least one include"),
        ({"name": "new", "require": EVERYONE}, "at least one include"),
        (rules({}), "exactly one selector"),
        (rules({"everyone": {}, "email": {"email": "ann@example.com"}}), "exactly one selector"),
        (rules("everyone"), "must be a list of objects"),
        (rules({"department": {"name": "x"}}), "unknown selector"),
        (rules({"azure_ad": {"id": "x", "identity_provider_id": "{entra}"}}), "unknown selector"),
        (rules({"email": "ann@example.com"}), "must be an object"),
        (rules({"email": {}}), "requires email"),
        (rules({"email": {"email": ""}}), "requires email"),
        (rules({"email": {"email": "ann"}}), "e-mail address"),
        (rules({"email": {"email": "a@b.c", "domain": "b.c"}}), "has no domain"),
        (rules({"email_domain": {}}), "requires domain"),
        (rules({"gsuite": {"email": "m@example.com"}}), "requires identity_provider_id"),
        (rules({"gsuite": {"email": "m@example.com", "identity_provider_id": NOWHERE}}), "does not exist"),
        (rules({"oidc": {"claim_name": "a", "identity_provider_id": "{entra}"}}), "requires claim_value"),
        (rules({"login_method": {"id": NOWHERE}}), "does not exist"),
        (rules({"group": {"id": NOWHERE}}), "does not exist"),
        (rules({"device_posture": {"integration_uid": NOWHERE}}), "does not exist"),
        (rules({"geo": {"country_code": "Japan"}}), "country_code"),
        (rules({"ip": {"ip": "192.0.2.0/40"}}), "CIDR"),
        ({"name": "new", "include": EVERYONE, "exclude": [{}]}, "invalid exclude rule"),
        ({"name": "new", "include": EVERYONE, "require": [{"ip": {}}]}, "invalid require rule"),
        ({"name": "new", "include": {"everyone": {}}}, "must be a list of objects"),
        ({"include": EVERYONE}, "name is required"),
    )
]
POLICY_CASES = [
    Case("POST", POLICIES, policy("maybe"), 400, ACCESS, "decision must be one of"),
    Case("POST", POLICIES, {"name": "new", "include": EVERYONE}, 400, ACCESS, "decision is required"),
    Case("POST", POLICIES, policy(session_duration="a day"), 400, ACCESS, "session_duration"),
    Case("POST", POLICIES, policy("bypass"), 400, ACCESS, "cannot be used in a bypass policy"),
    Case("POST", POLICIES, policy("bypass", include=EVERYONE, require=ANN), 400, ACCESS, "bypass"),
    Case("POST", POLICIES, policy(include=[{"service_token": {"token_id": "{token}"}}]), 400, ACCESS, "non_identity"),
    Case("POST", POLICIES, policy("deny", include=[{"any_valid_service_token": {}}]), 400, ACCESS, "non_identity"),
    Case(
        "POST",
        POLICIES,
        policy("non_identity", include=[{"service_token": {"token_id": NOWHERE}}]),
        400,
        ACCESS,
        "does not exist",
    ),
    Case("DELETE", f"{POLICIES}/{{policy}}", None, 400, ACCESS, "in use by application existing"),
    Case("DELETE", f"{GROUPS}/{{group}}", None, 400, ACCESS, "in use by policy existing"),
    Case("DELETE", f"{GROUPS}/{{inner}}", None, 400, ACCESS, "in use by group existing"),
    Case("DELETE", f"{IDPS}/{{entra}}", None, 400, ACCESS, "in use by application existing"),
    Case("DELETE", f"{TOKENS}/{{token}}", None, 400, ACCESS, "in use by policy machines"),
    Case("DELETE", f"{POSTURE}/{{posture}}", None, 400, 2007, "in use by group inner"),
    Case("DELETE", f"{TAGS}/existing", None, 400, ACCESS, "in use by application existing"),
]
APP_CASES = [
    Case("POST", APPS, app(type="website"), 400, ACCESS, "type"),
    Case("POST", APPS, {"name": "new", "type": "self_hosted"}, 400, ACCESS, "domain is required"),
    Case("POST", APPS, app(domain="https://new.example.com"), 400, ACCESS, "without scheme"),
    Case("POST", APPS, app(domain="new.example.com:8080"), 400, ACCESS, "port"),
    Case("POST", APPS, app(domain="new.example.com/a?b=c"), 400, ACCESS, "query"),
    Case("POST", APPS, app(domain="*a*.example.com"), 400, ACCESS, "more than one wildcard"),
    Case("POST", APPS, app(domain="app.elsewhere.example"), 400, ACCESS, "does not belong to a zone"),
    Case("POST", APPS, app(domain="existing.example.com"), 409, 11010, "application_already_exists"),
    Case("POST", APPS, app(domain="EXISTING.example.com"), 409, 11010),
    Case("POST", APPS, app(destinations=[{"type": "public", "uri": "b.example.com"}]), 400, ACCESS, "destinations"),
    Case("POST", APPS, app(self_hosted_domains=[f"{n}.example.com" for n in range(6)], domain=None), 400, ACCESS, "5"),
    Case("POST", APPS, app(policies=[{"id": NOWHERE, "precedence": 1}]), 400, ACCESS, "does not exist"),
    Case("POST", APPS, app(policies=["{policy}", {"id": "{machines}", "precedence": 1}]), 400, ACCESS, "unique"),
    Case("POST", APPS, app(policies=[{"name": "own", "decision": "allow", "include": []}]), 400, ACCESS, "include"),
    Case("POST", APPS, app(allowed_idps=[NOWHERE]), 400, ACCESS, "allowed_idps"),
    Case("POST", APPS, app(auto_redirect_to_identity=True), 400, ACCESS, "exactly one"),
    Case(
        "POST", APPS, app(auto_redirect_to_identity=True, allowed_idps=["{entra}", "{pin}"]), 400, ACCESS, "exactly one"
    ),
    Case("POST", APPS, app(tags=["absent"]), 400, ACCESS, "tag absent does not exist"),
    Case("POST", APPS, app(tags=[str(n) for n in range(26)]), 400, ACCESS, "25 tags"),
    Case("POST", APPS, app(session_duration="1 day"), 400, ACCESS, "session_duration"),
    Case("POST", APPS, app(cors_headers={"max_age": 1}, options_preflight_bypass=True), 400, ACCESS, "cors_headers"),
    Case("POST", f"{Z}/access/apps", app(domain="a.pending.example"), 400, ACCESS, "zone"),
]
IDENTITY_CASES = [
    Case("POST", IDPS, {"name": "new", "type": "ldap", "config": {}}, 400, ACCESS, "type"),
    Case("POST", IDPS, {"name": "new", "type": "okta", "config": {"client_id": "c"}}, 400, ACCESS, "client_secret"),
    Case("POST", IDPS, {"name": "new", "type": "onetimepin", "config": {}}, 400, ACCESS, "already exists"),
    Case("PUT", f"{IDPS}/{{pin}}", {"name": "pin", "type": "oidc", "config": {}}, 400, ACCESS, "cannot be changed"),
    Case("POST", TOKENS, {"name": "new", "duration": "a year"}, 400, ACCESS, "duration"),
    Case("POST", TAGS, {"name": "existing"}, 400, ACCESS, "already exists"),
    Case("POST", TAGS, {"name": "t" * 36}, 400, ACCESS, "35 characters"),
    Case("PUT", f"{TAGS}/existing", {"name": "other"}, 400, ACCESS, "renamed"),
    Case("POST", POSTURE, {"name": "new", "type": "horoscope"}, 400, 2007, "type"),
    Case("POST", f"{A}/access/organizations", {"name": "x", "auth_domain": "y"}, 400, ACCESS, "already exists"),
    Case("PUT", f"{A}/access/organizations", {"auth_domain": "other.cloudflareaccess.com"}, 400, ACCESS),
    Case("POST", f"{A}/access/policy-tests", {"policies": []}, 400, ACCESS),
    Case("POST", f"{A}/access/policy-tests", {"policies": [NOWHERE]}, 400, ACCESS, "does not exist"),
]
CASES = [*PLACES, *TUNNEL_CASES, *DNS_CASES, *RULE_CASES, *POLICY_CASES, *APP_CASES, *IDENTITY_CASES]


@pytest.fixture(scope="module")
def account(api_server: ApiServer) -> tuple[ApiServer, dict[str, str]]:
    """A small account and the ids in it. Refused requests leave it as it is, so all cases share one."""
    api_server.control.post("/reset").raise_for_status()
    names = {"account": ACCOUNT, "zone": ZONE}

    def make(path: str, **body: object) -> str:
        response = api_server.http.post(fill(path, names), json=fill(body, names))
        assert response.is_success, response.text
        return str(response.json()["result"].get("id"))

    oidc = {"client_id": "c", "client_secret": "s", "directory_id": "d"}
    names["tunnel"] = make(TUNNELS, name="existing", config_src="cloudflare")
    names["connected"] = make(TUNNELS, name="connected", config_src="cloudflare")
    api_server.control.put(f"/tunnels/{names['connected']}/connections", json={}).raise_for_status()
    make(RECORDS, **record(name="existing"))
    names["entra"] = make(IDPS, name="entra", type="azureAD", config=oidc)
    names["pin"] = make(IDPS, name="pin", type="onetimepin", config={})
    names["token"] = make(TOKENS, name="ci")
    names["posture"] = make(POSTURE, name="warp", type="warp")
    make(TAGS, name="existing")
    names["inner"] = make(GROUPS, name="inner", include=[{"device_posture": {"integration_uid": "{posture}"}}])
    names["group"] = make(GROUPS, name="existing", include=[{"group": {"id": "{inner}"}}])
    names["policy"] = make(POLICIES, **policy(name="existing", include=[{"group": {"id": "{group}"}}]))
    machine = [{"service_token": {"token_id": "{token}"}}]
    names["machines"] = make(POLICIES, **policy("non_identity", name="machines", include=machine))
    existing = app(name="existing", domain="existing.example.com", tags=["existing"], allowed_idps=["{entra}"])
    make(APPS, **existing, policies=["{policy}"])
    return api_server, names


def fill(value: Any, names: dict[str, str]) -> Any:
    """The value with `{names}` replaced by ids."""
    text = json.dumps(value)
    for name, own in names.items():
        text = text.replace(f"{{{name}}}", own)
    return json.loads(text)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.method} {case.path.rpartition('}/')[2]} {case.says}")
def test_refusal(account: tuple[ApiServer, dict[str, str]], case: Case) -> None:
    api, names = account
    before = api.objects()
    response = api.http.request(case.method, fill(case.path, names), json=fill(case.body, names) if case.body else None)
    answer = response.json()
    assert (response.status_code, [error["code"] for error in answer["errors"]]) == (case.status, [case.code]), answer
    assert case.says in answer["errors"][0]["message"]
    assert (answer["success"], answer["result"], answer["messages"]) == (False, None, [])
    assert api.objects() == before


@pytest.mark.parametrize(
    ("path", "header", "status", "code"),
    [
        (f"/accounts/{ACCOUNT}/cfd_tunnel", None, 401, 10001),
        (f"/accounts/{ACCOUNT}/cfd_tunnel", "Basic abc", 401, 10001),
        (f"/accounts/{ACCOUNT}/cfd_tunnel", "Bearer wrong", 403, 10000),
        ("/user/tokens/verify", "Bearer wrong", 401, 1000),
        (f"/accounts/{ACCOUNT}/tokens/verify", "Bearer wrong", 401, 1000),
    ],
)
def test_credentials(api: ApiServer, path: str, header: str | None, status: int, code: int) -> None:
    request = api.http.build_request("GET", path)
    del request.headers["Authorization"]
    if header is not None:
        request.headers["Authorization"] = header
    response = api.http.send(request)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (status, code)


@pytest.mark.parametrize("content", ["{", "[]", '"text"'])
def test_body_that_is_no_object(api: ApiServer, content: str) -> None:
    response = api.http.post(f"/accounts/{ACCOUNT}/access/tags", content=content)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, 6007)
