"""What only decryption reveals about a stack is said with file, line and key, and never with the secret."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from infra.load import load_estate
from infra.problems import ConfigError, Problems
from infra.settings import Settings, load_settings
from infra.stack import decode_stack
from tests.build import STACK
from tests.recorder import EXAMPLES, TODAY, decrypted, record


def settings(example: str, stack: str, config: dict[str, object] | None = None, root: Path | None = None) -> Settings:
    """The settings of one stack, read inside a Pulumi program."""
    found: list[Settings] = []
    root = root or EXAMPLES / example

    def program() -> None:
        found.append(load_settings(load_estate(root, stack, TODAY)[0]))

    record(program, stack=stack, root=root, config=decrypted(root, stack) if config is None else config)
    return found[0]


def test_owner_of_the_singletons() -> None:
    """A stack that is `only` an account has protected singletons and no zone."""
    seen = settings("shared-account", "account")
    assert (seen.stack, seen.account, seen.protect, seen.zone) == ("account", None, True, None)
    assert (seen.organization, seen.auth_domain) == ("Example", "example.cloudflareaccess.com")
    assert seen.providers["workspace"].client_secret is not None
    assert seen.providers["guests"].client_secret is None


def test_user_of_another_stacks_singletons() -> None:
    """It knows whom to ask and holds no provider values of its own."""
    seen = settings("shared-account", "dev")
    assert (seen.account, seen.protect, seen.organization, dict(seen.providers)) == ("account", False, None, {})
    assert seen.zone is not None
    assert (seen.zone.name, str(seen.zone.at)) == ("example.com", "stacks/Pulumi.dev.yaml:6:21")


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        ("hunter2\n", "begins or ends with white space"),
        (" hunter2", "begins or ends with white space"),
        ("", "is empty"),
        ("\n", "is empty"),
        (None, "is empty"),
        ({"a": "hunter2"}, "is empty"),
    ],
)
def test_unusable_secret(secret: Any, sentence: str) -> None:
    """A secret that no provider would accept is refused, without being shown."""
    config = {**decrypted(EXAMPLES / "minimal", "dev"), "gatehouse:providers": {"workspace": {"clientSecret": secret}}}
    with pytest.raises(ConfigError) as seen:
        settings("minimal", "dev", config)
    text = str(seen.value)
    assert f"the secret `gatehouse:providers.workspace.clientSecret` {sentence}" in text
    assert "--> stacks/Pulumi.dev.yaml:9:" in text
    assert "hunter2" not in text


@pytest.mark.parametrize("providers", ["not json", "[]", '"text"'])
def test_providers_that_are_no_mapping(providers: str) -> None:
    """Whatever the engine hands over, there is no traceback."""
    config = {**decrypted(EXAMPLES / "minimal", "dev"), "gatehouse:providers": providers}
    with pytest.raises(ConfigError, match="`gatehouse:providers` is not a mapping"):
        settings("minimal", "dev", config)


def test_missing_secret_names_the_command(tmp_path: Path) -> None:
    """The templates have no secrets; the message says how to set them."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "apps.yaml").write_text((EXAMPLES / "minimal" / "apps.yaml").read_text("utf-8"), "utf-8")
    stack = (EXAMPLES / "minimal" / "stacks" / "Pulumi.dev.yaml").read_text("utf-8")
    stack = stack.replace("clientSecret: {secure: canary-workspace}, ", "")
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text(stack, "utf-8")
    with pytest.raises(ConfigError) as seen:
        settings("", "dev", root=tmp_path)
    command = "pulumi config set --stack dev --secret --path 'gatehouse:providers.workspace.clientSecret'"
    assert "error[missing-stack-value]" in str(seen.value)
    assert command in str(seen.value)


@pytest.mark.parametrize(
    ("stack", "engine", "command"),
    [
        ("dev", "", "pulumi config set --stack dev --path x"),
        ("sandbox", "", ".venv/bin/sandbox pulumi config set --stack sandbox --path x"),
        ("dev", "sandbox -C x pulumi", "sandbox -C x pulumi config set --stack dev --path x"),
    ],
)
def test_values_are_set_with_the_engine_of_the_stack(
    stack: str, engine: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine of the sandbox is the only one that knows its stacks."""
    monkeypatch.setenv("GATEHOUSE_PULUMI", engine)
    found = decode_stack(STACK, stack, Problems())
    assert found is not None
    assert found.setting("--path x") == command


def snowflake_config(**changed: object) -> dict[str, object]:
    """The configuration of the Snowflake example, with other values below `gatehouse:secrets.ledger`."""
    config = decrypted(EXAMPLES / "snowflake", "dev")
    values: Any = config["gatehouse:secrets"]
    return {**config, "gatehouse:secrets": {**values, "ledger": {**values["ledger"], **changed}}}


def test_snowflake_values_and_placeholders() -> None:
    """Every secret with a value has its parts; one that is rotated outside has a placeholder."""
    seen = settings("snowflake", "dev").snowflake
    assert seen is not None
    assert {key: set(parts) for key, parts in seen.values.items() if parts} == {
        ("ledger", "fx_api_key"): {"value"},
        ("ledger", "bank"): {"username", "password"},
        ("quota", "crm_signing_key"): {"value"},
        ("quota", "crm_login"): {"refresh_token"},
        ("audience", "mail_api_key"): {"value"},
        ("audience", "crm"): {"username", "password"},
    }
    assert seen.expires["quota", "crm_login"] == "2027-03-31 00:00 UTC"
    assert "canary" not in repr(seen)
    login = seen.login()
    assert (login["authenticator"], login["user"], login["account_name"]) == ("SNOWFLAKE_JWT", "GATEHOUSE", "ANALYTICS")


@pytest.mark.parametrize("value", ["hunter2\n", " hunter2"])
def test_unusable_value_of_a_snowflake_secret(value: str) -> None:
    with pytest.raises(ConfigError) as seen:
        settings("snowflake", "dev", snowflake_config(fx_api_key=value))
    assert "the secret `gatehouse:secrets.ledger.fx_api_key` begins or ends with white space" in str(seen.value)
    assert "hunter2" not in str(seen.value)


def test_a_key_in_pem_form_may_end_in_a_line_end() -> None:
    config = decrypted(EXAMPLES / "snowflake", "dev")
    account: Any = config["gatehouse:snowflake"]
    key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"
    seen = settings("snowflake", "dev", {**config, "gatehouse:snowflake": {**account, "privateKey": key}})
    assert seen.snowflake is not None
    assert "private_key" in seen.snowflake.credentials


def test_missing_values_of_snowflake_secrets_are_all_named(tmp_path: Path) -> None:
    """With the place where each belongs and the command that sets it."""
    shutil.copytree(EXAMPLES / "snowflake", tmp_path / "project")
    stack = tmp_path / "project" / "stacks" / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text("utf-8").partition("  gatehouse:secrets:")[0], "utf-8")
    with pytest.raises(ConfigError) as seen:
        settings("", "dev", root=tmp_path / "project")
    named = re.findall(r"the secret `gatehouse:secrets\.([^`]+)` is not set", str(seen.value))
    assert sorted(named) == [
        "audience.crm.password",
        "audience.crm.username",
        "ledger.bank.password",
        "ledger.bank.username",
        "ledger.fx_api_key",
        "quota.crm_login.refreshToken",
        "quota.crm_signing_key",
    ]
    assert "pulumi config set --stack dev --secret --path 'gatehouse:secrets.ledger.fx_api_key'" in str(seen.value)
