"""The real engine runs a program over two roles through the Snowflake stand-in, against the local Snowflake."""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox import launchers
from sandbox.engine import find
from sandbox.places import Places
from tests.sandbox.snowflake_local import DEPLOYER, Local, local_snowflake

UP = ("up", "--yes", "--skip-preview")
APP = '"APPS"."LEDGER"."LEDGER"'
# Without the provider's SDK, whose import alone takes seconds; names are those that it puts on the wire.
PROGRAM = """
    import json
    import pulumi

    config = pulumi.Config()
    previews = ["snowflake_function_python_resource", "snowflake_external_access_integration_resource"]

    class Login(pulumi.ProviderResource):
        def __init__(self, key, role):
            super().__init__("snowflake", key, {"role": role, "previewFeaturesEnabled": json.dumps(previews)})

    class Resource(pulumi.CustomResource):
        id: pulumi.Output[str]
        fullyQualifiedName: pulumi.Output[str]

        def __init__(self, kind, key, login, after=(), /, **inputs):
            token = f"snowflake:index/{kind[0].lower()}{kind[1:]}:{kind}"
            opts = pulumi.ResourceOptions(provider=login, depends_on=list(after))
            super().__init__(token, key, {**inputs, "fullyQualifiedName": None}, opts)

    deployer = Login("deployer", "GATEHOUSE")
    schema = Resource("Schema", "ledger", deployer, database="APPS", name="LEDGER", withManagedAccess="true")
    role = Resource("AccountRole", "owner", deployer, name="OWNER")
    granted = Resource("GrantAccountRole", "owner", deployer, [role], roleName="OWNER", parentRoleName="GATEHOUSE")
    owner = Login("owner", granted.id.apply(lambda _: "OWNER"))
    database, ledger = {"objectType": "DATABASE", "objectName": "APPS"}, {"schemaName": schema.fullyQualifiedName}
    grants = [
        Resource("GrantPrivilegesToAccountRole", key, deployer, [role], accountRoleName="OWNER", **given)
        for key, given in (
            ("on database", {"privileges": ["USAGE"], "onAccountObject": database}),
            ("on schema", {"privileges": ["CREATE STREAMLIT", "USAGE"], "onSchema": ledger}),
        )
    ]
    place = {"database": "APPS", "schema": "LEDGER"}
    Resource("SecretWithGenericString", "fx", deployer, [schema], **place, name="FX",
             secretString=config.require_secret("fx"))
    Resource("NetworkRule", "egress", deployer, [schema], **place, type="HOST_PORT", mode="EGRESS",
             valueLists=["api.exchange.example"])
    name, title = '"APPS"."LEDGER"."LEDGER"', config.get("title") or "Ledger"
    app = Resource(
        "Execute", "app", owner, grants,
        execute=f"CREATE STREAMLIT {name} MAIN_FILE = 'app.py' RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'",
        revert=f"DROP STREAMLIT IF EXISTS {name}", query=f"DESCRIBE STREAMLIT {name}",
    )
    Resource(
        "Execute", "title", owner, [app], execute=f"ALTER STREAMLIT {name} SET TITLE = '{title}'",
        revert=f"ALTER STREAMLIT IF EXISTS {name} SET COMMENT = 'was {title}'",
    )
"""


