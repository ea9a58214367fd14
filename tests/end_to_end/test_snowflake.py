"""The Snowflake half of the sample on the real engine: up, nothing left to do, changes that keep what people know, and
nothing left behind."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from snowflake.connector.errors import ProgrammingError

from tests.end_to_end.world import World

UPDATE = ("pulumi", "up", "--yes", "--skip-preview")
SECRETS = {
    "fx_api_key": "sandbox-fx-key-3f9c1d7a",
    "crm_signing_key": "sandbox-crm-signing-8b2e64",
    "mail_api_key": "sandbox-mail-key-51aa0c9e",
    "crm.username": "audience-service",
    "crm.password": "sandbox-crm-password-77d1b3",
}


@pytest.fixture(scope="module")
def deployed(world: World) -> Iterator[World]:
    """The sample, deployed; the parts behind Cloudflare as well, since one update makes both."""
    text = world.ok("up")
    assert re.search(r"General ledger .*/streamlit-apps/\S+ .*finance .*serving", text), text
    yield world


def identity(world: World, app: str) -> tuple[object, ...]:
    """What people know an app by, and who holds which grant on it since when."""
    (shown,) = world.query(f"SHOW STREAMLITS LIKE '{app}' IN SCHEMA APPS.STREAMLIT")
    grants = world.query(f"SHOW GRANTS ON STREAMLIT APPS.STREAMLIT.{app}")
    held = sorted((str(row["created_on"]), row["privilege"], row["grantee_name"]) for row in grants)
    return (shown["url_id"], str(shown["created_on"]), *held)


def described(world: World, app: str) -> dict[str, Any]:
    (found,) = world.query(f"DESCRIBE STREAMLIT APPS.STREAMLIT.{app}")
    return found


def live_files(world: World, app: str) -> dict[str, str]:
    """The files that visitors see, with the hashes of their contents."""
    listed = world.query(f"LIST 'snow://streamlit/APPS.STREAMLIT.{app}/versions/live/'")
    return {row["name"].partition("versions/live/")[2]: row["md5"] for row in listed}


FUNCTION = "FUNCTION APPS.STREAMLIT.GET_LEDGER_FX_API_KEY()"


def held(world: World, target: str) -> set[tuple[str, str]]:
    """Who holds which privilege on an object."""
    return {(row["privilege"], row["grantee_name"]) for row in world.query(f"SHOW GRANTS ON {target}")}


def words(statements: list[str]) -> list[str]:
    """The verbs of statements, with what they are about."""
    verb = re.compile(r"PUT|COPY FILES|REMOVE|ALTER \w+|CREATE [A-Z]+|DROP [A-Z]+|GRANT|REVOKE")
    return [match[0] if (match := verb.match(statement)) else statement for statement in statements]


def test_everything_of_the_file_is_there(deployed: World) -> None:
    objects: Any = deployed.snowflake.asked("/__sandbox/objects")
    assert objects["STREAMLIT"] == [f"APPS.STREAMLIT.{name}" for name in ("AUDIENCE", "LEDGER", "QUOTA")]
    assert objects["SECRET"] == [
        f"APPS.STREAMLIT.{name}"
        for name in ("AUDIENCE_CRM", "AUDIENCE_MAIL_API_KEY", "LEDGER_FX_API_KEY", "QUOTA_CRM_SIGNING_KEY")
    ]
    assert [name.partition("(")[0] for name in objects["FUNCTION"]] == [
        "APPS.STREAMLIT.GET_LEDGER_FX_API_KEY",
        "APPS.STREAMLIT.GET_LEDGER_FX_API_KEY_TYPE",
    ]
    assert objects["INTEGRATION"] == [f"GATEHOUSE_SANDBOX_{name}" for name in ("AUDIENCE", "LEDGER", "QUOTA")]
    ledger = described(deployed, "LEDGER")
    assert (ledger["title"], ledger["main_file"], ledger["query_warehouse"], ledger["compute_pool"]) == (
        "General ledger",
        "streamlit_app.py",
        "GATEHOUSE_SANDBOX_REPORTING",
        "GATEHOUSE_SANDBOX_STREAMLIT",
    )


def test_apps_run_as_a_role_that_can_do_nothing_else(deployed: World) -> None:
    """Neither the role that deploys nor a department's own; and no app of another department reads a secret."""
    (shown,) = deployed.query("SHOW STREAMLITS LIKE 'LEDGER' IN SCHEMA APPS.STREAMLIT")
    assert shown["owner"] == "GATEHOUSE_SANDBOX_FINANCE_APPS"
    assert held(deployed, FUNCTION) == {("OWNERSHIP", "GATEHOUSE"), ("USAGE", "GATEHOUSE_SANDBOX_FINANCE_APPS")}
    account = deployed.query("SHOW GRANTS TO ROLE GATEHOUSE_SANDBOX_FINANCE_APPS")
    assert {row["granted_on"] for row in account} & {"ACCOUNT", "ROLE"} == set()


