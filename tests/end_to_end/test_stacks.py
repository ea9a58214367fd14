"""Account, dev, staging and prod in one account of Cloudflare and of Snowflake, from the templates as they are
committed, but for the name of the Snowflake account, which is the local one's."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.end_to_end.world import World

ENVIRONMENTS = ("dev", "staging", "prod")
SECRETS = (
    "ledger.fx_api_key",
    "quota.crm_signing_key",
    "audience.mail_api_key",
    "audience.crm.password",
    "audience.crm.username",
)


def up(world: World, stack: str) -> str:
    return world.ok("pulumi", "up", "--yes", "--skip-preview", "--stack", stack)


def set_what_is_asked_for(world: World, stack: str) -> list[str]:
    """Run the commands that a refused `up` prints, exactly as it prints them; the values come from standard input."""
    ended = world.pulumi("up", "--yes", "--skip-preview", "--stack", stack)
    assert ended.code != 0
    engine = rf"\S*sandbox -C {re.escape(str(world.project))} pulumi"
    asked_for = rf"help: {engine} config set --stack {stack} --secret --path '(\S+)'$"
    paths = re.findall(asked_for, ended.text, re.MULTILINE)
    for path in paths:
        world.ok("pulumi", "config", "set", "--stack", stack, "--secret", "--path", path, stdin="hush-hush-hush")
    assert "hush" not in (world.project / "stacks" / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    assert paths, str(ended)
    return paths


def is_of(name: str, stack: str) -> bool:
    """Whether an object belongs to a stack: all that several stacks have carries the stack in its name."""
    return any(mark in name for mark in (f"gatehouse-{stack}", f"({stack})", f"-{stack}.example.com"))


def in_snowflake(world: World) -> set[str]:
    """The objects of the account that are not its own, each after its kind."""
    objects: Any = world.snowflake.asked("/__sandbox/objects")
    return {f"{kind} {name}" for kind, names in objects.items() for name in names}


@pytest.fixture(scope="module", autouse=True)
def filled_in(world: World) -> None:
    # Two stacks that make the departments' roles of one account are refused.
    (world.project / "stacks" / "Pulumi.sandbox.yaml").unlink()
    for stack in ("account", *ENVIRONMENTS):
        world.edit(f"stacks/Pulumi.{stack}.yaml", "    account: ANALYTICS\n", "    account: SANDBOX\n")


def test_an_environment_asks_for_its_secrets_and_then_for_its_account(world: World) -> None:
    world.ok("pulumi", "stack", "init", "dev")
    assert set_what_is_asked_for(world, "dev") == [f"gatehouse:secrets.{secret}" for secret in SECRETS]
    ended = world.pulumi("up", "--yes", "--skip-preview", "--stack", "dev")
    assert ended.code != 0
    assert "pulumi up --stack account" in ended.text
    assert "Traceback" not in ended.text
    assert world.writes() == []


def test_the_account_asks_for_the_secrets_that_are_not_set(world: World) -> None:
    world.ok("pulumi", "stack", "init", "account")
    providers = [f"gatehouse:providers.{name}.clientSecret" for name in ("workspace", "partners")]
    assert set_what_is_asked_for(world, "account") == providers


def test_all_stacks_come_up_beside_each_other(world: World) -> None:
    up(world, "account")
    alone = world.names()
    assert [name.split()[0] for name in alone] == ["identity_providers", "identity_providers", "tags"]
    for stack in ENVIRONMENTS:
        if stack != "dev":
            world.ok("pulumi", "stack", "init", stack)
            set_what_is_asked_for(world, stack)
        up(world, stack)
    for stack in ("account", *ENVIRONMENTS):
        world.ok("pulumi", "preview", "--expect-no-changes", "--stack", stack)
        world.ok("pulumi", "refresh", "--yes", "--expect-no-changes", "--stack", stack)
    hosts = {record["name"] for record in world.objects()["dns_records"]}
    assert hosts == {f"{app}-{stack}.example.com" for app in ("apps", "wiki") for stack in ENVIRONMENTS}


def test_destroying_dev_leaves_the_others_whole(world: World) -> None:
    before, snowflake = world.names(), in_snowflake(world)
    world.ok("pulumi", "destroy", "--yes", "--stack", "dev")
    assert world.names() == [name for name in before if not is_of(name, "dev")]
    assert in_snowflake(world) == {
        name for name in snowflake if not re.search(r"(GATEHOUSE|STREAMLIT)_DEV(?![A-Z])", name)
    }
    for stack in ("account", "staging", "prod"):
        world.ok("pulumi", "refresh", "--yes", "--expect-no-changes", "--stack", stack)


def test_the_singletons_are_protected(world: World) -> None:
    before = world.names()
    ended = world.pulumi("destroy", "--yes", "--stack", "account")
    assert ended.code != 0
    assert "protected" in ended.text
    assert world.names() == before


def test_an_app_is_only_in_the_stacks_that_it_names(world: World) -> None:
    world.edit("apps.yaml", "    subdomain: wiki\n", "    subdomain: wiki\n    only_in: [prod]\n")
    up(world, "staging")
    up(world, "prod")
    hosts = {record["name"] for record in world.objects()["dns_records"]}
    assert hosts == {"apps-staging.example.com", "apps-prod.example.com", "wiki-prod.example.com"}
