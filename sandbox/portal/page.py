"""The launcher as one page: apps, the table of who gets in, people."""

from __future__ import annotations

from starlette.responses import HTMLResponse

from sandbox.cloudflare_api.access import AccessObjects
from sandbox.cloudflare_api.document import Json
from sandbox.front import Front
from sandbox.front.sessions import Session
from sandbox.front.teams import Team
from sandbox.portal.choices import Choices, choices_at, countries
from sandbox.portal.ends import Ends
from sandbox.portal.markup import Markup, joined, tag
from sandbox.portal.measurements import Measurements
from sandbox.portal.people_view import add_form, card
from sandbox.portal.scene import shown, title_of, url_of
from sandbox.portal.snowflake import Listing
from sandbox.portal.snowflake_view import snowflake_section
from sandbox.portal.table_view import legend, measured
from sandbox.portal.tiles import tile


def safety(front: Front, beside: str = "") -> dict[str, str]:
    """Nothing from elsewhere; forms lead to the portal, through the identity provider back to it, or `beside`."""
    provider = front.addresses.url(front.addresses.idp_host, "")
    rules = (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        f"form-action 'self' {provider} {beside}".rstrip(),
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
    return {
        "cache-control": "no-store",
        "content-security-policy": "; ".join(rules),
        # The origin of a form is looked at, and without any referrer browsers do not say it.
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }


def launcher_page(
    front: Front,
    team: Team,
    session: Session | None,
    measurements: Measurements,
    ends: Ends,
    listing: Listing | None,
    opened: str,
    problem: str = "",
) -> HTMLResponse:
    """The whole page. `opened` is the person whose details are shown, `problem` what a form did wrong."""
    objects = front.routing.objects(team.account)
    name = str(front.routing.organization(team.account).get("name") or team.account.name)
    parts = (
        tag("p", problem, class_="note", role="alert") if problem else None,
        _apps(front, objects, ends),
        snowflake_section(listing, session, front.people.all()) if listing else None,
        _access(measurements, with_snowflake=listing is not None),
        _people(front, objects, session, opened),
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("title", f"{name} · App Launcher"),
        tag("meta", name="viewport", content="width=device-width,initial-scale=1"),
        tag("link", rel="stylesheet", href="/portal/portal.css"),
        tag("noscript", tag("meta", http_equiv="refresh", content="1;url=/")) if measurements.is_running else None,
        tag("script", src="/portal/portal.js", defer=True),
    )
    skip = tag("a", "Skip to who gets in", href="#access", class_="skip")
    body = tag("body", skip, _top(objects, name, session), tag("main", *parts, id="main"), _foot())
    html = joined(Markup("<!doctype html>"), tag("html", head, body, lang="en"))
    return HTMLResponse(str(html), 400 if problem else 200, safety(front, listing.origin if listing else ""))


def _top(objects: AccessObjects, name: str, session: Session | None) -> Markup:
    title = tag("div", tag("h1", name), tag("p", "App Launcher · played by the sandbox", class_="soft small"))
    if session is None:
        return tag("header", title, tag("p", "Nobody is logged in.", class_="soft"), class_="top")
    provider = objects.identity_providers.get(session.idp_id, {}).get("name") or session.idp_id
    who = tag(
        "p", "Logged in as ", tag("strong", session.name), tag("small", f"{session.email} through {provider}"), id="me"
    )
    out = tag("form", tag("button", "Log out"), method="post", action="/portal/logout")
    return tag("header", title, tag("div", who, out, class_="who"), class_="top")


def _tile(front: Front, objects: AccessObjects, application: Json, ends: Ends) -> Markup:
    url = url_of(front, application)
    return tile(objects, application, title_of(objects, application), url, ends.at(url))


def _apps(front: Front, objects: AccessObjects, ends: Ends) -> Markup:
    tiles = [_tile(front, objects, one, ends) for one in shown(objects)]
    empty = tag("p", "No app is published yet: run ", tag("code", "sandbox up"), ".", class_="soft")
    listed = tag("ul", *tiles, class_="tiles") if tiles else empty
    return tag("section", tag("h2", "Apps", id="apps"), listed, aria_labelledby="apps")


def _access(measurements: Measurements, *, with_snowflake: bool) -> Markup:
    again = tag("form", tag("button", "Measure again"), method="post", action="/portal/measure", id="again")
    text = (
        "Every cell is a visit: the prober opens the app at the front door with an empty cookie jar, logs in at the "
        "identity provider, and shows what came back. Nothing here is worked out from policies."
    )
    if with_snowflake:
        text += (
            " An app in Snowflake is opened there, with Snowflake's own login; that visit ends at the app's door, "
            "since behind it a process would start for each visitor."
        )
    heading = tag("div", tag("h2", "Who gets in", id="access", tabindex=-1), again, class_="heading")
    table = (measured(measurements), legend(with_snowflake=with_snowflake))
    return tag("section", heading, tag("p", text, class_="soft"), *table, aria_labelledby="access")


def _people(front: Front, objects: AccessObjects, session: Session | None, opened: str) -> Markup:
    everybody = front.people.all()
    choices = choices_of(front, objects)
    places = countries(objects, everybody)
    cards = [card(one, choices, places, objects, session, opened) for one in everybody]
    text = (
        "Log in as anybody. Groups and claims count from a person's next login on; country and device checks count "
        "from the next request. People of people.yaml are as it says again after each sandbox up."
    )
    listed = tag("ul", *cards, class_="cards") if cards else tag("p", "Nobody is known yet.", class_="soft")
    heading = tag("h2", "People", id="people", tabindex=-1)
    return tag("section", heading, tag("p", text, class_="soft"), listed, add_form(choices), aria_labelledby="people")


def choices_of(front: Front, objects: AccessObjects) -> tuple[Choices, ...]:
    """What each provider can say of people."""
    everybody = front.people.all()
    issuers = (front.issuers.find(one) for one in objects.identity_providers)
    return tuple(choices_at(issuer, objects, everybody) for issuer in issuers if issuer is not None)


def _foot() -> Markup:
    links = (
        tag("a", "The table as JSON", href="/portal/table.json"),
        tag("a", "Your identity at Access", href="/cdn-cgi/access/get-identity"),
    )
    return tag("footer", *links, class_="soft small")
