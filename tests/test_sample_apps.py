"""The sample apps behind Cloudflare: pinned, without secrets and connections, and with figures for verified users only.

Those in Snowflake are in `test_snowflake_apps.py`.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.kit import team
from tests.kit.streamlit_session import app as run
from tests.kit.streamlit_session import behind_access

ROOT = Path(__file__).parent.parent
APPS = ("campaigns", "close", "pipeline")
IN_SNOWFLAKE = ("audience", "ledger", "quota")
NETWORK = {"ftplib", "http", "httpx", "requests", "smtplib", "socket", "urllib", "urllib3"}

PEOPLE = {"campaigns": "mika@example.com", "close": "fiona@example.com", "pipeline": "sam@example.com"}
LOCKED = dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE))

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def source(app: str) -> str:
    return (ROOT / "apps" / app / "streamlit_app.py").read_text(encoding="utf-8")


def imported(app: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source(app))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_every_app_folder_is_tested() -> None:
    """A new sample app is added here, or there, too."""
    folders = {folder.name for folder in (ROOT / "apps").iterdir() if folder.is_dir()}
    assert folders == {*APPS, *IN_SNOWFLAKE}


@pytest.mark.parametrize("app", APPS)
def test_app_names_exactly_what_it_imports(app: str) -> None:
    """requirements.txt is complete, and pinned as this repository is: an image built tomorrow is the one tested today.

    The kit is not in it: every image has it already.
    """
    lines = (ROOT / "apps" / app / "requirements.txt").read_text(encoding="utf-8").split()
    needed = imported(app) - set(sys.stdlib_module_names) - {"streamlit_access"}
    assert lines == [f"{name}=={LOCKED[name]}" for name in sorted(needed)]


@pytest.mark.parametrize("app", APPS)
def test_app_asks_who_is_there_before_anything_else(app: str) -> None:
    """What is copied as a template begins right: above `access_user` are definitions and the page's name."""
    body = ast.parse(source(app)).body
    asked = next(at for at, node in enumerate(body) if "access_user()" in ast.unparse(node))
    assert ast.unparse(body[asked]) == "user = access_user()"
    definitions = (ast.Import, ast.ImportFrom, ast.Assign, ast.FunctionDef)
    statements = [ast.unparse(node) for node in body[1:asked] if not isinstance(node, definitions)]
    assert [line.partition("(")[0] for line in statements] == ["st.set_page_config"]


@pytest.mark.parametrize("app", APPS)
def test_app_needs_no_network_and_no_secret(app: str) -> None:
    """The samples run in an isolated network and are shown to everybody who clones the project."""
    assert not imported(app) & NETWORK
    assert "st.secrets" not in source(app)
    assert "environ" not in source(app)


@pytest.mark.parametrize("app", APPS)
def test_app_is_small(app: str) -> None:
    """A sample is read, not only run."""
    assert 40 <= len(source(app).splitlines()) <= 140


@pytest.mark.parametrize("app", APPS)
def test_app_greets_the_verified_user_and_says_how_it_knows(app: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four figures, a table, the user's name, and in the expander who verified it."""
    page = started(app, monkeypatch)
    assert len(page.metric) == 4
    assert page.dataframe
    name = {"pipeline": "Sam Okafor"}.get(app, PEOPLE[app].partition("@")[0].capitalize())
    assert page.markdown[0].value.startswith(f"Hello **{name}**, ")
    (facts,) = page.expander[0].table
    assert PEOPLE[app] in facts.value.to_string()
    assert team.DOMAIN in facts.value.to_string()


@pytest.mark.parametrize("token", [None, "", "nonsense", team.signed(exp=1), team.signed(aud=["6" * 64])], ids=range(5))
@pytest.mark.parametrize("app", APPS)
def test_app_shows_nothing_to_anybody_else(app: str, token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """One calm sentence: no title, no figure, no widget, no exception."""
    behind_access(monkeypatch, *([] if token is None else [token]))
    page = run(ROOT / "apps" / app / "streamlit_app.py")
    assert [element.type for element in page.main.children.values()] == ["warning"]
    assert page.warning[0].value.startswith("**You are not signed in to this app.**")


@pytest.mark.parametrize("app", APPS)
def test_app_shows_the_same_twice(app: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = started(app, monkeypatch), started(app, monkeypatch)
    assert [metric.value for metric in first.metric] == [metric.value for metric in second.metric]


@pytest.mark.parametrize("app", APPS)
def test_refresh_reads_again_and_says_so(app: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page = started(app, monkeypatch)
    (button,) = [one for one in page.button if one.label == "Refresh figures"]
    assert page.caption[0].value.endswith("refreshes: 0")
    button.click().run()
    assert not page.exception
    assert page.caption[0].value.endswith("refreshes: 1")


def test_campaigns_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer channels, less spend; none, a hint instead of an error."""
    app = started("campaigns", monkeypatch)
    everything = spend(app)
    app.button_group[0].set_value(["Search"]).run()
    assert 0 < spend(app) < everything
    app.button_group[0].set_value([]).run()
    assert not app.exception
    assert [info.value for info in app.info] == ["Choose at least one channel."]


def test_campaigns_shows_the_agency_its_own_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The claim in the token decides, so a contractor cannot choose more."""
    everything = spend(started("campaigns", monkeypatch))
    app = started("campaigns", monkeypatch, email="kim@agency.example", custom={"employment": "contractor"})
    assert app.button_group[0].options == ["Social", "Video"]
    assert 0 < spend(app) < everything


def test_pipeline_begins_with_the_users_own_deals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who owns none sees all."""
    app = started("pipeline", monkeypatch)
    assert app.selectbox[0].value == "Sam Okafor"
    own = int(app.metric[0].value)
    app.selectbox[0].set_value("Everybody").run()
    assert not app.exception
    assert 0 < own < int(app.metric[0].value) == 48
    other = started("pipeline", monkeypatch, email="new@example.com")
    assert (other.selectbox[0].value, other.metric[0].value) == ("Everybody", "48")


def test_pipeline_is_open_to_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    behind_access(monkeypatch, team.SIGNER.machine(team.AUD, "nightly.access", 600))
    page = run(ROOT / "apps" / "pipeline" / "streamlit_app.py")
    assert not page.exception
    assert page.metric[0].value == "48"
    assert page.markdown[0].value.startswith("Hello **nightly.access**")


def test_close_balances_in_every_currency_and_closes_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Conversion keeps debits equal to credits; a month with missing documents cannot be closed; who closes, signs."""
    app = started("close", monkeypatch)
    assert app.button[1].label == "Close 2026-11"
    assert app.button[1].disabled
    for currency in ("USD", "JPY"):
        app.button_group[1].set_value(currency).run()
        assert not app.exception
        assert app.metric[0].label == f"Revenue ({currency})"
        assert ":green[✓] Debits equal credits" in [one.value for one in app.markdown]
    app.button_group[0].set_value("2026-10").run()
    app.button[1].click().run()
    assert app.button[1].label == "Close 2026-10"
    app.button[1].click().run()
    assert app.metric[3].value == "closed"
    assert "Closed by fiona@example.com." in [one.value for one in app.caption]


def started(app: str, monkeypatch: pytest.MonkeyPatch, **person: Any) -> AppTest:
    """The app as its own department's person sees it, or somebody else."""
    behind_access(monkeypatch, team.good(**{"email": PEOPLE[app], "custom": {}, **person}))
    page = run(ROOT / "apps" / app / "streamlit_app.py")
    assert not page.exception
    return page


def spend(app: AppTest) -> float:
    return float(app.metric[0].value.removeprefix("€").replace(",", ""))
