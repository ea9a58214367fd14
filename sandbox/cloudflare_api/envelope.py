"""Answers in Cloudflare's envelope: results, pages of results, and refusals with their codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.cloudflare_api.document import Json

# Access answers most bad requests with this one code; the sentence carries the reason.
INVALID_ACCESS_REQUEST = 12130


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault of the program
    """The API says no: an HTTP status with one of Cloudflare's codes and a sentence."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Answer:
    """What a request comes to: a status, a result and, for lists, where the page stands."""

    result: object
    status: int = 200
    page: Json | None = None

    def envelope(self) -> Json:
        body: Json = {"success": True, "errors": [], "messages": [], "result": self.result}
        return body if self.page is None else {**body, "result_info": self.page}


def refusal_envelope(code: int, message: str) -> Json:
    """The body of a refused request; `result` is null as in reality, whatever the OpenAPI text says."""
    return {"success": False, "errors": [{"code": code, "message": message}], "messages": [], "result": None}


def invalid(message: str) -> Refusal:
    """The refusal of a bad Access request."""
    return Refusal(400, INVALID_ACCESS_REQUEST, f"access.api.error.invalid_request: {message}")


def page_of(rows: Sequence[object], query: Mapping[str, str], largest: int = 1000) -> Answer:
    """One page of a list, by `page` and `per_page`."""
    page = _positive(query.get("page"), 1)
    per_page = min(_positive(query.get("per_page"), 100), largest)
    chosen = list(rows[(page - 1) * per_page : page * per_page])
    place = {
        "page": page,
        "per_page": per_page,
        "count": len(chosen),
        "total_count": len(rows),
        "total_pages": -(-len(rows) // per_page),
    }
    return Answer(chosen, page=place)


def _positive(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdigit() and int(text) > 0 else default
