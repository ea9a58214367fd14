"""The rows of an access review: one for each person, app and entry of `access`, alike stacks together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from infra.access.person import Person, is_member
from infra.audit.verdicts import Judge, Verdict, verdict
from infra.diff.pairing import shown_address
from infra.estate import App, Department, Emails, Entry, Estate, InSnowflake, Machine
from infra.roster import Roster, identities
from infra.shapes import Place
from infra.why.entries import says
from infra.why.explain import Explanation

OTHERS = "other members"


@dataclass(frozen=True)
class Row:
    """What one entry means for somebody. All is text, ready to be shown.

    `enters` is about the app as a whole, `decides` about the entry, which is said in `policy`; `denials` are the lines
    and words of those above it that turn somebody away. `line` is where the entry begins, and `lines` are all that the
    row depends on, from 1. Without a name somebody is not in people.yaml; without an address it is a machine, anybody,
    or the other members.
    """

    app: str
    title: str
    address: str
    owner: str
    person: str = ""
    email: str = ""
    department: str = ""
    through: str = ""
    enters: str = ""
    policy: str = ""
    decides: str = ""
    denials: tuple[tuple[int, str], ...] = ()
    reason: str = ""
    expires: str = ""
    session: str = ""
    line: int = 0
    lines: frozenset[int] = frozenset()
    stacks: tuple[str, ...] = ()

    @property
    def who(self) -> str:
        """Somebody, whatever they are called."""
        return self.email or (f"{OTHERS} of {self.department}" if self.person == OTHERS else self.person)

    @property
    def is_in(self) -> bool:
        """Whether somebody enters at all, or it is not known that they do not."""
        return self.enters != "never"


def rows(estates: dict[str, Estate], roster: Roster | None, today: date) -> tuple[Row, ...]:
    """Every row on a day, app by app. Entries that are over give none, and denials none of their own.

    Stacks whose rows differ in address or role only share them.
    """
    found: dict[Row, list[tuple[str, Row]]] = {}
    for stack, estate in estates.items():
        for row in _rows(estate, roster, today):
            found.setdefault(replace(row, address="", through=""), []).append((stack, row))
    order = list(dict.fromkeys(row.app for row in found))
    merged = (_merged(row, stacks) for row, stacks in found.items())
    return tuple(sorted(merged, key=lambda row: order.index(row.app)))


def _merged(row: Row, stacks: Sequence[tuple[str, Row]]) -> Row:
    addresses, throughs = (dict.fromkeys(getattr(one, name) for _, one in stacks) for name in ("address", "through"))
    names = tuple(dict.fromkeys(stack for stack, _ in stacks))
    return replace(row, address=", ".join(addresses), through="; ".join(throughs), stacks=names)


def _rows(estate: Estate, roster: Roster | None, today: date) -> Iterator[Row]:
    listed = tuple(_listed(estate, roster))
    for app in estate.apps:
        people = (*listed, *_named(app, estate, roster))
        judge = Judge(app, estate, today)
        for entry in app.access:
            if entry.holds_on(today) and entry.decision != "deny":
                yield from _of_entry(judge, entry, people)
        for machine in app.machines if not isinstance(app.home, InSnowflake) else ():
            yield _of_machine(app, machine, judge.machine(machine))
        yield from _owners(app)


def _listed(estate: Estate, roster: Roster | None) -> Iterator[tuple[str, Person]]:
    """Everybody of people.yaml, then whoever a department names and it does not."""
    for email, entry in roster.people.items() if roster else ():
        for person in identities(email, entry, estate):
            yield str(entry.name or email), person
    yield from _strangers(estate, roster, (email for item in estate.departments for email in item.emails))


def _named(app: App, estate: Estate, roster: Roster | None) -> Iterator[tuple[str, Person]]:
    """Whom the conditions of an app name, and nothing else does."""
    asked = (one for entry in app.access for one in (*entry.require, *entry.exclude) if isinstance(one, Emails))
    known = {email for item in estate.departments for email in item.emails}
    yield from _strangers(estate, roster, (email for one in asked for email in one.addresses if email not in known))


def _strangers(estate: Estate, roster: Roster | None, emails: Iterable[str]) -> Iterator[tuple[str, Person]]:
    listed = {email.lower() for email in roster.people} if roster else set()
    for email in dict.fromkeys(emails):
        if email not in listed:
            yield from (("", person) for person in identities(email, None, estate))


def _of_entry(judge: Judge, entry: Entry, people: Sequence[tuple[str, Person]]) -> Iterator[Row]:
    app = judge.app
    about = replace(
        _about(app),
        policy=says(entry),
        reason=entry.reason or "",
        expires=str(entry.expires or ""),
        session="" if isinstance(app.home, InSnowflake) or entry.decision == "bypass" else entry.session,
        line=entry.at.span.line + 1,
        lines=_lines(entry.at),
    )
    if entry.decision == "bypass":
        row = replace(about, person="anybody", through="public, without a login")
        yield _judged(row, verdict(judge.anybody(), entry))
    for department in entry.departments:
        here = replace(about, department=department.name, lines=about.lines | _lines(department.at))
        for name, person in people:
            if is_member(person, department):
                through = _through(app, department, _ways(department, person))
                row = replace(here, person=name, email=person.email, through=through)
                known = judge.person(person) if name else judge.address(person)
                yield _judged(row, verdict(known, entry))
        yield from _others(judge, entry, department, here)


def _others(judge: Judge, entry: Entry, department: Department, here: Row) -> Iterator[Row]:
    """The members who are not listed: ways into the department that come to the same are one row."""
    found: dict[Verdict, list[str]] = {}
    ways = _ways(department)
    for number, explanation in enumerate(judge.others(department)):
        found.setdefault(verdict(explanation, entry), []).extend(ways[number : number + 1])
    for one, through in found.items():
        yield _judged(replace(here, person=OTHERS, through=_through(judge.app, department, through)), one)


def _judged(row: Row, found: Verdict) -> Row:
    return replace(
        row,
        enters=found.enters,
        decides=found.decides,
        denials=tuple((one.at.span.line + 1, says(one)) for one in found.denials),
        lines=row.lines.union(*(_lines(one.at) for one in found.denials)),
    )


def _of_machine(app: App, machine: Machine, explanation: Explanation) -> Row:
    through = f"service token of {machine.owner.name}, which lives {_lasting(machine.hours)}"
    return replace(
        _about(app),
        person=f"machine {machine.name}",
        through=through,
        enters=explanation.when,
        policy=f"machine {machine.name}",
        decides=explanation.when,
        line=app.at["machines"].line + 1,
        lines=_lines(app.at, "machines"),
    )


def _owners(app: App) -> Iterator[Row]:
    """Who owns an object of Snowflake may use it, whatever is granted to others."""
    if isinstance(app.home, InSnowflake):
        yield replace(
            _about(app),
            person="whoever deploys",
            through=f"role {app.home.owner_role}, which {app.home.account.role} holds",
            enters="always",
            policy=f"runs with the rights of {app.owner.name}",
            decides="always",
            line=app.span.line + 1,
            lines=_lines(app.at, "owner") | _lines(app.at, "snowflake"),
        )


def _about(app: App) -> Row:
    return Row(app.name, app.title, shown_address(app), app.owner.name)


def _lines(at: Place, key: str | None = None) -> frozenset[int]:
    return frozenset(line + 1 for line in at.lines(key))


def _lasting(hours: int) -> str:
    return f"{hours}h" if hours % 24 else f"{hours // 24}d"


def _through(app: App, department: Department, ways: Sequence[str]) -> str:
    """What makes somebody a member, as the provider says it; in Snowflake the role."""
    if isinstance(app.home, InSnowflake):
        return f"role {department.snowflake_role}"
    return f"{department.provider.name}: {', '.join(ways)}"


def _ways(department: Department, person: Person | None = None) -> list[str]:
    """The ways into a department that somebody has; of nobody in particular all but that of being named."""
    found = [f"group {one.name}" for one in department.groups if person is None or one.id in person.groups]
    claim = department.claim
    if claim and (person is None or (claim.name, claim.value) in person.claims):
        found.append(f"{claim.name} {claim.value}")
    if person and person.email in department.emails:
        found.append("the address itself")
    return found + [f"@{one}" for one in department.domains if person is None or person.email.endswith(f"@{one}")]
