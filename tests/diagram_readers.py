"""Diagrams read as sets of the points of a small world."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from ipaddress import ip_address, ip_network

from infra.diff.delta import Comparison
from infra.logic import Attribute
from tests.brute_force import Asked, Somebody, World, role_sets


class Reading:
    """The diagrams of one comparison, looked at from one world."""

    def __init__(self, comparison: Comparison, world: World) -> None:
        self.comparison = comparison
        self.diagrams = comparison.diagrams
        self.world = world
        self._points: dict[tuple[Attribute, str], int] = {}
        networks = comparison.classes.networks
        self._nets = [(ip_network(cidr), classes) for cidr, classes in networks.items()]

    @property
    def in_snowflake(self) -> bool:
        return any(guard.roles for guard in self.comparison.guards)

    def members(self, number: int) -> int:
        """The points in a set. Its cubes must not overlap."""
        found = 0
        for cube in self.diagrams.paths(number):
            points = self._everything
            for attribute, values, among in cube:
                inside = 0
                for value in values:
                    inside |= self._having(attribute, value)
                points &= inside if among else ~inside
            assert not found & points, "two cubes overlap"
            found |= points
        return found

    @cached_property
    def _everything(self) -> int:
        return (1 << len(role_sets(self.world))) - 1 if self.in_snowflake else self.world.everything

    def _having(self, attribute: Attribute, value: str) -> int:
        known = self._points.get((attribute, value))
        if known is None:
            known = self._points[attribute, value] = self._found(attribute, value)
        return known

    def _found(self, attribute: Attribute, value: str) -> int:
        if attribute[0] == "role":
            return sum(1 << number for number, held in enumerate(role_sets(self.world)) if attribute[1] in held)
        if attribute[0] in ("country", "ip", "device"):
            return self.world.whenever(lambda asked: self._of_request(attribute, asked) == value)
        return self.world.whoever(lambda one: self._of_person(attribute, one) == value)

    def chosen(self, one: Somebody, asked: Asked) -> Mapping[Attribute, str | None]:
        """A point as diagrams are asked about it."""
        return {
            attribute: self._of_request(attribute, asked)
            if attribute[0] in ("country", "ip", "device")
            else self._of_person(attribute, one)
            for attribute in self.diagrams.order
        }

    def _of_person(self, attribute: Attribute, one: Somebody) -> str | None:
        match attribute:
            case ("provider",):
                return one.provider
            case ("machine",):
                return one.machine
            case ("mfa",):
                return "yes" if one.mfa else None
            case ("email",):
                named = one.email in self.comparison.classes.emails
                return one.email if named else f"@{one.email.partition('@')[2]}" if one.email else None
            case ("group", provider, group):
                return "yes" if one.provider == provider and group in one.groups else None
            case ("claim", provider, name, value):
                return "yes" if one.provider == provider and (name, value) in one.claims else None
        raise AssertionError(attribute)

    def _of_request(self, attribute: Attribute, asked: Asked) -> str | None:
        match attribute:
            case ("country",):
                return asked.country
            case ("device", name):
                return "yes" if name in asked.devices else None
            case ("ip",):
                around = [ip_address(asked.ip) in net for net, _ in self._nets]
                fitting = {
                    value
                    for _, classes in self._nets
                    for value in classes
                    if [value in others for _, others in self._nets] == around
                }
                assert len(fitting) == any(around), f"{asked.ip} is of the classes {fitting}"
                return next(iter(fitting), None)
        raise AssertionError(attribute)