def test_a_second_up_preview_and_refresh_find_nothing(deployed: World) -> None:
    deployed.forget_statements()
    assert "unchanged" in deployed.ok("pulumi", "preview", "--expect-no-changes")
    deployed.ok("pulumi", "refresh", "--yes", "--expect-no-changes")
    deployed.ok(*UPDATE, "--expect-no-changes")
    assert deployed.statements() == []


def test_another_checkout_uploads_nothing(deployed: World) -> None:
    """Where a file lies on this machine is no part of what it is."""
    moved = deployed.project.with_name("moved")
    deployed.project.rename(moved)
    deployed.forget_statements()
    home, deployed.project = deployed.project, moved
    try:
        deployed.ok(*UPDATE, "--expect-no-changes")
        assert deployed.statements() == []
    finally:
        moved.rename(home)
        deployed.project = home


def test_a_changed_file_is_one_upload_one_copy_and_one_removal(deployed: World) -> None:
    before, files = identity(deployed, "LEDGER"), live_files(deployed, "LEDGER")
    with (deployed.project / "apps/ledger/streamlit_app.py").open("a", encoding="utf-8") as file:
        file.write("# one more line\n")
    deployed.forget_statements()
    deployed.ok(*UPDATE)
    seen = deployed.statements()
    assert sorted(words(seen)) == ["COPY FILES", "PUT", "REMOVE"], seen
    assert all("LEDGER" in statement for statement in seen)
    after = live_files(deployed, "LEDGER")
    assert {path for path in after if after[path] != files[path]} == {"streamlit_app.py"}
    assert identity(deployed, "LEDGER") == before


def test_a_file_that_comes_and_goes(deployed: World) -> None:
    before, files = identity(deployed, "LEDGER"), live_files(deployed, "LEDGER")
    extra = deployed.project / "apps/ledger/pages/it's 100% $$ – 日本.py"
    extra.parent.mkdir()
    extra.write_text("import streamlit\n", encoding="utf-8")
    deployed.ok(*UPDATE)
    assert live_files(deployed, "LEDGER").keys() - files.keys() == {f"pages/{extra.name}"}
    extra.unlink()
    extra.parent.rmdir()
    model = [deployed.project / "apps/ledger" / name for name in ("model.json", "model.json.gz")]
    for path in model:
        path.write_text("{}", encoding="utf-8")
    deployed.ok(*UPDATE)
    model[0].unlink()
    deployed.ok(*UPDATE)
    assert live_files(deployed, "LEDGER").keys() - files.keys() == {"model.json.gz"}
    model[1].unlink()
    deployed.ok(*UPDATE)
    assert live_files(deployed, "LEDGER") == files
    assert identity(deployed, "LEDGER") == before


def test_an_upload_that_fails_leaves_what_visitors_see(deployed: World) -> None:
    files = live_files(deployed, "LEDGER")
    changed = [deployed.project / "apps/ledger" / name for name in ("streamlit_app.py", "pyproject.toml")]
    for path in changed:
        path.write_text(f"{path.read_text(encoding='utf-8')}# changed\n", encoding="utf-8")
    fault = {"match": "^PUT .*pyproject", "code": "000603", "message": "SQL execution internal error", "times": 1}
    httpx.post(f"{deployed.snowflake.origin}/__sandbox/faults", json=fault, trust_env=False).raise_for_status()
    ended = deployed.sandbox("up")
    assert ended.code == 1, ended
    assert "SQL execution internal error" in ended.text
    assert live_files(deployed, "LEDGER") == files
    deployed.ok(*UPDATE)
    after = live_files(deployed, "LEDGER")
    assert {path for path in after if after[path] != files[path]} == {path.name for path in changed}