@dataclass(frozen=True)
class Stack:
    """A stack of a project of its own."""

    directory: Path
    pulumi: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.pulumi, *arguments, "--non-interactive"],
            cwd=self.directory, env=self.environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def ok(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "hunter2" not in done.stdout + done.stderr
        return done.stdout

    def state(self) -> str:
        return (self.directory.parent / "state/pulumi/state/.pulumi/stacks/tiny/dev.json").read_text()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with local_snowflake(tmp_path / "account") as served:
        yield served


@pytest.fixture
def stack(tmp_path: Path, local: Local) -> Stack:
    found = find()
    if found is None:
        pytest.skip("NO ENGINE: run `sandbox up` once, which finds, downloads or builds it")
    place = Places(tmp_path / "project", tmp_path / "state")
    place.prepare()
    place.project.mkdir()
    place.backend.mkdir(parents=True, exist_ok=True)
    engine = launchers.write(found, launchers.choose(found, place), place)
    (place.project / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    (place.project / "__main__.py").write_text(textwrap.dedent(PROGRAM))
    config = local.config()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "SNOWFLAKE_"))}
    environment = {
        **kept,
        "PATH": f"{place.launchers}{os.pathsep}{kept['PATH']}",
        "PULUMI_BACKEND_URL": f"file://{place.backend}",
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_HOME": str(place.pulumi_home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "SNOWFLAKE_HOST": str(config["host"]),
        "SNOWFLAKE_PORT": str(config["port"]),
        "SNOWFLAKE_PROTOCOL": str(config["protocol"]),
        "SNOWFLAKE_ORGANIZATION_NAME": str(config["organizationName"]),
        "SNOWFLAKE_ACCOUNT_NAME": str(config["accountName"]),
        "SNOWFLAKE_USER": DEPLOYER,
        "SNOWFLAKE_PASSWORD": local.password(DEPLOYER),
    }
    made = Stack(place.project, engine.pulumi, environment)
    made.ok("stack", "init", "dev")
    made.ok("config", "set", "--secret", "fx", "hunter2")
    return made


def test_preview_up_refresh_change_destroy(stack: Stack, local: Local) -> None:
    assert "12 to create" in stack.ok("preview")
    assert local.statements("CREATE") == []
    assert "12 created" in stack.ok(*UP)
    (app,) = local.by_hand("SHOW STREAMLITS IN SCHEMA APPS.LEDGER", role="ACCOUNTADMIN")
    assert (app["owner"], app["title"]) == ("OWNER", "Ledger")
    assert "hunter2" not in stack.state()
    stack.ok("preview", "--expect-no-changes")
    stack.ok("refresh", "--yes", "--skip-preview", "--expect-no-changes")

    # A new statement comes before the old one's way back.
    stack.ok("config", "set", "title", "Books")
    stack.ok("config", "set", "--secret", "fx", "hunter2 the second")
    mark = len(local.statements("ALTER STREAMLIT"))
    changed = stack.ok(*UP)
    assert "1 replaced" in changed
    assert "1 updated" in changed
    assert local.statements("ALTER STREAMLIT")[mark:] == [
        f"ALTER STREAMLIT {APP} SET TITLE = 'Books'",
        f"ALTER STREAMLIT IF EXISTS {APP} SET COMMENT = 'was Ledger'",
    ]
    assert len(local.statements("ALTER SECRET")) == 1

    local.by_hand("DROP SECRET APPS.LEDGER.FX", DEPLOYER)
    (rule,) = local.by_hand("SHOW NETWORK RULES IN SCHEMA APPS.LEDGER", DEPLOYER)
    local.by_hand(f"ALTER NETWORK RULE APPS.LEDGER.\"{rule['name']}\" SET VALUE_LIST = ('evil.example')", DEPLOYER)
    refreshed = stack.ok("refresh", "--yes", "--skip-preview")
    assert "1 deleted" in refreshed
    assert "1 updated" in refreshed
    again = stack.ok(*UP)
    assert "1 created" in again
    assert "1 updated" in again

    stack.ok("destroy", "--yes", "--skip-preview")
    assert local.by_hand("SHOW STREAMLITS IN ACCOUNT") == []
    assert [row["name"] for row in local.by_hand("SHOW ROLES LIKE 'OWNER'")] == []
    assert json.loads(stack.state())["checkpoint"]["latest"].get("resources", []) == []


def test_a_refused_statement_is_told_and_leaves_a_stack_that_can_go_on(stack: Stack, local: Local) -> None:
    local.by_hand("CREATE ROLE OWNER")
    failed = stack.run(*UP)
    assert failed.returncode != 0
    told = failed.stdout + failed.stderr
    assert "Object 'OWNER' already exists" in told
    assert "hunter2" not in told
    local.by_hand("DROP ROLE OWNER")
    stack.ok(*UP)
