"""One visitor on the way to one app in Snowflake, as a browser goes there: the app, the login, and back.

The way ends at the door of the app, where Snowflake leads on to it or says that nothing is there: behind it a process
would start for every visitor. What comes back is judged by the answer alone: no grant is read here.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx

from sandbox.portal.cells import App, Verdict, Visitor

_PAGE = {"accept": "text/html"}


async def visit_snowflake(client: httpx.AsyncClient, visitor: Visitor, app: App) -> tuple[Verdict, int, str]:
    """The verdict, the last HTTP status, and why."""
    door = app.url.rstrip("/")
    answer = await client.get(door, headers=_PAGE)
    asked = httpx.URL(door).join(answer.headers.get("location", ""))
    if asked.path == "/login" and visitor.kind == "person":
        back = parse_qs(asked.query.decode()).get("back", [""])[0]
        origin = {"origin": "{0.scheme}://{0.netloc}".format(urlsplit(door))}
        form = {"person": visitor.person, "back": back}
        answer = await client.post(asked.copy_with(query=None), data=form, headers={**_PAGE, **origin})
        if not answer.is_redirect:
            return "refused", answer.status_code, f"Snowflake has no user {visitor.person}."
        answer = await client.get(asked.join(answer.headers["location"]), headers=_PAGE)
    return _judged(answer, visitor, app)


def _judged(answer: httpx.Response, visitor: Visitor, app: App) -> tuple[Verdict, int, str]:
    status = answer.status_code
    if answer.is_redirect and answer.headers.get("location", "").partition("?")[0] == "/login":
        return "wall", status, "Snowflake asks who you are."
    if answer.is_redirect:
        return "entered", status, f"Snowflake leads {visitor.name} on to {app.title}; the visit ends at its door."
    if status == 404:
        return "refused", status, f"Snowflake says that nothing is there for {visitor.name}."
    return "down", status, f"Snowflake answered {status}."
