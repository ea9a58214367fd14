"""What `tests` say, one claim at a time: one entry, one app."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from infra.estate import App, Department, Estate
from infra.problems import Span
from infra.schema.expectations import Expectation, Who
from infra.schema.words import TAG
from infra.shapes import Word

Verb = Literal["may", "must", "never", "reach", "no_public", "mfa_everywhere"]

GLOBAL: tuple[Verb, ...] = ("no_public", "mfa_everywhere")


@dataclass(frozen=True)
class Claim:
    """One statement of an entry of `tests` about one app. `span` is where the app, or its tag, is named."""

    number: int
    test: Expectation
    verb: Verb
    app: str
    span: Span

    @property
    def key(self) -> tuple[int, Verb, str]:
        """What tells it from all others of the file."""
        return self.number, self.verb, self.app


def claims(tests: Iterable[Expectation], apps: Iterable[App]) -> Iterator[Claim]:
    """All that is said about some apps, in the order of the file. What names an app that is not there says nothing."""
    known = {app.name: app for app in apps}
    tagged = by_tag(known.values())
    for number, test in enumerate(tests):
        for verb, words in test.claims:
            named: dict[str, Word] = {}
            for word in words:
                for app in meant(word, known, tagged):
                    named.setdefault(app, word)
            for app, word in named.items():
                yield Claim(number, test, cast("Verb", verb), app, word.span)
        spared = {app for word in test.except_ for app in meant(word, known, tagged)}
        for verb in GLOBAL:
            if getattr(test, verb):
                yield from (Claim(number, test, verb, app, test.at[verb]) for app in known if app not in spared)


def named(asked: Iterable[Claim], departments: Mapping[str, Department]) -> Iterator[Department]:
    """The departments that claims speak of."""
    for claim in asked:
        for name in (*(claim.test.who.department if claim.test.who else ()), *claim.test.only):
            if name in departments:
                yield departments[name]


def by_tag(apps: Iterable[App]) -> dict[str, tuple[str, ...]]:
    """The names of the apps with each tag."""
    found: dict[str, tuple[str, ...]] = {}
    for app in apps:
        for tag in dict.fromkeys(app.tags):
            found[tag] = (*found.get(tag, ()), app.name)
    return found


def meant(word: str, apps: Mapping[str, App], tagged: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The apps that a word stands for."""
    if word.startswith(TAG):
        return tagged.get(word.removeprefix(TAG), ())
    return (word,) if word in apps else ()


def untested(estates: Iterable[Estate]) -> tuple[App, ...]:
    """The apps that no test names, itself or by a tag. What is said about all apps alike does not count."""
    several = list(estates)
    apps = {app.name: app for estate in several for app in estate.apps}
    tests = next((estate.tests for estate in several), ())
    named = {claim.app for claim in claims(tests, apps.values()) if claim.verb not in GLOBAL}
    return tuple(app for name, app in apps.items() if name not in named)


def sentence(test: Expectation) -> str:
    """An entry in words: `sales never reach campaigns`."""
    if test.only:
        return f"nobody but {listed(test.only)} reaches {listed(test.reach)}"
    if test.who is None:
        said = "nobody enters without signing in" if test.no_public else "nobody enters without a second factor"
        return f"{said}, except to {listed(test.except_)}" if test.except_ else said
    never = f"never {'reaches' if is_one(test.who) else 'reach'}"
    parts = [
        f"{never if verb == 'never' else f'{verb} reach'} {listed(words)}"
        for verb, words in test.claims
        if verb != "reach"
    ]
    because = f", by an entry with the reason `{test.reason}`" if test.reason else ""
    return f"{called(test.who)} {', and '.join(parts)}{because}"


def called(who: Who) -> str:
    """The people of a test in words."""
    words = [f"machine {who.machine}"] if who.machine else ["anybody without a login"] if who.anybody else []
    words += [str(who.email)] if who.email else []
    words += [f"{'in ' if who.email else ''}{' and '.join(who.department)}"] if who.department else []
    words = words or ["people"]
    words += [f"signed in with {who.provider}"] if who.provider else []
    words += [] if who.mfa is None else ["with a second factor" if who.mfa else "without a second factor"]
    words += [f"in {who.country}"] if who.country else []
    words += [f"from {who.ip}"] if who.ip else []
    words += [f"on {' and '.join(who.device)}"] if who.device else []
    words += [f"not on {' or '.join(who.without_device)}"] if who.without_device else []
    return " ".join(words)


def is_one(who: Who) -> bool:
    """Whether these people are called by a singular."""
    return bool(who.machine or who.anybody or who.email)


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
