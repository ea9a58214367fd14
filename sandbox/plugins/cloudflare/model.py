"""From inputs to a plan, from a plan to a request, from an answer to what is stored: no input or output here."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sandbox.plugins.cloudflare.naming import rest_name, to_rest, to_wire
from sandbox.plugins.cloudflare.table import ACCESS_APPLICATION, DNS_RECORD, ResourceType
from sandbox.plugins.values import UNKNOWN, Properties, Secret, is_empty, reveal

_ONE_DATUM = ("destinations", "domain", "selfHostedDomains")
"""Three views of one thing: when one of them changes, Cloudflare derives the others anew."""


def plan(entry: ResourceType, inputs: Properties, state: Properties | None = None) -> Properties:
    """What the resource shall be: inputs, defaults, and what an update carries over from the state."""
    wanted = {name: inputs[name] for name in (*entry.scope, *entry.attributes) if inputs.get(name) is not None}
    for name, value in entry.defaults.items():
        wanted.setdefault(name, value)
    for name in entry.carried:
        if state and name not in wanted and name in state and not _derived_anew(entry, name, wanted, state):
            wanted[name] = state[name]
    for name in entry.sets:
        if isinstance(wanted.get(name), list):
            wanted[name] = _in_set_order(wanted[name])
    return wanted


def _derived_anew(entry: ResourceType, name: str, wanted: Properties, state: Properties) -> bool:
    if entry is not ACCESS_APPLICATION or name not in _ONE_DATUM:
        return False
    return any(view in wanted and wanted[view] != state.get(view) for view in _ONE_DATUM)


def body(entry: ResourceType, wanted: Properties, state: Properties | None = None) -> dict[str, object]:
    """The request body that makes it so; with a state, what was set and is no longer becomes null."""
    sent = {name: wanted[name] for name in (*entry.optional, *entry.chosen) if name in wanted}
    if state is not None:
        gone = (name for name in entry.optional if name in state and name not in wanted)
        sent |= dict.fromkeys(gone)
        if entry.update == "PATCH":
            sent = {name: value for name, value in sent.items() if not _same(value, state.get(name))}
    elif entry is ACCESS_APPLICATION:
        # Without a list the API keeps what is attached; the official provider sends an empty one.
        sent.setdefault("policies", [])
    return {
        rest_name(name): to_rest(reveal(value), configuration=name in entry.configuration)
        for name, value in sorted(sent.items())
    }


def identity(entry: ResourceType, wanted: Properties, answer: Mapping[str, object]) -> str:
    """The id of a created object."""
    if not entry.identity:
        return str(answer.get("id") or "")
    scope = wanted.get(entry.identity) or wanted.get("zoneId")
    return str(scope or "")


def stored(
    entry: ResourceType,
    ident: str,
    wanted: Properties,
    answer: Mapping[str, object],
    state: Properties | None = None,
) -> Properties:
    """What the state holds after a write: the plan, and Cloudflare's answer for what the plan leaves open."""
    told = told_by(entry, answer)
    outputs = {**wanted, "id": ident}
    for name in (*entry.chosen, *entry.computed):
        value = told.get(name)
        if value is None and name in entry.computed and state:
            value = state.get(name)
        if value is not None and (name in entry.computed or name not in wanted):
            outputs[name] = value
    return with_secrets(entry, outputs)


def previewed(entry: ResourceType, wanted: Properties, state: Properties | None) -> Properties:
    """What a preview can say of the outputs without asking anybody."""
    outputs = dict(wanted)
    for name in (*entry.chosen, *entry.computed):
        if name in wanted:
            continue
        if state is None or name in entry.volatile:
            outputs[name] = UNKNOWN
        elif name in state:
            outputs[name] = state[name]
    if state is not None:
        outputs["id"] = state.get("id")
    return with_secrets(entry, outputs)


def refreshed(
    entry: ResourceType, ident: str, scope: Properties, state: Properties, answer: Mapping[str, object]
) -> Properties:
    """What the state holds after a read: Cloudflare's answer, where it says something else than the state."""
    told = told_by(entry, answer)
    outputs: Properties = {**scope, "id": ident}
    for name in entry.attributes:
        known, value = state.get(name), told.get(name)
        if name in entry.sets:
            value = _in_set_order(value)
        value = _reconciled(value, reveal(known))
        if name == "policies" and isinstance(value, list):
            value = _references(value, reveal(known))
        if not (is_empty(value) and name not in state and name in entry.optional) and value is not None:
            outputs[name] = value
    for path in entry.kept:
        _keep(outputs, state, path)
    if entry is DNS_RECORD:
        _keep_short_name(outputs, state)
    return with_secrets(entry, outputs)


