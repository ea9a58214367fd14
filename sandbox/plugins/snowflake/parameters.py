"""Parameters of objects: SHOW PARAMETERS tells them, and whether an update has to set or to unset one.

The official provider asks while it plans, too, and sets a parameter that the object inherits with the same value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.plugins.snowflake.account import Account
from sandbox.plugins.snowflake.answers import Row, camel, number, text, truth
from sandbox.plugins.snowflake.attributes import Attribute, same
from sandbox.plugins.snowflake.sql import flag, literal
from sandbox.plugins.values import Properties

PARAMETERS = "parameters"
_TOLD = ("key", "value", "default", "level", "description")
_WRITTEN: dict[Callable[[object], object], Callable[[object], str]] = {text: literal, number: str, truth: flag}


@dataclass(frozen=True)
class Parameter:
    """One parameter, and what kind its value is."""

    key: str
    read: Callable[[object], object] = text
    plural: str = "s"
    """How the SDK ends the name of the list in `parameters`."""

    @property
    def attribute(self) -> Attribute:
        """The property that sets it."""
        name = camel(self.key.lower())
        return Attribute(name, self.key, _WRITTEN[self.read], chosen=True, normal=_upper)


@dataclass(frozen=True)
class Parameters:
    """The parameters of one type."""

    level: str
    """What SHOW PARAMETERS calls a value that the object itself has, and statements call the object."""
    all: tuple[Parameter, ...]

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """The properties that set them."""
        return tuple(item.attribute for item in self.all)

    def asked(self, account: Account, sql_name: str) -> list[Row]:
        """What they are on an object."""
        return account.rows(f"SHOW PARAMETERS IN {self.level} {sql_name}")

    def outputs(self, rows: list[Row]) -> Properties:
        """Each value, and the whole answer."""
        found = {text(row.get("key")): row for row in rows}
        known = [item for item in self.all if item.key in found]
        listed = {
            item.attribute.name.removesuffix("y" if item.plural == "ies" else "") + item.plural: [
                {name: text(found[item.key].get(name)) for name in _TOLD}
            ]
            for item in known
        }
        return {
            **{item.attribute.name: item.read(found[item.key].get("value")) for item in known},
            PARAMETERS: [listed],
        }

    def drift(self, rows: list[Row], inputs: Properties, state: Properties) -> tuple[str, ...]:
        """The parameters that an update would set or unset, although the attributes alone show no change."""
        found = {text(row.get("key")): row for row in rows}
        return tuple(
            item.attribute.name
            for item in self.all
            if item.key in found and self._drifts(item, found[item.key], inputs, state)
        )

    def _drifts(self, item: Parameter, row: Row, inputs: Properties, state: Properties) -> bool:
        own = row.get("level") == self.level
        if inputs.get(item.attribute.name) is not None:
            return not own
        return own or not same(item.attribute, item.read(row.get("value")), state.get(item.attribute.name))


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value
