"""Conditions of a diagram in words: `in JP or US, second factor`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from infra.access.attributes import DEVICE, Classes
from infra.logic import EMPTY, Attribute, Diagrams, Every, Is, Not

MOST_CUBES = 4
MOST_SIMPLIFIED = 64
"""Among more cubes it takes too long to look for the simplest, and nobody reads them all."""

Cube = tuple[tuple[Attribute, frozenset[str], bool], ...]


def conditions(diagrams: Diagrams, number: int, classes: Classes, spelled: Mapping[str, str]) -> str:
    """Under which conditions of a request a set is entered; empty where there are none."""
    found = simplest(diagrams, number, list(diagrams.paths(number)))
    cubes = sorted((_cube(path, classes, spelled) for path in found), key=lambda words: len(words))
    if len(cubes) == 1:
        return ", ".join(cubes[0])
    shown = [" and ".join(cube) for cube in cubes[:MOST_CUBES]]
    more = [f"{len(cubes) - MOST_CUBES} more cases"] if len(cubes) > MOST_CUBES else []
    return "; or ".join([*shown, *more])


def simplest(diagrams: Diagrams, number: int, cubes: list[Cube]) -> list[Cube]:
    """The same set in fewer words: cubes may overlap, ask for nothing that does not matter, and none is left over."""
    if not 1 < len(cubes) <= MOST_SIMPLIFIED:
        return cubes
    short: dict[Cube, int] = {}
    for cube in cubes:
        for part in cube:
            without = tuple(other for other in cube if other != part)
            if diagrams.minus(_set(diagrams, without), number) == EMPTY:
                cube = without
        short[cube] = _set(diagrams, cube)
    for cube in sorted(short, key=lambda cube: -len(cube)):
        rest = EMPTY
        for other, inside in short.items():
            rest = rest if other == cube else diagrams.either(rest, inside)
        if diagrams.minus(short[cube], rest) == EMPTY:
            del short[cube]
    return list(short)


def _set(diagrams: Diagrams, cube: Cube) -> int:
    parts = (Is(attribute, values) if among else Not(Is(attribute, values)) for attribute, values, among in cube)
    return diagrams.of(Every(tuple(parts)))


def _cube(path: Cube, classes: Classes, spelled: Mapping[str, str]) -> list[str]:
    return [_said(attribute, values, among, classes, spelled) for attribute, values, among in path]


def _said(
    attribute: Attribute, values: frozenset[str], among: bool, classes: Classes, spelled: Mapping[str, str]
) -> str:
    match attribute[0]:
        case "mfa":
            return "second factor" if among else "no second factor"
        case "country":
            return f"{'' if among else 'not '}in {' or '.join(sorted(values))}"
        case "ip":
            return f"{'' if among else 'not '}from {' or '.join(networks(values, classes))}"
        case kind if kind == DEVICE:
            # Of a device that checks something else now, both are spoken of.
            was = " as it was" if attribute[1] in spelled.values() else ""
            return f"{'' if among else 'not '}on {attribute[1]}{was}"
        case _:
            return f"{' '.join(attribute)} {'is' if among else 'is not'} {' or '.join(sorted(values))}"


def networks(values: Iterable[str], classes: Classes) -> list[str]:
    """The networks that make up some classes of addresses: whole ones, then what some leave of others, then, where
    nothing else does, an address of each class."""
    wanted = set(values)
    left, found = set(wanted), []
    wide_first = sorted(classes.networks.items(), key=lambda item: (-len(item[1]), item[0]))
    for cidr, inside in wide_first:
        if inside <= wanted and inside & left:
            found.append(cidr)
            left -= inside
    for cidr, inside in reversed(wide_first):
        without = [other for other, part in wide_first if part < inside and not part & wanted]
        rest = inside.difference(*(classes.networks[other] for other in without))
        if rest & left and rest <= wanted:
            found.append(f"{cidr} but not {' or '.join(without)}")
            left -= rest
    return found + sorted(f"the network around {address}" for address in left)
