"""Secret values appear only in inputs and outputs that Pulumi encrypts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.recorder import STACKS_OF_EXAMPLES, Secret, recorded_example

CANARY = "canary"


def leaks(value: Any, path: str) -> Iterator[str]:
    """Where a canary stands in the open."""
    match value:
        case Secret():
            return
        case Mapping():
            for key, item in value.items():
                yield from leaks(item, f"{path}.{key}")
        case list():
            for number, item in enumerate(value):
                yield from leaks(item, f"{path}[{number}]")
        case _ if CANARY in str(value):
            yield path


def secrets(value: Any) -> Iterator[str]:
    """Every encrypted text."""
    match value:
        case Secret():
            yield str(value.value)
        case Mapping():
            for item in value.values():
                yield from secrets(item)
        case list():
            for item in value:
                yield from secrets(item)
        case _:
            return


@pytest.mark.parametrize(("example", "stack"), STACKS_OF_EXAMPLES)
def test_no_secret_in_the_open(example: str, stack: str) -> None:
    """No input, no output and no name holds a secret value."""
    recording = recorded_example(example, stack)
    found = [leak for urn, item in recording.resources.items() for leak in leaks(item.inputs, urn)]
    assert [*found, *leaks(recording.outputs, "outputs")] == []
    assert not [urn for urn in recording.resources if CANARY in urn]


def test_secrets_arrive() -> None:
    """The canaries do reach the identity providers and the outputs, encrypted; nothing is lost on the way."""
    recording = recorded_example("departments-of-every-provider", "dev")
    seen = {text for item in recording.resources.values() for text in secrets(item.inputs)}
    assert seen == {f"secret canary-{name}" for name in ("workspace", "entra", "okta", "partners", "github")}
    exported = set(secrets(recorded_example("machines-and-devices", "dev").outputs))
    assert exported == {"canary-tunnel-token", "canary-client-secret"}


def test_secrets_of_snowflake_arrive() -> None:
    """Logins and the values of secrets, each in the resource that is made for it and in no statement."""
    recording = recorded_example("snowflake", "dev")
    seen: dict[str, set[str]] = {}
    for item in recording.resources.values():
        for text in secrets(item.inputs):
            seen.setdefault(item.type.rpartition(":")[2], set()).add(text.removeprefix("secret canary-"))
    assert seen == {
        "snowflake": {"key", "passphrase"},
        "SecretWithGenericString": {"fx", "crm", "set outside of Gatehouse"},
        "SecretWithBasicAuthentication": {"user", "bank", "crm-password"},
        "SecretWithAuthorizationCodeGrant": {"refresh"},
    }
    assert set(secrets(recording.outputs)) == {"canary-tunnel-token"}


def test_only_secrets_are_encrypted() -> None:
    """A client id can be read in a preview; encrypting all of a configuration would hide what changes."""
    config = recorded_example("minimal", "dev").of_type("ZeroTrustAccessIdentityProvider").popitem()[1].inputs["config"]
    assert config == {
        "appsDomain": "example.com",
        "clientId": "workspace-client",
        "clientSecret": Secret("secret canary-workspace"),
    }
