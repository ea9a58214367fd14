"""What is said of creations in Snowflake whose end nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.background import Running
from sandbox.local_api import Json
from sandbox.local_snowflake import Snowflake
from sandbox.pending import PendingCreation
from sandbox.snowflake_strays import fates

PLACE = {"database": "APPS", "schema": "STREAMLIT"}
EXECUTE = "snowflake:index/execute:Execute"


class Account(Snowflake):
    """An account that holds one of everything that is asked about below."""

    def objects(self) -> dict[str, list[Json]]:
        return {
            "SECRET": [{"name": "APPS.STREAMLIT.LEDGER_FX"}],
            "FUNCTION": [{"name": "APPS.STREAMLIT.GET_FX():VARCHAR"}],
            "INTEGRATION": [{"name": "GATEHOUSE_DEV_LEDGER"}],
            "STREAMLIT": [{"name": "APPS.STREAMLIT.LEDGER"}],
        }


def said(kind: str, **inputs: object) -> list[str]:
    account = Account(Running(1, 0.0, {"api": 1}), Path())
    return list(fates(account, [PendingCreation(kind, inputs)]))


@pytest.mark.parametrize(
    ("kind", "inputs", "drop"),
    [
        (
            "secretWithGenericString:SecretWithGenericString",
            {**PLACE, "name": "LEDGER_FX"},
            "SECRET APPS.STREAMLIT.LEDGER_FX",
        ),
        ("functionPython:FunctionPython", {**PLACE, "name": "GET_FX"}, "FUNCTION APPS.STREAMLIT.GET_FX()"),
        (
            "externalAccessIntegration:ExternalAccessIntegration",
            {"name": "GATEHOUSE_DEV_LEDGER"},
            "EXTERNAL ACCESS INTEGRATION GATEHOUSE_DEV_LEDGER",
        ),
        (
            "execute:Execute",
            {"execute": 'CREATE STREAMLIT "APPS"."STREAMLIT"."LEDGER" MAIN_FILE = \'streamlit_app.py\''},
            "STREAMLIT APPS.STREAMLIT.LEDGER",
        ),
    ],
)
def test_what_exists_is_named_with_its_drop(kind: str, inputs: dict[str, object], drop: str) -> None:
    (sentence,) = said(f"snowflake:index/{kind}", **inputs)
    assert "which the state does not know" in sentence
    assert f"'DROP {drop}'" in sentence


def test_what_does_not_exist_was_not_created() -> None:
    (sentence,) = said("snowflake:index/stageInternal:StageInternal", **PLACE, name="LEDGER_FILES")
    assert sentence == "The stage `APPS.STREAMLIT.LEDGER_FILES` does not exist: it was not created."


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1",
     "PUT 'file:///a' '@\"A\".\"B\".\"C\"/x/'",
     "COPY FILES INTO 'snow://streamlit/A.B.C/versions/live/' FROM '@x'",
     'ALTER STREAMLIT "A"."B"."C" SET TITLE = \'t\''],
)  # fmt: skip
def test_statements_that_may_run_twice_need_no_words(statement: str) -> None:
    assert said(EXECUTE, execute=statement) == []
    assert said("snowflake:index/grantPrivilegesToAccountRole:GrantPrivilegesToAccountRole") == []


def test_a_live_version_cannot_be_made_twice() -> None:
    (sentence,) = said(EXECUTE, execute='ALTER STREAMLIT "APPS"."STREAMLIT"."SALES_QUOTA" ADD LIVE VERSION FROM LAST')
    assert "Execute::sales-quota'" in sentence


def test_the_value_of_a_secret_is_not_said() -> None:
    inputs = {**PLACE, "name": "LEDGER_FX", "secretString": "hunter2"}
    assert "hunter2" not in str(said("snowflake:index/secretWithGenericString:SecretWithGenericString", **inputs))
