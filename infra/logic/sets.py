"""Sparse multi-valued decision diagrams: sets of assignments, each set in exactly one form.

A node looks at one attribute. It has a branch for each named value that matters, and one for anything else. Equal sets
are the same number, so "is it empty" and "are they equal" cost nothing once the sets are there. The technique is that
of Srinivasan et al., "Algorithms for discrete function manipulation" (ICCAD 1990), with branches kept sparsely.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from infra.logic.formulas import Attribute, Every, Formula, Is, Not, Some

EMPTY, FULL = 0, 1
"""The set of no assignment and the set of all."""

BUDGET = 300_000
"""Nodes after which a comparison is given up. Policies of apps.yaml take a few hundred."""

MOST_ATTRIBUTES = 400
"""More would go deeper than Python lets functions call each other."""


class TooLargeError(Exception):
    """The diagram outgrew its budget: nothing is known about the set."""


class _Node(NamedTuple):
    """`otherwise` is where anything else leads. No branch leads to the same place as `otherwise`."""

    level: int
    otherwise: int
    branches: tuple[tuple[str, int], ...]


_NO_BRANCHES: Mapping[str, int] = {}


class Sets:
    """Sets over ordered attributes. A set is a number, and means something in these diagrams only."""

    def __init__(self, order: Iterable[Attribute], budget: int = BUDGET) -> None:
        self.order = tuple(order)
        if len(self.order) > MOST_ATTRIBUTES:
            raise TooLargeError(f"more than {MOST_ATTRIBUTES} attributes")
        self._level = {attribute: level for level, attribute in enumerate(self.order)}
        self._budget = budget
        last = _Node(len(self.order), EMPTY, ())
        self._nodes = [last, last]
        self._branches = [_NO_BRANCHES, _NO_BRANCHES]  # of the same nodes, to look up values in
        self._known: dict[tuple[int, int, tuple[tuple[str, int], ...]], int] = {}
        self._done: dict[tuple[str, int, int], int] = {}
        self._read: dict[int, tuple[Formula, int]] = {}  # by identity, which lasts while the formula is kept here

    def of(self, formula: Formula) -> int:
        """The set of assignments for which a formula holds. Raises TooLargeError."""
        known = self._read.get(id(formula))
        if known is None:
            known = self._read[id(formula)] = (formula, self._of(formula))
        return known[1]

    def _of(self, formula: Formula) -> int:
        match formula:
            case Is(attribute, values):
                return self._node(self._level[attribute], EMPTY, [(value, FULL) for value in values])
            case Not(part):
                return self.minus(FULL, self.of(part))
            case Every(parts):
                return self._folded(parts, self.both, FULL)
            case Some(parts):
                return self._folded(parts, self.either, EMPTY)

    def _folded(self, parts: Iterable[Formula], operation: Callable[[int, int], int], none: int) -> int:
        """All parts in one, pair by pair: one after the other would walk through what grows, again and again."""
        found = [self.of(part) for part in parts] or [none]
        while len(found) > 1:
            odd = [found.pop()] if len(found) % 2 else []
            found = [*map(operation, found[::2], found[1::2]), *odd]
        return found[0]

    def both(self, one: int, other: int) -> int:
        """What is in both sets."""
        if one == other or other == FULL:
            return one
        if one == FULL:
            return other
        if EMPTY in (one, other):
            return EMPTY
        return self._merged("both", min(one, other), max(one, other), self.both)

    def either(self, one: int, other: int) -> int:
        """What is in one set or the other."""
        if one == other or other == EMPTY:
            return one
        if one == EMPTY:
            return other
        if FULL in (one, other):
            return FULL
        return self._merged("either", min(one, other), max(one, other), self.either)

    def minus(self, one: int, other: int) -> int:
        """What is in the first set and not in the other."""
        if one in (EMPTY, other) or other == FULL:
            return EMPTY
        if other == EMPTY:
            return one
        return self._merged("minus", one, other, self.minus)

    def within(self, number: int, possible: int) -> int:
        """A set with the same possible members that asks for less: not for what the possible have in common.

        It is the "restrict" of Coudert and Madre (ICCAD 1990).
        """
        if number in (EMPTY, FULL) or possible in (EMPTY, FULL):
            return number
        known = self._done.get(("within", number, possible))
        if known is not None:
            return known
        left, right = self._nodes[number], self._nodes[possible]
        if right.level < left.level:
            allowed = right.otherwise
            for _, child in right.branches:
                allowed = self.either(allowed, child)
            return self.within(number, allowed)
        (inside, rest), (around, around_rest) = self._split(number, left.level), self._split(possible, left.level)
        branches = {}
        for value in inside.keys() | around.keys():
            if (allowed := around.get(value, around_rest)) != EMPTY:
                branches[value] = self.within(inside.get(value, rest), allowed)
        reached = set(branches.values())
        last = EMPTY
        if around_rest != EMPTY:
            last = self.within(rest, around_rest)
            reached.add(last)
        kept = [branch for branch in branches.items() if branch[1] != last]
        found = reached.pop() if len(reached) == 1 else self._node(left.level, last, kept)
        self._done["within", number, possible] = found
        return found

    def _merged(self, name: str, one: int, other: int, operation: Callable[[int, int], int]) -> int:
        known = self._done.get((name, one, other))
        if known is not None:
            return known
        level = min(self._nodes[one].level, self._nodes[other].level)
        (first, first_rest), (second, second_rest) = self._split(one, level), self._split(other, level)
        rest = operation(first_rest, second_rest)
        branches = []
        for value in first.keys() | second.keys() if first and second else first or second:
            child = operation(first.get(value, first_rest), second.get(value, second_rest))
            if child != rest:
                branches.append((value, child))
        found = self._node(level, rest, branches)
        self._done[name, one, other] = found
        return found

    def _split(self, number: int, level: int) -> tuple[Mapping[str, int], int]:
        """The branches of a node at a level, and where anything else leads; a lower node does not look there."""
        node = self._nodes[number]
        return (self._branches[number], node.otherwise) if node.level == level else (_NO_BRANCHES, number)

    def _node(self, level: int, otherwise: int, branches: Iterable[tuple[str, int]]) -> int:
        """The number of a node; no branch leads to where `otherwise` does."""
        kept = tuple(sorted(branches))
        if not kept:
            return otherwise
        key = level, otherwise, kept
        number = self._known.get(key)
        if number is None:
            if len(self._nodes) >= self._budget:
                raise TooLargeError(f"more than {self._budget:,} nodes")
            number = self._known[key] = len(self._nodes)
            self._nodes.append(_Node(*key))
            self._branches.append(dict(kept))
        return number

    def given(self, number: int, chosen: Mapping[Attribute, str | None]) -> int:
        """The set seen by those who have the chosen values, None being anything else."""
        levels = {self._level[attribute]: value for attribute, value in chosen.items() if attribute in self._level}
        done: dict[int, int] = {EMPTY: EMPTY, FULL: FULL}

        def narrowed(number: int) -> int:
            if number not in done:
                level, otherwise, branches = self._nodes[number]
                if level in levels:
                    value = levels[level]
                    known = self._branches[number]
                    done[number] = narrowed(known.get(value, otherwise) if value is not None else otherwise)
                else:
                    rest = narrowed(otherwise)
                    inside = [(value, to) for value, child in branches if (to := narrowed(child)) != rest]
                    done[number] = self._node(level, rest, inside)
            return done[number]

        return narrowed(number)
