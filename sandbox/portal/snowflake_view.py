"""The Streamlit apps of the local Snowflake as tiles: who may open each, how it does, and the way in."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten

from sandbox.front.idp.people import Person
from sandbox.front.sessions import Session
from sandbox.portal.markup import Child, Markup, breakable, tag
from sandbox.portal.snowflake import Listing, StreamlitApp

_NOT_LIVE = "no live version"
# How an app does: the kind of its sign, the sign, and words, so that nothing is told by colour alone.
_STATUSES = {
    "serving": ("entered", "✓", "serving"),
    "starting": ("wall", "…", "starting"),
    "not started": ("wall", "○", "not running, starts when it is opened"),
    _NOT_LIVE: ("down", "!", "no live version yet, so nobody can open it"),
}
_LONGEST = 160  # of a status that quotes what an app said
_NAMED = 5


def snowflake_section(listing: Listing, session: Session | None, everybody: Sequence[Person]) -> Markup:
    """All apps for somebody who is not logged in, otherwise those that the person may open."""
    shown = [one for one in listing.apps or () if session is None or one.is_open_to(session.person)]
    names = {one.id.casefold(): one.name for one in everybody}
    tiles = [_tile(one, session, names) for one in shown]
    return tag(
        "section",
        tag("h2", "In Snowflake", id="snowflake"),
        tag("p", *_said(listing, session, some=bool(shown)), class_="soft"),
        tag("ul", *tiles, class_="tiles") if tiles else None,
        aria_labelledby="snowflake",
    )


def _said(listing: Listing, session: Session | None, *, some: bool) -> tuple[Child, ...]:
    """What is to be known before the tiles, or why there are none."""
    if listing.apps is None:
        return "The local Snowflake does not answer; ", tag("code", "sandbox up"), " starts it."
    if not listing.apps:
        return "No Streamlit app is there yet: run ", tag("code", "sandbox up"), "."
    if session is None:
        return ("Whoever has a role with USAGE on an app may open it. Snowflake asks for its own login.",)
    if some:
        return (f"What a role of {session.name} may open. Opening an app logs in to Snowflake as well.",)
    return (f"No role of {session.name} may open an app there.",)


def _tile(app: StreamlitApp, session: Session | None, names: dict[str, str]) -> Markup:
    people = [names.get(one.casefold(), one) for one in app.users]
    facts = (
        _fact("USAGE", f"{_listed(app.roles)} may open it" if app.roles else "No role may open it"),
        _fact("People", _listed(people) if people else "Nobody has such a role"),
        _fact("Runtime", app.runtime),
        _status(app.status),
    )
    way_in = None if app.status == _NOT_LIVE else _way_in(app, session)
    return tag(
        "li",
        tag("h3", app.title),
        tag("p", breakable(app.name, "."), class_="address"),
        tag("ul", *facts, class_="rules facts"),
        way_in,
        class_="tile",
    )


def _fact(kind: str, text: str) -> Markup:
    return tag("li", tag("span", kind, class_="decision"), tag("span", text))


def _status(status: str) -> Markup:
    kind, sign, words = _STATUSES.get(status, ("down", "!", shorten(status, _LONGEST, placeholder=" …")))
    return tag("li", tag("span", sign, class_=f"sign {kind}", aria_hidden="true"), tag("span", words))


def _way_in(app: StreamlitApp, session: Session | None) -> Markup:
    title: Child = tag("span", f" {app.title}", class_="unseen")
    if session is None:
        return tag("a", "Open", title, href=app.url, class_="button primary")
    # The button names the app, and the session says who it is.
    words = ("Open", title, f" as {session.name}")
    button = tag("button", *words, name="url_id", value=app.url_id, class_="button primary")
    return tag("form", button, method="post", action="/portal/snowflake")


def _listed(names: Sequence[str]) -> str:
    """The names in a row, the first few of many."""
    more = len(names) - _NAMED
    if more > 1:
        return f"{', '.join(names[:_NAMED])} and {more} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
