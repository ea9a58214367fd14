"""External access integrations."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.plugins.service import Fault
from sandbox.plugins.snowflake import names, sets
from sandbox.plugins.snowflake.account import Account
from sandbox.plugins.snowflake.answers import Row, by_property, columns, go_time, items, object_names, truth
from sandbox.plugins.snowflake.attributes import DESCRIBED, SHOWN, Attribute, table, told
from sandbox.plugins.snowflake.named import ON_ACCOUNT, NamedObject, comment, identifiers, placed
from sandbox.plugins.snowflake.sql import brackets, flag
from sandbox.plugins.values import Properties, is_known, reveal

_SECRETS, _INTEGRATIONS = "allowedAuthenticationSecrets", "allowedApiAuthenticationIntegrations"
_CHOICES = {_SECRETS: ("all", "none", "secrets"), _INTEGRATIONS: ("none", "integrations")}


def _rules(value: list[str]) -> str:
    return brackets(names.qualified(rule) for rule in sets.sent(value))


def _secrets(block: Mapping[str, object]) -> str:
    return _choice(block) or _rules(_listed(block, "secrets"))


def _integrations(block: Mapping[str, object]) -> str:
    listed = sets.sent(_listed(block, "integrations"))
    return _choice(block) or brackets(names.quoted(names.on_account(name)) for name in listed)


def _choice(block: Mapping[str, object]) -> str:
    return next((choice for choice in ("all", "none") if block.get(choice)), "")


def _listed(block: Mapping[str, object], key: str) -> list[str]:
    value = block.get(key)
    return [str(item) for item in value] if isinstance(value, list) else []


def _told(name: str, block: object) -> list[bool]:
    """Yes or no for each choice of a block that the program names."""
    choices = block if isinstance(block, Mapping) else {}
    return [bool(choices[choice]) for choice in _CHOICES[name] if choices.get(choice) is not None]


def _block(value: object) -> object:
    """What is compared of a block: what it says, in any order."""
    if not isinstance(value, Mapping):
        return value
    return {key: sorted(map(str, item)) if isinstance(item, list) else item for key, item in value.items() if item}


class ExternalAccessIntegration(NamedObject):
    """What is allowed is stored as the program wrote it, until Snowflake says something else than last time."""

    noun, words, plural = "external access integration", "EXTERNAL ACCESS INTEGRATION", "EXTERNAL ACCESS INTEGRATIONS"
    place = ON_ACCOUNT
    preview_feature = "snowflake_external_access_integration_resource"
    attributes = table(
        *placed(forces=True, place=ON_ACCOUNT),
        Attribute("allowedNetworkRules", "ALLOWED_NETWORK_RULES", _rules, required=True, normal=identifiers),
        Attribute(_INTEGRATIONS, "ALLOWED_API_AUTHENTICATION_INTEGRATIONS", _integrations, normal=_block),
        Attribute(_SECRETS, "ALLOWED_AUTHENTICATION_SECRETS", _secrets, normal=_block),
        Attribute("enabled", "ENABLED", flag, required=True),
        comment(),
    )
    computed = ("fullyQualifiedName", SHOWN, DESCRIBED)
    shown = columns("name", "type", "category", "comment", created_on=go_time, enabled=truth)

    def faults(self, inputs: Properties) -> list[Fault]:
        """Each block says exactly one thing; to say no to another is to say it."""
        given = {name: reveal(inputs[name]) for name in _CHOICES if inputs.get(name) is not None}
        return [
            (name, f"exactly one of {', '.join(f'`{choice}`' for choice in _CHOICES[name])} must be set in `{name}`")
            for name, block in given.items()
            if is_known(block) and _told(name, block) != [True]
        ]

    def details(self, account: Account, ident: str, row: Row, state: Properties) -> Properties:  # noqa: ARG002 # DESCRIBE says more
        """What is allowed."""
        said = by_property(self.described(account, ident))
        found: dict[str, object] = {
            "id": ident,
            "enabled": truth(said.get("ENABLED")),
            "allowedNetworkRules": object_names(said.get("ALLOWED_NETWORK_RULES")),
            _INTEGRATIONS: items(said.get("ALLOWED_API_AUTHENTICATION_INTEGRATIONS")),
            _SECRETS: object_names(said.get("ALLOWED_AUTHENTICATION_SECRETS")),
            "comment": said.get("COMMENT", ""),
        }
        outputs: Properties = {
            "enabled": found["enabled"],
            "comment": found["comment"],
            "allowedNetworkRules": sets.stored(object_names(said.get("ALLOWED_NETWORK_RULES"))),
            DESCRIBED: [found],
        }
        for name in _CHOICES:
            before, listed = told(state, (DESCRIBED, name)), found[name]
            known = _filled(name, state.get(name))
            outputs[name] = known if before is None or before == listed else _filled(name, _as_block(name, listed))
        return outputs


def _as_block(name: str, listed: object) -> Properties:
    if not listed:
        return {"none": True}
    if name == _SECRETS and isinstance(listed, list) and [str(item).upper() for item in listed] == ["ALL"]:
        return {"all": True}
    return {_CHOICES[name][-1]: listed}


def _filled(name: str, value: object) -> Properties | None:
    """A block as it is stored: every boolean, and the list if there is one."""
    block = reveal(value)
    if not isinstance(block, Mapping):
        return None
    *booleans, listed = _CHOICES[name]
    filled: Properties = {key: bool(block.get(key)) for key in booleans}
    return filled | ({listed: sets.stored(_listed(block, listed))} if block.get(listed) else {})
