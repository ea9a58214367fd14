"""An app in Snowflake, as formulas: whoever holds a department's role is one of its people, and nothing else counts.

What a test says of an address, a country, a device or a second factor is left open here: Snowflake looks at none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from infra.access.attributes import ROLE, YES, Names
from infra.access.exclusive import Pair, exclusions, holding, pairs_of
from infra.access.guard import Guard
from infra.estate import App, Department, Estate
from infra.holds.claims import Claim, named
from infra.logic import ALWAYS, NEVER, Every, Formula, Is, Not, Some
from infra.schema.expectations import Who


@dataclass(frozen=True)
class ByRole:
    """One app on a day."""

    estate: Estate
    app: App
    today: date
    asked: tuple[Claim, ...]

    @cached_property
    def guard(self) -> Guard:
        return Guard.of(self.app, self.estate, self.today, Names())

    @cached_property
    def _departments(self) -> dict[str, Department]:
        return {item.name: item for item in self.estate.departments}

    @property
    def entering(self) -> Formula:
        return self.under(self.guard)

    def under(self, guard: Guard) -> Formula:
        return _holding(guard.roles)

    @property
    def anonymous(self) -> Formula:
        """Nobody: there is no way into Snowflake without a login."""
        return NEVER

    @property
    def without_second_factor(self) -> Formula:
        """Anybody, as far as apps.yaml can say."""
        return ALWAYS

    def who(self, who: Who) -> Formula:
        if who.machine or who.anybody:
            return Not(_holding(item.snowflake_role for item in self.estate.departments))
        return Every(tuple(_holding([self._departments[name].snowflake_role]) for name in who.department))

    def among(self, names: Iterable[str]) -> Formula:
        return _holding(self._departments[name].snowflake_role for name in names if name in self._departments)

    def decided_by(self, reason: str, *, entering: bool) -> Formula:
        entries = [entry for entry in self.app.access if entry.holds_on(self.today) and entry.reason == reason]
        roles = (item.snowflake_role for entry in entries for item in entry.departments)
        return _holding(roles) if entering else NEVER

    def possible(self, formulas: Iterable[Formula]) -> Formula:  # noqa: ARG002 - as every world has it
        return ALWAYS

    def exclusions(self) -> Iterator[tuple[Pair, Formula]]:
        names = {item.name for holders in self.guard.roles.values() for item in holders}
        names |= {item.name for item in named(self.asked, self._departments)}
        listed = (item for item in self.estate.departments if item.name in names)
        return exclusions(pairs_of(listed, self.estate.apart), holding)


def _holding(roles: Iterable[str]) -> Formula:
    """Holding one of some roles."""
    return Some(tuple(Is((ROLE, role), YES) for role in sorted(set(roles))))
