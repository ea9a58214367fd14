"""Addresses that change hands: a part of one app's address that another app answers on the other side.

The most specific app answers alone and inherits nothing, so an app that comes or goes below another one's path changes
what that other one answers, although nothing was written about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from infra.diff.pairing import behind, place
from infra.estate import App, Estate, Tunnelled

Address = tuple[str, str]


@dataclass(frozen=True)
class Taken:
    """At `address`, `before` answered in base and `after` answers in head, and they are not the same app."""

    address: Address
    before: App
    after: App

    @property
    def place(self) -> str:
        return place(*self.address)

    @property
    def shows_the_same(self) -> bool:
        """Whether whoever enters there gets what they got. Else nobody had it, whoever could enter before."""
        return behind(self.before) == behind(self.after)


def taken(base: Estate, head: Estate, same: Mapping[str, str]) -> Iterator[Taken]:
    """What changes hands. `same` maps an app of base to the one of head that it has become."""
    places = {_at(home) for estate in (base, head) for _, home in estate.tunnelled}
    before, after = _apps(base), _apps(head)
    for address in sorted(places):
        one, other = _winner(before, address), _winner(after, address)
        if one and other and same.get(one.name) != other.name:
            yield Taken(address, one, other)


def _at(home: Tunnelled) -> Address:
    return home.hostname, home.path


def _apps(estate: Estate) -> dict[Address, App]:
    return {_at(home): app for app, home in estate.tunnelled}


def _winner(apps: Mapping[Address, App], address: Address) -> App | None:
    """The app at an address, or the nearest one above it."""
    return next((apps[place] for place in _upwards(address) if place in apps), None)


def _upwards(address: Address) -> Iterable[Address]:
    hostname, path = address
    yield address
    while path:
        path = path.rpartition("/")[0]
        yield hostname, path
