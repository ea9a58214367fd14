"""Signs with words: whatever a colour says is said by a sign and a word too."""

from __future__ import annotations

import re
from functools import cache

from infra.diff.access_map import Effect, Entrance, State
from infra.diff.changes import Verdict
from infra.report.page.markup import Markup, joined, tag
from infra.report.summary import WORDS

VERDICTS: dict[Verdict, str] = {
    "undecided": "?",
    "broadened": "▲",
    "both": "◆",
    "new": "+",
    "narrowed": "▼",
    "removed": "−",
    "equivalent": "=",
}
EFFECTS: dict[Effect, tuple[str, str]] = {
    "gains": ("+", "gains"),
    "loses": ("−", "loses"),
    "both": ("±", "gains and loses"),
    "in part": ("~", "in part"),
    "undecided": ("?", "undecided"),
    "same": ("~", "same people today"),
}

STATES: dict[State, str] = {"always": "always", "conditions": "under conditions", "nobody": "never"}

DRAWINGS = Markup(
    '<svg width="0" height="0" aria-hidden="true" class="unseen"><defs>'
    '<symbol id="nobody" viewBox="0 0 16 16"><circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" '
    'stroke-width="1.5"/></symbol>'
    '<symbol id="conditions" viewBox="0 0 16 16"><circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" '
    'stroke-width="1.5"/><path d="M8 2.5a5.5 5.5 0 0 0 0 11z" fill="currentColor"/></symbol>'
    '<symbol id="always" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.25" fill="currentColor"/></symbol>'
    "</defs></svg>"
)
"""Drawn once, so that all fonts show the same: an empty circle, a half of one, a full one."""


@cache
def badge(verdict: Verdict) -> Markup:
    return tag(
        "span",
        tag("span", VERDICTS[verdict], class_="sign", aria_hidden="true"),
        " ",
        WORDS.get(verdict, verdict),
        class_=f"badge {verdict}",
    )


@cache
def chip(effect: Effect) -> Markup:
    sign, word = EFFECTS[effect]
    return tag(
        "span",
        tag("span", sign, class_="sign", aria_hidden="true"),
        " ",
        word,
        class_=f"chip {effect.replace(' ', '-')}",
    )


@cache
def mark(state: State) -> Markup:
    return Markup(f'<svg class="mark {state}" aria-hidden="true"><use href="#{state}"/></svg>')


@cache
def entrance(one: Entrance) -> Markup:
    """How somebody enters, drawn and in words."""
    return joined(mark(one.state), tag("span", *_unbroken(one.when or STATES[one.state]), class_="words"))


def _unbroken(text: str) -> list[Markup]:
    """Dates stay in one piece."""
    parts = re.split(r"(\d{4}-\d\d-\d\d)", text)
    return [tag("span", part, class_="date") if number % 2 else joined(part) for number, part in enumerate(parts)]
