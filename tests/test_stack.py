"""Stack files: decoded with positions and without pulumi; secrets stay opaque and are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.problems import Problems, render
from infra.stack import Stack, decode_stack, load_stack, stack_names
from tests.build import STACK, codes


def decoded(text: str) -> tuple[Stack | None, Problems]:
    problems = Problems()
    return decode_stack(text, "dev", problems), problems


def values(more: str) -> Stack:
    stack, problems = decoded(STACK + more)
    assert stack is not None and problems.found == []
    return stack


ROLES = [("self", True, True), ("only", True, False), ("account", False, True)]


@pytest.mark.parametrize(("account", "owns", "apps"), ROLES)
def test_who_owns_what(account: str, owns: bool, apps: bool) -> None:
    stack, _ = decoded(STACK.replace("account: account", f"account: {account}"))
    assert stack is not None
    assert (stack.owns_singletons, stack.has_apps) == (owns, apps)


def test_encrypted_values_are_only_known_to_be_set() -> None:
    stack = values("  gatehouse:providers:\n    okta: {clientId: x, clientSecret: {secure: AAABAF}}\n")
    assert stack.values.providers["okta"].client_secret is True


def test_values_of_other_programs_and_pulumi_are_left_alone() -> None:
    values("  aws:region: eu-central-1\nsecretsprovider: passphrase\nencryptionsalt: v1:x\n")


def test_keys_may_stand_without_the_prefix() -> None:
    assert values("  organization: Example\n").values.organization == "Example"


REFUSED = [
    ("", ["empty-file"]),
    ("# nothing\n", ["empty-file"]),
    ("- config\n", ["wrong-type"]),
    ("config: text\n", ["wrong-type"]),
    ("config:\n", ["wrong-type"]),
    ("config: {}\n", ["missing-key"] * 3),
    ("config: {\n", ["yaml-syntax"]),
    ("conf: {}\n", ["missing-key"] * 3 + ["unknown-key"]),
    (STACK + "  gatehouse:hostName: x.example.com\n", ["unknown-key"]),
    (STACK + "  gatehose:subdomains: '*.example.com'\n", ["unknown-key"]),
    (STACK + "  gatehouse:config:organization: Example\n", ["unknown-key"]),
    (STACK + "  team: example\n", ["duplicate-key"]),
    (STACK + "  gatehouse:team: example\n", ["duplicate-key"]),
    (STACK + "  gatehouse:subdomains: wiki.example.com\n", ["bad-format"]),
    (STACK + "  gatehouse:directory: {entra: {Sales: not-an-id}}\n", ["bad-format"]),
    (STACK.replace("9f8e7d6c5b4a39281706f5e4d3c2b1a0", "12345678901234567890123456789012"), ["wrong-type"]),
]


@pytest.mark.parametrize(("text", "expected"), REFUSED)
def test_refused(text: str, expected: list[str]) -> None:
    assert codes(decoded(text)[1]) == expected


SECRETS = [
    ("  gatehouse:providers: {okta: {clientSecret: hunter2}}\n", "plain-secret"),
    ("  gatehouse:providers: {okta: {clientSecret: 'hunter2'}}\n", "plain-secret"),
    ("  gatehouse:providers:\n    okta:\n      clientSecret: |\n        hunter2\n        hunter2\n", "plain-secret"),
    ("  gatehouse:providers: {okta: {clientSecret: [hunter2]}}\n", "wrong-type"),
    ("  gatehouse:providers: {okta: {clientSecret: {value: hunter2}}}\n", "wrong-type"),
    ("  cloudflare:apiToken: hunter2\n", "plain-secret"),
    ("  snowflake:password: hunter2\n", "plain-secret"),
    ("  snowflake:privateKey: hunter2\n", "plain-secret"),
    ("  cloudflare:api_token: hunter2\n", "plain-secret"),
    ("  gatehouse:apiToken: hunter2\n", "unknown-key"),
    ("  gatehouse:providers: {okta: {clientSecrt: hunter2}}\n", "unknown-key"),
    ("  gatehouse:providers: {okta: {client_secret: hunter2}}\n", "unknown-key"),
    ("  cloudflare:apiToken: {secure: }\n", "wrong-type"),
    ("  cloudflare:apiToken: {secure: [hunter2]}\n", "wrong-type"),
    ("  cloudflare:apiToken: {secure: AAAB}\n  cloudflare:apiToken: hunter2\n", "duplicate-key"),
    ("  cloudflare:apiToken: 'hunter2\n", "yaml-syntax"),
]


@pytest.mark.parametrize(("more", "code"), SECRETS)
def test_a_secret_in_plain_text_is_refused_and_not_repeated(more: str, code: str) -> None:
    _, problems = decoded(STACK + more)
    assert codes(problems) == [code]
    assert "hunter2" not in render(problems.found)


def test_stacks_are_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "stacks"
    folder.mkdir()
    for name in ("Pulumi.prod.yaml", "Pulumi.dev.yaml", "Pulumi.yaml", "notes.yaml", "Pulumi.old.yaml.bak"):
        (folder / name).write_text(STACK, "utf-8")
    assert stack_names(tmp_path) == ("dev", "prod")
    problems = Problems()
    stack = load_stack(tmp_path, "dev", problems)
    assert stack is not None and stack.file == "stacks/Pulumi.dev.yaml"
    assert load_stack(tmp_path, "test", problems) is None and codes(problems) == ["missing-file"]
