"""Schemas.

They are not in the recording; statements and columns are those of pkg/sdk/schemas_gen.go and pkg/resources/schema.go of
terraform-provider-snowflake 2.20, the parameters those of the SDK.
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.plugins.snowflake.account import Account, RefusedError
from sandbox.plugins.snowflake.answers import NEVER, Row, columns, go_time, items, number, stored, text, truth
from sandbox.plugins.snowflake.attributes import DESCRIBED, SHOWN, UNSAID, Attribute, table
from sandbox.plugins.snowflake.kind import Change
from sandbox.plugins.snowflake.named import IN_DATABASE, NamedObject, comment, placed
from sandbox.plugins.snowflake.parameters import PARAMETERS, Parameter, Parameters
from sandbox.plugins.snowflake.sql import Statement, words
from sandbox.plugins.values import Properties, reveal

_PARAMETERS = Parameters(
    "SCHEMA",
    (
        Parameter("DATA_RETENTION_TIME_IN_DAYS", number, plural=""),
        Parameter("MAX_DATA_EXTENSION_TIME_IN_DAYS", number, plural=""),
        Parameter("EXTERNAL_VOLUME"),
        Parameter("CATALOG"),
        Parameter("PIPE_EXECUTION_PAUSED", truth),
        Parameter("REPLACE_INVALID_CHARACTERS", truth, plural=""),
        Parameter("DEFAULT_DDL_COLLATION"),
        Parameter("DEFAULT_NOTEBOOK_COMPUTE_POOL_CPU"),
        Parameter("DEFAULT_NOTEBOOK_COMPUTE_POOL_GPU"),
        Parameter("STORAGE_SERIALIZATION_POLICY", plural="ies"),
        Parameter("LOG_LEVEL"),
        Parameter("LOG_EVENT_LEVEL"),
        Parameter("TRACE_LEVEL"),
        Parameter("SUSPEND_TASK_AFTER_NUM_FAILURES", number, plural=""),
        Parameter("TASK_AUTO_RETRY_ATTEMPTS", number, plural=""),
        Parameter("USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE"),
        Parameter("USER_TASK_TIMEOUT_MS", number, plural=""),
        Parameter("USER_TASK_MINIMUM_TRIGGER_INTERVAL_IN_SECONDS", number, plural=""),
        Parameter("QUOTED_IDENTIFIERS_IGNORE_CASE", truth),
        Parameter("ENABLE_CONSOLE_OUTPUT", truth),
    ),
)
_OPTIONS = (SHOWN, "options")
_DESCRIBED = columns("name", "kind", created_on=go_time)


class Schema(NamedObject):
    """Its parameters are read, and unset where somebody has set one by hand; the program sets none."""

    noun, words, plural, place, between = "schema", "SCHEMA", "SCHEMAS", IN_DATABASE, ", "
    attributes = table(
        *placed(forces=False, place=IN_DATABASE),
        Attribute(
            "withManagedAccess",
            default=UNSAID,
            current=_OPTIONS,
            view=lambda options: "MANAGED ACCESS" in items(options),
        ),
        Attribute(
            "isTransient",
            default=UNSAID,
            forces=True,
            current=_OPTIONS,
            view=lambda options: "TRANSIENT" in items(options),
        ),
        *_PARAMETERS.attributes,
        comment(),
    )
    unsupported = tuple(item.name for item in _PARAMETERS.attributes)
    computed = ("fullyQualifiedName", SHOWN, DESCRIBED, PARAMETERS)
    shown = columns(
        "name", "database_name", "owner", "comment", "options", "retention_time", "owner_role_type",
        created_on=go_time, dropped_on=lambda value: go_time(value) or NEVER, is_default=truth, is_current=truth,
    )  # fmt: skip

    def creating(self, account: Account, ident: str, wanted: Properties) -> Iterator[Statement]:
        """One CREATE; PUBLIC, which every database has, is altered instead."""
        if self.parts(ident)[-1].upper() == "PUBLIC" and self.found(account, ident) is not None:
            given = frozenset(name for name in ("withManagedAccess", "comment") if wanted.get(name))
            yield from self.altering(account, ident, Change(wanted, {}, given))
            return
        plain = {name: reveal(value) for name, value in wanted.items()}
        comment_clause = self.setting(self.attributes["comment"], plain["comment"]) if plain.get("comment") else ""
        transient = "TRANSIENT" if plain.get("isTransient") == "true" else ""
        managed = "WITH MANAGED ACCESS" if plain.get("withManagedAccess") == "true" else ""
        yield Statement(words("CREATE", transient, "SCHEMA", self.plain_name(ident), managed, comment_clause))

    def altering(self, account: Account, ident: str, change: Change) -> Iterator[Statement]:  # noqa: ARG002 # as every type's
        """Managed access has a statement of its own."""
        yield from self.renaming(ident, change)
        ident = self.moved(ident, change)
        if "withManagedAccess" in change.names:
            verb = "ENABLE" if change.of("withManagedAccess") == "true" else "DISABLE"
            yield Statement(f"ALTER SCHEMA {self.sql_name(ident)} {verb} MANAGED ACCESS")
        yield from self.resetting(ident, change)

    def details(self, account: Account, ident: str, row: Row, state: Properties) -> Properties:  # noqa: ARG002 # as every type's
        """Parameters, and what is in it."""
        parameters = _PARAMETERS.outputs(_PARAMETERS.asked(account, self.sql_name(ident)))
        try:
            described = [stored(_DESCRIBED, item) for item in self.described(account, ident)]
        except RefusedError:
            described = []
        return {"comment": text(row.get("comment")), **parameters, DESCRIBED: described}

    def drift(self, account: Account, ident: str, inputs: Properties, state: Properties) -> tuple[str, ...]:
        """Parameters."""
        return _PARAMETERS.drift(_PARAMETERS.asked(account, self.sql_name(ident)), inputs, state)
