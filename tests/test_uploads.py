"""What is uploaded for an app in Snowflake, and where it is put."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from infra.estate import InSnowflake
from infra.problems import ConfigError
from infra.uploads import Upload, functions, plan_uploads
from tests.build import estate

SECRETS = "secrets: {key: {type: generic-string, deliver: function}, login: {type: password}}"


def uploads(root: Path, runtime: str = "container", main_file: str = "streamlit_app.py") -> dict[str, Upload]:
    """The uploads of an app in `root/apps/a`, by path."""
    pool = ", compute_pool: p" if runtime == "container" else ""
    snowflake = f"runtime: {runtime}, query_warehouse: wh{pool}, external_hosts: [x.example], {SECRETS}"
    snowflake += f", main_file: {main_file}"
    found = estate(f"apps:\n  a: {{owner: finance, source: apps/a, access: [finance], snowflake: {{{snowflake}}}}}\n")
    return {upload.path: upload for upload in plan_uploads(found, root)["a"]}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path / "apps/a/streamlit_app.py", "import streamlit\n")
    write(tmp_path / "kit/streamlit_runtime/__init__.py", "")
    write(tmp_path / "kit/streamlit_runtime/py.typed", "")
    return tmp_path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_files_keep_their_folders_below_a_hash(project: Path) -> None:
    write(project / "apps/a/pages/next year.py", "x = 1\n")
    found = uploads(project)
    assert list(found) == ["pages/next year.py", "streamlit_app.py"]
    page, main = found.values()
    assert (page.folder, main.folder) == (f"{page.key}/pages/", f"{main.key}/")
    assert page.place == project / "apps/a/pages/next year.py"


def test_the_hash_is_of_path_and_content_alone(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Another checkout uploads nothing; an equal file at another path is another upload."""
    write(project / "apps/a/copy.py", "import streamlit\n")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for path in ("streamlit_app.py", "copy.py"):
        write(elsewhere / "apps/a" / path, "import streamlit\n")
    here, there = uploads(project), uploads(elsewhere)
    assert {path: item.key for path, item in here.items()} == {path: item.key for path, item in there.items()}
    assert here["copy.py"].key != here["streamlit_app.py"].key


def test_a_changed_file_is_one_other_upload(project: Path) -> None:
    write(project / "apps/a/rates.csv", "1\n")
    before = uploads(project)
    write(project / "apps/a/rates.csv", "2\n")
    after = uploads(project)
    assert {path for path in after if after[path] != before[path]} == {"rates.csv"}


def test_the_kit_lies_beside_the_main_file(project: Path) -> None:
    """Streamlit puts the folder of the main file on the path, and not the one above."""
    write(project / "apps/a/ui/app.py", "from streamlit_runtime import secret\n")
    found = uploads(project, main_file="ui/app.py")
    kit = {f"ui/streamlit_runtime/{name}" for name in ("__init__.py", "functions.json")}
    assert {path for path in found if "streamlit_runtime" in path} == kit


def test_the_kit_comes_along_where_it_is_imported(project: Path) -> None:
    assert not any(path.startswith("streamlit_runtime/") for path in uploads(project))
    write(project / "apps/a/reading.py", "if True:\n    from streamlit_runtime import secret\n")
    found = uploads(project)
    kit = {"streamlit_runtime/__init__.py", "streamlit_runtime/functions.json"}
    assert {path for path in found if path.startswith("streamlit_runtime/")} == kit
    listed = json.loads(found["streamlit_runtime/functions.json"].place.read_text("utf-8"))
    assert listed == {
        "key": {
            "get_generic_secret_string": '"APPS"."STREAMLIT"."GET_A_KEY"',
            "get_secret_type": '"APPS"."STREAMLIT"."GET_A_KEY_TYPE"',
        }
    }


def test_what_an_app_brings_itself_is_not_replaced_by_the_kit(project: Path) -> None:
    write(project / "apps/a/streamlit_runtime/__init__.py", "mine = 1\n")
    write(project / "apps/a/streamlit_app.py", "import streamlit_runtime\n")
    assert uploads(project)["streamlit_runtime/__init__.py"].place.is_relative_to(project / "apps")


@pytest.mark.parametrize(("runtime", "comes"), [("container", True), ("warehouse", False)])
def test_secrets_toml_means_something_to_containers_only(project: Path, runtime: str, comes: bool) -> None:
    write(project / "apps/a/.streamlit/secrets.toml", "app_name = 'a'\n")
    assert (".streamlit/secrets.toml" in uploads(project, runtime)) is comes


def test_what_cannot_be_read_is_said(project: Path) -> None:
    (project / "apps/a/gone.py").symlink_to("nowhere.py")
    with pytest.raises(ConfigError, match="unfit-source"):
        uploads(project)


def test_functions_are_those_of_secrets_delivered_that_way() -> None:
    found = estate(
        "apps:\n  a: {owner: finance, source: apps/a, access: [finance], snowflake: {runtime: container,"
        f" query_warehouse: wh, compute_pool: p, external_hosts: [x.example], {SECRETS}}}}}\n"
    )
    home = found.apps[0].home
    assert isinstance(home, InSnowflake)
    assert set(functions(home)) == {"key"}
    assert functions(replace(home, secrets=())) == {}
