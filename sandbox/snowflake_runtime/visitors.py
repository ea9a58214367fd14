"""Who is logged in at the viewer: a cookie that says nothing, and behind it a user of the account."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict

from starlette.requests import HTTPConnection
from starlette.responses import Response

from sandbox.front import cookies
from sandbox.snowflake_api.apps import Apps, User

_LIFETIME = 12 * 3600.0
_MOST = 10_000


class Visitors:
    """Sessions of browsers, for as long as this program runs."""

    def __init__(self, apps: Apps) -> None:
        self._apps = apps
        self._sessions: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def named(self, name: str) -> User | None:
        """A user by name, display name or address."""
        wanted = name.casefold()
        known = {one: (one.name, one.display_name, one.email) for one in self._apps.users()}
        return next((one for one, names in known.items() if wanted in map(str.casefold, filter(None, names))), None)

    def user(self, visit: HTTPConnection) -> User | None:
        """Who a browser is logged in as, as long as the account has that user."""
        for value in cookies.values(visit.headers.getlist("cookie"), cookie_name(visit)):
            ends, name = self._sessions.get(value, (0.0, ""))
            if time.monotonic() < ends:
                return next((one for one in self._apps.users() if one.name == name), None)
        return None

    def log_in(self, visit: HTTPConnection, user: User, answer: Response) -> Response:
        """Begin a session with an answer."""
        value = secrets.token_urlsafe(32)
        self._sessions[value] = (time.monotonic() + _LIFETIME, user.name)
        while len(self._sessions) > _MOST:
            self._sessions.popitem(last=False)
        answer.set_cookie(cookie_name(visit), value, max_age=int(_LIFETIME), httponly=True, samesite="lax")
        return answer

    def log_out(self, visit: HTTPConnection, answer: Response) -> Response:
        """End the session of a browser."""
        for value in cookies.values(visit.headers.getlist("cookie"), cookie_name(visit)):
            self._sessions.pop(value, None)
        answer.delete_cookie(cookie_name(visit), httponly=True, samesite="lax")
        return answer


def cookie_name(visit: HTTPConnection) -> str:
    """The cookie of this sandbox: browsers do not tell ports apart."""
    return f"snowflake_{visit.scope['server'][1]}"


def foreign_cookies(visit: HTTPConnection) -> str:
    """The cookies that are the app's own; with ours it could open other apps as its visitor."""
    pairs = cookies.pairs(visit.headers.getlist("cookie"))
    return "; ".join(f"{name}={value}" for name, value in pairs if name != cookie_name(visit))
