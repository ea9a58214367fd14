"""Properties of a resource type: what counts as a change, what is stored, and how a statement sets each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.plugins.snowflake.sql import literal
from sandbox.plugins.values import UNKNOWN, Properties, Secret, is_known, reveal

UNSAID = "default"
"""What the official provider fills in where a boolean (as a word) is left to Snowflake."""
UNSAID_NUMBER = -1
"""The same for a number."""
SHOWN, DESCRIBED = "showOutputs", "describeOutputs"
DEFAULTS = "__defaults"
"""The input that lists which others nobody gave, as the official plugin keeps it."""


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Attribute:
    """One property of a resource type."""

    name: str
    """On the engine's wire."""
    clause: str = ""
    """The keyword with which a statement sets it; empty where it has another way."""
    write: Callable[[Any], str] = literal
    """The value as a statement spells it."""
    cleared: str = ""
    """What a SET says when it goes away; empty where UNSET takes it away."""
    required: bool = False
    default: object = None
    """What the official provider fills into the inputs."""
    stored: object = None
    """What it stores without having put it into the inputs."""
    forces: bool = False
    """Whether a change takes a new object."""
    chosen: bool = False
    """Whether Snowflake chooses where the program says nothing."""
    fixed: bool = False
    """Whether it counts at the creation only."""
    secret: bool = False
    current: tuple[str, str] | None = None
    """Where the outputs hold what Snowflake has: such a value is no change, and another one than last time is drift."""
    view: Callable[[Any], Any] = field(default=_same)
    """What of that is meant."""
    normal: Callable[[Any], Any] = field(default=_same)
    """What is compared instead of the value."""


Attributes = Mapping[str, Attribute]


def table(*attributes: Attribute) -> Attributes:
    """Attributes by name, in the order of the clauses of CREATE."""
    return {attribute.name: attribute for attribute in attributes}


def plan(attributes: Attributes, inputs: Properties) -> Properties:
    """What shall be: the inputs, and what the official provider puts beside them."""
    silent = {item.name: item.stored if item.default is None else item.default for item in attributes.values()}
    given = {name: inputs[name] for name in attributes if inputs.get(name) is not None}
    return {name: value for name, value in {**silent, **given}.items() if value is not None}


def changes(attributes: Attributes, inputs: Properties, state: Properties) -> tuple[str, ...]:
    """The attributes that an update would change."""
    wanted = plan(attributes, inputs)
    return tuple(
        item.name for item in attributes.values() if not item.fixed and _differs(item, wanted.get(item.name), state)
    )


def kept(attributes: Attributes, wanted: Properties, state: Properties, changed: Iterable[str]) -> Properties:
    """The wanted values of what changes, and the old ones of the rest, also where they are spelled differently."""
    values = {name: wanted.get(name) if name in changed else state.get(name) for name in attributes}
    return {name: value for name, value in values.items() if value is not None}


def same(attribute: Attribute, new: object, old: object) -> bool:
    """Whether two values mean the same thing."""
    new, old = reveal(new), reveal(old)
    if is_unset(new) and is_unset(old):
        return True
    if not is_known(new) or is_unset(new) or is_unset(old):
        return False
    return bool(attribute.normal(new) == attribute.normal(old))


def says(attribute: Attribute, value: object) -> bool:
    """Whether a statement is to mention the value."""
    if value is None:
        return False
    if attribute.default in (UNSAID, UNSAID_NUMBER):
        return value != attribute.default
    return attribute.required or attribute.chosen or not is_unset(value)


def is_unset(value: object) -> bool:
    """Whether Terraform takes the value for none."""
    return value is None or value is False or value == 0 or value in ("", [], {})


def inputs_of(attributes: Attributes, outputs: Properties, old: Properties) -> Properties:
    """The inputs that would bring forth these outputs; for an import, all that is not a default."""
    if old:
        return {
            name: value if same(attributes[name], outputs[name], value) else outputs[name]
            for name, value in old.items()
            if name in attributes and name in outputs
        }
    silent = plan(attributes, {})
    return {
        name: value
        for name, value in outputs.items()
        if name in attributes and not is_unset(reveal(value)) and value != silent.get(name)
    }


def previewed(
    attributes: Attributes, computed: tuple[str, ...], inputs: Properties, state: Properties | None, renewed: set[str]
) -> Properties:
    """What a preview can say of the outputs; `renewed` are those that an update finds out anew."""
    outputs = plan(attributes, inputs)
    left_open = [*computed, *(item.name for item in attributes.values() if item.chosen and item.name not in outputs)]
    for name in left_open:
        if state is None or name in renewed:
            outputs[name] = UNKNOWN
        elif name in state:
            outputs[name] = state[name]
    return outputs


def with_secrets(attributes: Attributes, properties: Properties) -> Properties:
    """Values that are secret by their nature, marked."""
    hidden = {name for name, attribute in attributes.items() if attribute.secret}
    return {
        name: Secret(value) if name in hidden and value is not None and not isinstance(value, Secret) else value
        for name, value in properties.items()
    }


def hidden_values(attributes: Attributes, *properties: Properties) -> tuple[str, ...]:
    """The values that no error may quote."""
    secret = [name for name, attribute in attributes.items() if attribute.secret]
    return tuple(str(reveal(values[name])) for values in properties for name in secret if values.get(name) is not None)


def told(state: Properties, place: tuple[str, str]) -> object:
    """A value out of the stored answer of SHOW or DESCRIBE."""
    rows = reveal(state.get(place[0]))
    row = rows[0] if isinstance(rows, list) and rows else None
    return row.get(place[1]) if isinstance(row, Mapping) else None


def seen(attribute: Attribute, state: Properties) -> object:
    """What Snowflake has of an attribute, as far as the outputs tell."""
    found = told(state, attribute.current) if attribute.current else None
    return None if found is None else attribute.view(found)


def word(value: object) -> object:
    """A boolean as the word that the program writes."""
    return str(value).lower() if isinstance(value, bool) else value


def _differs(attribute: Attribute, wanted: object, state: Properties) -> bool:
    if attribute.chosen and wanted is None:
        return False
    if same(attribute, wanted, state.get(attribute.name)):
        return False
    current = seen(attribute, state)
    return current is None or is_unset(reveal(wanted)) or str(word(reveal(wanted))) != str(word(current))
