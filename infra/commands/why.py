"""`gatehouse who SUBJECT APP`: why somebody enters an app, or does not, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from infra.access.person import Person, is_member
from infra.commands.answers import Answer
from infra.estate import App, Department, Estate, InSnowflake, Machine
from infra.logic import TooLargeError
from infra.roster import Roster, identities
from infra.why.explain import Explainer, Explanation
from infra.why.granted import explain

HEADER = ("PLACE", "ENTRY", "MATCHES", "DECIDES")


@dataclass(frozen=True)
class Why:
    """One subject and one app of a stack; `written` is how the app was asked for, `place` where it is found."""

    estate: Estate
    today: date
    roster: Roster | None
    app: App
    written: str
    place: str

    def answers(self, subject: str) -> Iterator[Answer]:
        """One for each identity that the subject can have. An app with too many rules is answered by none of them."""
        try:
            yield from (self._answer(who, explanation) for who, explanation in dict.fromkeys(self._asked(subject)))
        except TooLargeError as error:
            sentence = f"whether {subject} enters `{self.app.name}` is undecided: {error}"
            yield Answer(sentence, HEADER, (), "undecided")

    def _answer(self, who: str, explanation: Explanation) -> Answer:
        when, app = explanation.when, f"`{self.app.name}` at {self.place}"
        if self.written != self.place and self.written.casefold() not in (self.app.name, self.app.title.casefold()):
            app = f"`{self.app.name}`, which answers at {self.written},"
        verdict = f"enters {app} {when}" if when.startswith("if ") else f"{when} enters {app}".rstrip(",")
        note = f"; {explanation.note}" if explanation.note else ""
        rows = [(step.rule.at, step.rule.says, step.matches, step.decides) for step in explanation.steps]
        if explanation.undecided:
            rows.append((str(self.app.span), "no entry", "otherwise", "turns away"))
        return Answer(f"{who} {verdict}{note}", HEADER, tuple(rows), when)

    def _asked(self, subject: str) -> Iterator[tuple[str, Explanation]]:
        machine = next((item for item in self.estate.machines if item.name == subject), None)
        department = next((item for item in self.estate.departments if item.name == subject), None)
        if machine:
            yield f"machine {subject}", self._machine(machine)
        elif department:
            who = f"a member of {subject} alone"
            yield from ((who, explanation) for explanation in self._department(department))
        else:
            yield from self._people(subject)

    def _people(self, email: str) -> Iterator[tuple[str, Explanation]]:
        people = {address.lower(): entry for address, entry in self.roster.people.items()} if self.roster else {}
        entry = people.get(email.lower())
        known = identities(email, entry, self.estate)
        unknown = "" if entry else "; not in people.yaml, so known by the address only"
        default = self.estate.default_provider or next(iter(self.estate.providers), None)
        if not known and default:
            known = (Person(default.name, email.lower()),)
        for person in known:
            names = [item.name for item in self.estate.departments if is_member(person, item)]
            who = f"{email} ({', '.join(names) or 'no department'}; logged in with `{person.provider}`{unknown})"
            yield who, self._person(person)

    def _person(self, person: Person) -> Explanation:
        if isinstance(self.app.home, InSnowflake):
            return self._granted([item for item in self.estate.departments if is_member(person, item)])
        return self._explainer.person(person)

    def _machine(self, machine: Machine) -> Explanation:
        return self._granted([]) if isinstance(self.app.home, InSnowflake) else self._explainer.machine(machine)

    def _department(self, department: Department) -> Iterator[Explanation]:
        if isinstance(self.app.home, InSnowflake):
            yield self._granted([department])
        else:
            yield from self._explainer.department(department)

    def _granted(self, mine: list[Department]) -> Explanation:
        assert isinstance(self.app.home, InSnowflake)  # noqa: S101 - asked by the callers
        return explain(self.app, self.app.home, self.estate, self.today, mine)

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self.app, self.estate, self.today)
