"""HTML from Python: every text is escaped, unless it was made here."""

from __future__ import annotations

from html import escape

_VOID = frozenset({"input", "meta", "link", "wbr"})


class Markup(str):
    """A text that is HTML already."""

    __slots__ = ()


Child = str | None


def joined(*children: Child) -> Markup:
    """One after the other."""
    return Markup("".join(one if isinstance(one, Markup) else escape(one) for one in children if one))


def breakable(address: str, sign: str = "/") -> Markup:
    """An address that may be broken before its slashes, or before another sign."""
    first, *rest = address.split(sign)
    return joined(first, *(joined(tag("wbr"), f"{sign}{one}") for one in rest))


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Markup:
    """An element. `class_` is `class`, `aria_label` is `aria-label`; True is a bare attribute, False and None none."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(f"<{name}{written}>" + ("" if name in _VOID else f"{joined(*children)}</{name}>"))
