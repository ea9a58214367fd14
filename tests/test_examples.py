"""The whole inventory of every example estate, held against what was reviewed.

The URNs are part of it: a change that would replace a live resource shows as a changed URN.
"""

from __future__ import annotations

import difflib
import re
import shutil
from pathlib import Path

import pytest

from tests.recorder import EXAMPLES, STACKS_OF_EXAMPLES, Recorded, Recording, recorded_example

ELSEWHERE = ("several-stacks", "prod")
each_example = pytest.mark.parametrize(("example", "stack"), STACKS_OF_EXAMPLES)


@each_example
def test_inventory(example: str, stack: str, bless: bool) -> None:
    """Exactly these resources, with exactly these inputs."""
    golden = EXAMPLES / example / f"inventory.{stack}.yaml"
    seen = recorded_example(example, stack).inventory()
    if bless:
        golden.write_text(seen, encoding="utf-8")
    expected = golden.read_text(encoding="utf-8") if golden.exists() else ""
    if seen != expected:
        lines = difflib.unified_diff(
            expected.splitlines(), seen.splitlines(), str(golden.relative_to(EXAMPLES.parent)), "seen", lineterm=""
        )
        command = f"python -m pytest tests/test_examples.py -k '{example}' --bless"
        pytest.fail("\n".join([*lines, "", f"if every line is meant: {command}"]), pytrace=False)


@each_example
def test_reachable_only_when_guarded(example: str, stack: str) -> None:
    """DNS waits for the ingress map, which waits for every Access application, which waits for its host's denial."""
    recording = recorded_example(example, stack)
    guards = set(recording.of_type("ZeroTrustAccessApplication"))
    configs = set(recording.of_type("ZeroTrustTunnelCloudflaredConfig"))
    https = set(recording.of_type("ZoneSetting"))
    for urn in configs:
        assert guards <= recording.waits_for(urn)
    for urn in recording.of_type("DnsRecord"):
        assert configs | https <= recording.waits_for(urn)
    denials = {item.inputs["domain"]: urn for urn, item in recording.resources.items() if _denies_host(urn)}
    for urn in guards - set(denials.values()):
        host, slash, _ = recording.resources[urn].inputs["domain"].partition("/")
        assert not slash or denials[host] in recording.waits_for(urn)


@each_example
def test_every_ingress_rule_has_its_guard(example: str, stack: str) -> None:
    """The connector asks for the token of the app's own guard, but for apps that are public today."""
    recording = recorded_example(example, stack)
    for config in recording.of_type("ZeroTrustTunnelCloudflaredConfig").values():
        *rules, last = config.inputs["config"]["ingresses"]
        assert last == {"service": "http_status:404"}
        seen = {
            rule["hostname"] + _path(rule.get("path")): rule.get("originRequest", {}).get("access") for rule in rules
        }
        guard = {"required": True, "teamName": "elsewhere" if (example, stack) == ELSEWHERE else "example"}
        guards = recording.of_type("ZeroTrustAccessApplication")
        assert seen == {
            item.inputs["domain"]: None
            if _is_public(recording, item)
            else {**guard, "audTags": [f"aud-of-{item.name}"]}
            for urn, item in guards.items()
            if not _denies_host(urn)
        }


@each_example
def test_physical_names_do_not_clash(example: str, stack: str) -> None:
    """No two objects of a kind have one name in the account."""
    recording = recorded_example(example, stack)
    names = [(item.type, item.inputs["name"]) for item in recording.resources.values() if "name" in item.inputs]
    assert len(names) == len(set(names))


SECRETS = """\
  gatehouse:secrets:
    ledger: {fx_api_key: {secure: x}}
    quota: {crm_signing_key: {secure: x}}
    audience: {mail_api_key: {secure: x}, crm: {username: {secure: x}, password: {secure: x}}}
"""


def test_stacks_of_one_account_do_not_clash(tmp_path: Path) -> None:
    """The templates of the sample estate share two accounts; every physical name differs once their secrets are set."""
    from tests.recorder import PROJECT_ROOT, record_project

    for name in ("apps", "kit", "stacks"):
        shutil.copytree(PROJECT_ROOT / name, tmp_path / name)
    shutil.copy(PROJECT_ROOT / "apps.yaml", tmp_path)
    for stack in ("dev", "staging", "prod"):
        with (tmp_path / "stacks" / f"Pulumi.{stack}.yaml").open("a", encoding="utf-8") as file:
            file.write(SECRETS)
    providers = {"identity_providers": {"workspace": "idp:workspace", "partners": "idp:partners"}}
    references = {"organization/gatehouse/account": providers}
    seen: dict[tuple[object, ...], str] = {}
    for stack in ("dev", "staging", "prod"):
        for item in record_project(tmp_path, stack, references).resources.values():
            if item.custom and "name" in item.inputs and "StackReference" not in item.type:
                name = (item.type, *(item.inputs.get(part) for part in ("database", "schema", "name")))
                assert seen.setdefault(name, stack) == stack


def _denies_host(urn: str) -> bool:
    return urn.startswith("infra:access:DefaultDeny$")


def _path(pattern: str | None) -> str:
    return re.sub(r"\\(.)", r"\1", pattern.removeprefix("^").removesuffix("(/|$)")) if pattern else ""


def _is_public(recording: Recording, guard: Recorded) -> bool:
    policies = {
        f"zeroTrustAccessPolicy:{item.name}": item for item in recording.of_type("ZeroTrustAccessPolicy").values()
    }
    return any(policies[entry["id"]].inputs["decision"] == "bypass" for entry in guard.inputs["policies"])
