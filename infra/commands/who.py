"""`gatehouse who`: who reaches what, for everything, an app, a department, a machine or a person."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from infra.access.entitlements import entitlements, entitlements_of, who_may_enter
from infra.access.person import Person, is_member
from infra.audit.verdicts import Judge, verdict
from infra.commands.answers import Answer, show
from infra.commands.why import Why
from infra.estate import App, Estate, Tunnelled
from infra.load import find_project, load_project
from infra.problems import ConfigError, Problem, did_you_mean
from infra.reach import command, where
from infra.roster import Roster, identities
from infra.why.subject import address_of, app_of, name_of, short_names


def who(start: Path, stacks: Sequence[str], today: date, subject: str | None, asked: str | None, form: str) -> int:
    """Print who reaches what, or why somebody does. Stacks that give the same answer are shown together."""
    project = load_project(find_project(start), stacks, today)
    estates = {name: estate for name, estate in project.estates.items() if estate.apps}
    if subject is not None and estates:
        subject = _known(subject, estates, project.roster)
    answers: dict[Answer, list[str]] = {}
    # Host names differ from stack to stack; without them, stacks that admit the same people share one table.
    where = in_full if len(estates) == 1 or form == "json" else in_short
    if subject is not None and asked is not None:
        for name, estate, app in _apps(subject, asked, estates):
            for answer in Why(estate, today, project.roster, app, asked, where(app)).answers(subject):
                answers.setdefault(answer, []).append(name)
    else:
        for name, estate in estates.items():
            answers.setdefault(_Question(estate, today, project.roster, where).answer(subject), []).append(name)
    show(answers, today, form)
    if not answers and form != "json":
        print(f"no apps in {', '.join(project.estates)}, as of {today}")
    return 0


def _apps(subject: str, asked: str, estates: Mapping[str, Estate]) -> list[tuple[str, Estate, App]]:
    """The app that is asked about, in each stack that has it."""
    names = dict.fromkeys(app.name for estate in estates.values() for app in estate.apps)
    found = [(name, estate, app) for name, estate in estates.items() if (app := app_of(asked, estate))]
    if subject in names:
        raise ConfigError([_an_app(subject, asked, swapped=not found)])
    if estates and not found:
        message = f"no app is called `{asked}` or answers there"
        raise ConfigError([Problem("unknown-subject", message, advice=did_you_mean(asked, names))])
    return found


def _an_app(subject: str, asked: str, *, swapped: bool) -> Problem:
    """Who is asked about is an app; perhaps it was meant as the second word."""
    message = f"`{subject}` is an app, and only people, departments and machines enter one"
    advice = [f"who may enter it: gatehouse who {subject}", f"why they may: gatehouse who WHO {shlex.quote(asked)}"]
    if swapped:
        advice = [f"did you mean `gatehouse who {shlex.quote(asked)} {subject}`?"]
    return Problem("unknown-subject", message, advice=tuple(advice))


def _known(subject: str, estates: Mapping[str, Estate], roster: Roster | None) -> str:
    """The name or address that is meant: what apps.yaml declares comes before people."""
    names: dict[str, None] = {}
    for estate in estates.values():
        for items in (estate.apps, estate.departments, estate.machines):
            names.update(dict.fromkeys(item.name for item in items))
    if subject in names:
        return subject
    app = name_of(subject, (app for estate in estates.values() for app in estate.apps))
    if app is not None:
        return app
    address = address_of(subject, roster)
    if address is None:
        message = f"`{subject}` is no app, department, machine or person here"
        names |= dict.fromkeys(short_names(roster))
        raise ConfigError([Problem("unknown-subject", message, advice=did_you_mean(subject, names))])
    return address


@dataclass(frozen=True)
class _Question:
    """What is asked of one stack; `where` says where people find an app."""

    estate: Estate
    today: date
    roster: Roster | None
    where: Callable[[App], str]

    def answer(self, subject: str | None) -> Answer:
        estate, today = self.estate, self.today
        if subject is None:
            every = tuple((app.name, self.where(app), who_may_enter(app, today)) for app in estate.apps)
            return Answer("everything", ("APP", "ADDRESS", "WHO MAY ENTER"), every)
        if "@" in subject:
            return self.about_person(subject)
        app = next((app for app in estate.apps if app.name == subject), None)
        if app is not None:
            rows = tuple((item.who, item.conditions or "always") for item in entitlements_of(app, today))
            sentence = f"`{app.name}` ({app.title}) at {self.where(app)}" + ("" if rows else ": nobody may enter")
            return Answer(sentence, ("WHO", "WHEN"), rows)
        mine = [item for item in entitlements(estate, today) if item.who == subject or item.kind == "anybody"]
        return self.reach(f"`{subject}`", [(item.app, item.who, item.conditions) for item in mine])

    def about_person(self, email: str) -> Answer:
        people = {address.lower(): entry for address, entry in self.roster.people.items()} if self.roster else {}
        entry = people.get(email.lower())
        everything = entitlements(self.estate, self.today)
        found = [(item.app, item.who, item.conditions) for item in everything if item.kind == "anybody"]
        through: list[str] = []
        for person in identities(email, entry, self.estate):
            through += sorted(item.name for item in self.estate.departments if is_member(person, item))
            found += self._let_in(person)
        about = f"{email} is in {', '.join(through) or 'no department'}"
        unknown = "" if entry else " (not in people.yaml, so only what the address itself says is known)"
        return self.reach(f"{about}{unknown} and", found)

    def _let_in(self, person: Person) -> Iterator[tuple[str, str, str]]:
        """What lets somebody in: app, department, and the circumstances under which it does."""
        for app in self.estate.apps:
            judge = Judge(app, self.estate, self.today)
            for entry in app.access:
                through = [item.name for item in entry.departments if is_member(person, item)]
                if not through or entry.decision != "allow" or not entry.holds_on(self.today):
                    continue
                decides = verdict(judge.person(person), entry).decides
                words = [] if decides == "always" else [decides.removeprefix("if ")]
                words += [f"until {entry.expires}"] if entry.expires else []
                if not decides.startswith("never"):
                    yield from ((app.name, name, ", ".join(words)) for name in through)

    def reach(self, about: str, found: Sequence[tuple[str, str, str]]) -> Answer:
        apps = {app.name: app for app in self.estate.apps}
        rows = tuple((name, self.where(apps[name]), who, conditions or "always") for name, who, conditions in found)
        reach = f"{len({row[0] for row in rows})} of {len(apps)} apps"
        return Answer(f"{about} reaches {reach}", ("APP", "ADDRESS", "AS", "WHEN"), rows)


def in_full(app: App) -> str:
    """Where people find an app."""
    return where(app.home)


def in_short(app: App) -> str:
    """The same without what differs between stacks."""
    if not isinstance(app.home, Tunnelled):
        return "Snowflake"
    return app.home.path or ("a host name of its own" if not command(app.home) else "cloudflared access")
