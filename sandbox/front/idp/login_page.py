"""The login page of an identity provider in the sandbox: its people, to be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from starlette.responses import HTMLResponse

from sandbox.front.idp.issuers import Issuer
from sandbox.front.idp.people import Assertion, Person
from sandbox.front.look import page

_FOOTER = "A sandbox: nobody is asked for a password. Nothing here leaves this machine."


def login_page(
    issuer: Issuer, people: Sequence[tuple[Person, Assertion]], query: str, problem: str = "", status: int = 200
) -> HTMLResponse:
    """Everybody whom the issuer knows; the form goes back to where it came from."""
    note = f'<p class="note" role="alert">{escape(problem)}</p>' if problem else ""
    rows = "".join(_row(issuer, person, said, first=number == 0) for number, (person, said) in enumerate(people))
    listed = f'<ul class="plain">{rows}</ul>' if rows else _empty(issuer)
    action = escape(f"authorize?{query}")
    body = (
        f'<p class="soft">Choose who you are. {_about_factors(issuer)}</p>{note}'
        f'<form method="post" action="{action}">{listed}</form>{_any_address(issuer, action)}'
    )
    return page(
        f"Log in with {issuer.name}",
        body,
        kicker=f"{issuer.kind} · played by the sandbox",
        footer=_FOOTER,
        summary=problem or f"{issuer.name} asks who you are.",
        status=status,
    )


def _row(issuer: Issuer, person: Person, said: Assertion, *, first: bool) -> str:
    """A person, with what the issuer says of them, and the login that is not their usual one."""
    initials = "".join(word[0] for word in person.name.split()[:2]).upper()
    facts = [*said.groups, *(f"{name}: {value}" for name, all_of in said.claims.items() for value in all_of)]
    factor = issuer.reports_methods and person.second_factor
    facts += ["second factor"] if factor else []
    chips = "".join(f'<span class="chip">{escape(fact)}</span>' for fact in facts)
    listed = f'<span class="chips">{chips}</span>' if chips else ""
    main = (
        f'<button class="person" name="person" value="{escape(person.id)}"{" autofocus" if first else ""}>'
        f'<span class="face" aria-hidden="true">{escape(initials)}</span><strong>{escape(person.name)}</strong>'
        f'<span class="soft small">{escape(said.email or person.email)}</span>'
        f"{listed}</button>"
    )
    return f'<li class="row">{main}{_other_login(issuer, person)}</li>'


def _other_login(issuer: Issuer, person: Person) -> str:
    if not issuer.reports_methods:
        return ""
    word, sent = ("without", "no") if person.second_factor else ("with", "yes")
    label = f"Log in as {person.name} {word} a second factor"
    return (
        f'<button class="side" name="person" aria-label="{escape(label)}" '
        f'value="{escape(person.id)}|{sent}">{word} second factor</button>'
    )


def _about_factors(issuer: Issuer) -> str:
    if issuer.reports_methods:
        return "This provider tells Access whether a second factor was used."
    return "This kind of provider never tells Access about a second factor."


def _empty(issuer: Issuer) -> str:
    known = escape(issuer.name)
    return f'<p class="note">Nobody in the sandbox has an identity at <code>{known}</code>.</p>'


def _any_address(issuer: Issuer, action: str) -> str:
    if not issuer.takes_any_address:
        return ""
    return (
        f'<form method="post" action="{action}"><label for="address">Or any address, as a PIN goes anywhere</label>'
        '<div class="row"><input id="address" name="address" type="email" required autocomplete="off" '
        'placeholder="somebody@elsewhere.example"><button class="primary">Send a PIN</button></div></form>'
    )
