"""Two projects compared, stack by stack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from infra.access.attributes import Names
from infra.access.person import Person
from infra.diff.changes import AppChange, Sides, compare
from infra.diff.delta import Residents, Unstated
from infra.diff.lapses import Lapse, lapses
from infra.diff.surroundings import Fact, facts
from infra.estate import Estate
from infra.holds.outcomes import Outcomes
from infra.load import Project
from infra.roster import Roster, identities
from infra.stack import ProviderValues, Stack


@dataclass(frozen=True)
class StackDiff:
    """What changes in one stack. `changes` has every app, and `sides` are what was compared.

    `vouching` is what the providers and devices are that base does not have, or not so.
    """

    stack: str
    changes: tuple[AppChange, ...]
    facts: tuple[Fact, ...]
    lapses: tuple[Lapse, ...]
    sides: tuple[Estate, Estate] = field(compare=False, repr=False)
    vouching: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diff:
    """What changes in all stacks. `base` and `head` are what the sides are called; `names` are people's names.

    `stated` is who is said to gain which app, None where nothing is said; `tests` is what became of those of head, None
    where nobody has asked.
    """

    base: str
    head: str
    today: date
    stacks: tuple[StackDiff, ...]
    names: Mapping[str, str]
    stated: Mapping[str, frozenset[str]] | None = None
    tests: Outcomes | None = field(default=None, compare=False, repr=False)

    @property
    def failing(self) -> int:
        """How many tests of head do not hold; what is undecided is not taken for proved."""
        return len({one.finding.claim.number for one in self.tests.bad}) if self.tests else 0

    @property
    def changes(self) -> tuple[tuple[str, AppChange], ...]:
        return tuple((item.stack, change) for item in self.stacks for change in item.changes)

    @property
    def digest(self) -> str:
        """A name of all that is gained, and of all that is undecided; empty where that is nothing.

        It is bound to who gains, what they get and where, and to nothing else of the files. Who that is depends on what
        a provider is connected to and a device checks, so those that come or change in a stack are part of it. It has
        128 bits, so that nobody can make two changes of the same name.
        """
        gained = sorted(
            "\0".join((stack, change.app, change.leads_to, delta.at, delta.digest))
            for stack, change in self.changes
            for delta in change.gained or ()
        )
        gained += sorted(
            f"{stack}\0{change.app}\0undecided" for stack, change in self.changes if change.verdict == "undecided"
        )
        widened = {stack for stack, change in self.changes if change.gained or change.verdict == "undecided"}
        gained += [f"{item.stack}\0{one}" for item in self.stacks if item.stack in widened for one in item.vouching]
        return sha256("\n".join(gained).encode()).hexdigest()[:32] if gained else ""

    @property
    def is_widening(self) -> bool:
        """Whether somebody may enter who could not."""
        return bool(self.digest)

    @property
    def unstated(self) -> tuple[tuple[str, AppChange, Unstated], ...]:
        """Gains of which the pull request says nothing, each with its stack."""
        return tuple(
            (stack, change, delta.unstated)
            for stack, change in self.changes
            for delta in change.gained
            if delta.unstated is not None
        )

    @property
    def undecided(self) -> bool:
        return any(change.verdict == "undecided" for _, change in self.changes)

    def people(self, which: str) -> tuple[str, ...]:
        """The people of people.yaml who have `gained`, or `lost`, something somewhere."""
        found = {email for _, change in self.changes for delta in getattr(change, which) for email in delta.people}
        return tuple(sorted(found))


def diff(
    base: Project,
    head: Project,
    today: date,
    *,
    called: tuple[str, str] = ("base", "head"),
    stacks: Iterable[str] = (),
    stated: Mapping[str, frozenset[str]] | None = None,
) -> Diff:
    """Compare `stacks`, or every stack of either side; one that is on one side only comes or goes with all its apps.

    The projects have all their stacks: one of them may own the identity providers of another.
    `stated` maps apps to the departments, machines and people that are said to gain them.
    """
    roster = head.roster or base.roster
    found = []
    for name in sorted({*stacks} or base.estates.keys() | head.estates.keys()):
        one, other = base.estates.get(name), head.estates.get(name)
        before = one or _empty(other)
        after = other or _empty(one)
        names = Names(_other_providers(name, base, head), _other_devices(before, after))
        residents = _residents(roster, (before, after))
        changes = tuple(compare(Sides(before, after, today, names, residents, today, stated)))
        beside = facts(before, after, today, names.providers, (base.roster, head.roster))
        fresh = (
            *_fresh(connections(name, base), connections(name, head)),
            *_fresh(_devices(before), _devices(after)),
        )
        found.append(StackDiff(name, changes, beside, tuple(lapses(after, today)), (before, after), fresh))
    named = {email.lower(): str(entry.name or email) for email, entry in (roster.people.items() if roster else ())}
    return Diff(*called, today, tuple(found), named, stated)


def _empty(estate: Estate | None) -> Estate:
    """The side on which a stack has no file: nothing is there, and nobody is anybody."""
    assert estate is not None  # noqa: S101 - one side has the stack
    return Estate(estate.stack, (), None, (), (), (), (), None, ())


def _residents(roster: Roster | None, estates: Iterable[Estate]) -> Residents:
    """Everybody of people.yaml with all that either side would have a directory say of them."""
    found: dict[str, tuple[Person, ...]] = {}
    for email, entry in roster.people.items() if roster else ():
        known: dict[str, Person] = {}
        for estate in estates:
            for person in identities(email, entry, estate):
                same = known.get(person.provider, person)
                known[person.provider] = Person(
                    person.provider, person.email, same.groups | person.groups, same.claims | person.claims
                )
        found[email.lower()] = tuple(known.values())
    return found


def _other_providers(stack: str, base: Project, head: Project) -> dict[str, str]:
    """The providers of head that vouch for other people than those of the same name in base did."""
    before, after = connections(stack, base), connections(stack, head)
    return {name: f"{name} as it is now" for name in before.keys() & after.keys() if before[name] != after[name]}


def connections(stack: str, project: Project) -> dict[str, object]:
    """By provider what decides for whom a provider can speak. Its client's id and secret do not."""
    estate = project.estates.get(stack)
    if estate is None:
        return {}
    owner = _owner(estate.stack, project)
    values = owner.values.providers if owner else {}
    return {item.name: (item.type, _trust(values.get(item.name))) for item in estate.providers}


def _owner(stack: Stack, project: Project) -> Stack | None:
    """The stack that owns the identity providers of another one."""
    if stack.owns_singletons:
        return stack
    owner = project.estates.get(str(stack.values.account))
    return owner.stack if owner else None


def _trust(values: ProviderValues | None) -> object:
    if values is None:
        return None
    return (
        values.apps_domain,
        values.directory_id,
        values.okta_account,
        values.auth_url,
        values.token_url,
        values.certs_url,
        values.issuer_url,
        values.sso_target_url,
        values.public_certs,
        values.email_attribute,
    )


def _other_devices(base: Estate, head: Estate) -> dict[str, str]:
    before, after = _devices(base), _devices(head)
    return {name: f"{name} as it is now" for name in before.keys() & after.keys() if before[name] != after[name]}


def _devices(estate: Estate) -> dict[str, object]:
    return {device.name: device for device in estate.devices}


def _fresh(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    """What is meant by the names of head that mean nothing in base, or something else."""
    for name in sorted(after):
        if before.get(name) != after[name]:
            yield f"{name}\0{after[name]!r}"
