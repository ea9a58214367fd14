"""The rows of an access review: one for each person, app and entry of `access`, alike stacks together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

from infra.access.entitlements import phrase
from infra.access.person import Person, is_member
from infra.diff.pairing import shown_address
from infra.estate import App, Department, Entry, Estate, InSnowflake
from infra.load import Project
from infra.problems import Span
from infra.roster import Roster, identities


@dataclass(frozen=True)
class Row:
    """Why somebody may enter an app. All is text, ready to be shown; `line` and `last` are the entry's lines, from 1.

    A department's row without a person stands for its members who are not in people.yaml.
    """

    person: str
    email: str
    department: str
    through: str
    app: str
    title: str
    address: str
    stacks: str
    conditions: str
    owner: str
    reason: str
    expires: str
    session: str
    line: int
    last: int

    @property
    def identity(self) -> tuple[str, ...]:
        """Who enters what: what an older row is compared with."""
        return self.person, self.email, self.department, self.app

    @property
    def terms(self) -> tuple[str, ...]:
        """By what, and how: all that matters of a row but where it is written."""
        return tuple(str(getattr(self, one.name)) for one in fields(self) if one.name not in ("line", "last", "title"))


def rows(project: Project, today: date) -> tuple[Row, ...]:
    """Every row of a project on a day, app by app. Entries that are over give none."""
    found: dict[Row, list[str]] = {}
    for stack, estate in project.estates.items():
        for row in _rows(estate, project.roster, today):
            found.setdefault(row, []).append(stack)
    every = [name for name, estate in project.estates.items() if estate.apps]
    named = ((row, "all" if stacks == every else ", ".join(stacks)) for row, stacks in found.items())
    return tuple(replace(row, stacks=stacks) for row, stacks in named)


def _rows(estate: Estate, roster: Roster | None, today: date) -> Iterator[Row]:
    people = tuple(_people(estate, roster))
    for app in estate.apps:
        for entry in app.access:
            if entry.holds_on(today) and entry.decision != "deny":
                yield from _of_entry(app, entry, people)
        for machine in app.machines:
            about = _about(app, "", "", "", None, [app.at["machines"]])
            yield replace(about, person=f"machine {machine.name}", through="service token", session="")


def _people(estate: Estate, roster: Roster | None) -> Iterator[tuple[str, Person]]:
    for email, entry in roster.people.items() if roster else ():
        for person in identities(email, entry, estate):
            yield str(entry.name or email), person


def _of_entry(app: App, entry: Entry, people: Iterable[tuple[str, Person]]) -> Iterator[Row]:
    conditions = [phrase(one) for one in entry.require] + [f"not {phrase(one)}" for one in entry.exclude]
    earlier = [one for one in app.access[: app.access.index(entry)] if one.decision == "deny"]
    conditions += ["unless denied above"] if earlier else []
    expires = str(entry.expires or "")
    about = _about(
        app, ", ".join(conditions), entry.reason or "", expires, entry.session, [entry.at.span, *entry.at.keys.values()]
    )
    if entry.decision == "bypass":
        yield replace(about, person="anybody", through="public, without a login", session="")
    for department in entry.departments:
        here = replace(about, department=department.name)
        for name, person in people:
            if is_member(person, department):
                yield replace(here, person=name, email=person.email, through=_through(app, department, person))
        yield replace(here, person="other members", through=_through(app, department, None))


def _about(app: App, conditions: str, reason: str, expires: str, session: str | None, at: Sequence[Span]) -> Row:
    lasting = "" if isinstance(app.home, InSnowflake) else session or app.session
    address = shown_address(app)
    # What ends at the start of a line does not reach into it.
    ends = (max(span.line, span.end_line - (span.end_column == 0)) for span in at)
    places = (at[0].line + 1, max(ends) + 1)
    return Row(
        "", "", "", "", app.name, app.title, address, "", conditions, app.owner.name, reason, expires, lasting, *places
    )


def _through(app: App, department: Department, person: Person | None) -> str:
    """What makes somebody a member, as the provider says it; in Snowflake the role."""
    if isinstance(app.home, InSnowflake):
        return f"role {department.snowflake_role}"
    ways = [f"group {one.name}" for one in department.groups if person is None or one.id in person.groups]
    claim = department.claim
    if claim and (person is None or (claim.name, claim.value) in person.claims):
        ways.append(f"{claim.name} {claim.value}")
    if person is None or person.email in department.emails:
        ways += department.emails if person is None else ["the address itself"]
    domains = [one for one in department.domains if person is None or person.email.endswith(f"@{one}")]
    return f"{department.provider.name}: {', '.join([*ways, *(f'@{one}' for one in domains)])}"
