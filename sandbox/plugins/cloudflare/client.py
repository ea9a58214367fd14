"""Requests to the Cloudflare API through the official client, with the official provider's patience."""

from __future__ import annotations

import ipaddress
import random
import threading
from collections.abc import Mapping
from urllib.parse import urlsplit

import cloudflare
import httpx

from sandbox.plugins.service import NothingDoneError, UnknownOutcomeError

RETRIES = 10
_RETRIED = (408, 409, 429)
_LONGEST_PAUSE = 8.0


class RefusedError(NothingDoneError):
    """The API answered that it will not do it; `status` says how."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class UnansweredError(UnknownOutcomeError):
    """A request was sent and no answer came: whether the API acted is not known."""


class AddressError(Exception):
    """The address is not one that a stand-in may talk to."""


def checked_address(base_url: str) -> str:
    """The address, if it is on this machine; stand-ins never talk to anybody else."""
    if not base_url:
        raise AddressError("no address is set: `sandbox env` prints the CLOUDFLARE_BASE_URL of the local API")
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    try:
        on_this_machine = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        on_this_machine = False
    if parts.scheme not in ("http", "https") or not on_this_machine:
        raise AddressError(
            f"`{base_url}` is not on this machine: the provider stand-in only talks to the local API; "
            "install the official plugin (`pulumi plugin install resource cloudflare`) for a real account"
        )
    return base_url.rstrip("/") + "/"


class Client:
    """One connection pool to the API, used by all operations at once."""

    def __init__(self, base_url: str, api_token: str, retries: int = RETRIES) -> None:
        # The environment's proxies are for the world outside; connections idle for long may be half closed.
        limits = httpx.Limits(max_connections=32, max_keepalive_connections=32, keepalive_expiry=2.0)
        pool = httpx.Client(limits=limits, trust_env=False, timeout=60.0)
        self._api = cloudflare.Cloudflare(
            api_token=api_token, base_url=checked_address(base_url), max_retries=0, http_client=pool
        )
        # The client picks credentials up from the environment too; only the given token may be sent.
        self._api.api_key = self._api.api_email = self._api.user_service_key = None
        self._retries = retries
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Wait no longer before another try."""
        self._cancelled.set()

    def close(self) -> None:
        """Give the connections back."""
        self._api.close()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> object:
        """The `result` of a GET."""
        return self.request("GET", path, query=query)

    def request(self, method: str, path: str, json: object = None, query: Mapping[str, str] | None = None) -> object:
        """The `result` of a request, tried again where that cannot do a thing twice."""
        for attempt in range(self._retries + 1):
            last = attempt == self._retries or self._cancelled.is_set()
            try:
                return self._once(method, path, json, query)
            except cloudflare.APIStatusError as error:
                status = error.status_code
                if last or not (status in _RETRIED or status >= 500):
                    raise RefusedError(status, _told(method, path, error)) from error
                self._pause(attempt, error.response.headers.get("retry-after"))
            except cloudflare.APIConnectionError as error:
                # The official provider sends a POST again too, and so may create a thing twice; we stop instead.
                if method == "POST" and not isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout):
                    raise UnansweredError(f"{method} {path}: the connection was lost before an answer came") from error
                if last:
                    raise UnansweredError(f"{method} {path}: {error.__cause__ or error}") from error
                self._pause(attempt, None)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, method: str, path: str, json: object, query: Mapping[str, str] | None) -> object:
        options = cloudflare.RequestOptions(params=dict(query or {}))
        if method == "GET":
            answer = self._api.get(path, cast_to=httpx.Response, options=options)
        elif method == "POST":
            answer = self._api.post(path, cast_to=httpx.Response, body=json, options=options)
        elif method == "PUT":
            answer = self._api.put(path, cast_to=httpx.Response, body=json, options=options)
        elif method == "PATCH":
            answer = self._api.patch(path, cast_to=httpx.Response, body=json, options=options)
        else:
            answer = self._api.delete(path, cast_to=httpx.Response, options=options)
        document = answer.json() if answer.content else {}
        return document.get("result") if isinstance(document, dict) else None

    def _pause(self, attempt: int, retry_after: str | None) -> None:
        pause = min(_LONGEST_PAUSE, 0.5 * 2**attempt) * (1 - random.random() / 4)  # noqa: S311 # not a secret
        if retry_after and retry_after.isdigit():
            pause = float(retry_after)
        self._cancelled.wait(pause)


def _told(method: str, path: str, error: cloudflare.APIStatusError) -> str:
    body = error.body
    listed = body.get("errors") if isinstance(body, dict) else None
    sentences = [
        f"{item.get('message', '')} (code {item.get('code', '?')})"
        for item in (listed if isinstance(listed, list) else [])
        if isinstance(item, dict)
    ]
    return f"{method} {path}: {error.status_code} {'; '.join(sentences) or error.response.reason_phrase}"
