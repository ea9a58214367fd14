"""The two ways in which nobody is let in: the visitor's token does not count, or the app was set up wrongly."""

from __future__ import annotations

from typing import Literal

Reason = Literal[
    "no-token",
    "several-tokens",
    "not-a-token",
    "unknown-key",
    "not-signed-by-access",
    "wrong-team",
    "wrong-application",
    "expired",
    "not-yet-valid",
    "incomplete",
    "keys-unreachable",
]

# Shown to whoever asks, so nothing here repeats what they sent or how the app is set up.
SENTENCES: dict[Reason, str] = {
    "no-token": "This page was not opened through Cloudflare Access.",
    "several-tokens": "The request carries more than one Access token.",
    "not-a-token": "What was sent as Access token is not one.",
    "unknown-key": "The Access token is signed with a key that Cloudflare Access does not use.",
    "not-signed-by-access": "The Access token was not signed by Cloudflare Access.",
    "wrong-team": "The Access token comes from another organization.",
    "wrong-application": "The Access token was made for another application.",
    "expired": "Your sign-in has expired. Reload the page to sign in again.",
    "not-yet-valid": "The Access token is not valid yet.",
    "incomplete": "The Access token does not say whose it is.",
    "keys-unreachable": "Your sign-in cannot be checked right now. Try again in a minute.",
}


class AccessDeniedError(Exception):
    """Nobody could be verified. `reason` is a word for programs; the text is a sentence that is safe to show."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(SENTENCES[reason])
        self.reason: Reason = reason


class AccessSettingsError(Exception):
    """The app was started without what it needs for checking tokens. The text names the variable."""
