"""The two sides that must agree: an estate, and what the program registers for it as the API would hold it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from infra.access import Person, Request
from infra.estate import Estate
from infra.problems import Problems
from infra.resolve import resolve
from infra.schema import load_apps
from infra.stack import decode_stack
from sandbox.cloudflare_api import access as api
from sandbox.plugins.cloudflare.naming import to_rest
from tests.recorder import TODAY, Recording, plain, record

VERDICTS = {
    "bypass": "public",
    "service_auth": "machine",
    "allow": "allowed",
    "deny": "denied",
    "login_required": "sign-in",
}


def estate_of(apps: str, stack: str) -> Estate:
    """The estate of two texts, without the checks: they would refuse much that must be decided all the same."""
    problems = Problems()
    values = decode_stack(stack, "dev", problems)
    file = load_apps(apps, "apps.yaml", problems)
    problems.raise_errors()
    assert file is not None
    assert values is not None
    estate = resolve(file, values, ["dev"], problems)
    problems.raise_errors()
    return estate


def recorded(estate: Estate) -> Recording:
    """The program's registrations for an estate, without going through files or checks."""

    def program() -> None:
        from infra.provision import provision
        from infra.settings import load_settings

        provision(estate, load_settings(estate), None, {}, TODAY)

    from infra.settings import WITH_SECRET

    secrets = {one.name: {"clientSecret": "a secret"} for one in estate.providers if one.type in WITH_SECRET}
    return record(program, stack="dev", root=Path("/"), config={"gatehouse:providers": secrets})


def access_objects(recording: Recording) -> api.AccessObjects:
    """The recorded inputs as the API would hold them."""

    def documents(kind: str) -> list[dict[str, Any]]:
        found = []
        for item in recording.of_type(kind).values():
            token = item.type.split("/")[-1].partition(":")[0]
            document = to_rest(plain(item.inputs))
            assert isinstance(document, dict)
            found.append({**document, "id": f"{token}:{item.name}"})
        return found

    return api.AccessObjects.of(
        applications=documents("ZeroTrustAccessApplication"),
        policies=documents("ZeroTrustAccessPolicy"),
        groups=documents("ZeroTrustAccessGroup"),
        identity_providers=documents("ZeroTrustAccessIdentityProvider"),
        service_tokens=documents("ZeroTrustAccessServiceToken"),
        posture_rules=documents("ZeroTrustDevicePostureRule"),
    )


def visitor(person: Person | None, request: Request) -> api.Visitor:
    """The same person and request in the API's terms."""
    found = api.Visitor(
        country=request.country or None,
        ip=request.ip or None,
        postures=tuple(f"zeroTrustDevicePostureRule:{name}" for name in request.devices),
        service_token_id=f"zeroTrustAccessServiceToken:{request.machine}" if request.machine else None,
    )
    if person is None:
        return found
    claims: dict[str, tuple[str, ...]] = {}
    for name, value in person.claims:
        claims[name] = (*claims.get(name, ()), value)
    return dataclasses.replace(
        found,
        idp_id=f"zeroTrustAccessIdentityProvider:{person.provider}",
        email=person.email,
        groups=tuple(person.groups),
        claims=claims,
        auth_methods=("mfa",) if person.mfa else (),
    )
