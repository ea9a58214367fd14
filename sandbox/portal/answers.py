"""What the prober reads in the pages of Access and of the identity provider: links, forms, and what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Page:
    """The parts of a page that a visitor acts on; `summary` is its `description`."""

    summary: str
    links: tuple[str, ...]
    forms: tuple[str, ...]

    def provider_link(self, provider: str) -> str:
        """The link to a provider on the page that offers several; the first where that one is not offered."""
        offered = {parse_qs(urlsplit(link).query).get("idp", [""])[0]: link for link in self.links if "idp=" in link}
        return offered.get(provider) or next(iter(offered.values()), "")

    @property
    def login_form(self) -> str:
        """Where the login page of a provider sends its form; empty on any other page."""
        return next((form for form in self.forms if form.startswith("authorize?")), "")


def read_page(text: str) -> Page:
    """The page of a text; one that is no HTML has nothing in it."""
    reader = _Reader()
    reader.feed(text)
    return Page(reader.summary, tuple(reader.links), tuple(reader.forms))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.summary = ""
        self.links: list[str] = []
        self.forms: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "meta" and attributes.get("name") == "description":
            self.summary = attributes.get("content", "")
        elif tag == "a":
            self.links.append(attributes.get("href", ""))
        elif tag == "form":
            self.forms.append(attributes.get("action", ""))
