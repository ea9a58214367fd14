"""The Snowflake provider in plain values: configuration, names, previews, outcomes; the words are in the types."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from importlib.metadata import version as installed_version

from sandbox.plugins.service import (
    Difference,
    Fault,
    HalfDoneError,
    NothingDoneError,
    Read,
    UnknownOutcomeError,
    register,
)
from sandbox.plugins.serving import serve
from sandbox.plugins.snowflake import settings
from sandbox.plugins.snowflake.account import Account, RefusedError
from sandbox.plugins.snowflake.attributes import (
    DEFAULTS,
    changes,
    inputs_of,
    kept,
    plan,
    previewed,
    seen,
    with_secrets,
    word,
)
from sandbox.plugins.snowflake.compute_pool import ComputePool
from sandbox.plugins.snowflake.execute import Execute
from sandbox.plugins.snowflake.external_access import ExternalAccessIntegration
from sandbox.plugins.snowflake.function import FunctionPython
from sandbox.plugins.snowflake.git_repository import GitRepository
from sandbox.plugins.snowflake.grant import GrantPrivilegesToAccountRole
from sandbox.plugins.snowflake.kind import Change, ResourceType
from sandbox.plugins.snowflake.named import IN_SCHEMA
from sandbox.plugins.snowflake.names import bare
from sandbox.plugins.snowflake.network_rule import NetworkRule
from sandbox.plugins.snowflake.role import AccountRole, GrantAccountRole
from sandbox.plugins.snowflake.schema import Schema
from sandbox.plugins.snowflake.secret import (
    AuthorizationCodeGrant,
    BasicAuthentication,
    ClientCredentials,
    GenericString,
)
from sandbox.plugins.snowflake.sql import Statement
from sandbox.plugins.snowflake.stage import StageInternal
from sandbox.plugins.snowflake.warehouse import Warehouse
from sandbox.plugins.values import Properties, reveal

TYPES: dict[str, ResourceType] = {
    "snowflake:index/accountRole:AccountRole": AccountRole(),
    "snowflake:index/computePool:ComputePool": ComputePool(),
    "snowflake:index/execute:Execute": Execute(),
    "snowflake:index/externalAccessIntegration:ExternalAccessIntegration": ExternalAccessIntegration(),
    "snowflake:index/functionPython:FunctionPython": FunctionPython(),
    "snowflake:index/gitRepository:GitRepository": GitRepository(),
    "snowflake:index/grantAccountRole:GrantAccountRole": GrantAccountRole(),
    "snowflake:index/grantPrivilegesToAccountRole:GrantPrivilegesToAccountRole": GrantPrivilegesToAccountRole(),
    "snowflake:index/networkRule:NetworkRule": NetworkRule(),
    "snowflake:index/schema:Schema": Schema(),
    "snowflake:index/secretWithAuthorizationCodeGrant:SecretWithAuthorizationCodeGrant": AuthorizationCodeGrant(),
    "snowflake:index/secretWithBasicAuthentication:SecretWithBasicAuthentication": BasicAuthentication(),
    "snowflake:index/secretWithClientCredentials:SecretWithClientCredentials": ClientCredentials(),
    "snowflake:index/secretWithGenericString:SecretWithGenericString": GenericString(),
    "snowflake:index/stageInternal:StageInternal": StageInternal(),
    "snowflake:index/warehouse:Warehouse": Warehouse(),
}


class SnowflakeProvider:
    """Stands in for pulumi-snowflake, at an account on this machine."""

    kinds = frozenset(TYPES)
    _account: Account
    _previews: frozenset[str]

    def __init__(self) -> None:
        self.version = installed_version("pulumi-snowflake")

    def config_faults(self, config: Properties) -> list[Fault]:
        """Hosts that are not on this machine, and what is missing to log in."""
        return settings.faults(config)

    def configure(self, config: Properties) -> None:
        """Take the configuration; the first operation that needs a session logs in."""
        self.close()
        read = settings.settings(config)
        self._account, self._previews = Account(read), read.previews

    def check(self, urn: str, kind: str, inputs: Properties, before: Properties) -> tuple[Properties, list[Fault]]:
        """Fill in a made-up name and the official defaults; refuse what the stand-in would have to ignore."""
        entry = TYPES[kind]
        filled: Properties = {name: item.default for name, item in entry.attributes.items() if item.default is not None}
        if "name" in entry.attributes:
            old = before.get("name") if "name" in _defaulted(before, ["name"]) else None
            filled["name"] = old or f"{urn.rsplit('::', 1)[-1]}-{secrets.token_hex(4)[:7]}"
        filled = {name: value for name, value in filled.items() if inputs.get(name) is None}
        faults = [(name, _no_property(name, entry)) for name in sorted(inputs) if not _is_property(name, entry)]
        whole = inputs | filled
        required = [name for name, item in entry.attributes.items() if item.required and whole.get(name) is None]
        faults += [(name, f"`{name}` is missing") for name in required]
        faults += [
            (name, f"`{name}` holds a double quote, which the official provider cannot work with")
            for name in IN_SCHEMA
            if '"' in bare(str(reveal(whole.get(name, ""))))
        ]
        checked = with_secrets(entry.attributes, whole) | {DEFAULTS: sorted(filled)}
        return checked, faults or entry.faults(whole)

    def diff(self, kind: str, inputs: Properties, state: Properties) -> Difference:
        """Attribute by attribute; parameters of objects are asked for."""
        entry = TYPES[kind]
        changed = self._changed(entry, str(state.get("id")), inputs, state)
        is_named = "name" in entry.attributes and DEFAULTS in inputs and "name" not in _defaulted(inputs, [])
        return Difference(changed, entry.replaces(changed, inputs, state), is_named)

    def preview(self, kind: str, inputs: Properties, state: Properties | None) -> Properties:
        """The plan, and what the state knows."""
        entry = TYPES[kind]
        changed = changes(entry.attributes, inputs, state) if state else ()
        renewed = entry.renewed(changed) | ({"fullyQualifiedName"} if "name" in changed else set())
        outputs = previewed(entry.attributes, ("id", *entry.computed), inputs, state, renewed)
        return with_secrets(entry.attributes, outputs)

    def create(self, urn: str, kind: str, inputs: Properties) -> tuple[str, Properties]:  # noqa: ARG002 # names are in the inputs
        """CREATE, then read it."""
        entry = self._enabled(kind)
        wanted = plan(entry.attributes, inputs)
        ident = entry.identity(wanted)
        self._carry_out(entry.creating(self._account, ident, wanted), ident, wanted)
        return ident, self._made(entry, ident, wanted, wanted)

    def read(self, kind: str, ident: str, state: Properties, inputs: Properties) -> Read | None:
        """SHOW and DESCRIBE; without a state it is an import."""
        entry = self._enabled(kind)
        ident = str(state.get("id") or ident)
        outputs = entry.read(self._account, ident, state or entry.imported(ident))
        if outputs is None:
            return None
        if not state:
            found = {name: word(seen(item, outputs)) for name, item in entry.attributes.items() if item.current}
            outputs |= {name: value for name, value in found.items() if value is not None and name not in outputs}
        outputs = with_secrets(entry.attributes, outputs)
        return Read(ident, outputs, inputs_of(entry.attributes, outputs, inputs))

    def update(self, urn: str, kind: str, ident: str, inputs: Properties, state: Properties) -> Properties:  # noqa: ARG002 # the state says all
        """ALTER, then read it."""
        entry = self._enabled(kind)
        # A new name or new privileges are a new id, which the engine learns only by the outputs.
        ident = str(state.get("id") or ident)
        changed = frozenset(self._changed(entry, ident, inputs, state))
        wanted = kept(entry.attributes, plan(entry.attributes, inputs), state, changed)
        change = Change(wanted, state, changed)
        self._carry_out(entry.altering(self._account, ident, change), ident, state)
        if not entry.rereads(change):
            return {**state, **wanted}
        return self._made(entry, entry.moved(ident, change), wanted, state)

    def delete(self, kind: str, ident: str, state: Properties) -> None:
        """DROP; an object whose schema or database is gone, is gone too."""
        entry = self._enabled(kind)
        ident = str(state.get("id") or ident)
        try:
            self._carry_out(entry.deleting(ident, state), ident, state)
        except RefusedError as error:
            if not (error.absent and entry.is_gone_with_its_place(self._account, ident)):
                raise

    def invoke(self, token: str, arguments: Properties) -> None:  # as every provider's
        """No function stands in."""

    def cancel(self) -> None:
        """Nothing waits for anything but an answer."""

    def close(self) -> None:
        """Log out."""
        if hasattr(self, "_account"):
            self._account.close()

    def _enabled(self, kind: str) -> ResourceType:
        entry = TYPES[kind]
        if entry.preview_feature and entry.preview_feature not in self._previews:
            raise NothingDoneError(
                f"{entry.preview_feature} is currently a preview feature, and must be enabled by adding "
                f"{entry.preview_feature} to `preview_features_enabled` in Terraform configuration."
            )
        return entry

    def _changed(self, entry: ResourceType, ident: str, inputs: Properties, state: Properties) -> tuple[str, ...]:
        changed = changes(entry.attributes, inputs, state)
        return tuple(dict.fromkeys((*changed, *entry.drift(self._account, ident, inputs, state))))

    def _carry_out(self, statements: Iterator[Statement], ident: str, outputs: Properties) -> None:
        """One after the other. After the first, a failure leaves something half done."""
        for count, statement in enumerate(statements):
            try:
                self._account.run(statement)
            except (NothingDoneError, UnknownOutcomeError) as error:
                if count == 0:
                    raise
                raise HalfDoneError(ident, {**outputs, "id": ident}, str(error)) from None

    def _made(self, entry: ResourceType, ident: str, wanted: Properties, known: Properties) -> Properties:
        """What was just made or changed; `known` is what to remember if it cannot be read."""
        try:
            outputs = entry.read(self._account, ident, wanted)
        except (NothingDoneError, UnknownOutcomeError) as error:
            raise HalfDoneError(ident, {**known, "id": ident}, f"it is there, but cannot be read: {error}") from None
        if outputs is None:
            raise NothingDoneError(f"the {entry.noun} `{ident}` was removed while it was made")
        return with_secrets(entry.attributes, outputs)


def _defaulted(inputs: Properties, otherwise: list[str]) -> list[str]:
    listed = inputs.get(DEFAULTS, otherwise)
    return [str(name) for name in listed] if isinstance(listed, list) else otherwise


def _is_property(name: str, entry: ResourceType) -> bool:
    return name in entry.attributes and name not in entry.unsupported


def _no_property(name: str, entry: ResourceType) -> str:
    if name in entry.unsupported:
        return f"the provider stand-in does not support `{name}` of a {entry.noun}"
    return f"`{name}` is no property of this {entry.noun}"


def _without_tables() -> None:
    # The client imports these where it finds them, which costs each plugin 0.3 s; nothing here is a table.
    for module in ("numpy", "pandas", "pyarrow", "sqlalchemy"):
        sys.modules[module] = None  # type: ignore[assignment] # Python's own way to say that there is none


def main(arguments: list[str]) -> int:  # noqa: ARG001 # as every plugin's
    """Serve as `pulumi-resource-snowflake`."""
    _without_tables()
    provider = SnowflakeProvider()
    code = serve(lambda server: register(provider, server), provider.close)
    sys.stdout.flush()
    # A statement without an answer cannot be woken up, and its thread must not keep the plugin alive.
    os._exit(code)
