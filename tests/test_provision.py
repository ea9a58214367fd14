"""What must hold for the resources of any estate, tried on changed copies of the examples."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.recorder import EXAMPLES, STACKS_OF_EXAMPLES, Recorded, Recording, plain, record_project, recorded_example

SELF_CONTAINED = ("conditions", "departments-of-every-provider", "machines-and-devices", "everything")
NAMED_BY_KEY = ("identity", "providers", "departments", "machines", "devices", "apps")


def stack_of(example: str) -> str:
    return "sandbox" if example == "everything" else "dev"


def changed(example: str, document: dict[str, Any], tmp_path: Path) -> Recording:
    """The resources of an example whose apps.yaml is replaced."""
    root = tmp_path / example
    shutil.copytree(EXAMPLES / example, root, dirs_exist_ok=True)
    (root / "apps.yaml").write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    return record_project(root, stack_of(example))


def read(example: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((EXAMPLES / example / "apps.yaml").read_text("utf-8"))
    return document


def shuffled(value: Any, rng: random.Random) -> Any:
    """The same document with every mapping in another order. Lists keep theirs, which has a meaning in `access`."""
    if isinstance(value, dict):
        keys = list(value)
        rng.shuffle(keys)
        return {key: shuffled(value[key], rng) for key in keys}
    return [shuffled(item, rng) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("example", SELF_CONTAINED)
def test_order_of_keys_means_nothing(example: str, tmp_path: Path) -> None:
    """Reordering apps.yaml changes no resource, no input and no output."""
    expected = recorded_example(example, stack_of(example)).inventory()
    for seed in range(3):
        seen = changed(example, shuffled(read(example), random.Random(seed)), tmp_path)
        assert seen.inventory() == expected


@pytest.mark.parametrize("example", SELF_CONTAINED)
def test_runs_agree(example: str, tmp_path: Path) -> None:
    """Nothing is random, whatever the order in which registrations finish."""
    seen = {changed(example, read(example), tmp_path).inventory() for _ in range(4)}
    assert seen == {recorded_example(example, stack_of(example)).inventory()}


def touched(before: Recording, after: Recording) -> set[str]:
    """The URNs that differ."""
    urns = before.resources.keys() | after.resources.keys()
    return {urn for urn in urns if _inputs(before.resources.get(urn)) != _inputs(after.resources.get(urn))}


def _inputs(item: Recorded | None) -> object:
    return None if item is None else plain(item.inputs)


@pytest.mark.parametrize("example", SELF_CONTAINED)
@pytest.mark.parametrize(
    ("home", "address"), [({"path": "/added"}, "apps.example.com/added"), ({"subdomain": "added"}, "added.example.com")]
)
def test_an_added_app_touches_only_itself(example: str, home: dict[str, str], address: str, tmp_path: Path) -> None:
    """There are its component, its guard, its policy, the ingress map and, for a new host name, the DNS record."""
    document = read(example)
    department = next(iter(document["departments"]))
    added = {"owner": department, "service": "http://added.internal", "access": [department], "session": "13h", **home}
    document["apps"]["added-app"] = added
    before = recorded_example(example, stack_of(example))
    seen = touched(before, changed(example, document, tmp_path))
    own = {urn for urn in seen if urn.endswith(("::added-app", f"::{address}"))}
    policy = {urn for urn in seen if urn.rpartition("::")[2].startswith(f"allow-{department}-")}
    config = set(before.of_type("ZeroTrustTunnelCloudflaredConfig"))
    assert seen == own | policy | config
    assert (len(own), len(policy), len(config)) == (4 if "subdomain" in home else 2, 2, 1)


def test_a_changed_entry_keeps_the_policies_of_others(tmp_path: Path) -> None:
    """Two apps share a policy; changing it for one adds a policy and leaves the shared one alone."""
    document = read("several-stacks")
    document["apps"]["brand"]["access"][0]["session"] = "1h"
    before = recorded_example("several-stacks", "dev")
    after = changed("several-stacks", document, tmp_path)
    names = {urn.rpartition("::")[2] for urn in touched(before, after)}
    assert names == {"apps-dev.example.com/brand", "allow-marketing-9c5fec24"}
    assert before.resources.keys() <= after.resources.keys()


def test_a_renamed_app_replaces_its_guard(tmp_path: Path) -> None:
    """Its address is guarded by the same resource, which is replaced because it is triggered by the key."""
    document = read("minimal")
    document["apps"]["spring"] = document["apps"].pop("campaigns")
    (before,) = _guards(recorded_example("minimal", "dev"))
    (after,) = _guards(changed("minimal", document, tmp_path))
    assert (before.name, before.trigger) == ("apps.example.com/streamlit/marketing", "campaigns")
    assert (after.name, after.trigger) == ("apps.example.com/streamlit/marketing", "spring")


def _guards(recording: Recording) -> list[Recorded]:
    return [item for item in recording.of_type("ZeroTrustAccessApplication").values() if item.trigger]


@pytest.mark.parametrize(("example", "stack"), STACKS_OF_EXAMPLES)
def test_a_host_name_goes_before_its_guards(example: str, stack: str) -> None:
    """Pulumi removes two resources in order only where one depends on the other directly."""
    recording = recorded_example(example, stack)
    guards = recording.of_type("ZeroTrustAccessApplication")
    for record in recording.of_type("DnsRecord").values():
        own = {urn for urn, guard in guards.items() if guard.inputs["domain"].partition("/")[0] == record.name}
        assert own and own <= record.dependencies
