"""The viewer's pages: login, the list of apps, and what is said in place of an app."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources

from starlette.responses import HTMLResponse, Response

from sandbox.front.look import PALETTE, page
from sandbox.portal.markup import Markup, joined, tag
from sandbox.snowflake_api.apps import StreamlitApp, User
from sandbox.snowflake_runtime.gate import telling_origin
from sandbox.snowflake_runtime.launch import PREFIX

KICKER = "Streamlit in Snowflake · played by the sandbox"
_FOOTER = "A sandbox: nobody is asked for a password. Nothing here leaves this machine."
_RUNTIMES = {"container": "Container runtime", "warehouse": "Warehouse runtime"}
_SAFETY = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


def address_of(app: StreamlitApp) -> str:
    """Where an app is opened; it stays the same for as long as the object lives."""
    return f"{PREFIX}/{app.url_id}/"


def title_of(app: StreamlitApp) -> str:
    return app.title or app.name


def login_page(users: Sequence[User], back: str, problem: str = "") -> Response:
    """Everybody in the account, to be clicked."""
    rows = joined(*(_person(one, first=number == 0) for number, one in enumerate(users)))
    parts = joined(
        tag("p", "Choose who you are in this account.", class_="soft"),
        tag("p", problem, class_="note", role="alert") if problem else None,
        tag(
            "form",
            tag("input", type="hidden", name="back", value=back),
            tag("ul", rows, class_="plain") if users else tag("p", "The account has no users.", class_="note"),
            method="post",
            action="/login",
        ),
    )
    return telling_origin(
        page("Log in to Snowflake", parts, kicker=KICKER, footer=_FOOTER, status=403 if problem else 200)
    )


def _person(user: User, *, first: bool) -> Markup:
    name = user.display_name or user.name
    initials = "".join(word[0] for word in name.split()[:2]).upper()
    chips = [tag("span", role, class_="chip") for role in user.roles] or [tag("span", "no role", class_="soft small")]
    button = tag(
        "button",
        tag("span", initials, class_="face", aria_hidden="true"),
        tag("strong", name),
        tag("span", user.name, class_="soft small"),
        tag("span", *chips, class_="chips"),
        class_="person",
        name="person",
        value=user.name,
        autofocus=first,
    )
    return tag("li", button, class_="row")


def list_page(user: User, apps: Iterable[tuple[StreamlitApp, Sequence[str]]]) -> Response:
    """The apps that a user may open, each with the roles that may, too."""
    tiles = [_tile(app, roles) for app, roles in apps]
    empty = tag("p", "No app is shared with a role of yours.", class_="soft")
    roles = ", ".join(user.roles) or "no role"
    who = tag("p", "Logged in as ", tag("strong", user.display_name or user.name), tag("small", roles), id="me")
    out = tag("form", tag("button", "Log out"), method="post", action="/logout")
    title = tag("div", tag("h1", "Streamlit apps"), tag("p", "Snowflake · played by the sandbox", class_="soft small"))
    html = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("title", "Streamlit apps · Snowflake"),
            tag("meta", name="viewport", content="width=device-width,initial-scale=1"),
            tag("link", rel="stylesheet", href="/viewer.css"),
        ),
        tag(
            "body",
            tag("header", title, tag("div", who, out, class_="who"), class_="top"),
            tag("main", tag("ul", *tiles, class_="tiles") if tiles else empty),
        ),
        lang="en",
    )
    return HTMLResponse(str(joined(Markup("<!doctype html>"), html)), headers=_SAFETY)


def _tile(app: StreamlitApp, roles: Sequence[str]) -> Markup:
    facts = (
        ("Runs with the rights of", tag("code", app.owner)),
        ("May be opened by", joined(*(tag("code", one) for one in roles)) if roles else Markup("nobody else")),
    )
    way_in = tag(
        "a", "Open", tag("span", f" {title_of(app)}", class_="unseen"), href=address_of(app), class_="button primary"
    )
    return tag(
        "li",
        tag("h3", title_of(app)),
        tag("p", f"{app.database}.{app.schema}.{app.name}", class_="address"),
        tag("p", tag("span", _RUNTIMES[app.runtime], class_="decision"), class_="runtime"),
        tag("dl", *(joined(tag("dt", name), tag("dd", value)) for name, value in facts)),
        way_in if app.live else tag("p", "It has no live version yet.", class_="soft"),
        class_="tile",
    )


def style() -> str:
    """The portal's style sheet, and what only this list has."""
    own = resources.files("sandbox.snowflake_runtime").joinpath("viewer.css").read_text(encoding="utf-8")
    return PALETTE + resources.files("sandbox.portal").joinpath("portal.css").read_text(encoding="utf-8") + own


