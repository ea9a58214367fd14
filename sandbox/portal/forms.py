"""What the forms of the portal say, as the fields that the identity provider's own API takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from urllib.parse import parse_qs

from sandbox.cloudflare_api.access import AccessObjects
from sandbox.cloudflare_api.document import Json
from sandbox.front.idp.issuers import Issuer
from sandbox.front.idp.people import AT_WORK, Assertion, Person

Form = Mapping[str, list[str]]


def read_form(body: bytes) -> Form:
    """The fields of a form, each with all of its values."""
    return parse_qs(body.decode(errors="replace"))


def first(form: Form, name: str) -> str:
    return form.get(name, [""])[0].strip()


def changed(form: Form, person: Person, objects: AccessObjects, issuers: Iterable[Issuer]) -> Json:
    """Circumstances and identities of a person as the boxes are ticked."""
    passing = form.get("posture", [])
    every = set(passing) == set(objects.posture_rules)
    return {
        "second_factor": first(form, "factor") == "yes",
        "circumstances": {
            "country": first(form, "country"),
            "ip": person.circumstances.ip,
            "postures": None if every else passing,
        },
        "identities": _identities(form, person, issuers),
    }


def _identities(form: Form, person: Person, issuers: Iterable[Issuer]) -> Json:
    """Named by the provider's name, as the roster does; what is said of them elsewhere stays."""
    shown = tuple(issuers)
    names = {name for one in shown for name in (one.id, one.name)}
    kept = {name: asdict(said) for name, said in person.identities.items() if name not in names}
    known = (one for one in shown if one.id in form.get("at", []))
    return {**kept, **{one.name: _identity(form, person, one) for one in known}}


def _identity(form: Form, person: Person, issuer: Issuer) -> Json:
    claims: dict[str, list[str]] = {}
    for pair in form.get(f"claim {issuer.id}", []):
        name, _, value = pair.partition("=")
        claims.setdefault(name, []).append(value)
    before = person.at(issuer.id, issuer.name) or Assertion()
    return {"groups": form.get(f"group {issuer.id}", []), "claims": claims, "email": before.email}


def added(form: Form, issuers: Iterable[Issuer]) -> Json:
    """Somebody new, at work as usual, whom one provider knows."""
    name, email = first(form, "name"), first(form, "email")
    at = next((one.name for one in issuers if one.id == first(form, "idp")), None)
    return {
        "id": re.sub(r"[^A-Za-z0-9._@+-]", "", email.lower()),
        "name": name or email,
        "email": email,
        "second_factor": True,
        "circumstances": asdict(AT_WORK),
        "identities": {at: {}} if at else {},
    }
