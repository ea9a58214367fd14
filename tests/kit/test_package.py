"""The kit's package about visitors: small, typed, and nothing in it needs more than its two dependencies."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import streamlit_access

from tests.problem_codes import ROOT

KIT = ROOT / "kit"
MODULES = sorted((KIT / "streamlit_access").glob("*.py"))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).partition(".")[0])
    return names


def test_it_imports_what_it_names() -> None:
    """`cryptography` comes with `pyjwt[crypto]`; Streamlit is the app's own, and only `session` knows it."""
    used = {path.stem: imported(path) - set(sys.stdlib_module_names) - {"streamlit_access"} for path in MODULES}
    assert set().union(*used.values()) == {"jwt", "cryptography", "streamlit"}
    assert [name for name, names in used.items() if "streamlit" in names] == ["session"]
    project = tomllib.loads((KIT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["dependencies"] == ["pyjwt[crypto]>=2.10,<3"]


def test_the_core_works_where_streamlit_is_not_installed() -> None:
    script = "import sys; sys.modules['streamlit'] = None; import streamlit_access; print(streamlit_access.verify)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_promised_is_there_and_typed() -> None:
    assert sorted(streamlit_access.__all__) == sorted(set(streamlit_access.__all__))
    assert all(hasattr(streamlit_access, name) for name in streamlit_access.__all__)
    assert (KIT / "streamlit_access" / "py.typed").is_file()
    settings = tomllib.loads((KIT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    assert "streamlit_access" in settings["packages"]
    assert settings["package-data"]["streamlit_access"] == ["py.typed"]


def test_the_readme_speaks_of_what_is_there() -> None:
    text = (KIT / "README.md").read_text("utf-8")
    code = "".join(path.read_text("utf-8") for path in MODULES)
    assert set(re.findall(r"ACCESS_[A-Z_]+", text)) == set(re.findall(r"\bACCESS_[A-Z_]+", code))
    for block in re.findall(r"```python\n(.+?)```", text, re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module == "streamlit_access":
                assert {alias.name for alias in node.names} <= set(streamlit_access.__all__)


def test_modules_fit_on_a_screen() -> None:
    assert [path.name for path in MODULES if path.read_text("utf-8").count("\n") > 200] == []
