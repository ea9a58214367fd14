"""The keys of a team, kept between requests.

Access signs with a new key about every six weeks (developers.cloudflare.com/cloudflare-one, "Validate JWTs"), so an
unknown `kid` is a reason to ask again; but a flood of made-up ones must not become a flood of requests.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from streamlit_access.certs import CertsError, certs_url, fetch_certs
from streamlit_access.errors import AccessDeniedError

FRESH = 3600.0  # seconds for which a known key is not asked about again
USABLE = 86400.0  # seconds for which known keys still count while the endpoint does not answer
PAUSE = 5.0  # seconds between two requests, whatever comes

_log = logging.getLogger(__name__)


class AccessKeys:
    """The keys of one team by `kid`; safe to share between threads.

    They come from the team domain's certs endpoint, or from `url`, with `authority` as the PEM file of whom to trust.
    """

    def __init__(self, team_domain: str, url: str | None = None, authority: str | None = None) -> None:
        self._url = url or certs_url(team_domain)
        self._authority = authority
        self._known: Mapping[str, RSAPublicKey] = {}
        self._fetched = -USABLE
        self._asked = -USABLE
        self._failed = False
        self._lock = threading.Lock()

    def named(self, kid: str) -> RSAPublicKey | None:
        """The key of that id, or none. `AccessDeniedError` if it may exist, but the endpoint does not answer."""
        key = self._known.get(kid)
        if key is not None and self._age() < FRESH:
            return key
        # Others wait here for the one that asks, and find its answer.
        with self._lock:
            if self._is_due(kid):
                self._ask()
            key = self._known.get(kid)
            if self._age() >= USABLE or (key is None and self._failed):
                raise AccessDeniedError("keys-unreachable")
            return key

    def _is_due(self, kid: str) -> bool:
        is_known = kid in self._known and self._age() < FRESH
        return not is_known and time.monotonic() - self._asked >= PAUSE

    def _ask(self) -> None:
        self._asked = time.monotonic()
        try:
            self._known, self._failed = fetch_certs(self._url, self._authority), False
            self._fetched = time.monotonic()
        except CertsError as error:
            self._failed = True
            _log.warning("the keys of Access cannot be fetched: %s", error)

    def _age(self) -> float:
        return time.monotonic() - self._fetched
