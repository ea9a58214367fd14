"""One visitor on the way to one app, by the requests that a browser would send.

    app → login redirect → (choice of a provider) → login page → form → callback → app

What comes back is judged by the answer alone: nothing here reads a policy.
"""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import httpx

from sandbox.front.carriage import ANSWERED_BY
from sandbox.portal.answers import Page, read_page
from sandbox.portal.cells import App, Cell, Verdict, Visitor
from sandbox.portal.snowflake_visit import visit_snowflake

_MOST_STEPS = 15
_LOGOUT = "/cdn-cgi/access/logout"


async def visit(door: httpx.AsyncBaseTransport, visitor: Visitor, app: App) -> Cell:
    """Go to the app with an empty cookie jar and log in where asked; the session is ended again."""
    begun = time.monotonic()
    try:
        if app.place == "snowflake":
            async with httpx.AsyncClient(trust_env=False, timeout=20) as beside:
                verdict, status, reason = await visit_snowflake(beside, visitor, app)
        else:
            # The client is not closed, since the door is not its own.
            verdict, status, reason = await _Way(httpx.AsyncClient(transport=door, timeout=20), visitor).to(app)
    except httpx.HTTPError as error:
        verdict, status, reason = "down", 0, f"No answer: {error or type(error).__name__}"
    return Cell(visitor.id, app.id, verdict, status, reason, time.monotonic() - begun)


class _Way:
    """A browser of one visit: follows redirects of the edge, and reads its pages, but none of the app's."""

    def __init__(self, client: httpx.AsyncClient, visitor: Visitor) -> None:
        self._client = client
        self._visitor = visitor
        self._callback = ""

    async def to(self, app: App) -> tuple[Verdict, int, str]:
        answer = await self._first(app)
        page = _read(answer)
        if self._visitor.kind == "person":
            if link := page.provider_link(self._visitor.provider):
                answer = await self._followed(self._client.build_request("GET", answer.url.join(link)))
                page = _read(answer)
            if page.login_form:
                chosen = {"person": self._visitor.person}
                form = self._client.build_request("POST", answer.url.join(page.login_form), data=chosen)
                answer = await self._followed(form)
                page = _read(answer)
        await self._log_out()
        return _judged(answer, page)

    async def _first(self, app: App) -> httpx.Response:
        if self._visitor.kind == "machine":
            own_id, secret = self._visitor.credentials
            credentials = {"CF-Access-Client-Id": own_id, "CF-Access-Client-Secret": secret}
            # A program sends its credentials to the app and to nobody else.
            return await self._sent(self._client.build_request("GET", app.url, headers=credentials))
        return await self._followed(self._client.build_request("GET", app.url))

    async def _followed(self, request: httpx.Request) -> httpx.Response:
        for _ in range(_MOST_STEPS):
            answer = await self._sent(request)
            if answer.next_request is None or ANSWERED_BY in answer.headers:
                return answer
            request = answer.next_request
            if request.url.path.endswith("/access/callback"):
                self._callback = str(request.url)
        raise httpx.TooManyRedirects(f"more than {_MOST_STEPS} redirects", request=request)

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        answer = await self._client.send(request, stream=True)
        # What the app says is nobody's business here, and it may never end.
        await (answer.aclose() if ANSWERED_BY in answer.headers else answer.aread())
        return answer

    async def _log_out(self) -> None:
        """End the session that the visit has begun, as a person who leaves would."""
        if self._callback:
            await self._sent(self._client.build_request("GET", httpx.URL(self._callback).join(_LOGOUT)))


def _read(answer: httpx.Response) -> Page:
    return read_page("" if ANSWERED_BY in answer.headers else answer.text)


def _judged(answer: httpx.Response, page: Page) -> tuple[Verdict, int, str]:
    status, by = answer.status_code, answer.headers.get(ANSWERED_BY, "")
    host = urlsplit(str(answer.url)).hostname
    if by in ("origin", "edge"):
        return "entered", status, f"The app behind {host} answered."
    if by:
        verdict: Verdict = "refused" if status == 403 else "down"
        return verdict, status, f"The connector answered in the place of the app behind {host}."
    if status >= 500:
        return "down", status, page.summary or f"The edge answered {status}."
    if status >= 400:
        return "refused", status, page.summary or f"Access answered {status}."
    return "wall", status, page.summary or f"Access asks for a login at {host}."