def starting(app: StreamlitApp) -> Response:
    """For the seconds until an app serves; it asks again by itself."""
    body = (
        f'<p class="soft">Its process in the {escape(app.runtime)} runtime is being started.</p>'
        "<style>.wait{height:4px;border-radius:2px;margin-top:1.25rem;background:var(--line);overflow:hidden}"
        ".wait::before{content:'';display:block;height:100%;width:35%;border-radius:2px;background:var(--accent);"
        "animation:wait 1.2s ease-in-out infinite alternate}@keyframes wait{from{margin-left:0}to{margin-left:65%}}"
        "@media(prefers-reduced-motion:reduce){.wait::before{animation:none;width:100%;opacity:.5}}</style>"
        '<div class="wait" aria-hidden="true"></div>'
    )
    answer = page(f"{title_of(app)} is starting", body, kicker=KICKER, status=503, summary="The app is starting.")
    answer.headers.update({"refresh": "1", "retry-after": "1"})
    return answer


def ended(app: StreamlitApp, code: int, last: Iterable[str], log: str) -> Response:
    """The app's process has ended by itself."""
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    said = "\n".join(last)
    body = joined(
        tag("p", f"Its process has ended by itself ({how})."),
        tag("h2", "What it said at last") if said else None,
        tag("pre", said, tabindex=0) if said else tag("p", "It said nothing."),
        tag("p", "Its log is ", tag("code", log), class_="soft small"),
        _back(
            tag(
                "form",
                tag("button", "Start it again", class_="primary"),
                method="post",
                action=f"/start/{app.url_id}",
            )
        ),
    )
    told = {"kicker": f"{KICKER} · 502", "summary": f"Ended: {how}."}
    return telling_origin(page(f"{title_of(app)} has stopped", body, **told, status=502, kind="refused"))


def no_process(app: StreamlitApp, why: str) -> Response:
    return _sentence(f"{title_of(app)} cannot be started", f"{why}.", 503)


def no_live_version(app: StreamlitApp) -> Response:
    """What visitors get before `ADD LIVE VERSION FROM LAST`."""
    sentence = (
        "It has no live version yet. Its owner makes one by opening it in Snowsight, or with "
        "ALTER STREAMLIT … ADD LIVE VERSION FROM LAST."
    )
    return _sentence(f"{title_of(app)} is not live", sentence, 404)


def nothing_here() -> Response:
    """The same whether there is no such app or it is not shared with the visitor."""
    sentence = "There is no Streamlit app at this address, or no role of yours may open it."
    return _sentence("This app is not there for you", sentence, 404)


def stale_link() -> Response:
    return _sentence("This link leads nowhere", "It was used already, or is too old.", 400)


def _sentence(title: str, sentence: str, status: int) -> Response:
    """A page that says one thing, and leads back to the list."""
    body = joined(tag("p", sentence), _back())
    return page(title, body, kicker=f"{KICKER} · {status}", status=status, kind="refused", summary=sentence)


def _back(*before: Markup) -> Markup:
    return tag("div", *before, tag("a", "All Streamlit apps", href="/", class_="button"), class_="actions")
