"""Internal stages.

Only a stage without settings is in the recording; the rest is that of pkg/sdk/stages_gen.go and
pkg/resources/internal_stage.go of terraform-provider-snowflake 2.20.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.plugins.service import Fault
from sandbox.plugins.snowflake import names
from sandbox.plugins.snowflake.account import Account
from sandbox.plugins.snowflake.answers import Row, account_name, camel, columns, go_time, items, number, text, truth
from sandbox.plugins.snowflake.attributes import DESCRIBED, SHOWN, Attribute, table, told
from sandbox.plugins.snowflake.named import IN_SCHEMA, NamedObject, comment, placed
from sandbox.plugins.snowflake.sql import literal
from sandbox.plugins.values import Properties, is_known, reveal

_ENCRYPTIONS = {"snowflakeFull": "SNOWFLAKE_FULL", "snowflakeSse": "SNOWFLAKE_SSE"}
_FORMATS = ("avros", "csvs", "jsons", "orcs", "parquets", "xmls")
_TYPED = {"Boolean": truth, "Integer": number, "List": items}


def _encryption(block: Mapping[str, object]) -> str:
    return f"(TYPE = {literal(next(word for key, word in _ENCRYPTIONS.items() if key in block))})"


def _chosen(block: object) -> object:
    return [key for key in _ENCRYPTIONS if key in block] if isinstance(block, Mapping) else block


class StageInternal(NamedObject):
    """A stage of Snowflake's own. A directory table that somebody enables by hand takes a new stage, as ever."""

    noun, words, plural = "internal stage", "STAGE", "STAGES"
    attributes = table(
        *placed(forces=False, place=IN_SCHEMA),
        Attribute("encryption", "ENCRYPTION", _encryption, forces=True, normal=_chosen),
        Attribute("directory", forces=True),
        comment(cleared="COMMENT = ''"),
    )
    unsupported = ("directory", "fileFormat")
    computed = ("fullyQualifiedName", "stageType", SHOWN, DESCRIBED)
    shown = columns(
        "name", "database_name", "schema_name", "url", "owner", "comment", "region", "type", "cloud", "endpoint",
        "owner_role_type",
        created_on=go_time, storage_integration=account_name, has_credentials=truth, has_encryption_key=truth,
        directory_enabled=truth,
    )  # fmt: skip

    def faults(self, inputs: Properties) -> list[Fault]:
        """One encryption."""
        block = reveal(inputs.get("encryption"))
        if (
            block is None
            or not is_known(block)
            or (isinstance(block, Mapping) and len(_ENCRYPTIONS & block.keys()) == 1)
        ):
            return []
        return [("encryption", f"exactly one of {', '.join(f'`{key}`' for key in _ENCRYPTIONS)} must be set")]

    def details(self, account: Account, ident: str, row: Row, state: Properties) -> Properties:
        """Its directory table and its file format."""
        rows = self.described(account, ident)
        directory = {name: value for name, (_, value) in _properties(rows, "DIRECTORY").items()}
        found = {
            "autoRefresh": truth(directory.get("AUTO_REFRESH")),
            "enable": truth(directory.get("ENABLE")),
            "lastRefreshedOn": text(directory.get("LAST_REFRESHED_ON")),
        }
        outputs: Properties = {
            "comment": text(row.get("comment")),
            "stageType": row.get("type"),
            DESCRIBED: [{"directoryTables": [found], "fileFormats": [_file_format(rows)]}],
        }
        if told(state, (DESCRIBED, "directoryTables")) not in (None, [found]):
            outputs["directory"] = {"autoRefresh": str(found["autoRefresh"]).lower(), "enable": found["enable"]}
        return outputs

    def drift(self, account: Account, ident: str, inputs: Properties, state: Properties) -> tuple[str, ...]:  # noqa: ARG002 # the state has it
        """One that somebody made anew as another kind of stage."""
        return () if state.get("stageType") in (None, "INTERNAL", "INTERNAL NO CSE") else ("stageType",)

    def replaces(self, changed: tuple[str, ...], inputs: Properties, state: Properties) -> tuple[str, ...]:
        """Such a one is replaced."""
        forced = super().replaces(changed, inputs, state)
        return (*forced, "stageType") if "stageType" in changed else forced


def _properties(rows: list[Row], parent: str) -> dict[str, tuple[str, object]]:
    """Type and value of each property below a parent."""
    own = (row for row in rows if row.get("parent_property") == parent)
    return {text(row.get("property")): (text(row.get("property_type")), row.get("property_value")) for row in own}


def _file_format(rows: list[Row]) -> Properties:
    found = _properties(rows, "STAGE_FILE_FORMAT")
    empty: Properties = {"formatName": "", **{kind: [] for kind in _FORMATS}}
    if "FORMAT_NAME" in found:
        return {**empty, "formatName": names.qualified(text(found["FORMAT_NAME"][1]).replace('\\"', '"'))}
    kind = f"{text(found.get('TYPE', ('', ''))[1]).lower()}s"
    if kind not in _FORMATS:
        return empty
    named = {camel(name.lower()): _TYPED.get(typed, text)(value) for name, (typed, value) in found.items()}
    return {**empty, kind: [{"nullIfs" if name == "nullIf" else name: value for name, value in named.items()}]}