def inputs_of(entry: ResourceType, outputs: Properties, old: Properties) -> Properties:
    """The inputs that would bring forth these outputs; for an import, all that is not a default."""
    if old:
        return {
            name: value if _same_attribute(entry, name, value, outputs.get(name)) else outputs.get(name)
            for name, value in old.items()
        }
    asked = (*entry.scope, *entry.optional, *entry.chosen)
    return {
        name: outputs[name]
        for name in asked
        if name in outputs and not is_empty(reveal(outputs[name])) and outputs[name] != entry.defaults.get(name)
    }


def changes(entry: ResourceType, inputs: Properties, state: Properties) -> tuple[str, ...]:
    """The attributes in which a plan from these inputs differs from the state."""
    wanted = plan(entry, inputs, state)
    compared = [name for name in (*entry.scope, *entry.optional, *entry.chosen) if name in wanted]
    compared += [name for name in entry.optional if name not in wanted and not is_empty(reveal(state.get(name)))]
    return tuple(name for name in compared if not _same_attribute(entry, name, wanted.get(name), state.get(name)))


def told_by(entry: ResourceType, answer: Mapping[str, object]) -> Properties:
    """The attributes that an answer speaks of, by their wire names."""
    told: Properties = {}
    for name in entry.attributes:
        value = answer.get(rest_name(name))
        if value is None:
            continue
        if name in entry.json_text:
            told[name] = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), sort_keys=True)
        else:
            told[name] = to_wire(value, configuration=name in entry.configuration)
    return told


def with_secrets(entry: ResourceType, properties: Properties) -> Properties:
    """The properties with every secret value marked as one."""
    for path in entry.secrets:
        properties = _marked(properties, path)
    return properties


def _marked(properties: Properties, path: tuple[str, ...]) -> Properties:
    name, rest = path[0], path[1:]
    value = properties.get(name)
    if value is None or isinstance(value, Secret):
        return properties
    if not rest:
        return {**properties, name: Secret(value)}
    return {**properties, name: _marked(value, rest)} if isinstance(value, dict) else properties


def _same_attribute(entry: ResourceType, name: str, new: object, old: object) -> bool:
    new, old = reveal(new), reveal(old)
    for path in entry.derived:
        if path[0] == name and isinstance(old, dict) and isinstance(new, dict):
            old = {key: value for key, value in old.items() if key != path[1] or key in new}
    if entry is DNS_RECORD and name == "content" and isinstance(new, str) and isinstance(old, str):
        return new.lower() == old.lower()
    if name in entry.sets:
        new, old = _in_set_order(new), _in_set_order(old)
    return _same(new, old)


def _same(new: object, old: object) -> bool:
    new, old = reveal(new), reveal(old)
    return (is_empty(new) and is_empty(old) and new is not False and old is not False) or new == old


def _in_set_order(value: object) -> object:
    # The order of a set means nothing; a fixed one keeps requests and states comparable.
    if not isinstance(value, list):
        return value
    return sorted(value, key=lambda item: json.dumps(reveal(item), sort_keys=True, default=repr))


def _reconciled(told: object, known: object) -> object:
    # "Not there", false and empty are the same thing to the API, so the state's way of saying it stays.
    if is_empty(told) and (is_empty(known) or known is None):
        return known if known is not None else told
    if isinstance(told, dict) and isinstance(known, dict):
        merged = {
            name: _reconciled(value, known.get(name))
            for name, value in told.items()
            if name in known or not is_empty(value)
        }
        return merged | {name: value for name, value in known.items() if name not in told and is_empty(value)}
    if isinstance(told, list) and isinstance(known, list) and len(told) == len(known):
        return [_reconciled(item, old) for item, old in zip(told, known, strict=True)]
    return told


def _references(policies: list[object], known: object) -> list[object]:
    # The API expands each reusable policy; only the reference belongs to the application.
    old = known if isinstance(known, list) else []
    kept: list[object] = []
    for index, policy in enumerate(policies):
        before = old[index] if index < len(old) else {"id": "", "precedence": 0}
        if isinstance(policy, dict) and isinstance(before, dict):
            kept.append({key: value for key, value in policy.items() if key in before})
    return kept


def _keep(outputs: Properties, state: Properties, path: tuple[str, ...]) -> None:
    name = path[0]
    if len(path) == 1:
        if name in state:
            outputs[name] = state[name]
        return
    inside, before = outputs.get(name), state.get(name)
    if isinstance(inside, dict) and isinstance(before, dict) and path[1] in before:
        outputs[name] = {**inside, path[1]: before[path[1]]}


def _keep_short_name(outputs: Properties, state: Properties) -> None:
    told, known = outputs.get("name"), state.get("name")
    if isinstance(told, str) and isinstance(known, str) and told.startswith(f"{known}."):
        outputs["name"] = known