def test_a_title_with_everything_in_it_arrives_unchanged_on_the_same_object(deployed: World) -> None:
    before = identity(deployed, "LEDGER")
    deployed.edit("apps.yaml", "title: General ledger", "title: 'The ledger''s \"books\" \\ $$ -- 日本語 🌥️'")
    deployed.forget_statements()
    deployed.ok(*UPDATE)
    assert described(deployed, "LEDGER")["title"] == 'The ledger\'s "books" \\ $$ -- 日本語 🌥️'
    assert words(deployed.statements()) == ["ALTER STREAMLIT"]
    assert identity(deployed, "LEDGER") == before


def test_a_new_secret_value_is_one_statement_that_nobody_can_read(deployed: World) -> None:
    before = identity(deployed, "LEDGER")
    path = "gatehouse:secrets.ledger.fx_api_key"
    deployed.ok("pulumi", "config", "set", "--secret", "--path", path, stdin="rotated-key-$$-'\"\\-0001")
    deployed.forget_statements()
    shown = deployed.ok("pulumi", "preview", "--diff")
    deployed.ok(*UPDATE)
    (statement,) = deployed.statements()
    assert statement == 'ALTER SECRET "APPS"."STREAMLIT"."LEDGER_FX_API_KEY" SET SECRET_STRING = \'***\''
    assert "rotated-key" not in shown
    SECRETS["fx_api_key"] = "rotated-key-$$-'\"\\-0001"
    assert identity(deployed, "LEDGER") == before


def test_a_warehouse_app_moves_into_a_container_on_the_same_object(deployed: World) -> None:
    before = identity(deployed, "QUOTA")
    assert described(deployed, "QUOTA")["runtime_name"] == "SYSTEM$WAREHOUSE_RUNTIME"
    deployed.edit(
        "apps.yaml",
        "source: apps/quota\n    snowflake:\n      runtime: warehouse\n",
        "source: apps/quota\n    snowflake:\n      runtime: container\n      compute_pool: streamlit\n",
    )
    quota = deployed.project / "apps/quota"
    (quota / "environment.yml").unlink()
    (quota / "requirements.txt").write_text("streamlit==1.52.2\n", encoding="utf-8")
    config = quota / ".streamlit/config.toml"
    config.write_text(config.read_text("utf-8").partition("[snowflake.sleep]")[0], encoding="utf-8")
    text = deployed.ok("up")
    assert described(deployed, "QUOTA")["runtime_name"] == "SYSTEM$ST_CONTAINER_RUNTIME_PY3_11"
    assert identity(deployed, "QUOTA") == before
    assert "environment.yml" not in live_files(deployed, "QUOTA")
    assert re.search(r"Sales quota .*serving", text), text
    deployed.ok("pulumi", "refresh", "--yes", "--expect-no-changes")
    deployed.ok("pulumi", "preview", "--expect-no-changes")


def test_a_secret_taken_away_is_taken_off_the_object(deployed: World) -> None:
    text = (deployed.project / "apps.yaml").read_text("utf-8")
    without = text.replace("        crm: {type: password}\n", "")
    (deployed.project / "apps.yaml").write_text(without, encoding="utf-8")
    stack = deployed.project / "stacks/Pulumi.sandbox.yaml"
    values = stack.read_text("utf-8")
    stack.write_text(re.sub(r"      crm:\n(?:        .*\n){4}", "", values), encoding="utf-8")
    source = deployed.project / "apps/audience/streamlit_app.py"
    code = source.read_text("utf-8")
    source.write_text('import streamlit as st\n\nst.write(len(st.secrets["mail_api_key"]))\n', encoding="utf-8")
    try:
        deployed.ok(*UPDATE)
        assert "CRM" not in str(described(deployed, "AUDIENCE")["external_access_secrets"])
        assert "APPS.STREAMLIT.AUDIENCE_CRM" not in str(deployed.snowflake.asked("/__sandbox/objects"))
    finally:
        (deployed.project / "apps.yaml").write_text(text, encoding="utf-8")
        stack.write_text(values, encoding="utf-8")
        source.write_text(code, encoding="utf-8")
    deployed.ok(*UPDATE)


