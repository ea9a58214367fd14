"""An app's own files against its runtime: what is refused, what is let through, and that no secret is ever shown.

The words are in `mistakes/`; here are the tables.
"""

from __future__ import annotations

import os
import random
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from streamlit import config as streamlit_config

from infra.checks.app_files import check_app_files, folder, layout
from infra.checks.app_files.configuration import KNOWN
from infra.checks.app_files.credentials import named_credential, shapes_in
from infra.checks.app_files.text_file import TextFile
from infra.checks.app_files.toml_places import read_toml
from infra.checks.app_files.versions import unfit_for_warehouse
from infra.checks.scope import Scope
from infra.problems import Problems, render
from infra.resolve import resolve
from infra.schema import load_apps
from infra.stack import decode_stack
from tests.build import PREAMBLE, STACK, codes

MAIN = "import streamlit as st\n"
CANARY = "tr0ub4dor-and-3"


def app(runtime: str = "container", secrets: str = "", more: str = "", name: str = "ledger") -> str:
    """One entry for `apps`; its source is `apps/ledger`, whatever its name."""
    pool = ", compute_pool: streamlit" if runtime == "container" else ""
    attached = f", external_hosts: [api.exchange.example], secrets: {{{secrets}}}" if secrets else ""
    snowflake = f"{{runtime: {runtime}, query_warehouse: reporting{pool}{attached}{more}}}"
    return f"  {name}: {{owner: marketing, source: apps/ledger, snowflake: {snowflake}, access: [marketing]}}\n"


def write(project: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        path = project / "apps/ledger" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def checked(project: Path, apps: str, files: Mapping[str, str | bytes], stacks: int = 1) -> Problems:
    """What is said about the files of one folder."""
    write(project, {"streamlit_app.py": MAIN} | dict(files))
    problems = Problems()
    file = load_apps(f"{PREAMBLE}apps:\n{apps}", "apps.yaml", problems)
    stack = decode_stack(STACK, "dev", problems)
    assert file is not None and stack is not None, problems.found
    estate = resolve(file, stack, ("dev",), problems)
    assert problems.found == []
    check_app_files([Scope(file, stack, ("dev",), estate, problems, project)] * stacks)
    return problems


CREDENTIALS = {
    "password": "hunter2",
    "DB_PASSWORD": "correct-horse",
    "passwordProd": "12345",
    "fx_api_key": "k3J9xQ2m",
    "fxApiKey": "8f14e45f",
    "SECRET": "sw0rd4fish-1",
    "slack_pat": "abcd-e8f14e45-ijkl",
    "client-secret": "änderung-8f14e45f",
    "exchange.api.key": "9f86d081-884c-7d65-9a2f-eaa0c55ad015",
    "private_key_2": "9f86d081884c7d659a2feaa0c55ad015",
    "session_cookie": "9f86d081884c7d659a2feaa0c55ad015",
    "url_signature": "k3J9xQ2mZ7pL5vT8",
}
NONE = {
    "password": "",
    "PASSWORD": "<your password>",
    "passwd": "changeme",
    "pwd": "********",
    "token": "…",
    "api_key": "OPENAI_API_KEY",
    "API_KEY": "X-API-Key",
    "secret": "fx_api_key",
    "secret_name": "rates-of-the-day",
    "token_url": "https://login.example.com/oauth",
    "auth_token": "https://login.example.com/oauth",
    "max_tokens": "100000000",
    "private_key": "keys/robot.pem",
    "pat": "[a-z]+[0-9]{4}",
    "key": "9f86d081884c7d659a2feaa0c55ad015",
    "cache_key": "streamlit-dashboard-2026-v1",
    "get_password": "CRM",
    "app_name": "My Streamlit App",
    "api_endpoint": "https://api.example.com",
    "max_results": "100",
    "access_token": "${ACCESS_TOKEN}",
    "api_secret": "your-secret-here",
    "password_hint": "the name of the cat",
}


@pytest.mark.parametrize(("name", "value"), CREDENTIALS.items())
def test_a_name_tells(name: str, value: str) -> None:
    if name == "url_signature":
        value += value[::-1]
    assert named_credential(name, value, in_code=True) and named_credential(name, value, in_code=False)


@pytest.mark.parametrize(("name", "value"), NONE.items())
def test_a_name_does_not_tell(name: str, value: str) -> None:
    assert not named_credential(name, value, in_code=True) and not named_credential(name, value, in_code=False)


def test_words_for_people_are_let_through_in_code_only() -> None:
    for value in ("Passwort", "Enter the word"):
        assert not named_credential("password", value, in_code=True)
        assert named_credential("password", value, in_code=False)
    assert not named_credential("password", "パスワード", in_code=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ACCOUNT_KEY", "account_id"), ("token", "sentence"), ("credentials", "same-origin"), ("api_key", "abcdefgh"),
        ("account_key", "accounts-2024-q1"), ("client_secret", "swordfish-1"),
    ],
)  # fmt: skip
def test_words_for_machines_are_let_through_in_code_only(name: str, value: str) -> None:
    assert not named_credential(name, value, in_code=True)
    assert named_credential(name, value, in_code=False)


