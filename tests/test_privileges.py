"""Who holds what in Snowflake: viewers the object and the way to it, owners what their apps use, and nobody more."""

from __future__ import annotations

from datetime import date

import pytest

from infra.estate import Estate
from infra.privileges import Grant, owner_grants, viewer_grants
from tests.build import estate

TODAY = date(2027, 1, 15)
CONTAINER = "runtime: container, query_warehouse: wh, compute_pool: pool, external_hosts: [x.example]"


def app(name: str, owner: str, access: str, snowflake: str = CONTAINER) -> str:
    return f"  {name}: {{owner: {owner}, source: apps/{name}, access: {access}, snowflake: {{{snowflake}}}}}\n"


def written(grants: tuple[Grant, ...]) -> list[str]:
    """`FINANCE: USAGE on STREAMLIT APPS.STREAMLIT.LEDGER`, sorted."""
    return sorted(
        f"{grant.role}: {', '.join(grant.privileges)} on {grant.target.kind} {grant.target.name.replace(chr(34), '')}"
        for grant in grants
    )


def owners(found: Estate) -> list[str]:
    return written(tuple(dict.fromkeys(grant for _, home in found.in_snowflake for grant in owner_grants(home))))


def test_a_viewer_gets_the_object_and_the_way_to_it() -> None:
    found = estate("apps:\n" + app("ledger", "finance", "[finance]") + app("quota", "sales", "[finance, sales]"))
    assert written(viewer_grants(found, TODAY)) == [
        "FINANCE: USAGE on DATABASE APPS",
        "FINANCE: USAGE on SCHEMA APPS.STREAMLIT",
        "FINANCE: USAGE on STREAMLIT APPS.STREAMLIT.LEDGER",
        "FINANCE: USAGE on STREAMLIT APPS.STREAMLIT.QUOTA",
        "SALES: USAGE on DATABASE APPS",
        "SALES: USAGE on SCHEMA APPS.STREAMLIT",
        "SALES: USAGE on STREAMLIT APPS.STREAMLIT.QUOTA",
    ]


@pytest.mark.parametrize(("last", "enters"), [("2027-01-14", False), ("2027-01-15", True), ("2027-01-16", True)])
def test_an_entry_counts_to_the_end_of_its_last_day(last: str, enters: bool) -> None:
    found = estate("apps:\n" + app("ledger", "finance", f"[finance, {{allow: sales, expires: {last}}}]"))
    assert ("SALES: USAGE on STREAMLIT APPS.STREAMLIT.LEDGER" in written(viewer_grants(found, TODAY))) is enters


def test_an_owner_gets_what_its_apps_use() -> None:
    secrets = "secrets: {key: {type: generic-string}, login: {type: password, deliver: function}}"
    found = estate("apps:\n" + app("ledger", "finance", "[sales]", f"{CONTAINER}, {secrets}"))
    role = "GATEHOUSE_DEV_FINANCE_APPS"
    assert owners(found) == [
        f"{role}: CREATE STAGE, CREATE STREAMLIT, USAGE on SCHEMA APPS.STREAMLIT",
        f"{role}: READ, USAGE on SECRET APPS.STREAMLIT.LEDGER_KEY",
        f"{role}: USAGE on COMPUTE POOL POOL",
        f"{role}: USAGE on DATABASE APPS",
        f"{role}: USAGE on FUNCTION APPS.STREAMLIT.GET_LEDGER_LOGIN()",
        f"{role}: USAGE on FUNCTION APPS.STREAMLIT.GET_LEDGER_LOGIN_TYPE()",
        f"{role}: USAGE on INTEGRATION GATEHOUSE_DEV_LEDGER",
        f"{role}: USAGE on WAREHOUSE WH",
    ]


def test_a_secret_udf_is_nobody_elses() -> None:
    """Neither a viewer nor the apps of another department may call what returns a secret."""
    secrets = "secrets: {login: {type: password, deliver: function}}"
    found = estate(
        "apps:\n"
        + app("ledger", "finance", "[sales, finance]", f"{CONTAINER}, {secrets}")
        + app("quota", "sales", "[sales]")
    )
    holders = {
        line.partition(":")[0] for line in [*owners(found), *written(viewer_grants(found, TODAY))] if "GET_" in line
    }
    assert holders == {"GATEHOUSE_DEV_FINANCE_APPS"}


def test_apps_of_one_department_share_a_role_and_its_grants() -> None:
    found = estate("apps:\n" + app("one", "finance", "[finance]") + app("two", "finance", "[finance]"))
    integrations = [line for line in owners(found) if "INTEGRATION" not in line]
    alone = estate("apps:\n" + app("one", "finance", "[finance]"))
    assert integrations == [line for line in owners(alone) if "INTEGRATION" not in line]
