"""The sample apps: they parse, name what they need, hold no secret and open no connection; with Streamlit, they run."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parent.parent
APPS = ("campaigns", "ledger", "pipeline")
NETWORK = {"ftplib", "http", "httpx", "requests", "smtplib", "socket", "urllib", "urllib3"}

needs_streamlit = pytest.mark.skipif(
    importlib.util.find_spec("streamlit") is None,
    reason="NOT RUN: streamlit is not installed, so the sample apps were only parsed",
)


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
    """A new sample app is added here too."""
    assert tuple(sorted(folder.name for folder in (ROOT / "apps").iterdir() if folder.is_dir())) == APPS


@pytest.mark.parametrize("app", APPS)
def test_app_names_exactly_what_it_imports(app: str) -> None:
    """requirements.txt is complete and has nothing to spare; each line has a lower and an upper bound."""
    lines = (ROOT / "apps" / app / "requirements.txt").read_text(encoding="utf-8").split()
    assert all(re.fullmatch(r"[a-z]+>=[0-9.]+,<[0-9]+", line) for line in lines), lines
    assert imported(app) == {line.partition(">")[0] for line in lines}


@pytest.mark.parametrize("app", APPS)
def test_app_needs_no_network_and_no_secret(app: str) -> None:
    """The samples run in an isolated network and are shown to everybody who clones the project."""
    assert not imported(app) & NETWORK
    assert "st.secrets" not in source(app)
    assert "environ" not in source(app)


@pytest.mark.parametrize("app", APPS)
def test_app_is_small(app: str) -> None:
    """A sample is read, not only run."""
    assert 40 <= len(source(app).splitlines()) <= 100


@needs_streamlit
@pytest.mark.parametrize("app", APPS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_app_runs_the_same_twice(app: str) -> None:
    """It shows four figures and a table, without an exception, and the same figures every time."""
    first, second = started(app), started(app)
    assert len(first.metric) == 4
    assert first.dataframe
    assert [metric.value for metric in first.metric] == [metric.value for metric in second.metric]


@needs_streamlit
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_campaigns_filter() -> None:
    """Fewer channels, less spend; none, a hint instead of an error."""
    app = started("campaigns")
    everything = spend(app)
    app.button_group[0].set_value(["Search"]).run()
    assert 0 < spend(app) < everything
    app.button_group[0].set_value([]).run()
    assert not app.exception
    assert [info.value for info in app.info] == ["Choose at least one channel."]


@needs_streamlit
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pipeline_filter() -> None:
    """One owner's deals are some of all deals."""
    app = started("pipeline")
    everything = int(app.metric[0].value)
    app.selectbox[0].set_value("S. Okafor").run()
    assert not app.exception
    assert 0 < int(app.metric[0].value) < everything


@needs_streamlit
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_ledger_balances_in_every_currency_and_closes_in_order() -> None:
    """Conversion keeps debits equal to credits; a month with missing documents cannot be closed."""
    app = started("ledger")
    assert app.button[0].label == "Close 2026-11"
    assert app.button[0].disabled
    for currency in ("USD", "JPY"):
        app.button_group[1].set_value(currency).run()
        assert not app.exception
        assert app.metric[0].label == f"Revenue ({currency})"
        assert app.markdown[0].value == ":green[✓] Debits equal credits"
    app.button_group[0].set_value("2026-10").run()
    app.button[0].click().run()
    assert app.button[0].label == "Close 2026-10"
    app.button[0].click().run()
    assert app.metric[3].value == "closed"


def started(app: str) -> AppTest:
    from streamlit.testing.v1 import AppTest

    run = AppTest.from_file(str(ROOT / "apps" / app / "streamlit_app.py"), default_timeout=30).run()
    assert not run.exception
    return run


def spend(app: AppTest) -> float:
    return float(app.metric[0].value.removeprefix("€").replace(",", ""))
