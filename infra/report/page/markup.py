"""HTML from Python: every text is escaped, unless it was made here."""

from __future__ import annotations

from html import escape

from infra.problems import visible

_VOID = frozenset({"br", "input", "link", "meta", "wbr"})


class Markup(str):
    """A text that is HTML already."""

    __slots__ = ()


Child = str | None


def joined(*children: Child) -> Markup:
    """One after the other. Signs that hide or turn around what is written are replaced, as on terminals."""
    return Markup("".join(one if isinstance(one, Markup) else escape(visible(one)) for one in children if one))


def tag(name: str, /, *children: Child, **attributes: str | bool | None) -> Markup:
    """An element. `class_` is `class`, `aria_label` is `aria-label`; True is a bare attribute, False and None none."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(visible(str(value)))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(f"<{name}{written}>" + ("" if name in _VOID else f"{joined(*children)}</{name}>"))


def breakable(text: str) -> Markup:
    """An address that may be broken before its slashes and dots."""
    parts = [joined(part) for part in text.replace("/", "\0/").replace(".", "\0.").split("\0") if part]
    return Markup(tag("wbr").join(parts))


def unseen(text: str) -> Markup:
    """For those who hear the page."""
    return tag("span", text, class_="unseen")
