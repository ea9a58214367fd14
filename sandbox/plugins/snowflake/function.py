"""Functions in Python."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from sandbox.plugins.service import Fault
from sandbox.plugins.snowflake import data_type, names, sets
from sandbox.plugins.snowflake.account import Account, RefusedError
from sandbox.plugins.snowflake.answers import Column, Row, account_name, columns, items, number, rfc_time, text, truth
from sandbox.plugins.snowflake.attributes import SHOWN, UNSAID, Attribute, says, table
from sandbox.plugins.snowflake.kind import Change
from sandbox.plugins.snowflake.named import IN_SCHEMA, NamedObject, placed
from sandbox.plugins.snowflake.parameters import PARAMETERS, Parameter, Parameters
from sandbox.plugins.snowflake.sql import Statement, brackets, literal, literals, words
from sandbox.plugins.values import Properties, is_known, reveal

_PARAMETERS = Parameters(
    "FUNCTION",
    (
        Parameter("ENABLE_CONSOLE_OUTPUT", truth),
        Parameter("LOG_LEVEL"),
        Parameter("LOG_EVENT_LEVEL"),
        Parameter("METRIC_LEVEL"),
        Parameter("TRACE_LEVEL"),
    ),
)
_UNREAD = ("isSecure", "isAggregate")
"""Nobody reads these back: another behaviour by hand is not seen."""
_FLAGS = (
    "is_builtin", "is_aggregate", "is_ansi", "is_table_function", "valid_for_clustering", "is_secure",
    "is_external_function", "is_memoizable", "is_data_metric",
)  # fmt: skip


def _integrations(value: list[str]) -> str:
    return brackets(names.quoted(names.on_account(name)) for name in sets.sent(value))


def _secrets(value: list[Mapping[str, str]]) -> str:
    keys = (("secretId", "secret_id"), ("secretVariableName", "secret_variable_name"))
    return brackets(
        f"{literal(item['secretVariableName'])} = {names.qualified(item['secretId'])}"
        for item in sets.blocks_sent(value, *keys)
    )


def _pairs(value: list[Mapping[str, str]]) -> object:
    return sorted((item.get("secretId"), item.get("secretVariableName")) for item in value)


def _body(value: str) -> str:
    # The official provider does not see an edit of white space or of the case of letters.
    return re.sub(r"\s+", " ", value).strip().lower()


class FunctionPython(NamedObject):
    """A change of code, handler or types takes a new function, which has none of the old one's grants."""

    noun, words, plural, between = "Python function", "FUNCTION", "USER FUNCTIONS", ", "
    preview_feature = "snowflake_function_python_resource"
    attributes = table(
        *placed(forces=False, place=IN_SCHEMA),
        Attribute("returnType", required=True, forces=True, normal=data_type.kind),
        Attribute("nullInputBehavior", forces=True, normal=str.upper),
        Attribute("returnResultsBehavior", forces=True, normal=str.upper),
        Attribute("runtimeVersion", "RUNTIME_VERSION", required=True, forces=True),
        Attribute("comment", "COMMENT", default="user-defined function"),
        Attribute("packages", "PACKAGES", lambda value: literals(sets.sent(value)), forces=True, normal=sorted),
        Attribute("handler", "HANDLER", required=True, forces=True),
        Attribute("externalAccessIntegrations", "EXTERNAL_ACCESS_INTEGRATIONS", _integrations, normal=sorted),
        Attribute("secrets", "SECRETS", _secrets, cleared="SECRETS = ()", normal=_pairs),
        Attribute("functionDefinition", forces=True, normal=_body),
        Attribute("isSecure", default=UNSAID, current=(SHOWN, "isSecure")),
        Attribute("isAggregate", default=UNSAID, current=(SHOWN, "isAggregate")),
        *_PARAMETERS.attributes,
    )
    unsupported = ("arguments", "imports")
    computed = ("fullyQualifiedName", "functionLanguage", SHOWN, PARAMETERS)
    shown = (
        *columns("name", "description", "language", "secrets", "external_access_integrations"),
        *columns(created_on=rfc_time, schema_name=account_name, catalog_name=account_name),
        *columns(min_num_arguments=number, max_num_arguments=number, **dict.fromkeys(_FLAGS, truth)),
        Column("arguments", "argumentsRaw"),
    )

    def faults(self, inputs: Properties) -> list[Fault]:
        """A type that is not known here."""
        value = reveal(inputs.get("returnType"))
        try:
            if value is not None and is_known(value):
                data_type.kind(str(value))
        except ValueError:
            return [("returnType", f"the provider stand-in does not know the data type `{value}`")]
        return []

    def identity(self, wanted: Properties) -> str:
        """Arguments are part of the id; here there are none."""
        return f"{super().identity(wanted)}()"

    def parts(self, ident: str) -> tuple[str, ...]:
        """Without the arguments."""
        return super().parts(ident.partition("(")[0])

    def sql_name(self, ident: str) -> str:
        """With the arguments, by which Snowflake tells functions apart."""
        return f"{self.plain_name(ident)}()"

    def is_this(self, row: Row, name: str) -> bool:
        """The one without arguments."""
        return row.get("name") == name and text(row.get("arguments")).removeprefix(name).startswith("()")

    def creating(self, account: Account, ident: str, wanted: Properties) -> Iterator[Statement]:  # noqa: ARG002 # as every type's
        """One CREATE; parameters have an ALTER of their own, since CREATE does not set them."""
        plain = {name: reveal(value) for name, value in wanted.items()}
        given = {item.name for item in _PARAMETERS.attributes if plain.get(item.name) is not None}
        said = [item for item in self.attributes.values() if item.clause and says(item, plain.get(item.name))]
        body = plain.get("functionDefinition")
        statement = words(
            "CREATE",
            "SECURE" if plain.get("isSecure") == "true" else "",
            f"FUNCTION {self.plain_name(ident)} ()",
            f"RETURNS {data_type.spelled(str(plain['returnType']))} LANGUAGE PYTHON",
            text(plain.get("nullInputBehavior")).upper(),
            text(plain.get("returnResultsBehavior")).upper(),
            *(self.setting(item, plain[item.name]) for item in said if item.name not in given),
            f"AS $${body}$$" if body else "",
        )
        yield Statement(statement)
        yield from self.resetting(ident, Change(wanted, {}, frozenset(given)))

    def altering(self, account: Account, ident: str, change: Change) -> Iterator[Statement]:
        """What every object does, and whether it is secure, which has a form of its own."""
        yield from super().altering(account, ident, change)
        if "isSecure" in change.names:
            verb = "SET" if change.of("isSecure") == "true" else "UNSET"
            yield Statement(f"ALTER FUNCTION {self.sql_name(self.moved(ident, change))} {verb} SECURE")

    def read(self, account: Account, ident: str, state: Properties) -> Properties | None:
        """Gone also when DESCRIBE does not find what SHOW still had."""
        try:
            outputs = super().read(account, ident, state)
        except RefusedError as error:
            if error.absent:
                return None
            raise
        return outputs and {**outputs, **{name: state.get(name) for name in _UNREAD}}

    def details(self, account: Account, ident: str, row: Row, state: Properties) -> Properties:
        """Code and parameters."""
        answer = {text(item.get("property")): text(item.get("value")) for item in self.described(account, ident)}
        said = {name: "" if value == "null" else value for name, value in answer.items()}
        integrations = [names.on_account(name) for name in items(said.get("external_access_integrations"))]
        return {
            "returnType": data_type.seen(str(reveal(state.get("returnType")) or said["returns"]), said["returns"]),
            "comment": text(row.get("description")),
            "runtimeVersion": said.get("runtime_version"),
            "handler": said.get("handler"),
            "functionDefinition": said.get("body"),
            "functionLanguage": said.get("language"),
            "packages": sets.stored(item.strip("'\"") for item in items(said.get("packages"))) or None,
            "externalAccessIntegrations": sets.stored(integrations) or None,
            "secrets": _secrets_of(said.get("secrets") or "{}"),
            "arguments": [],
            "imports": [],
            **_PARAMETERS.outputs(_PARAMETERS.asked(account, self.sql_name(ident))),
        }

    def drift(self, account: Account, ident: str, inputs: Properties, state: Properties) -> tuple[str, ...]:
        """Parameters, and another language."""
        asked = _PARAMETERS.drift(_PARAMETERS.asked(account, self.sql_name(ident)), inputs, state)
        return asked if state.get("functionLanguage") in (None, "PYTHON") else (*asked, "functionLanguage")

    def replaces(self, changed: tuple[str, ...], inputs: Properties, state: Properties) -> tuple[str, ...]:
        """Another language takes a new function, too."""
        forced = super().replaces(changed, inputs, state)
        return (*forced, "functionLanguage") if "functionLanguage" in changed else forced


def _secrets_of(answer: str) -> list[Properties]:
    found = sorted((names.qualified(str(secret)), str(name)) for name, secret in json.loads(answer).items())
    return [{"secretId": secret, "secretVariableName": name} for secret, name in found]
