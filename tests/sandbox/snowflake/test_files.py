"""Files: COPY FILES, LIST and REMOVE on stages, live versions and Git repositories."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from tests.sandbox.snowflake.conftest import Server
from tests.sandbox.snowflake.driver import PASSWORDS, Driver, log_in

LIVE = "snow://streamlit/APPS.PUBLIC.A/versions/live/"


@pytest.fixture
def stage(deployer: Driver) -> Driver:
    deployer.script("USE SCHEMA APPS.PUBLIC", "CREATE STAGE S", "CREATE STAGE T")
    return deployer


@pytest.fixture
def app(stage: Driver) -> Driver:
    stage.script(
        "CREATE STREAMLIT A RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'", "ALTER STREAMLIT A ADD LIVE VERSION FROM LAST"
    )
    return stage


def put(driver: Driver, address: str, files: dict[str, str]) -> None:
    """Do what the older drivers do: copy into the folder that the server names."""
    for path, text in files.items():
        folder, _, name = path.rpartition("/")
        answer = driver.ask(f"PUT 'file:///x/{name}' '{address}{folder}/' AUTO_COMPRESS=FALSE OVERWRITE=TRUE")
        assert answer["success"], answer["message"]
        Path(answer["data"]["stageInfo"]["location"], name).write_text(text)


def listed(driver: Driver, address: str) -> dict[str | None, str | None]:
    return {row["name"]: row["size"] for row in driver.run(f"LIST '{address}'")}


FILES = {"app.py": "one", "app.pyc": "22", "pages/a.py": "a", ".streamlit/config.toml": "c", "deep/er/b.py": "b"}


def test_what_was_put_is_listed_with_size_and_digest(stage: Driver) -> None:
    put(stage, "@S/v1/", FILES)
    assert listed(stage, "@S") == {f"s/v1/{path}": str(len(text)) for path, text in FILES.items()}
    row = stage.run("LIST '@S/v1/app.py'")[0]
    assert row["md5"] == hashlib.md5(b"one", usedforsecurity=False).hexdigest()
    assert str(row["last_modified"]).endswith(" GMT")
    assert set(listed(stage, "@S/v1/app.py")) == {"s/v1/app.py", "s/v1/app.pyc"}, "a path is the beginning of names"
    assert set(listed(stage, "@S/v1/pages/")) == {"s/v1/pages/a.py"}
    assert [row["name"] for row in stage.run("LS @S PATTERN = '.*[.]toml'")] == ["s/v1/.streamlit/config.toml"]
    assert listed(stage, '@"APPS"."PUBLIC"."S"/nothing/') == {}


def test_remove_takes_what_begins_with_the_path_and_empty_folders(snowflake: Server, stage: Driver) -> None:
    put(stage, "@S/v1/", FILES)
    assert stage.run("REMOVE '@S/v1/pages/a.py'") == [{"name": "s/v1/pages/a.py", "result": "removed"}]
    assert stage.run("RM '@S/v1/pages/a.py'") == []
    assert len(stage.run("REMOVE @S/v1/ PATTERN = '.*app.*'")) == 2
    stage.run("REMOVE @S/v1/")
    assert listed(stage, "@S") == {}
    assert not list((snowflake.directory / "files" / "stages").rglob("v1"))


def test_a_pattern_is_held_against_the_whole_name_as_it_is_listed(app: Driver) -> None:
    files = {"model.json": "1", "model.json.gz": "2", "old/model.json": "3"}
    put(app, LIVE, files)
    put(app, "@S/v/", files)
    for address, start in ((LIVE, "/versions/live/"), ("@S/v/", "s/v/")):
        for pattern, found in (("model[.]json", []), (f"{start}model.json", [f"{start}model.json"])):
            at = f"'{address}model.json' PATTERN = '{pattern}'"
            assert [row["name"] for row in app.run(f"LIST {at}")] == found
            assert app.run(f"REMOVE {at}") == [{"name": name, "result": "removed"} for name in found]
        assert {f"{start}{path}" for path in files} - set(listed(app, address)) == {f"{start}model.json"}
    sources = [
        app.ask(f"GET '@S/v/' 'file:///x/' PATTERN = '{pattern}'")["data"]["src_locations"]
        for pattern in ("v/old/.*", "s/v/old/.*")
    ]
    assert sources == [[], ["v/old/model.json"]]


def test_copies_keep_paths_below_the_source(app: Driver) -> None:
    put(app, "@S/abc/", FILES)
    rows = app.run(f'COPY FILES INTO \'{LIVE}\' FROM \'@"APPS"."PUBLIC"."S"/abc/\'')
    assert {row["file"] for row in rows} == set(FILES)
    assert set(listed(app, LIVE)) == {f"/versions/live/{path}" for path in (*FILES, "streamlit_app.py")}
    app.run("COPY FILES INTO @T/new/ FROM @S/abc/pages/")
    assert listed(app, "@T") == {"t/new/a.py": "1"}
    app.run(f"COPY FILES INTO @T FROM '{LIVE}' FILES = ('app.py')")
    app.run("COPY FILES INTO @T FROM @S/abc/ PATTERN = '.*er/.*'")
    app.run("COPY FILES INTO @T/one FROM @S/abc/app.py")
    assert set(listed(app, "@T")) == {"t/new/a.py", "t/app.py", "t/deep/er/b.py", "t/one/app.py", "t/one/app.pyc"}
    app.run(f"REMOVE '{LIVE}streamlit_app.py'")
    assert "/versions/live/streamlit_app.py" not in listed(app, LIVE)


def test_copies_of_a_query_name_each_file(app: Driver) -> None:
    put(app, "@S/v/", FILES)
    app.run(
        f"COPY FILES INTO '{LIVE}' FROM (SELECT '@S/v/app.py', 'streamlit_app.py' "
        "UNION ALL SELECT '@S/v/deep/er/b.py', 'pages/b.py')"
    )
    assert listed(app, LIVE) == {"/versions/live/streamlit_app.py": "3", "/versions/live/pages/b.py": "1"}
    app.run("COPY FILES INTO @T FROM (SELECT * FROM VALUES ('@S/v/app.py'), ('@S/v/pages/a.py'))")
    assert set(listed(app, "@T")) == {"t/v/app.py", "t/v/pages/a.py"}
    assert app.refusal("COPY FILES INTO @T FROM (SELECT '@S/v/app.py', '../x')")[0] == "001003"


def test_a_copy_that_is_refused_leaves_the_live_version_as_it_was(app: Driver) -> None:
    put(app, "@S/v/", FILES)
    before = listed(app, LIVE)
    app.refusal(f"COPY FILES INTO '{LIVE}' FROM '@S/v/' FILES = ('app.py', 'missing.py')")
    app.refusal(f"COPY FILES INTO '{LIVE}' FROM (SELECT '@S/v/app.py' UNION ALL SELECT '@S/v/missing.py')")
    assert listed(app, LIVE) == before


def test_files_go_straight_into_the_live_version(app: Driver) -> None:
    put(app, LIVE, {"pages/x.py": "x", "streamlit_app.py": "y"})
    assert listed(app, LIVE) == {"/versions/live/pages/x.py": "1", "/versions/live/streamlit_app.py": "1"}


def test_a_version_that_is_not_live_can_be_read_only(stage: Driver) -> None:
    stage.run("CREATE STREAMLIT A RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'")
    assert "no live version" in stage.refusal(f"LIST '{LIVE}'")[1]
    first = "snow://streamlit/APPS.PUBLIC.A/versions/version$1/"
    assert set(listed(stage, first)) == {"/versions/version$1/streamlit_app.py"}
    stage.run("ALTER STREAMLIT A ADD LIVE VERSION FROM LAST")
    rows = {row["name"]: row for row in stage.run("SHOW VERSIONS IN STREAMLIT A")}
    assert rows["LIVE"]["location_uri"] == LIVE
    put(stage, LIVE, {"streamlit_app.py": "changed"})
    assert listed(stage, first) != listed(stage, LIVE)


def test_an_app_from_a_stage_is_a_copy_of_it(stage: Driver) -> None:
    put(stage, "@S/app_folder/", FILES)
    stage.script(
        "CREATE STREAMLIT A FROM '@S/app_folder' MAIN_FILE = 'app.py' RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'",
        "REMOVE @S",
        "ALTER STREAMLIT A ADD LIVE VERSION FROM LAST",
    )
    assert set(listed(stage, LIVE)) == {f"/versions/live/{path}" for path in FILES}


def test_overwriting_does_not_keep_the_end_of_a_longer_file(stage: Driver) -> None:
    put(stage, "@S/", {"a.py": "a long text"})
    answer = stage.ask("PUT 'file:///x/a.py' '@S' AUTO_COMPRESS=FALSE OVERWRITE=TRUE")
    # The Go driver opens the file without cutting it off.
    assert not Path(answer["data"]["stageInfo"]["location"], "a.py").exists()


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A Git repository with two commits, a tag on the first, and a branch with a slash."""
    folder = tmp_path / "origin"
    (folder / "app" / ".streamlit").mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    (folder / "app" / "streamlit_app.py").write_text("first")
    (folder / "app" / ".streamlit" / "config.toml").write_text("c")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first")
    git(folder, "tag", "--annotate", "v1", "--message", "the first one")
    git(folder, "branch", "feature/x")
    return folder