_HEX = "0123456789abcdef" * 4
_PEM = "-----BEGIN {}PRIVATE KEY-----\n{}\n-----END {}PRIVATE KEY-----"
SHAPES = (
    _PEM.format("", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIB", ""),
    _PEM.format("RSA ", "Proc-Type: 4,ENCRYPTED\n\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIB", "RSA "),
    '"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIB\\n"',
    "AKIA" + "ABCDEFGH23456777",
    "ghp_" + _HEX[:36],
    "github_pat_" + _HEX[:22] + "_" + _HEX[:59],
    "glpat-" + _HEX[:20],
    "xoxb-" + "123456789012-abcdef",
    "https://hooks.slack.com/services/T0AB/B0CD/" + _HEX[:24],
    "AIza" + _HEX[:35],
    "GOCSPX-" + _HEX[:28],
    "eyJraWQiOiIxMjM0NSJ9." + "eyJwIjoiMTIzNDU2Nzg5MCJ9." + "c2lnbmF0dXJlLTEyMw",
    "ver:1-hint:8242-" + "ETMsDgAAAXk" + _HEX[:20],
    "sk-proj-" + _HEX[:32],
    "sk-" + _HEX[:48],
    "sk-ant-api03-" + _HEX[:32] + "-Ab_" + _HEX[:20],
    "sk_live_" + _HEX[:24],
    "SG." + _HEX[:22] + "." + _HEX[:43],
    "dapi" + _HEX[:32],
    "hf_" + "abcdefghij" * 4,
    "AccountKey=" + _HEX[:48] + "==",
    "Authorization: Bearer " + _HEX[:32],
    "postgresql://robot:hunter2@db.internal/ledger",
    "redis://:hunter2@cache.internal",
    "Server=db.internal;Database=ledger;Uid=robot;Pwd=hunter2;",
    "host=db.internal user=robot password=hunter2",
)
SHAPELESS = (
    'text.startswith("-----BEGIN PRIVATE KEY-----") and text.endswith("-----END PRIVATE KEY-----")',
    "AKIAIOSFODNN7" + "EXAMPLE",
    'f"Bearer {token}"',
    "Bearer authentication-of-the-request",
    "https://user:password@example.com",
    "postgresql://{user}:{password}@{host}/ledger",
    "postgresql://robot:$PASSWORD@db.internal/ledger",
    "https://api.example.com:8443/path?at=12:30@noon",
    "connect(host=h, user=u, password=p)",
    "risk-assessment-of-the-year-2027",
    "'data/sk-regional-sales-2024-q1.csv'",
    "'data/sk-proj-regional-sales-2024-q1.csv'",
    "color: #29b5e8; password: see the vault",
    "x = 1; password = read()",
)


@pytest.mark.parametrize("text", SHAPES)
def test_a_form_tells(text: str) -> None:
    assert len(list(shapes_in(f"x = {text}\ny = 1\n"))) == 1


@pytest.mark.parametrize("text", SHAPELESS)
def test_a_form_does_not_tell(text: str) -> None:
    assert list(shapes_in(f"x = {text}\ny = 1\n")) == []


@pytest.mark.parametrize("shown", SHAPES)
@pytest.mark.parametrize("place", ["streamlit_app.py", "notes.md", "pyproject.toml", ".streamlit/secrets.toml"])
def test_a_credential_is_refused_wherever_it_stands(tmp_path: Path, shown: str, place: str) -> None:
    lines = "\n".join(f"# {line}" for line in shown.split("\n"))
    text = f'[project]\nname = "x"\nversion = "1"\n{lines}\n' if place.endswith(".toml") else f"{lines}\n"
    if place.endswith("secrets.toml"):
        text = f"{lines}\n"
    found = checked(tmp_path, app(), {place: text if "PRIVATE" not in shown else text.replace("# ", "")})
    if "PRIVATE" not in shown:
        assert codes(found) == ["plain-secret"]
    assert "plain-secret" in codes(found)


LEAKS = {
    "streamlit_app.py": (
        'password = "{}"\n',
        'password = "{}\n',
        'connect(user="robot", password="{}"\n',
        'x = {{"password": "{}", "y": }}\n',
        'def f(token: str = "{}" -> None:\n',
        'token = """\n{}\n"""\n',
        'url = "postgresql://robot:{}@db.internal"\nx = (\n',
        'api_key: str = "{}"; x = = 1\n',
        'from streamlit_runtime import secret\nsecret("redis://x:{}@y")\n',
    ),
    ".streamlit/secrets.toml": (
        'password = "{}"\n',
        'password = "{}\n',
        'x = "{}" y\n',
        "x = {}\n",
        'x = """\n{}\n',
        'x = ["{}",\n',
        'fx_api_key = "{}"\n',
        'fx_api_key = """\n{}"""\n',
        '[fx_api_key]\nx = "{}"\nx = 1\n',
        "# {}\nx = \u0001\n",
    ),
    ".streamlit/config.toml": (
        '[secrets]\npassword = "{}"\n',
        '[secrets]\npassword = "{}\n',
        '[mapbox]\ntoken = "{}\n',
    ),
    "environment.yml": (
        "channels: [snowflake, 'https://robot:{}@conda.example']\n",
        "dependencies: [x\nurl: https://robot:{}@conda.example: x\n",
    ),
    "requirements.txt": ("--index-url https://robot:{}@pypi.example/simple\npandas=1\n",),
    "pyproject.toml": ('[[tool.uv.index]]\nurl = "https://robot:{}@pypi.example/simple\n',),
}


@pytest.mark.parametrize("runtime", ["container", "warehouse"])
@pytest.mark.parametrize(("path", "text"), [(path, text) for path, texts in LEAKS.items() for text in texts])
def test_what_may_be_a_secret_is_never_shown(tmp_path: Path, path: str, text: str, runtime: str) -> None:
    found = checked(tmp_path, app(runtime, "fx_api_key: {type: generic-string}"), {path: text.format(CANARY)})
    assert found.has_errors
    assert CANARY not in render(found.found)


PAGE = {
    "container": (
        "my_secret: {type: generic-string, deliver: function}",
        {
            "streamlit_app.py": """\
import json
import os

import requests
import streamlit as st

conn = st.connection("snowflake")
session = conn.session()
secret = session.sql("SELECT get_my_secret()").collect()[0][0]
app_name = st.secrets["app_name"]
API_ENDPOINT = os.getenv("API_ENDPOINT")
SNOWFLAKE_HOST = os.getenv("SNOWFLAKE_HOST")
URL = "https://" + SNOWFLAKE_HOST + "/api/v2/cortex/analyst/message"


def get_token() -> str:
    return open("/snowflake/session/token", "r").read()


def send_request(semantic_model_file, prompt):
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {get_token()}",
        "X-Snowflake-Authorization-Token-Type": "OAUTH",
    }
    return requests.post(URL, headers=headers, data=json.dumps({"semantic_model_file": semantic_model_file}))
""",
            ".streamlit/secrets.toml": """\
# ONLY USE FOR NON-SECRET CONFIGURATION VALUES
app_name = "My Streamlit App"
api_endpoint = "https://api.example.com"
max_results = 100
""",
            ".streamlit/config.toml": '[theme]\nbase = "dark"\n[runner]\nfastReruns = true\n',
            "pyproject.toml": '[project]\nname = "x"\nversion = "1"\ndependencies = ["streamlit"]\n',
            "uv.lock": 'version = 1\n\n[[package]]\nname = "streamlit"\nversion = "1.52.2"\n',
        },
    ),
    "warehouse": (
        "my_secret_key: {type: generic-string}",
        {
            "streamlit_app.py": """\
import streamlit as st
import _snowflake
from snowflake.snowpark.context import get_active_session

session = get_active_session()
session.sql("SELECT 1").collect()
my_secret = _snowflake.get_generic_secret_string('my_secret_key')
""",
            ".streamlit/config.toml": "[theme.sidebar]\n[snowflake.sleep]\nstreamlitSleepTimeoutMinutes = 5\n",
            "environment.yml": "channels: [snowflake]\ndependencies: [python=3.11, streamlit=1.52.*, numpy=*, x]\n",
        },
    ),
}


@pytest.mark.parametrize("runtime", PAGE)
def test_everything_on_snowflakes_page_passes(tmp_path: Path, runtime: str) -> None:
    secrets, files = PAGE[runtime]
    assert checked(tmp_path, app(runtime, secrets), files).found == []


SECRETS = (
    "fx_api_key: {type: generic-string}, bank: {type: password}, rates: {type: generic-string, deliver: function}, "
    "exchange: {type: oauth2-client-credentials, integration: x}, UV_INDEX_OURS: {type: password}"
)
ASKED = "# fx_api_key bank rates exchange\n"
# Code, and what is said about it in a container and on a warehouse.
CODE = {
    "import _snowflake": ("not-in-runtime", ""),
    "import _snowflake as sf\nx = sf.get_generic_secret_string('fx_api_key')": ("not-in-runtime not-in-runtime", ""),
    "from _snowflake import get_secret_type\nget_secret_type('bank')": ("not-in-runtime not-in-runtime", ""),
    "import _snowflake\nread = _snowflake.get_secret_type": ("not-in-runtime not-in-runtime", ""),
    "from snowflake.snowpark.context import get_active_session": ("not-in-runtime", ""),
    "from snowflake.snowpark.context import get_active_session as g\ng()\ng()": ("not-in-runtime not-in-runtime", ""),
    "import snowflake.snowpark.context as c\nc.get_active_session()": ("not-in-runtime", ""),
    "from snowflake.snowpark import context\ncontext.get_active_session()": ("not-in-runtime", ""),
    "def get_active_session(): pass\nget_active_session()": ("", ""),
    "import streamlit as st\nst.secrets['fx_api_key']": ("", "not-in-runtime"),
    "import streamlit as st\nst.secrets.fx_api_key": ("", "not-in-runtime"),
    "from streamlit import secrets\nsecrets.get('fx_api_key')": ("", "not-in-runtime"),
    "import streamlit as st\nfor key in st.secrets: pass": ("", "not-in-runtime"),
    "import streamlit as st\nst.secrets.get('beta')": ("", "not-in-runtime"),
    "import streamlit as st\nst.secrets['beta']": ("unknown-secret", "not-in-runtime"),
    "import streamlit as st\nif 'beta' in st.secrets: st.secrets['beta']": ("", "not-in-runtime not-in-runtime"),
    "import streamlit as st\nx = 'beta' not in st.secrets or st.secrets.beta": ("", "not-in-runtime not-in-runtime"),
    "import streamlit as st\nif 'alpha' in st.secrets: st.secrets['beta']": (
        "unknown-secret", "not-in-runtime not-in-runtime"),
    "import streamlit as st\ntry: st.secrets['beta']\nexcept KeyError: pass": ("", "not-in-runtime"),
    "import streamlit as st\ntry: st.secrets.beta\nexcept AttributeError: pass": ("", "not-in-runtime"),
    "import streamlit as st\ntry: pass\nexcept KeyError: st.secrets['beta']": ("unknown-secret", "not-in-runtime"),
    "import streamlit as st\ntry: st.secrets['beta']\nfinally: pass": ("unknown-secret", "not-in-runtime"),
    "import streamlit as st\nst.secrets.get('beta', 'no')": ("", "not-in-runtime"),
    "import streamlit as st\nst.secrets['rates']": ("bad-delivery", "not-in-runtime"),
    "import streamlit as st\nst.secrets['exchange']": ("bad-delivery", "not-in-runtime"),
    "import streamlit as st\nst.secrets['FX_API_KEY']": ("unknown-secret", "not-in-runtime"),
    "import streamlit as st\nst.secrets[name]": ("", "not-in-runtime"),
    "secrets = {}\nsecrets['beta']": ("", ""),
    "import os\nos.environ['fx_api_key']": ("", "not-in-runtime"),
    "import os\nos.environ.get('bank_USERNAME')": ("", "not-in-runtime"),
    "from os import environ, getenv\ngetenv('bank_PASSWORD'), environ['bank']": (
        "wrong-secret-type", "not-in-runtime not-in-runtime"),
    "import os\nos.environ['bank_Username']": ("unknown-secret", "not-in-runtime"),
    "import os\nos.getenv('rates')": ("bad-delivery", "not-in-runtime"),
    "import os\nos.environ['HOME'], os.environ[name]": ("", ""),
    "open('/snowflake/session/token')": ("", "not-in-runtime"),
    "import os\nif os.path.exists('/snowflake/session/token'): pass": ("", ""),
    "import streamlit as st\ntry: import _snowflake\nexcept ImportError: st.secrets['fx_api_key']": ("", ""),
    "from streamlit_runtime import secret\nsecret('rates'), secret('exchange'), secret('fx_api_key')": ("", ""),
    "from streamlit_runtime import credentials\ncredentials('bank')": ("", ""),
    "from streamlit_runtime import runtime\nif runtime() == 'warehouse': import _snowflake": ("", ""),
    "from streamlit_runtime import secret\nsecret('ghp_0123456789abcdefghijABCDEFGHIJ01234567')": (
        "plain-secret unknown-secret", "plain-secret unknown-secret"),
    "import streamlit_runtime as kit\nkit.credentials('fx_api_key')": ("wrong-secret-type", "wrong-secret-type"),
    "from streamlit_runtime import secret\nsecret(name='beta')": ("unknown-secret", "unknown-secret"),
    "from snowflake.snowpark.secrets import get_username_password as g\ng('fx_api_key')": (
        "wrong-secret-type", "wrong-secret-type"),
    "from _snowflake import get_generic_secret_string as g\nx = g('rates')": (
        "not-in-runtime not-in-runtime", "bad-delivery"),
    "def secret(name): pass\nsecret('beta')": ("", ""),
    'x = "\\d"  # a sequence that warns': ("", ""),
    "match x:\n    case 1: pass": ("", ""),
    "x = f'{'": ("python-syntax", "python-syntax"),
    "-" * 100_000 + "1": ("python-syntax", "python-syntax"),
    "x = 1\0": ("python-syntax", "python-syntax"),
}  # fmt: skip


@pytest.mark.parametrize("code", CODE, ids=lambda code: str(code)[:60])
@pytest.mark.parametrize("runtime", ["container", "warehouse"])
def test_code(tmp_path: Path, code: str, runtime: str) -> None:
    expected = CODE[code][runtime == "warehouse"].split()
    found = checked(tmp_path, app(runtime, SECRETS), {"streamlit_app.py": f"{ASKED}{code}\n"})
    assert codes(found) == sorted(expected)


TREE = {
    "reports/__init__.py": "",
    "reports/totals.py": "",
    "reports/deep/sums.py": "",
    "money.py": "",
    "loose/x.py": "",
    "pages/one.py": "",
}
IMPORTS = {
    ("streamlit_app.py", "import money, reports, reports.totals"): True,
    ("streamlit_app.py", "from reports.deep import sums"): True,
    ("streamlit_app.py", "from reports import anything"): True,
    ("streamlit_app.py", "import reports.total"): False,
    ("streamlit_app.py", "from loose.y import z"): True,  # a package of that name may be installed
    ("streamlit_app.py", "from .money import euro"): False,
    ("streamlit_app.py", "from . import money"): False,
    ("streamlit_app.py", "import shared.euro"): False,
    ("streamlit_app.py", "import shared"): False,
    ("streamlit_app.py", "import elsewhere"): True,  # a folder of the project without code
    ("streamlit_app.py", "import json, pandas, snowflake.snowpark"): True,
    ("streamlit_app.py", "try:\n    import shared\nexcept ImportError: pass"): True,
    ("pages/__init__.py", ""): True,
    ("pages/__init__.py", "from .one import x"): True,
    ("pages/__init__.py", "from .two import x"): False,
    ("pages/one.py", "from .two import x"): False,
    ("pages/one.py", "from ..money import x"): False,
    ("reports/totals.py", "from . import anything"): True,
    ("reports/totals.py", "from .deep.sums import x"): True,
    ("reports/totals.py", "from .deep.sum import x"): False,
    ("reports/totals.py", "from ..money import x"): False,
    ("reports/deep/sums.py", "from ..totals import x"): True,
    ("reports/deep/sums.py", "from .. import anything"): True,
    ("reports/deep/sums.py", "from . import other"): False,
    ("reports/deep/sums.py", "from . import *"): True,
}


@pytest.mark.parametrize(("place", "code"), IMPORTS)
def test_imports(tmp_path: Path, place: str, code: str) -> None:
    for name in ("shared/__init__.py", "shared/euro.py", "elsewhere/notes.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = checked(tmp_path, app(), TREE | {place: f"{code}\n"})
    assert codes(found) == ([] if IMPORTS[place, code] else ["missing-module"])


# What `environment.yml` names, what the main file imports, and how bad that is.
PACKAGES = {
    ("", "import pandas, numpy, altair, requests, snowflake.connector, _snowflake, streamlit_runtime"): "",
    ("", "import os, xml.etree"): "",
    ("", "import plotly"): "error",
    ("python=3.11.*, streamlit=1.52.2", "import plotly.express"): "error",
    ("plotly=6.*", "import plotly.express"): "",
    ("Scikit_Learn", "import sklearn"): "",
    ("scikit-learn", "import joblib"): "warning",
    ("snowflake_ml_python", "import snowflake.ml"): "",
    ("", "try:\n    import plotly\nexcept ImportError:\n    plotly = None"): "",
    ("", "def page():\n    import plotly"): "",
    ("", "import money"): "",
    ("", "import reports.totals"): "",
}


@pytest.mark.parametrize(("named", "code"), PACKAGES)
def test_packages_of_a_warehouse_app(tmp_path: Path, named: str, code: str) -> None:
    environment = {"environment.yml": f"channels: [snowflake]\ndependencies: [{named}]\n"} if named else {}
    files = {"money.py": "", "reports/totals.py": "", "unused.py": "import torch", "streamlit_app.py": f"{code}\n"}
    found = checked(tmp_path, app("warehouse"), files | environment)
    assert [(one.code, one.severity) for one in found.found] == (
        [("missing-package", PACKAGES[named, code])] if PACKAGES[named, code] else []
    )


BROKEN = "{{ cookiecutter.title }}: def page(\n"
# Files beside BROKEN ones, the paths of these, and those that the app comes to run.
SYNTAX: tuple[tuple[dict[str, str], str, str], ...] = (
    ({}, "streamlit_app.py", "streamlit_app.py"),
    ({}, "pages/one.py pages/deep/two.py views/three.py one.py", "pages/one.py"),
    ({"streamlit_app.py": "import one as first, two.three", "two/three.py": ""}, "one.py two/__init__.py three.py",
     "one.py two/__init__.py"),
    ({"streamlit_app.py": "from two import (\n  one,  # the first\n  three)"}, "two/one.py two/three.py two/four.py",
     "two/one.py two/three.py"),
    ({"streamlit_app.py": "def f():\n    from two.one import x"}, "two/one.py two/x.py", "two/one.py"),
    ({"streamlit_app.py": "import two", "two/__init__.py": "from .one import x\nfrom . import four"},
     "two/one.py two/four.py one.py four.py", "two/one.py two/four.py"),
    ({"streamlit_app.py": "import a.b.c", "a/b/c.py": "from ..d import x\nfrom .e import y"},
     "a/d.py a/b/e.py d.py e.py __init__.py a/__init__.py", "a/d.py a/b/e.py a/__init__.py"),
    ({"streamlit_app.py": "st.navigation([st.Page('views/one.py'), st.Page(page_of(two))])"},
     "views/one.py views/two.py", "views/one.py"),
    ({"streamlit_app.py": "read('templates/app.py')", "unused.py": "import templates.app"}, "templates/app.py", ""),
    ({"pages/one.py": "import two"}, "two.py", "two.py"),
    ({"streamlit_app.py": "import one\nimport one"}, "one.py", "one.py"),
)  # fmt: skip


@pytest.mark.parametrize(("written", "broken", "refused"), SYNTAX)
def test_what_the_app_runs_is_python(tmp_path: Path, written: dict[str, str], broken: str, refused: str) -> None:
    found = checked(tmp_path, app(), written | dict.fromkeys(broken.split(), BROKEN))
    assert codes(found) == ["python-syntax"] * len(refused.split())
    shown = [problem.span.source.name.removeprefix("apps/ledger/") for problem in found.found if problem.span]
    assert sorted(shown) == sorted(refused.split())


def test_modules_are_found_beside_the_main_file_and_at_the_root(tmp_path: Path) -> None:
    files = {"ui/app.py": "import one, two"} | dict.fromkeys(
        ("one.py", "ui/two.py", "ui/pages/x.py", "pages/y.py"), "("
    )
    found = checked(tmp_path, app(more=", main_file: ui/app.py"), files)
    shown = [problem.span.source.name for problem in found.found if problem.span]
    assert sorted(shown) == [f"apps/ledger/{path}" for path in ("one.py", "ui/pages/x.py", "ui/two.py")]


PROJECT = '[project]\nname = "x"\nversion = "1"\n'
# Files, the main file, and those that are refused.
DEPENDENCIES: tuple[tuple[str, str, str], ...] = (
    ("pyproject.toml uv.lock", "streamlit_app.py", ""),
    ("requirements.txt", "streamlit_app.py", ""),
    ("requirements.txt pyproject.toml", "streamlit_app.py", "pyproject.toml"),
    ("requirements.txt pyproject.toml uv.lock", "streamlit_app.py", "pyproject.toml uv.lock"),
    ("uv.lock", "streamlit_app.py", "uv.lock"),
    ("pyproject.toml uv.lock", "a/b/main.py", ""),
    ("a/pyproject.toml a/uv.lock", "a/b/main.py", ""),
    ("a/b/pyproject.toml requirements.txt", "a/b/main.py", "requirements.txt"),
    ("a/requirements.txt pyproject.toml uv.lock", "a/b/main.py", "pyproject.toml uv.lock"),
    ("a/pyproject.toml uv.lock", "a/b/main.py", "uv.lock"),
    ("c/requirements.txt pyproject.toml", "a/b/main.py", ""),
    ("environment.yml environment.yaml", "streamlit_app.py", "environment.yaml environment.yml"),
)


@pytest.mark.parametrize(("written", "main", "refused"), DEPENDENCIES)
def test_one_file_names_the_packages_of_a_container(tmp_path: Path, written: str, main: str, refused: str) -> None:
    files = {path: PROJECT if path.endswith("pyproject.toml") else "" for path in written.split()} | {main: MAIN}
    found = checked(tmp_path, app(more=f", main_file: {main}"), files)
    assert codes(found) == ["unread-file"] * len(refused.split())
    shown = [problem.span.source.name.removeprefix("apps/ledger/") for problem in found.found if problem.span]
    assert sorted(shown) == sorted(refused.split())


REQUIREMENTS = {
    "streamlit==1.52.2": "",
    "streamlit==1.50": "",
    "streamlit==1.49.1": "unfit-version",
    "streamlit==1.51.*": "unlocked",
    "streamlit==1.49.*": "unfit-version unlocked",
    "streamlit>=1.40,<1.50": "unfit-version unlocked",
    "streamlit<1.50.1": "unlocked",
    "streamlit~=1.48": "unlocked",
    "streamlit~=1.48.0": "unfit-version unlocked",
    "streamlit!=1.50.0": "unlocked",
    "streamlit": "unlocked",
    "Pandas[excel] == 2.3.3 ; python_version < '4'": "",
    "pandas==2.3.3 --hash=sha256:00  # tables": "",
    "pandas==2.3.3 \\\n    --hash=sha256:00": "",
    "# only words": "",
    "-r more.txt\n--index-url https://pypi.example/simple\n./wheels/x-1-py3-none-any.whl": "",
    "https://files.example/x-1-py3-none-any.whl\nfx @ file:///x.whl": "",
    "git+https://github.com/a/b.git@v1": "",
    "git+ssh://git@github.com/a/b": "",
    "vendor/pkg\n./vendor/pkg": "",
    "pandas 2": "bad-dependency",
    "pandas=2": "bad-dependency",
}


@pytest.mark.parametrize("text", REQUIREMENTS)
def test_requirements(tmp_path: Path, text: str) -> None:
    assert codes(checked(tmp_path, app(), {"requirements.txt": f"{text}\n"})) == REQUIREMENTS[text].split()


PROJECTS = {
    'requires-python = ">=3.11.4,<3.12"': "",
    'requires-python = "==3.11.*"': "",
    'requires-python = ">=3.9"': "",
    'requires-python = "<3.11"': "unfit-version",
    'requires-python = "3.11"': "bad-dependency",
    "requires-python = 3": "",
    'dependencies = ["pandas==2.3.3"]': "",
    "dependencies = []": "",
    "dependencies = 3": "",
    'dependencies = [["x"], 1, "pandas>2"]': "unlocked",
}


@pytest.mark.parametrize("line", PROJECTS)
def test_projects(tmp_path: Path, line: str) -> None:
    assert codes(checked(tmp_path, app(), {"pyproject.toml": f"{PROJECT}{line}\n"})) == PROJECTS[line].split()


@pytest.mark.parametrize("runtime", ["container", "warehouse"])
def test_a_project_that_is_none_is_left_alone(tmp_path: Path, runtime: str) -> None:
    packages = "requirements.txt" if runtime == "container" else "environment.yml"
    files = {packages: "", "pyproject.toml": "[tool.ruff]\nline-length = 120\n"}
    assert checked(tmp_path, app(runtime), files).found == []


@pytest.mark.parametrize("text", ["", "project = 3\n", "[project]\n", "[tool.uv]\n"])
def test_a_project_has_a_name_and_a_version(tmp_path: Path, text: str) -> None:
    assert codes(checked(tmp_path, app(), {"pyproject.toml": text})) == ["missing-key", "missing-key"]


ENVIRONMENTS = {
    "": "",
    "name: x\nchannels: [snowflake]\ndependencies: [pandas, numpy=*, altair=5.5.0, scikit-learn=1.3.*]": "",
    "dependencies:\n": "",
    "channels: [defaults]": "bad-dependency",
    "channels: snowflake": "wrong-type",
    "dependencies: [pandas>=2]": "bad-dependency",
    "dependencies: [pandas==2]": "bad-dependency",
    "dependencies: ['snowflake::pandas']": "bad-dependency",
    "dependencies: [{pip: [pandas]}]": "bad-dependency",
    "dependencies: [[pandas]]": "bad-dependency",
    "- pandas": "wrong-type",
    "x: [": "yaml-syntax",
    "x: 1\nx: 2": "duplicate-key",
}


@pytest.mark.parametrize("text", ENVIRONMENTS)
def test_environments(tmp_path: Path, text: str) -> None:
    assert codes(checked(tmp_path, app("warehouse"), {"environment.yml": text})) == ENVIRONMENTS[text].split()


@pytest.mark.parametrize(
    ("package", "pin", "fits"),
    [
        ("python", "3.8", False), ("python", "3.9", True), ("python", "3.11.9", True), ("python", "3.12", False),
        ("python", "3", True), ("python", "*", True), ("streamlit", "1.21.0", False), ("streamlit", "1.22", True),
        ("streamlit", "1.52.2", True), ("streamlit", "1.52.3", False), ("streamlit", "1.52.*", True),
        ("streamlit", "1.53", False), ("streamlit", "2", False), ("pandas", "0.1", True),
    ],
)  # fmt: skip
def test_versions_of_a_warehouse(package: str, pin: str, fits: bool) -> None:
    assert (unfit_for_warehouse(package, pin) == "") is fits


# Text of config.toml, and what is said in a container and on a warehouse.
CONFIGURATIONS = {
    "": ("", ""),
    "[theme]\nbase = 'dark'\n[[theme.fontFaces]]\nfamily = 'x'": ("", ""),
    "[theme.light]\nprimaryColor = 'red'\n[theme.dark.sidebar]\nfont = 'x'": ("", ""),
    "theme.primaryColor = 'red'\ntheme.sidebar = {font = 'x'}": ("", ""),
    "[theme]\nfoo = 1": ("unknown-option", "unknown-option"),
    "[theme.foo]\nbar = 1": ("unsupported-option", "unsupported-option"),
    "[global]\ndisableWidgetStateDuplicationWarning = true": ("", "unsupported-option"),
    "[global]\ndevelopmentMode = true": ("unsupported-option", "unsupported-option"),
    "[logger]\nlevel = 'info'": ("unsupported-option", "unsupported-option"),
    "[client]\nshowErrorDetails = true\nshowSidebarNavigation = true": ("", "unsupported-option"),
    "[client]\ntoolbarMode = 'x'": ("unsupported-option", "unsupported-option"),
    "[runner]\nmagicEnabled = false": ("", "unsupported-option"),
    "[server]\nport = 1\nheadless = true": ("unsupported-option", "unsupported-option"),
    "[browser]": ("unsupported-option", "unsupported-option"),
    "[mapbox]\ntoken = 'pk.x'": ("deprecated-option", "unsupported-option"),
    "[secrets]\napp_name = 'x'\n[secrets.more]\nx = [1, {y = 2}]": ("", "unsupported-option"),
    "[secrets]\nfx_api_key = 'x'": ("overridden-secret", "unsupported-option"),
    "[snowflake.sleep]\nstreamlitSleepTimeoutMinutes = 5": ("unsupported-option", ""),
    "[snowflake.sleep]\nstreamlitSleepTimeoutMinutes = 240": ("unsupported-option", ""),
    "[snowflake.sleep]\nstreamlitSleepTimeoutMinutes = 4": ("unsupported-option", "out-of-range"),
    "[snowflake.sleep]\nstreamlitSleepTimeoutMinutes = 241": ("unsupported-option", "out-of-range"),
    "[snowflake.sleep]\nstreamlitSleepTimeoutMinutes = true": ("unsupported-option", "wrong-type"),
    "[snowflake.sleep]\nstreamlitSleepTimeoutMinutes = 5.0": ("unsupported-option", "wrong-type"),
    "[snowflake]\nsleep = 5": ("unsupported-option", "unsupported-option"),
    "[ui]\nhideTopBar = true": ("unsupported-option", "unsupported-option"),
    "base = 'dark'": ("unsupported-option", "unsupported-option"),
    "x = " + "[" * 10_000: ("toml-syntax", "toml-syntax"),
    "# " + "x" * 65_536: ("too-large", "too-large"),
}


@pytest.mark.parametrize("text", CONFIGURATIONS, ids=lambda text: str(text)[:50])
@pytest.mark.parametrize("runtime", ["container", "warehouse"])
def test_configuration(tmp_path: Path, text: str, runtime: str) -> None:
    apps = app(runtime, "fx_api_key: {type: generic-string}")
    found = checked(tmp_path, apps, {".streamlit/config.toml": text, "x.py": "# fx_api_key\n"})
    assert codes(found) == CONFIGURATIONS[text][runtime == "warehouse"].split()


VARIABLES = (
    "SNOWFLAKE_HOST SNOWFLAKE_ACCOUNT PATH PYTHONPATH HOME LD_PRELOAD LD_LIBRARY_PATH BASH_ENV "
    "HTTPS_PROXY HTTP_PROXY https_proxy ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR SSLKEYLOGFILE REQUESTS_CA_BUNDLE "
    "CURL_CA_BUNDLE AWS_CA_BUNDLE OPENSSL_CONF NETRC"
)


@pytest.mark.parametrize("name", VARIABLES.split())
def test_a_variable_that_others_go_by_is_not_set(tmp_path: Path, name: str) -> None:
    """Streamlit makes variables of the top level, and only of numbers and text."""
    text = f"{name} = 'x'\n"
    for path, before in ((".streamlit/secrets.toml", ""), (".streamlit/config.toml", "[secrets]\n")):
        write(tmp_path, {".streamlit/secrets.toml": "", ".streamlit/config.toml": ""})
        assert codes(checked(tmp_path, app(), {path: before + text})) == ["reserved-name"]
        assert checked(tmp_path, app(), {path: f"{before}{name} = true\nMY_PATH = 1\n"}).found == []
    write(tmp_path, {".streamlit/config.toml": ""})
    assert checked(tmp_path, app(), {".streamlit/secrets.toml": f"[deep]\n{text}[{name}]\nx = 1\n"}).found == []


def test_options_are_those_of_streamlit() -> None:
    """Streamlit itself is not asked when files are checked."""
    options: dict[str, set[str]] = {}
    for name in streamlit_config._config_options_template:
        section, _, option = name.rpartition(".")
        options.setdefault(section, set()).add(option)
    assert {section: set(names) for section, names in KNOWN.items()} == {section: options[section] for section in KNOWN}


TOML = '''\
# a comment = [x]
title = "TOML # 1" # end
a.b."c d" = 'x # y'
"quoted \\" key" = 1_000
[ table . "in.ner" ]
list = [ 1, 'two', """thr"ee""", [4, {five = 5, six = [6]}], # comment, with ]
  2027-01-15 07:32:00, ]
text = """
several "lines" \\""" [x]
y = 1"""
raw = \'\'\'it's\'\'\'
[[many]]
x = {}
[[many]]
x = { a = "b, }", c.d = -1.5e3 }
[many.below]
y = true
[[many.deeper]]
z = inf
'''


def test_every_value_of_a_toml_file_has_its_place() -> None:
    """What stands at the place of a value is that value."""
    file, problems = TextFile.of("x.toml", "x.toml", TOML), Problems()
    toml = read_toml(file, problems)
    assert toml is not None
    leaves = list(toml.leaves())
    assert len(leaves) == 16
    for path, value in leaves:
        span = toml.texts[path]
        lines = file.source.lines[span.line : span.end_line + 1]
        lines[-1] = lines[-1][: span.end_column]
        lines[0] = lines[0][span.column :]
        assert tomllib.loads("x = " + "\n".join(lines))["x"] == value, path
        key = toml.keys.get(path)
        assert key is None or str(path[-1]) in file.source.lines[key.line].replace("\\", "")
    assert toml.keys["many", 1, "x", "c", "d"].column == 20


def test_the_newest_mistakes_in_toml_have_a_place(tmp_path: Path) -> None:
    for text in ("x = 1 y", "[a", "x = [1\n\n\n", 'x = "\\q"', "\n\n=", "[a]\n[a]", "x.y = 1\nx = 2", "\r"):
        (problem,) = checked(tmp_path, app(), {".streamlit/config.toml": text}).found
        assert problem.code == "toml-syntax" and problem.span is not None
        assert problem.span.line < len(problem.span.source.lines), text


@pytest.mark.parametrize("runtime", ["container", "warehouse"])
def test_no_text_is_too_strange(tmp_path: Path, runtime: str) -> None:
    """Cut, doubled and scrambled files are refused or let through, and nothing else happens."""
    rng = random.Random(20270115)
    secrets, files = PAGE[runtime]
    apps = app(runtime, f"{secrets}, bank: {{type: password}}")
    for _ in range(150):
        changed = dict(files)
        path = rng.choice(sorted(changed))
        text = changed[path]
        at, length = rng.randrange(len(text) + 1), rng.randrange(12)
        noise = "".join(rng.choice("\"'[]{}()=.,:\\\n\r\t #*äx1\u2028") for _ in range(rng.randrange(4)))
        changed[path] = text[:at] + noise + text[at + length :]
        render(checked(tmp_path, apps, changed).found)


@pytest.mark.parametrize(
    "unit", ["a.", "-eyJ", "host=a ", "a://b:", "=x;", "a:", "wd= ;", "user=x  ", "-----BEGIN PRIVATE KEY-----", "- "]
)
def test_a_line_without_end_takes_no_longer_than_any_other(tmp_path: Path, unit: str) -> None:
    """Patterns that start again at each character would take minutes."""
    line = unit * (300_000 // len(unit)) + " assword= password= earer sk- ; PRIVATE KEY"
    started = time.process_time()
    checked(tmp_path, app(), {"x.py": f"x = ({line}", ".streamlit/secrets.toml": line, "requirements.txt": line})
    assert time.process_time() - started < 20


def test_columns_count_characters(tmp_path: Path) -> None:
    code = 'ä = "öüß"; import _snowflake\n"äöü", _snowflake.get_secret_type("x")\n'
    found = checked(tmp_path, app(), {"streamlit_app.py": code})
    spans = {problem.code: problem.span for problem in found.found if problem.span and problem.span.line == 1}
    assert (spans["not-in-runtime"].column, spans["not-in-runtime"].end_column) == (7, 33)
    assert (spans["unknown-secret"].column, spans["unknown-secret"].end_column) == (34, 37)


@pytest.mark.parametrize(
    "content",
    [
        "# -*- coding: latin-1 -*-\nx = 'ä'\n".encode("latin-1"),
        "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '€'\n".encode("cp1252"),
        b"\xef\xbb\xbfx = '\xc3\xa4'\n",
        b"x = 1\r\ny = 2\rz = 3\n",
    ],
)
def test_encodings_of_python(tmp_path: Path, content: bytes) -> None:
    assert checked(tmp_path, app(), {"x.py": content}).found == []


def test_files_that_are_not_text_are_left_alone(tmp_path: Path) -> None:
    binary = b"\x89PNG\0\xff" + SHAPES[3].encode()
    assert checked(tmp_path, app(), {"logo.png": binary, "latin.csv": "ä;ö\n".encode("latin-1")}).found == []


def test_large_files_are_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "_SEARCHED", 10)
    assert checked(tmp_path, app(), {"data.csv": SHAPES[3]}).found == []
    assert codes(checked(tmp_path, app(), {"x.py": f"# {SHAPES[3]}"})) == ["plain-secret"]


def test_what_cannot_be_uploaded(tmp_path: Path) -> None:
    names = ("a*b.csv", "a?.csv", "[a].csv", "a\\b.csv", "a\nb.csv", "~a.csv", "pages/ok.csv", "ok ä 'x'.csv")
    write(tmp_path, dict.fromkeys(names, "x"))
    place = tmp_path / "apps/ledger"
    (place / "out.py").symlink_to("../other.py")
    (place / "lost.py").symlink_to("nowhere.py")
    (place / "linked").symlink_to("pages")
    (place / "fine.csv").symlink_to("pages/ok.csv")
    os.mkfifo(place / "pipe")
    found = checked(tmp_path, app(), {})
    assert codes(found) == ["unfit-source"] * 10
    assert "\n" not in "".join(problem.message for problem in found.found).replace("\nb.csv", "")
    assert not any("fine.csv" in problem.message or "ok" in problem.message for problem in found.found)


def test_an_app_has_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MOST_BYTES", 2 * 1024 * 1024)
    found = checked(tmp_path, app(), {"data.csv": b"\0" * 3 * 1024 * 1024})
    (problem,) = found.found
    assert problem.message == "`apps/ledger` has 3 MiB, more than 2" and "apps/ledger/data.csv" in problem.advice[0]


def test_an_app_has_a_number_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MOST_FILES", 5)
    files = dict.fromkeys(("data/1.csv", "data/more/2.csv", "data/3.csv", "notes.md"), "x")
    left = dict.fromkeys(("node_modules/x/index.js", ".git/HEAD", ".ipynb_checkpoints/x.py", "__pycache__/x.pyc"), "x")
    assert checked(tmp_path, app(), files | left).found == []
    (problem,) = checked(tmp_path, app(), {"data/4.csv": "x"}).found
    assert problem.message == "`apps/ledger` has 6 files, more than 5"
    assert problem.advice[0].startswith("4 are in `apps/ledger/data`;")


def test_what_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    write(tmp_path, {"streamlit_app.py": MAIN})
    monkeypatch.setattr(Path, "read_bytes", refuse)
    (problem,) = checked_without_writing(tmp_path, app()).found
    assert problem.message == "`apps/ledger/streamlit_app.py` cannot be read: permission denied"


def checked_without_writing(project: Path, apps: str) -> Problems:
    problems = Problems()
    file = load_apps(f"{PREAMBLE}apps:\n{apps}", "apps.yaml", problems)
    stack = decode_stack(STACK, "dev", problems)
    assert file is not None and stack is not None
    check_app_files([Scope(file, stack, ("dev",), resolve(file, stack, ("dev",), problems), problems, project)])
    return problems


def test_every_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many stacks there are, and however many apps are made of a folder."""
    read: list[str] = []
    original = Path.read_bytes

    def counted(path: Path) -> bytes:
        read.append(path.name)
        return original(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    checked(tmp_path, app() + app("warehouse", name="books"), {"x.py": "x = (\n"}, stacks=3)
    assert sorted(read) == ["streamlit_app.py", "x.py"]


def test_one_folder_for_two_apps(tmp_path: Path) -> None:
    """What is wrong for one runtime is said for that one; what is wrong with the file, once."""
    code = "import _snowflake\nimport streamlit as st\nst.secrets['fx_api_key']\n"
    secrets = "fx_api_key: {type: generic-string}"
    apps = app("container", secrets) + app("warehouse", secrets, name="books")
    found = checked(tmp_path, apps, {"streamlit_app.py": code, "pages/x.py": "x = (\n"})
    shown = render(found.found)
    assert shown.count("not-in-runtime") == 2 and shown.count("python-syntax") == 1
    assert "`ledger` runs in a container" in shown and "`books` runs on a warehouse" in shown


def test_files_that_snowflake_fetches_are_not_here(tmp_path: Path) -> None:
    git = ", git: {repository: https://git.example.com/apps.git, tag: v1}"
    assert checked(tmp_path, app(more=git), {"x.py": "x = ("}).found == []


def test_problems_do_not_depend_on_chance(tmp_path: Path) -> None:
    files = {
        "x.py": 'password = "hunter2"\nimport _snowflake\n',
        "environment.yml": "x",
        ".streamlit/config.toml": "[ui]\nx=1",
    }
    expected = render(checked(tmp_path, app(secrets=SECRETS), files).found)
    assert all(render(checked(tmp_path, app(secrets=SECRETS), files).found) == expected for _ in range(5))
