"""Attributes of Docker's objects: where the daemon keeps each, and when a change of it counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.plugins.values import UNKNOWN, Properties, Secret, is_empty, is_known, reveal


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Attribute:
    """One property of a resource type."""

    name: str
    """On the engine's wire."""
    place: tuple[str, ...] = ()
    """Where an inspect answer holds it; empty for what the daemon never hears of."""
    default: object = None
    """What the official provider fills in."""
    forces: bool = True
    """Whether a change takes a new object."""
    chosen: bool = False
    """Whether the daemon chooses where the program says nothing."""
    unordered: bool = False
    normal: Callable[[Any], Any] = field(default=_same)
    """What is compared instead of the value: the same with the defaults inside it filled in."""
    write: Callable[[Any], Any] = field(default=_same)
    """The value as a request has it."""
    read: Callable[[Any], Any] | None = field(default=_same)
    """The value out of an answer; None where the official provider does not look."""


Attributes = Mapping[str, Attribute]


def table(*attributes: Attribute) -> Attributes:
    """Attributes by name."""
    return {attribute.name: attribute for attribute in attributes}


def plan(attributes: Attributes, inputs: Properties) -> Properties:
    """What the object shall be: the inputs, and the provider's defaults."""
    wanted = {name: inputs[name] for name in attributes if inputs.get(name) is not None}
    defaults = {item.name: item.default for item in attributes.values() if item.default is not None}
    return {**defaults, **wanted}


def plain(wanted: Properties) -> dict[str, Any]:
    """The values without their secret wrappers, for requests."""
    return {name: reveal(value) for name, value in wanted.items()}


def body(attributes: Attributes, wanted: Properties) -> dict[str, Any]:
    """The request that makes it so: every value at its place."""
    request: dict[str, Any] = {}
    for name, value in wanted.items():
        attribute = attributes.get(name)
        if attribute is None or not attribute.place or _is_unset(reveal(value)):
            continue
        inner = request
        for step in attribute.place[:-1]:
            inner = inner.setdefault(step, {})
        written, last = attribute.write(reveal(value)), attribute.place[-1]
        if isinstance(written, dict) and isinstance(inner.get(last), dict):
            inner[last].update(written)
        else:
            inner[last] = written
    return request


def found(attributes: Attributes, answer: Mapping[str, Any], state: Properties) -> Properties:
    """The attributes out of an answer; what is empty and was never set is left out."""
    outputs: Properties = {}
    for attribute in attributes.values():
        name, known = attribute.name, state.get(attribute.name)
        if not attribute.place or attribute.read is None:
            value = reveal(known)
        else:
            value = attribute.read(_at(answer, attribute.place))
        if same(attribute, value, known) or (_is_unset(value) and _is_unset(reveal(known))):
            value = known
        elif _holds_secret(known):
            value = Secret(value)
        if value is not None:
            outputs[name] = value
    return outputs


def changes(attributes: Attributes, inputs: Properties, state: Properties) -> tuple[str, ...]:
    """The attributes in which a plan from these inputs differs from the state."""
    wanted = plan(attributes, inputs)
    return tuple(
        item.name
        for item in attributes.values()
        if not (item.chosen and _is_unset(reveal(wanted.get(item.name))))
        and not same(item, wanted.get(item.name), state.get(item.name))
    )


def inputs_of(attributes: Attributes, outputs: Properties, old: Properties) -> Properties:
    """The inputs that would bring forth these outputs; for an import, all that is not a default."""
    if old:
        return {
            name: value if name not in attributes or same(attributes[name], value, outputs.get(name)) else outputs[name]
            for name, value in old.items()
            if name in outputs or name not in attributes
        }
    return {
        name: value
        for name, value in outputs.items()
        if name in attributes and not _is_unset(reveal(value)) and value != attributes[name].default
    }


def previewed(
    attributes: Attributes, computed: tuple[str, ...], inputs: Properties, state: Properties | None
) -> Properties:
    """What a preview can say of the outputs."""
    outputs = plan(attributes, inputs)
    left_open = [*computed, *(item.name for item in attributes.values() if item.chosen and item.name not in outputs)]
    for name in left_open:
        if state is None:
            outputs[name] = UNKNOWN
        elif name in state:
            outputs[name] = state[name]
    return outputs


def same(attribute: Attribute, new: object, old: object) -> bool:
    """Whether two values mean the same thing to the daemon."""
    new, old = reveal(new), reveal(old)
    if _is_unset(new) and _is_unset(old):
        return True
    if not is_known(new):
        return False
    if attribute.unordered:
        return _in_order(new) == _in_order(old)
    return bool(attribute.normal(new) == attribute.normal(old))


def _is_unset(value: object) -> bool:
    # The daemon's zero values: it knows no "not set".
    return is_empty(value) or value == 0


def _in_order(value: object) -> object:
    # The order of a set means nothing, and neither does one inside its members.
    if isinstance(value, list):
        return sorted((_in_order(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, Mapping):
        return {name: _in_order(item) for name, item in value.items() if not _is_unset(item)}
    return value


def _holds_secret(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_secret, value.values()))
    if isinstance(value, list):
        return any(map(_holds_secret, value))
    return isinstance(value, Secret)


def _at(answer: Mapping[str, Any], place: tuple[str, ...]) -> Any:
    value: Any = answer
    for step in place:
        value = (value or {}).get(step)
    return value
