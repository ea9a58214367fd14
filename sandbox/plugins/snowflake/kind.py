"""What a resource type does: its statements, and how its objects are read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.plugins.service import Fault
from sandbox.plugins.snowflake.account import Account
from sandbox.plugins.snowflake.attributes import Attributes, hidden_values
from sandbox.plugins.snowflake.sql import Statement
from sandbox.plugins.values import Properties, reveal


@dataclass(frozen=True)
class Change:
    """An update: what shall be, what was, and in which attributes they differ."""

    wanted: Properties
    state: Properties
    names: frozenset[str]

    def of(self, name: str) -> object:
        """What an attribute shall be, without its wrapper."""
        return reveal(self.wanted.get(name))


class ResourceType(ABC):
    """One resource type. Statements are carried out one after the other; the first that fails ends the operation."""

    noun: str
    """For people."""
    attributes: Attributes
    computed: tuple[str, ...] = ()
    """Outputs that nobody gives."""
    unsupported: tuple[str, ...] = ()
    """Properties of the SDK's class that the stand-in would have to ignore."""
    preview_feature: str = ""
    """The flag that the provider's configuration must name."""

    def faults(self, inputs: Properties) -> list[Fault]:  # noqa: ARG002 # most types have no rule of their own
        """What is wrong with known inputs, beyond names and what is required."""
        return []

    @abstractmethod
    def identity(self, wanted: Properties) -> str:
        """The id of what shall be."""

    @abstractmethod
    def creating(self, account: Account, ident: str, wanted: Properties) -> Iterator[Statement]:
        """The statements that create it; the first of them makes the object."""

    @abstractmethod
    def altering(self, account: Account, ident: str, change: Change) -> Iterator[Statement]:
        """The statements that change it."""

    @abstractmethod
    def deleting(self, ident: str, state: Properties) -> Iterator[Statement]:
        """The statements that delete it."""

    @abstractmethod
    def read(self, account: Account, ident: str, state: Properties) -> Properties | None:
        """The outputs, or None when it is gone; straight after a change `state` is what was wanted and no more."""

    def rereads(self, change: Change) -> bool:  # noqa: ARG002 # nearly every type does
        """Whether the object is read after this change."""
        return True

    def moved(self, ident: str, change: Change) -> str:  # noqa: ARG002 # most ids never change
        """The id after a change."""
        return ident

    def imported(self, ident: str) -> Properties:  # noqa: ARG002 # most types read everything
        """What the id of an import says of the inputs."""
        return {}

    def drift(self, account: Account, ident: str, inputs: Properties, state: Properties) -> tuple[str, ...]:  # noqa: ARG002 # most types have said all with their attributes
        """What else an update would change."""
        return ()

    def replaces(self, changed: tuple[str, ...], inputs: Properties, state: Properties) -> tuple[str, ...]:  # noqa: ARG002 # most types know it by the attribute
        """Those of the changed attributes that take a new object."""
        return tuple(name for name in changed if name in self.attributes and self.attributes[name].forces)

    def renewed(self, changed: tuple[str, ...]) -> set[str]:
        """The computed outputs that an update finds out anew."""
        return {name for name in self.computed if name.endswith("Outputs")} if changed else set()

    def is_gone_with_its_place(self, account: Account, ident: str) -> bool:  # noqa: ARG002 # places matter to objects only
        """Whether the database or schema of an object is gone, and the object with it."""
        return False

    def statement(self, text: str, *properties: Properties) -> Statement:
        """A statement that holds values of these properties."""
        return Statement(text, hidden_values(self.attributes, *properties))
