"""`streamlit_runtime` as a package that lies beside an app: old Python, Streamlit only, nothing of Snowflake's."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import streamlit_runtime

from tests.problem_codes import ROOT

KIT = ROOT / "kit"
MODULES = sorted((KIT / "streamlit_runtime").glob("*.py"))
CODE = "".join(path.read_text("utf-8") for path in MODULES)


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).partition(".")[0])
    return names


def test_it_imports_streamlit_and_what_comes_with_it() -> None:
    """`requests` is a requirement of Streamlit's own, in every version that Snowflake has."""
    used = set().union(*map(imports, MODULES)) - set(sys.stdlib_module_names) - {"streamlit_runtime"}
    assert used == {"streamlit", "requests"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_it_is_python_3_9(path: Path) -> None:
    """The oldest that a warehouse runtime may have; unions in annotations are never evaluated."""
    tree = ast.parse(path.read_text("utf-8"), feature_version=(3, 9))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Match | ast.TryStar)]
    if path.name != "__init__.py":
        assert "from __future__ import annotations" in path.read_text("utf-8")


def test_it_works_where_it_lies_beside_an_app(tmp_path: Path) -> None:
    """Not installed, in a process without a package of Snowflake's."""
    shutil.copytree(KIT / "streamlit_runtime", tmp_path / "streamlit_runtime")
    (tmp_path / "streamlit_runtime" / "functions.json").write_text("{}", encoding="utf-8")
    script = """
import sys
sys.modules["snowflake"] = None
import streamlit_runtime
print(streamlit_runtime.__file__, streamlit_runtime.runtime())
try:
    streamlit_runtime.secret("nowhere")
except streamlit_runtime.SecretError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{script}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    where, sentence = done.stdout.splitlines()
    assert where == f"{tmp_path / 'streamlit_runtime' / '__init__.py'} elsewhere"
    assert sentence == "`nowhere` is neither an environment variable nor in .streamlit/secrets.toml."


def test_what_is_promised_is_there_and_typed() -> None:
    assert sorted(streamlit_runtime.__all__) == sorted(set(streamlit_runtime.__all__))
    assert all(hasattr(streamlit_runtime, name) for name in streamlit_runtime.__all__)
    assert (KIT / "streamlit_runtime" / "py.typed").is_file()
    settings = tomllib.loads((KIT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    assert settings["packages"] == ["streamlit_access", "streamlit_runtime"]
    assert settings["package-data"]["streamlit_runtime"] == ["py.typed"]


def test_the_readme_shows_every_call() -> None:
    text = (KIT / "README.md").read_text("utf-8").partition("\n## streamlit_runtime\n")[2]
    assert [name for name in streamlit_runtime.__all__ if name not in text] == []
    for block in re.findall(r"```python\n(.+?)```", text, re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module == "streamlit_runtime":
                assert {alias.name for alias in node.names} <= set(streamlit_runtime.__all__)


def test_the_readme_replaces_every_function_that_the_package_calls() -> None:
    text = (KIT / "README.md").read_text("utf-8")
    called = set(re.findall(r"\b(get_[a-z_]+|send_snow_api_request)\b", CODE))
    assert called == set(re.findall(r"`_snowflake\.([a-z_]+)\(", text)) | {"send_snow_api_request"}


def test_no_secret_goes_through_a_cache_that_pickles() -> None:
    assert "@st.cache_data" not in CODE
    assert ".query(" not in CODE


def test_modules_fit_on_a_screen() -> None:
    assert [path.name for path in MODULES if path.read_text("utf-8").count("\n") > 200] == []
