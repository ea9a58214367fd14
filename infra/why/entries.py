"""The rules of an app in Cloudflare's order of evaluation, each with its place in the file and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from infra.access.entitlements import phrase
from infra.estate import App, Entry
from infra.policies import Policy, policies_of


@dataclass(frozen=True)
class Rule:
    """A policy as it is written. `idle` says why it is not looked at; `policy` is then None."""

    at: str
    says: str
    policy: Policy | None = None
    idle: str = ""
    entry: Entry | None = None


def rules(app: App, today: date) -> Iterator[Rule]:
    """Machines and what is public first, then the others as written; what has ended keeps its place."""
    left = {policy.name: policy for policy in policies_of(app, today)}
    for machine in app.machines:
        name = Policy("non_identity", machines=(machine,), session=app.session).name
        yield Rule(str(app.at["machines"]), f"machine {machine.name}", left.pop(name, None))
    for entry in sorted(app.access, key=lambda entry: entry.decision != "bypass"):
        at, said = str(entry.at.span), says(entry)
        if not entry.holds_on(today):
            yield Rule(at, said, idle=f"expired on {entry.expires}", entry=entry)
            continue
        written = Policy(entry.decision, entry.departments, (), entry.require, entry.exclude, entry.session)
        policy = left.pop(written.name, None)
        yield Rule(at, said, policy, "" if policy else "says the same as an entry above", entry)


def says(entry: Entry) -> str:
    """`allow marketing, sales (second factor, not in KP)`, and `public`."""
    names = ", ".join(department.name for department in entry.departments)
    words = [phrase(condition) for condition in entry.require]
    words += [f"not {phrase(condition)}" for condition in entry.exclude]
    words += [f"until {entry.expires}"] if entry.expires else []
    what = "public" if entry.decision == "bypass" else f"{entry.decision} {names}"
    return f"{what} ({', '.join(words)})" if words else what
