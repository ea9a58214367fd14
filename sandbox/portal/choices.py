"""What a person can be given at a provider: the groups and claims that rules speak of, or that anybody has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.cloudflare_api.access import AccessObjects
from sandbox.cloudflare_api.document import Json, documents
from sandbox.front.idp.issuers import Issuer
from sandbox.front.idp.people import Assertion, Person

# The selectors that name a group, and the key of its name as the provider says it.
_GROUPS = {"gsuite": "email", "azureAD": "id", "okta": "name"}
_CLAIMS = {"oidc": ("claim_name", "claim_value"), "saml": ("attribute_name", "attribute_value")}


@dataclass(frozen=True)
class Choices:
    """Names of groups, and pairs of a claim and its value, each once and in order."""

    issuer: Issuer
    groups: tuple[str, ...]
    claims: tuple[tuple[str, str], ...]


def choices_at(issuer: Issuer, objects: AccessObjects, people: Iterable[Person]) -> Choices:
    """All that is known at one provider."""
    payloads = [(kind, payload) for kind, payload in _elements(objects) if _is_about(payload, issuer)]
    groups = {str(payload[_GROUPS[kind]]) for kind, payload in payloads if kind in _GROUPS}
    claims = {(str(payload[name]), str(payload[value])) for name, value, payload in _claimed(payloads)}
    said = [one for one in (issuer.said_of(person) for person in people) if one is not None]
    groups |= {group for one in said for group in one.groups}
    claims |= {pair for one in said for pair in pairs_of(one)}
    return Choices(issuer, tuple(sorted(groups)), tuple(sorted(claims)))


def pairs_of(said: Assertion) -> tuple[tuple[str, str], ...]:
    """The claims of an identity, one pair per value."""
    return tuple((name, value) for name, values in said.claims.items() for value in values)


def countries(objects: AccessObjects, people: Iterable[Person]) -> tuple[str, ...]:
    """The countries that rules speak of, those of people, and some others."""
    ruled = {str(payload["country_code"]) for kind, payload in _elements(objects) if kind == "geo"}
    lived = {one.circumstances.country for one in people if one.circumstances.country}
    return tuple(sorted(ruled | lived | {"DE", "JP", "US"}))


def _claimed(payloads: Iterable[tuple[str, Json]]) -> Iterator[tuple[str, str, Json]]:
    for kind, payload in payloads:
        if kind in _CLAIMS:
            yield *_CLAIMS[kind], payload


def _is_about(payload: Json, issuer: Issuer) -> bool:
    return payload.get("identity_provider_id") == issuer.id


def _elements(objects: AccessObjects) -> Iterator[tuple[str, Json]]:
    inline = (policy for app in objects.applications for policy in documents(app.get("policies")))
    for rules in (*objects.policies.values(), *objects.groups.values(), *inline):
        for part in ("include", "require", "exclude"):
            for element in documents(rules.get(part)):
                yield from ((kind, payload) for kind, payload in element.items() if isinstance(payload, dict))
