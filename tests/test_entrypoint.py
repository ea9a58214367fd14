"""The program exactly as Pulumi starts it: in `infra/`, with `.` as the program and first on the path."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from infra.load import load_project
from infra.problems import ConfigError
from tests.recorder import EXAMPLES, PROJECT_ROOT, TODAY, decrypted, record, recorded_example, run_entrypoint

MINIMAL = EXAMPLES / "minimal"


def test_provisions_the_project_at_the_root_directory() -> None:
    """Files are found from Pulumi's root directory, whatever the working directory."""
    recording = record(run_entrypoint, stack="dev", root=MINIMAL, config=decrypted(MINIMAL, "dev"))
    assert recording.inventory() == recorded_example("minimal", "dev").inventory()


def test_broken_files_end_in_the_rendered_problems(tmp_path: Path) -> None:
    """What `gatehouse check` prints is all that is said; nothing is registered."""
    from pulumi import RunError

    root = tmp_path / "broken"
    shutil.copytree(MINIMAL, root)
    text = (root / "apps.yaml").read_text("utf-8").replace("[marketing]", "[marketting]")
    text = text.replace("google-workspace}", "google-workspace, claimz: [employment]}")
    (root / "apps.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as expected:
        load_project(root, ["dev"], TODAY)
    assert "did you mean `marketing`?" in str(expected.value)
    assert str(expected.value).endswith("2 errors")
    with pytest.raises(RunError) as seen:
        record(run_entrypoint, stack="dev", root=root, config=decrypted(MINIMAL, "dev"))
    assert str(seen.value) == str(expected.value)
    assert seen.value.__suppress_context__


def test_warnings_are_said_while_deploying(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever deploys reads what `gatehouse check` warns of, such as an app that anybody can enter."""
    public = EXAMPLES / "public-opt-out"
    stack = "dev"
    record(run_entrypoint, stack=stack, root=public, config=decrypted(public, stack))
    said = "\n".join(item.getMessage() for item in caplog.records if item.levelname == "WARNING")
    assert "warning[public]: `" in said
    assert "--> apps.yaml:" in said


def test_no_warning_is_said_of_files_without_one(caplog: pytest.LogCaptureFixture) -> None:
    record(run_entrypoint, stack="dev", root=MINIMAL, config=decrypted(MINIMAL, "dev"))
    assert not [item for item in caplog.records if "warning[" in item.getMessage()]


@pytest.mark.parametrize(
    ("zone_id", "zone", "message"),
    [
        ("d" * 32, "pending.example", "error[wrong-zone]: zone `pending.example` is pending, not active"),
        ("e" * 32, "elsewhere.example", f"belongs to another account, `{'f' * 32}`"),
        ("9f8e7d6c5b4a39281706f5e4d3c2b1a0", "example.org", "is `example.com`, not `example.org`"),
        ("a" * 32, "example.com", f"zone `{'a' * 32}` cannot be read"),
    ],
)
def test_wrong_zone_is_found_before_anything_is_made(tmp_path: Path, zone_id: str, zone: str, message: str) -> None:
    """The sentence names the stack file, the line and the key."""
    from pulumi import RunError

    root = tmp_path / "zone"
    shutil.copytree(MINIMAL, root)
    stack = root / "stacks" / "Pulumi.dev.yaml"
    text = stack.read_text("utf-8").replace("9f8e7d6c5b4a39281706f5e4d3c2b1a0", zone_id)
    stack.write_text(text.replace("zone: example.com", f"zone: {zone}").replace("apps.example.com", f"apps.{zone}"))
    with pytest.raises(RunError) as seen:
        record(run_entrypoint, stack="dev", root=root, config=decrypted(root, "dev"))
    assert message in str(seen.value)
    assert "--> stacks/Pulumi.dev.yaml:6:21" in str(seen.value)
    assert f"gatehouse:zoneId: {zone_id}" in str(seen.value)


def test_singletons_that_are_not_there_yet() -> None:
    """A stack that shares an account says which stack goes first."""
    from pulumi import RunError

    shared = EXAMPLES / "shared-account"
    config = decrypted(shared, "dev")
    with pytest.raises(RunError, match=r"stack `account`, .* does not exist\nrun `pulumi up --stack account` first"):
        record(run_entrypoint, stack="dev", root=shared, config=config)
    for outputs in ({}, {"identity_providers": {"workspace": "idp"}}):
        references = {"organization/gatehouse/account": outputs}
        with pytest.raises(RunError, match=r"no identity provider `\w+` yet\nrun `pulumi up --stack account` first"):
            record(run_entrypoint, stack="dev", root=shared, config=config, references=references)


def test_no_module_hides_another_one() -> None:
    """`infra/` is first on the path, so its direct children are found before the standard library's modules."""
    ours = {path.stem for path in (PROJECT_ROOT / "infra").iterdir()}
    packages = {"pulumi", "yaml", "docker", "snowflake", "cloudflare", "grpc", "google"}
    assert not ours & (sys.stdlib_module_names | packages)


def test_entry_point_can_be_read_aloud() -> None:
    """It stays a page: load, settings, provision, export."""
    assert len((PROJECT_ROOT / "infra" / "__main__.py").read_text("utf-8").splitlines()) <= 40