def test_somebody_loses_an_app_with_the_next_up(deployed: World) -> None:
    """But not while a test says that they must reach it."""
    deployed.edit("apps.yaml", "access: [sales, finance]", "access: [sales]")
    refused = deployed.pulumi(*UPDATE[1:])
    assert refused.code != 0
    assert "holds the role FINANCE, does not reach `quota`" in refused.text
    deployed.edit("apps.yaml", "must: [wiki, ledger, quota]", "must: [wiki, ledger]")
    deployed.forget_statements()
    deployed.ok(*UPDATE)
    assert deployed.statements() == ['REVOKE USAGE ON STREAMLIT "APPS"."STREAMLIT"."QUOTA" FROM ROLE "FINANCE"']


def test_a_change_by_hand_is_seen_and_put_back(deployed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/operations.md says."""
    deployed.ok("pulumi", "refresh", "--yes")
    monkeypatch.setenv("PULUMI_ENABLE_LEGACY_REFRESH_DIFF", "true")
    unchanged = deployed.pulumi("refresh", "--preview-only", "--diff", "--expect-no-changes")
    assert unchanged.code == 0, unchanged
    before = described(deployed, "LEDGER")["title"]
    deployed.query("ALTER STREAMLIT APPS.STREAMLIT.LEDGER SET TITLE = 'mine'")
    ended = deployed.pulumi("refresh", "--preview-only", "--diff", "--expect-no-changes")
    assert ended.code != 0
    assert "ledger properties" in ended.text
    deployed.ok(*UPDATE, "--replace", "**Execute::ledger properties")
    assert described(deployed, "LEDGER")["title"] == before


def test_an_app_dropped_by_hand_comes_again_with_all_that_it_had(deployed: World) -> None:
    files, before = live_files(deployed, "LEDGER"), identity(deployed, "LEDGER")
    deployed.query("DROP STREAMLIT APPS.STREAMLIT.LEDGER")
    deployed.ok("pulumi", "refresh", "--yes")
    which = "**StreamlitApp$snowflake:index/execute:Execute::ledger"
    deployed.ok(*UPDATE, "--replace", which)
    assert live_files(deployed, "LEDGER") == files
    after = identity(deployed, "LEDGER")
    assert after[0] != before[0]
    assert [grant[1:] for grant in after[2:]] == [grant[1:] for grant in before[2:]]  # type: ignore[index]
    deployed.ok(*UPDATE, "--expect-no-changes")


def committed(folder: Path, files: dict[str, str]) -> str:
    """The one commit of a new repository with these files."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    own = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    for arguments in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "all")):
        subprocess.run(["git", *own, "-C", str(folder), *arguments], check=True)
    return subprocess.check_output(["git", "-C", str(folder), "rev-parse", "HEAD"], text=True).strip()


def test_an_app_moves_from_uploaded_files_to_git_and_back(
    deployed: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is one update. Nothing of the new source is missing; what only the former had stays, as docs/operations.md
    says, and goes by hand."""
    before, files = identity(deployed, "LEDGER"), live_files(deployed, "LEDGER")
    texts = {"streamlit_app.py": "import streamlit  # from Git\n", "pages/more.py": "import streamlit\n"}
    commit = committed(tmp_path, {f"apps/ledger/{path}": text for path, text in texts.items()})
    digests = {path: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() for path, text in texts.items()}
    # `apps.yaml` takes https addresses only, and the local Snowflake reads repositories of this machine: the program
    # of this project names such a one.
    monkeypatch.setenv("PYTHONPATH", str(deployed.project))
    deployed.edit("infra/components/git_clone.py", "origin=git.repository", f"origin={str(tmp_path)!r}")
    deployed.edit(
        "stacks/Pulumi.sandbox.yaml", "    user: GATEHOUSE\n", "    user: GATEHOUSE\n    gitApiIntegration: GITHUB\n"
    )
    written = "source: apps/ledger\n    snowflake:\n"
    git = f"      git: {{repository: https://git.example/apps.git, commit: {commit}}}\n"
    deployed.edit("apps.yaml", written, written + git)
    deployed.ok(*UPDATE)
    assert live_files(deployed, "LEDGER") == {**files, **digests}
    assert deployed.query("SHOW STAGES LIKE 'LEDGER%' IN SCHEMA APPS.STREAMLIT") == []
    deployed.ok(*UPDATE, "--expect-no-changes")
    deployed.edit("apps.yaml", written + git, written)
    deployed.ok(*UPDATE)
    assert live_files(deployed, "LEDGER") == {**digests, **files}
    deployed.query("REMOVE 'snow://streamlit/APPS.STREAMLIT.LEDGER/versions/live/pages/more.py'")
    assert live_files(deployed, "LEDGER") == files
    assert not deployed.query("SHOW GIT REPOSITORIES IN SCHEMA APPS.STREAMLIT")
    assert identity(deployed, "LEDGER") == before
    deployed.ok(*UPDATE, "--expect-no-changes")


def test_what_somebody_made_by_hand_is_not_taken_over(deployed: World) -> None:
    deployed.query("CREATE STREAMLIT APPS.STREAMLIT.BUDGET RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'")
    deployed.edit(
        "apps.yaml",
        "\ntests:\n",
        "\n  budget:\n    owner: finance\n    source: apps/budget\n    snowflake: {runtime: warehouse,"
        " query_warehouse: reporting}\n    access: [sales]\n\ntests:\n",
    )
    (deployed.project / "apps/budget").mkdir()
    (deployed.project / "apps/budget/streamlit_app.py").write_text("import streamlit\n", encoding="utf-8")
    before = identity(deployed, "BUDGET")
    ended = deployed.sandbox("up")
    assert ended.code == 1
    assert "already exists" in ended.text
    assert identity(deployed, "BUDGET") == before
    deployed.query("DROP STREAMLIT APPS.STREAMLIT.BUDGET")
    deployed.ok(*UPDATE)
    assert identity(deployed, "BUDGET")[0] != before[0]


def written(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode(errors="replace")


def test_no_secret_is_printed_or_kept_in_plain_text(deployed: World) -> None:
    """Not in the engine's state, outputs, previews and logs, nor in statements, process arguments and the project."""
    shown = deployed.ok("pulumi", "stack", "output") + deployed.ok("pulumi", "preview", "--diff")
    shown += deployed.ok("pulumi", "stack", "export")
    # The store of the local Snowflake knows them, as Snowflake does; nothing else may.
    stores = ("state.json", "changes.jsonl")
    files = [path for path in deployed.state.rglob("*") if path.is_file() and path.name not in stores]
    files += [path for path in deployed.project.rglob("*") if path.is_file()]
    assert {"statements.jsonl", "update.log", "sandbox.json", "apps.yaml"} <= {path.name for path in files}
    arguments = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    for secret in SECRETS.values():
        assert secret not in shown
        assert [path for path in files if secret in written(path)] == []
        assert [line for line in arguments if secret in line] == []
    assert [path for path in files if "rotated-key" in written(path)] == []


def test_a_viewer_reads_neither_secrets_nor_files(deployed: World) -> None:
    """A role of a department, asked directly: it sees its app and nothing of what is behind it."""
    deployed.query("CREATE USER VIEWER PASSWORD = 'viewer-password' DEFAULT_ROLE = FINANCE")
    deployed.query("GRANT ROLE FINANCE TO USER VIEWER")
    with deployed.connection("VIEWER", "viewer-password", "FINANCE") as connection:
        cursor = connection.cursor()
        assert [row[1] for row in cursor.execute("SHOW STREAMLITS IN SCHEMA APPS.STREAMLIT").fetchall()] == ["LEDGER"]
        assert cursor.execute("SHOW SECRETS IN SCHEMA APPS.STREAMLIT").fetchall() == []
        for refused in (
            "SELECT APPS.STREAMLIT.GET_LEDGER_FX_API_KEY()",
            "LIST @APPS.STREAMLIT.LEDGER_FILES",
            "ALTER STREAMLIT APPS.STREAMLIT.LEDGER SET TITLE = 'x'",
            "DESCRIBE SECRET APPS.STREAMLIT.LEDGER_FX_API_KEY",
        ):
            with pytest.raises(ProgrammingError):
                cursor.execute(refused)
        cursor.close()
    deployed.query("DROP USER VIEWER")


def test_the_account_survives_a_restart(deployed: World) -> None:
    before = identity(deployed, "LEDGER")
    deployed.ok("down")
    deployed.ok("up")
    assert identity(deployed, "LEDGER") == before


def test_another_owner_gets_an_object_of_their_own(deployed: World) -> None:
    """Ownership cannot be handed over: an object that stayed would be of whoever drops the old role."""
    files = live_files(deployed, "QUOTA")
    text = (deployed.project / "apps.yaml").read_text("utf-8")
    head, quota, rest = text.partition("  quota:\n")
    (deployed.project / "apps.yaml").write_text(
        head + quota + rest.replace("owner: sales", "owner: marketing", 1), encoding="utf-8"
    )
    deployed.ok(*UPDATE)
    owned = [deployed.query(f"SHOW {kind} LIKE 'QUOTA%' IN SCHEMA APPS.STREAMLIT") for kind in ("STREAMLITS", "STAGES")]
    assert {row["owner"] for rows in owned for row in rows} == {"GATEHOUSE_SANDBOX_MARKETING_APPS"}
    assert live_files(deployed, "QUOTA") == files
    assert not deployed.query("SHOW ROLES LIKE 'GATEHOUSE_SANDBOX_SALES_APPS'")
    deployed.ok(*UPDATE, "--expect-no-changes")


def test_another_type_of_a_secret_is_one_update(deployed: World) -> None:
    """The new object has the name of the old one, and what refers to it follows; also if something fails between."""
    secrets = [f"SECRET APPS.STREAMLIT.{name}" for name in ("LEDGER_FX_API_KEY", "AUDIENCE_CRM")]
    targets = [*secrets, FUNCTION, "INTEGRATION GATEHOUSE_SANDBOX_LEDGER", "INTEGRATION GATEHOUSE_SANDBOX_AUDIENCE"]
    grants = {target: held(deployed, target) for target in targets}
    deployed.edit("apps.yaml", "fx_api_key: {type: generic-string,", "fx_api_key: {type: password,")
    deployed.edit("apps.yaml", "crm: {type: password}", "crm: {type: generic-string}")
    for app, code in (
        ("ledger", 'from streamlit_runtime import credentials\n\ncredentials("fx_api_key")\n'),
        ("audience", 'import streamlit as st\n\nst.write(len(st.secrets["mail_api_key"] + st.secrets["crm"]))\n'),
    ):
        (deployed.project / f"apps/{app}/streamlit_app.py").write_text(code, encoding="utf-8")
    for path, value in (
        ("ledger.fx_api_key", None), ("ledger.fx_api_key.username", "robot"), ("ledger.fx_api_key.password", "pass-1"),
        ("audience.crm", None), ("audience.crm", "key-1"),
    ):  # fmt: skip
        change = ("rm",) if value is None else ("set", "--secret")
        deployed.ok("pulumi", "config", *change, "--path", f"gatehouse:secrets.{path}", stdin=value or "")
    deployed.forget_statements()
    fault = {"match": "^CREATE FUNCTION", "code": "000603", "message": "SQL execution internal error", "times": 1}
    httpx.post(f"{deployed.snowflake.origin}/__sandbox/faults", json=fault, trust_env=False).raise_for_status()
    assert deployed.sandbox(*UPDATE).code != 0
    deployed.ok(*UPDATE)
    assert [one for one in words(deployed.statements()) if "SECRET" in one].count("DROP SECRET") == 2
    said = [one for one in deployed.statements() if one.startswith("ALTER STREAMLIT") and " SET " in one]
    assert sorted(re.findall(r'STREAMLIT"."(\w+)" SET', " ".join(said))) == ["AUDIENCE", "LEDGER"]
    shown = {row["name"]: row["secret_type"] for row in deployed.query("SHOW SECRETS IN SCHEMA APPS.STREAMLIT")}
    assert (shown["LEDGER_FX_API_KEY"], shown["AUDIENCE_CRM"]) == ("PASSWORD", "GENERIC_STRING")
    (function,) = deployed.query("SHOW USER FUNCTIONS LIKE 'GET_LEDGER_FX_API_KEY' IN SCHEMA APPS.STREAMLIT")
    assert "RETURN OBJECT" in function["arguments"]
    assert {target: held(deployed, target) for target in targets} == grants
    deployed.ok("pulumi", "refresh", "--yes", "--expect-no-changes")
    deployed.ok(*UPDATE, "--expect-no-changes")


def test_destroy_leaves_nothing(deployed: World) -> None:
    deployed.ok("pulumi", "destroy", "--yes")
    assert deployed.snowflake.asked("/__sandbox/objects") == {}
    deployed.ok("down")
    left = [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline"])
        if any(str(deployed.state) in argument for argument in process.info["cmdline"] or [])
    ]
    assert left == []
