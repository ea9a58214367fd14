"""What can be read off a set of assignments: members, cubes, a name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from infra.logic.formulas import Attribute
from infra.logic.sets import EMPTY, FULL, Sets

Assignment = dict[Attribute, str]
"""The attributes that have a named value; all others have another one."""

Spelling = Callable[[Attribute, Mapping[str, str], str], str | Sequence[object]]
"""Where values of an attribute and anything else lead, in words that depend on no class; if to one place, that one."""


class Diagrams(Sets):
    """Sets that can be read."""

    def cheapest(self, number: int, cost: Callable[[Attribute, str], int]) -> Assignment | None:
        """The assignment in a set whose named values cost least; anything else costs nothing. None if there is none."""
        best: dict[int, tuple[int, Assignment] | None] = {EMPTY: None, FULL: (0, {})}

        def found(number: int) -> tuple[int, Assignment] | None:
            if number not in best:
                level, otherwise, branches = self._nodes[number]
                attribute = self.order[level]
                choices = [below] if (below := found(otherwise)) else []
                for value, child in branches:
                    if below := found(child):
                        choices.append((below[0] + cost(attribute, value), {attribute: value, **below[1]}))
                best[number] = min(choices, key=lambda choice: choice[0], default=None)
            return best[number]

        answer = found(number)
        return answer[1] if answer else None

    def deciding(
        self, number: int, assignment: Mapping[Attribute, str], freed_first: Iterable[str]
    ) -> frozenset[Attribute]:
        """Few attributes of an assignment in a set: whatever else is true, what has the same values of them is in it.

        Where one of several can be left out, it is of the kinds that are named first.
        """
        kinds = list(freed_first)
        fixed: dict[Attribute, str | None] = {one: assignment.get(one) for one in self.looked_at(number)}
        rank = {kind: place for place, kind in enumerate(kinds)}
        # What has no named value is left out before what has one: a person is shown with few things, all of them true.
        order = sorted(fixed, key=lambda one: (rank.get(one[0], len(kinds)), one in assignment, one))
        for attribute in order:
            rest = {one: value for one, value in fixed.items() if one != attribute}
            if self.given(number, rest) == FULL:
                fixed = rest
        return frozenset(fixed)

    def paths(self, number: int) -> Iterator[tuple[tuple[Attribute, frozenset[str], bool], ...]]:
        """The set as a list of cubes that do not overlap: each says of attributes that they are, or are not, among
        some values. Branches that lead to the same place are one."""
        if number == FULL:
            yield ()
        if number in (EMPTY, FULL):
            return
        level, otherwise, branches = self._nodes[number]
        children: dict[int, set[str]] = {}
        for value, child in branches:
            children.setdefault(child, set()).add(value)
        named = frozenset(value for value, _ in branches)
        for rest in self.paths(otherwise):
            yield ((self.order[level], named, False), *rest)
        for child, values in children.items():
            for rest in self.paths(child):
                yield ((self.order[level], frozenset(values), True), *rest)

    def digest(self, number: int, spelled: Spelling) -> str:
        """A name of a set that other diagrams give it as well, and give to no other set.

        A value may stand for a class of values, which other diagrams cut in another way: `spelled` says what is meant.
        """
        done = {EMPTY: "nobody", FULL: "everybody"}

        def named(number: int) -> str:
            if number not in done:
                level, otherwise, branches = self._nodes[number]
                attribute, leads = self.order[level], {value: named(child) for value, child in branches}
                told = spelled(attribute, leads, named(otherwise))
                text = json.dumps([attribute, *told]).encode()
                done[number] = told if isinstance(told, str) else sha256(text).hexdigest()
            return done[number]

        return named(number)

    def looked_at(self, number: int) -> frozenset[Attribute]:
        """The attributes that decide whether an assignment is in a set."""
        seen: set[int] = set()
        waiting = [number]
        while waiting:
            one = waiting.pop()
            if one not in seen and one not in (EMPTY, FULL):
                seen.add(one)
                waiting += [self._nodes[one].otherwise, *(child for _, child in self._nodes[one].branches)]
        return frozenset(self.order[self._nodes[one].level] for one in seen)
