"""Account, dev, staging and prod in one Cloudflare account, from the templates as they are committed."""

from __future__ import annotations

from tests.end_to_end.world import World

ENVIRONMENTS = ("dev", "staging", "prod")


def up(world: World, stack: str) -> str:
    return world.ok("pulumi", "up", "--yes", "--skip-preview", "--stack", stack)


def is_of(name: str, stack: str) -> bool:
    """Whether an object belongs to a stack: all that several stacks have carries the stack in its name."""
    return any(mark in name for mark in (f"gatehouse-{stack}", f"({stack})", f"-{stack}.example.com"))


def test_an_environment_before_its_account_says_what_to_do(world: World) -> None:
    world.ok("pulumi", "stack", "init", "dev")
    ended = world.pulumi("up", "--yes", "--skip-preview", "--stack", "dev")
    assert ended.code != 0
    assert "pulumi up --stack account" in ended.text
    assert "Traceback" not in ended.text
    assert world.writes() == []


def test_the_account_asks_for_the_secrets_that_are_not_set(world: World) -> None:
    world.ok("pulumi", "stack", "init", "account")
    ended = world.pulumi("up", "--yes", "--skip-preview", "--stack", "account")
    assert ended.code != 0
    for provider in ("workspace", "partners"):
        path = f"gatehouse:providers.{provider}.clientSecret"
        command = f"pulumi config set --stack account --secret --path '{path}'"
        assert command in ended.text
        # The command is run exactly as it is printed; the value comes from standard input.
        world.ok("pulumi", "config", "set", "--stack", "account", "--secret", "--path", path, stdin="hush-hush-hush")
    assert "hush" not in (world.project / "stacks" / "Pulumi.account.yaml").read_text(encoding="utf-8")


def test_all_stacks_come_up_beside_each_other(world: World) -> None:
    up(world, "account")
    alone = world.names()
    assert [name.split()[0] for name in alone] == ["identity_providers", "identity_providers", "tags"]
    for stack in ENVIRONMENTS:
        if stack != "dev":
            world.ok("pulumi", "stack", "init", stack)
        up(world, stack)
    for stack in ("account", *ENVIRONMENTS):
        world.ok("pulumi", "preview", "--expect-no-changes", "--stack", stack)
        world.ok("pulumi", "refresh", "--yes", "--expect-no-changes", "--stack", stack)
    hosts = {record["name"] for record in world.objects()["dns_records"]}
    assert hosts == {f"{app}-{stack}.example.com" for app in ("apps", "wiki") for stack in ENVIRONMENTS}


def test_destroying_dev_leaves_the_others_whole(world: World) -> None:
    before = world.names()
    world.ok("pulumi", "destroy", "--yes", "--stack", "dev")
    assert world.names() == [name for name in before if not is_of(name, "dev")]
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
