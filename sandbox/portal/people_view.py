"""People as cards: log in as one of them, change what is true of them, add and remove them."""

from __future__ import annotations

from sandbox.cloudflare_api.access import AccessObjects
from sandbox.front.idp.issuers import Issuer
from sandbox.front.idp.people import Assertion, Person
from sandbox.front.sessions import Session
from sandbox.portal.choices import Choices, pairs_of
from sandbox.portal.markup import Markup, tag
from sandbox.portal.short_names import short_name


def card(
    person: Person,
    choices: tuple[Choices, ...],
    countries: tuple[str, ...],
    objects: AccessObjects,
    session: Session | None,
    opened: str,
) -> Markup:
    """One person; `opened` is the id of the one whose details are shown."""
    mine = [
        (issuer, said) for issuer in (one.issuer for one in choices) if (said := issuer.said_of(person)) is not None
    ]
    facts = [fact for _, said in mine for fact in (*said.groups, *(value for _, value in pairs_of(said)))]
    is_me = session is not None and session.person == person.id
    chips = [tag("span", fact, class_="chip") for fact in dict.fromkeys(facts)]
    heading = tag("h3", person.name, tag("span", "logged in", class_="chip me") if is_me else None)
    who = tag("div", heading, tag("p", person.email, class_="address"), tag("p", *chips, class_="chips"))
    initials = "".join(word[0] for word in person.name.split()[:2]).upper()
    face = tag("span", initials, class_="face", aria_hidden="true")
    ways = [_log_in(person, issuer, session) for issuer, _ in mine]
    details = tag(
        "details",
        tag("summary", "Change", tag("span", f" {person.name}", class_="unseen")),
        _change(person, choices, countries, objects),
        _remove(person),
        open=person.id == opened,
    )
    return tag("li", face, who, tag("div", *ways, class_="ways"), details, class_="card", id=f"person-{person.id}")


def _log_in(person: Person, issuer: Issuer, session: Session | None) -> Markup:
    current = session is not None and (session.person, session.idp_id) == (person.id, issuer.id)
    return tag(
        "form",
        _hidden("person", person.id),
        _hidden("idp", issuer.id),
        tag("button", f"Log in with {issuer.name}", tag("span", f" as {person.name}", class_="unseen")),
        method="post",
        action="/portal/login",
        class_="current" if current else None,
    )


def _change(person: Person, choices: tuple[Choices, ...], countries: tuple[str, ...], objects: AccessObjects) -> Markup:
    place = person.circumstances
    rules = tuple(objects.posture_rules.values())
    passed = None if place.postures is None else set(place.postures)
    checks = [
        _box("posture", str(rule["id"]), short_name(str(rule["name"]), objects), passed is None or _in(passed, rule))
        for rule in rules
    ]
    options = [tag("option", "elsewhere", value="", selected=place.country is None)]
    options += [tag("option", one, value=one, selected=one == place.country) for one in countries]
    return tag(
        "form",
        tag("fieldset", tag("legend", "Comes with"), _box("factor", "yes", "a second factor", person.second_factor)),
        tag("fieldset", tag("legend", "Device checks that pass"), *checks) if checks else None,
        tag("label", "From ", tag("select", *options, name="country")),
        *(_identity(person, one) for one in choices if not one.issuer.takes_any_address),
        tag("p", tag("button", "Save", class_="primary"), tag("span", role="status", class_="saved")),
        method="post",
        action=f"/portal/people/{person.id}",
        class_="change",
    )


def _in(passed: set[str], rule: dict[str, object]) -> bool:
    return str(rule["id"]) in passed or str(rule["name"]) in passed


def _identity(person: Person, choices: Choices) -> Markup:
    issuer = choices.issuer
    said = issuer.said_of(person)
    has = said or Assertion()
    groups = [_box(f"group {issuer.id}", one, one, one in has.groups) for one in choices.groups]
    pairs = pairs_of(has)
    claims = [
        _box(f"claim {issuer.id}", f"{name}={value}", f"{name}: {value}", (name, value) in pairs)
        for name, value in choices.claims
    ]
    known = _box("at", issuer.id, f"known to {issuer.name}", said is not None)
    return tag("fieldset", tag("legend", issuer.name, " ", tag("small", issuer.kind)), known, *groups, *claims)


def _remove(person: Person) -> Markup:
    button = tag("button", f"Remove {person.name}", class_="danger")
    return tag("form", button, method="post", action=f"/portal/people/{person.id}/remove")


def add_form(choices: tuple[Choices, ...]) -> Markup:
    """Somebody new, known to one provider; groups are given afterwards."""
    issuers = (one.issuer for one in choices if not one.issuer.takes_any_address)
    options = [tag("option", issuer.name, value=issuer.id) for issuer in issuers]
    name = tag("input", name="name", required=True, autocomplete="off")
    email = tag("input", name="email", type="email", required=True, autocomplete="off")
    form = tag(
        "form",
        tag("label", "Name ", name),
        tag("label", "E-mail ", email),
        tag("label", "Known to ", tag("select", *options, name="idp")),
        tag("p", tag("button", "Add", class_="primary")),
        method="post",
        action="/portal/people",
        class_="add",
    )
    return tag("details", tag("summary", "Add a person"), form, class_="adding")


def _box(name: str, value: str, label: str, checked: bool) -> Markup:
    box = tag("input", type="checkbox", name=name, value=value, checked=checked)
    return tag("label", box, f" {label}", class_="box")


def _hidden(name: str, value: str) -> Markup:
    return tag("input", type="hidden", name=name, value=value)
