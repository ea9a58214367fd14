"""The edge's own error pages, with Cloudflare's numbers."""

from __future__ import annotations

from html import escape

from starlette.responses import Response

from sandbox.front.look import page

_NUMBERED = {
    1014: (
        "CNAME cross-user banned",
        "The name points to a tunnel of another account.",
        "Create the tunnel in the account that owns the zone.",
    ),
    1016: (
        "Origin DNS error",
        "No proxied CNAME record leads from this name to a tunnel.",
        "Run `sandbox up`, and see whether the program still makes this host.",
    ),
    1033: (
        "Cloudflare Tunnel error",
        "The tunnel of this host has no connector right now.",
        "Start the connector: `sandbox status` says whether it runs.",
    ),
}


def numbered(error: int, host: str, ray: str) -> Response:
    """A 530 page with one of Cloudflare's numbers."""
    title, sentence, advice = _NUMBERED[error]
    return _page(f"Error {error}: {title}", sentence, advice, f"530 · {error}", host, ray, 530)


def bad_gateway(host: str, ray: str) -> Response:
    """The connection to the origin broke."""
    sentence = "The connector lost its connection while it carried this request. Nothing was sent a second time."
    return _page("Bad gateway", sentence, "Try again in a moment.", "502", host, ray, 502)


def origin_down(host: str, ray: str) -> Response:
    """The connector is there, the application behind it is not."""
    sentence = "The connector could not reach the application behind this host."
    return _page("Bad gateway", sentence, "See whether the application runs: `sandbox status`.", "502", host, ray, 502)


def _page(title: str, sentence: str, advice: str, kicker: str, host: str, ray: str, status: int) -> Response:
    body = f"<p>{escape(sentence)}</p><p>{_code(advice)}</p><dl><dt>Host</dt><dd>{escape(host)}</dd></dl>"
    told = {"kicker": f"Edge · {kicker}", "footer": f"Ray {ray}", "summary": sentence}
    return page(title, body, **told, status=status, kind="refused")


def _code(text: str) -> str:
    """Backquotes as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