def git(folder: Path, *arguments: str) -> str:
    who = (
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.com",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "tag.gpgsign=false",
    )
    done = subprocess.run(["git", *who, "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_git_repository_is_a_stage_of_branches_tags_and_commits(app: Driver, origin: Path) -> None:
    app.run(f"CREATE GIT REPOSITORY G ORIGIN = 'file://{origin}' API_INTEGRATION = GITHUB COMMENT = 'c'")
    first = git(origin, "rev-parse", "HEAD")
    names = {"g/branches/main/app/streamlit_app.py", "g/branches/main/app/.streamlit/config.toml"}
    assert set(listed(app, "@G/branches/main/")) == names
    assert set(listed(app, "@G/branches/feature/x/app/s")) == {"g/branches/feature/x/app/streamlit_app.py"}
    assert set(listed(app, '@G/branches/"feature/x"/app/s')) == {'g/branches/"feature/x"/app/streamlit_app.py'}
    assert len(listed(app, f"@G/commits/{first}/")) == len(listed(app, "@G/tags/v1/")) == 2
    assert app.refusal("LIST @G/branches/nope/")[0] == "002003"
    assert [row["name"] for row in app.run("SHOW GIT BRANCHES IN G")] == ["feature/x", "main"]
    assert [row["name"] for row in app.run("SHOW GIT BRANCHES LIKE 'MA%' IN GIT REPOSITORY G")] == ["main"]
    (tag,) = app.run("SHOW GIT TAGS IN G")
    assert (tag["commit_hash"], tag["author"], tag["message"]) == (first, "A <a@example.com>", "the first one")
    (row,) = app.run("DESCRIBE GIT REPOSITORY G")
    assert (row["origin"], row["api_integration"], row["comment"]) == (f"file://{origin}", "GITHUB", "c")


def test_what_is_new_at_the_origin_comes_with_fetch(app: Driver, origin: Path) -> None:
    app.run(f"CREATE GIT REPOSITORY G ORIGIN = '{origin}' API_INTEGRATION = GITHUB")
    app.run("CREATE STREAMLIT B FROM '@G/tags/v1/app' RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'")
    (origin / "app" / "streamlit_app.py").write_text("second")
    git(origin, "commit", "--all", "--quiet", "--message", "second")
    app.run(f"COPY FILES INTO '{LIVE}' FROM '@G/branches/main/app/'")
    assert listed(app, LIVE)["/versions/live/streamlit_app.py"] == "5"
    app.run("ALTER GIT REPOSITORY G FETCH")
    app.run(f"COPY FILES INTO '{LIVE}' FROM '@G/branches/main/app/'")
    assert listed(app, LIVE)["/versions/live/streamlit_app.py"] == "6"
    assert "/versions/live/.streamlit/config.toml" in listed(app, LIVE)
    assert listed(app, "snow://streamlit/APPS.PUBLIC.B/versions/last/")["/versions/last/streamlit_app.py"] == "5"
    assert app.refusal("REMOVE @G/branches/main/")[0] == "000002"
    app.run("DROP GIT REPOSITORY G")


def test_a_link_in_a_repository_leads_nowhere(app: Driver, origin: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("outside")
    (origin / "app" / "link").symlink_to(tmp_path / "outside")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "--message", "link")
    app.run(f"CREATE GIT REPOSITORY G ORIGIN = '{origin}' API_INTEGRATION = GITHUB")
    app.run(f"COPY FILES INTO '{LIVE}' FROM '@G/branches/main/app/'")
    assert "/versions/live/.streamlit/config.toml" in listed(app, LIVE)
    assert "/versions/live/link" not in listed(app, LIVE)


def test_the_object_store_of_the_newer_connector_keeps_to_one_folder(snowflake: Server, stage: Driver) -> None:
    put(stage, "@S/other/", {"a.py": "other"})
    login = {"LOGIN_NAME": "GATEHOUSE", "PASSWORD": PASSWORDS["GATEHOUSE"], "CLIENT_APP_ID": "PythonConnector"}
    answer = log_in(snowflake.http, {**login, "CLIENT_APP_VERSION": "5.2.0"})
    newer = Driver(snowflake.http, answer["data"]["token"], answer["data"])
    info = newer.ask("PUT 'file:///x/a.py' '@APPS.PUBLIC.S/v/' OVERWRITE=TRUE")["data"]["stageInfo"]
    assert (info["locationType"], info["endPoint"]) == ("GCS", f"http://127.0.0.1:{snowflake.port}/storage")
    bearer = {"Authorization": f"Bearer {info['creds']['GCS_ACCESS_TOKEN']}"}
    at = "/storage/files/"
    assert snowflake.http.put(f"{at}sub/a.py", content=b"text", headers=bearer).status_code == 200
    assert listed(stage, "@S/v/") == {"s/v/sub/a.py": "4"}
    assert snowflake.http.get(f"{at}sub/a.py", headers=bearer).content == b"text"
    assert snowflake.http.head(f"{at}sub/b.py", headers=bearer).status_code == 404
    reading = newer.ask("GET '@APPS.PUBLIC.S/v/' 'file:///x/'")["data"]["stageInfo"]["creds"]["GCS_ACCESS_TOKEN"]
    only_read = {"Authorization": f"Bearer {reading}"}
    assert snowflake.http.get(f"{at}v/sub/a.py", headers=only_read).content == b"text"
    assert snowflake.http.put(f"{at}v/sub/a.py", content=b"x", headers=only_read).status_code == 403
    for path in ("..%2fother/a.py", "%2e%2e/other/a.py", "sub/..%2f..%2fother%2fa.py"):
        assert snowflake.http.get(f"{at}{path}", headers=bearer).status_code == 404, path
        assert snowflake.http.put(f"{at}{path}", content=b"x", headers=bearer).status_code == 404, path
    assert listed(stage, "@S/other/") == {"s/other/a.py": "5"}
