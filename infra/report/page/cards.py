"""What there is to say of each app: who gains, who loses, when, who that is, and an example."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

from infra.diff.changes import AppChange
from infra.diff.delta import Delta
from infra.diff.estates import Diff
from infra.diff.subjects import Row
from infra.problems import Span, count
from infra.report.page.markup import Markup, breakable, joined, tag
from infra.report.page.signs import badge, chip
from infra.report.summary import Item, facts, items, lapses, stacks_of

FEW = 8
"""This many people are named at once, more of them when they are asked for."""

Link = Callable[[Span], Markup]


def cards(diff: Diff, link: Link) -> Markup | None:
    """An article for each app, those that let people in first."""
    found = items(diff)
    if not found:
        return None
    return tag(
        "section",
        tag("h2", "Who gains and who loses", id="changes"),
        tag("div", *(_card(diff, item, link) for item in found), class_="cards"),
        aria_labelledby="changes",
    )


def _card(diff: Diff, item: Item, link: Link) -> Markup:
    change = item.change
    where = stacks_of(diff, item.stacks)
    about = [
        tag("code", change.app),
        tag("span", breakable(change.address)),
        tag("span", "owned by ", change.owner),
        link(change.span),
        tag("span", "in ", where) if where else None,
    ]
    return tag(
        "article",
        tag("header", tag("h3", change.title), badge(change.verdict)),
        tag("p", *about, class_="about"),
        *(_delta(diff, change, delta, gains=True) for delta in change.gained),
        *(_delta(diff, change, delta, gains=False) for delta in change.lost),
        tag("ul", *(tag("li", note) for note in change.notes), class_="notes") if change.notes else None,
        class_="card",
    )


def _delta(diff: Diff, change: AppChange, delta: Delta, *, gains: bool) -> Markup:
    effect = "gains" if gains else "loses"
    return tag(
        "div",
        tag("div", chip("gains" if gains else "loses"), class_="what"),
        tag(
            "div",
            tag("p", "At ", breakable(delta.at)) if delta.at else None,
            tag("ul", *map(row, delta.rows), class_="rows"),
            *_more(diff, change, delta, gains),
        ),
        class_=f"delta {effect}",
    )


def row(one: Row) -> Markup:
    """Some of those who gain, or lose, with when."""
    who = f"machine {one.who}" if one.kind == "machine" else one.who
    return tag(
        "li",
        "some of " if one.partly else None,
        tag("strong", who),
        tag(
            "span", ", without a login" if one.kind == "anybody" else None, f": {one.when}" if one.when else ": always"
        ),
    )


def _more(diff: Diff, change: AppChange, delta: Delta, gains: bool) -> Iterator[Markup]:
    if delta.people:
        yield _people(diff, delta.people)
    yield tag("p", tag("span", "For example ", class_="soft"), str(delta.witness), class_="example")
    if delta.unstated:
        yield tag("p", tag("strong", "Not stated: "), str(delta.unstated), class_="unstated")
    if not gains and change.session:
        yield tag("p", "Open sessions last up to ", change.session, ".", class_="soft")
    if not delta.at and change.verdict != "removed":
        test = delta.witness.as_test("never" if gains else "must", change.app)
        yield tag(
            "details",
            tag("summary", "As a test that refuses this"),
            tag("pre", f"tests:\n{_indented(test)}"),
            class_="test",
        )


def _people(diff: Diff, people: tuple[str, ...]) -> Markup:
    number = count(len(people), "person", "people")
    named = [tag("li", diff.names.get(email, email), title=email) for email in people]
    said = tag("ul", *named, class_="people")
    if len(people) <= FEW:
        return tag("div", tag("span", number, " of people.yaml: ", class_="soft"), said, class_="known")
    return tag("details", tag("summary", number, " of people.yaml"), said)


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.split("\n"))


def beside(diff: Diff, link: Link) -> Iterator[Markup]:
    """What changes beside who may enter, and what ends by itself."""
    found = list(facts(diff))
    if found:
        groups = [
            tag(
                "li",
                tag("strong", kind[0].upper(), kind[1:]),
                tag("ul", *(_fact(fact.appears, fact.text, stacks_of(diff, stacks)) for fact, stacks in group)),
            )
            for kind, group in groupby(found, key=lambda pair: pair[0].kind)
        ]
        yield tag(
            "section",
            tag("h2", "What else changes", id="beside"),
            tag("ul", *groups, class_="facts card"),
            aria_labelledby="beside",
        )
    soon = list(lapses(diff))
    if soon:
        lines = [
            tag(
                "li",
                tag(
                    "p",
                    tag("strong", f"After {lapse.day}"),
                    " ",
                    lapse.change.title,
                    " ",
                    tag("small", link(lapse.change.span)),
                ),
                *(_ends("gains", delta) for delta in lapse.change.gained),
                *(_ends("loses", delta) for delta in lapse.change.lost),
                tag("p", "in ", stacks_of(diff, stacks), class_="soft") if stacks_of(diff, stacks) else None,
            )
            for lapse, stacks in soon
        ]
        yield tag(
            "section",
            tag("h2", "Lapses within 14 days", id="lapses"),
            tag("p", "What begins or ends by itself, if nobody does anything.", class_="soft"),
            tag("ul", *lines, class_="lapses card"),
            aria_labelledby="lapses",
        )


def _ends(effect: str, delta: Delta) -> Markup:
    why = tag("span", "A denial or an exclusion ends.", class_="soft") if effect == "gains" else None
    return tag("div", chip("gains" if effect == "gains" else "loses"), tag("span", str(delta)), why, class_="ends")


def _fact(appears: bool, text: str, where: str) -> Markup:
    sign, word = ("+", "new: ") if appears else ("−", "gone: ")
    return tag(
        "li",
        tag("span", sign, class_="sign", aria_hidden="true"),
        tag("span", joined(tag("span", word, class_="unseen"), breakable(text)), f" ({where})" if where else None),
        class_="appears" if appears else "goes",
    )
