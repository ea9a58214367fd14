"""The sample apps in Snowflake: fit for their runtime, pinned, and with a secret that they use and never show.

Each runs in its runtime as far as `tests.kit.snowflake_places` plays it. None reaches a network.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import hmac
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import streamlit as st
import yaml
from streamlit.testing.v1 import AppTest

from tests.kit.snowflake_places import HOST, TOKEN, Places
from tests.test_sample_apps import IN_SNOWFLAKE, ROOT, imported, source

CONTAINER = ("audience", "ledger")
LOCK = (ROOT / "sandbox" / "snowflake_runtime" / "requirements.lock").read_text("utf-8")
LOCKED = dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", LOCK, re.MULTILINE))
# What a package must be there for although no app imports it.
BEHIND = {"connection": "snowflake-connector-python"}

SECRET = "one/secret+value="
LOGIN = {"username": "gatehouse-reader", "password": "login-p4ss"}
SIGNED = {
    "audience": "POST\n/v1/audiences\n2026-11-20",
    "ledger": "GET\n/v1/rates\n2026-11-20",
    "quota": "GET\n/quota/2026-Q4\n2026-11-20",
}
FUNCTION = '"APPS"."PUBLIC"."GET_LEDGER_FX_API_KEY"'
WHO = "SELECT CURRENT_ROLE(), CURRENT_DATABASE()"
PERSON = {"address": "aya@example.com", "country": "JP", "interest": "tea", "months": 1, "spent": 9.5}
ROLE = "GATEHOUSE_DEV_FINANCE_APPS"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Wire:
    """The network: what was sent, and the answer of each host, where it has one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[SimpleNamespace] = []
        self.answers: dict[str, tuple[int, object]] = {}
        monkeypatch.setattr("requests.sessions.Session.request", self.request)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        self.sent.append(SimpleNamespace(method=method.upper(), url=url, **options))
        host = url.split("/")[2]
        if host not in self.answers:
            raise requests.ConnectionError(f"no route to {host}")
        answer = requests.Response()
        answer.status_code = self.answers[host][0]
        answer._content = json.dumps(self.answers[host][1]).encode()
        return answer

    def to(self, host: str) -> list[SimpleNamespace]:
        return [sent for sent in self.sent if sent.url.startswith(f"https://{host}/")]


@pytest.fixture(autouse=True)
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    st.cache_data.clear()
    yield Wire(monkeypatch)
    st.cache_data.clear()


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Places:
    return Places(monkeypatch, tmp_path)


def settings() -> dict[str, object]:
    return tomllib.loads((ROOT / "apps/audience/.streamlit/secrets.toml").read_text("utf-8"))


def put(app: str, places: Places) -> None:
    """The process becomes the runtime that the app is made for, with its secrets."""
    if app == "quota":
        places.warehouse({"crm_signing_key": ("GENERIC_STRING", SECRET)})
    elif app == "ledger":
        places.container()
        places.functions({"fx_api_key": {"get_generic_secret_string": FUNCTION, "get_secret_type": "T"}})
        places.connected({f"SELECT {FUNCTION}()": [SECRET], WHO: [(ROLE, "APPS")]})
    else:
        places.container({"mail_api_key": SECRET, "crm": LOGIN})
        places.toml({**settings(), "mail_api_key": SECRET, "crm": LOGIN})


def without(app: str, places: Places) -> None:
    """The runtime without any secret."""
    if app == "quota":
        places.warehouse({})
    else:
        places.container()
        places.toml(settings())


def run(app: str) -> AppTest:
    return AppTest.from_file(str(ROOT / "apps" / app / "streamlit_app.py"), default_timeout=30).run()


def started(app: str, places: Places) -> AppTest:
    put(app, places)
    page = run(app)
    assert not page.exception
    return page


def signature(app: str) -> str:
    return hmac.new(SECRET.encode(), SIGNED[app].encode(), hashlib.sha256).hexdigest()


def shown(page: AppTest) -> str:
    """All that the browser gets, as text: also labels, links, charts and the cells of tables."""

    def walk(node: Any) -> Iterator[bytes]:
        proto = getattr(node, "proto", None)
        if proto is not None:
            yield proto.SerializeToString()
        for child in getattr(node, "children", {}).values():
            yield from walk(child)

    return b"\n".join(walk(page._tree)).decode("utf-8", "replace")


@pytest.mark.parametrize("app", CONTAINER)
def test_a_container_app_pins_exactly_what_it_imports(app: str) -> None:
    """At the versions that the sandbox runs apps with."""
    project = tomllib.loads((ROOT / "apps" / app / "pyproject.toml").read_text("utf-8"))["project"]
    assert (project["name"], project["version"], project["requires-python"]) == (app, "1.0.0", ">=3.11")
    needed = imported(app) - set(sys.stdlib_module_names) - {"streamlit_runtime"}
    needed |= {package for call, package in BEHIND.items() if f"{call}(" in source(app)}
    assert project["dependencies"] == [f"{name}=={LOCKED[name]}" for name in sorted(needed)]


def test_the_warehouse_app_takes_what_snowflakes_channel_has() -> None:
    """pandas, numpy and Altair are requirements of Streamlit's."""
    environment = yaml.safe_load((ROOT / "apps/quota/environment.yml").read_text("utf-8"))
    assert environment["channels"] == ["snowflake"]
    assert environment["dependencies"] == ["python=3.11.*", f"streamlit={LOCKED['streamlit']}"]
    brought = {"streamlit", "pandas", "numpy", "altair"}
    assert imported("quota") - set(sys.stdlib_module_names) - {"streamlit_runtime"} <= brought


def test_the_warehouse_app_is_python_3_9() -> None:
    """Whoever copies it may have to stay there: no `match`, no unions in annotations."""
    tree = ast.parse(source("quota"), feature_version=(3, 9))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Match | ast.TryStar)]
    unions = [node.annotation for node in ast.walk(tree) if isinstance(node, ast.arg | ast.AnnAssign)]
    assert "|" not in "".join(ast.unparse(node) for node in unions if node)


@pytest.mark.parametrize("app", IN_SNOWFLAKE)
def test_nothing_in_it_belongs_to_one_runtime_or_one_registry(app: str) -> None:
    """The kit hides the runtimes; lock files name registries; page icons come from the network."""
    folder = ROOT / "apps" / app
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if "__pycache__" not in path.parts}
    dependencies = "environment.yml" if app == "quota" else "pyproject.toml"
    config = {".streamlit", ".streamlit/config.toml"} | ({".streamlit/secrets.toml"} if app == "audience" else set())
    assert names == {"streamlit_app.py", dependencies, *config}
    assert not {"_snowflake", "snowflake"} & imported(app)
    assert "page_icon" not in source(app)


@pytest.mark.parametrize("app", IN_SNOWFLAKE)
def test_config_has_only_what_the_runtime_takes(app: str) -> None:
    config = tomllib.loads((ROOT / "apps" / app / ".streamlit/config.toml").read_text("utf-8"))
    assert set(config) <= ({"theme", "snowflake"} if app == "quota" else {"theme", "client"})
    if app == "quota":
        assert config["snowflake"] == {"sleep": {"streamlitSleepTimeoutMinutes": 10}}
        assert "sidebar" in config["theme"]
    elif "client" in config:
        assert config["client"] == {"showErrorDetails": "none"}


def test_secrets_toml_holds_settings_only() -> None:
    assert set(settings()) == {"app_name", "api_endpoint", "max_results", "semantic_model"}


@pytest.mark.parametrize("app", IN_SNOWFLAKE)
def test_app_is_small(app: str) -> None:
    """A sample is read, not only run."""
    assert 40 <= len(source(app).splitlines()) <= 150


@pytest.mark.parametrize("app", IN_SNOWFLAKE)
def test_app_signs_with_its_secret_and_never_shows_it(app: str, places: Places, wire: Wire) -> None:
    """The message that is signed is the one that the app's first lines describe."""
    page = started(app, places)
    assert f"Signature {signature(app)}" in [text.value for text in page.text]
    method, path, day = SIGNED[app].split("\n")
    description = ast.get_docstring(ast.parse(source(app))) or ""
    assert all(f"`{word}`" in description for word in (method, path, day))
    everything = shown(page)
    assert signature(app) in everything, "the search finds what is there"
    assert not [value for value in (SECRET, *LOGIN.values(), TOKEN) if value in everything]
    # It is not in what is sent either, except for the login, which is made for that.
    sent = str([{**vars(one), "headers": {}} for one in wire.sent])
    assert not [value for value in (SECRET, *LOGIN.values()) if value in sent]
    assert SECRET not in str(wire.sent)


@pytest.mark.parametrize("app", IN_SNOWFLAKE)
def test_without_its_secret_it_says_what_is_missing(app: str, places: Places, wire: Wire) -> None:
    """One calm sentence instead of a signature; where something can be shown without the secret, it is."""
    without(app, places)
    places.connected({WHO: [(ROLE, "APPS")]})
    page = run(app)
    assert not page.exception
    alias = {"audience": "crm", "ledger": "fx_api_key", "quota": "crm_signing_key"}[app]
    assert [f"`{alias}`" in warning.value for warning in page.warning] == [True]
    assert not page.text
    assert len(page.metric) == (0 if app == "audience" else 4)
    assert not wire.sent


@pytest.mark.parametrize("app", IN_SNOWFLAKE)
def test_app_shows_the_same_twice(app: str, places: Places) -> None:
    first = started(app, places)
    second = started(app, places)
    assert len(first.metric) == 4
    assert first.dataframe
    assert [metric.value for metric in first.metric] == [metric.value for metric in second.metric]


def test_ledger_reads_its_secret_through_the_function_once(places: Places) -> None:
    places.container()
    places.functions({"fx_api_key": {"get_generic_secret_string": FUNCTION}})
    connection = places.connected({f"SELECT {FUNCTION}()": [SECRET], WHO: [(ROLE, "APPS")]})
    page = run("ledger")
    page.button_group[1].set_value("JPY").run()
    assert not page.exception
    assert connection.asked == [f"SELECT {FUNCTION}()", WHO]
    assert f"This app runs in Snowflake as {ROLE}, in the database APPS." in [one.value for one in page.caption]


def test_ledger_says_whose_rates_it_shows(places: Places, wire: Wire) -> None:
    """Sample rates while the exchange is silent, and its own once it answers what was signed."""
    page = started("ledger", places)
    assert "sample rates" in page.markdown[-1].value
    sample = page.metric[0].value
    st.cache_data.clear()
    rates = {"EUR": 1, "USD": 2, "JPY": 0.01, "GBP": 1.5, "CHF": 1}
    wire.answers["api.exchange.example"] = (200, {"rates": rates})
    page = started("ledger", places)
    assert "its own rates" in page.markdown[-1].value
    assert page.metric[0].value != sample
    (asked,) = wire.to("api.exchange.example")[1:]
    assert (asked.method, asked.params, asked.timeout) == ("GET", {"day": "2026-11-20"}, 2)
    assert asked.headers["X-Signature"] == signature("ledger")
    assert asked.headers["X-Key-Id"] in page.markdown[-1].value
    assert asked.headers["X-Key-Id"] not in hashlib.sha256(SECRET.encode()).hexdigest()


@pytest.mark.parametrize(
    "answer", [(500, {}), (200, {}), (200, {"rates": {"EUR": 1}}), (200, {"rates": None})], ids=str
)
def test_ledger_survives_an_odd_exchange(answer: tuple[int, object], places: Places, wire: Wire) -> None:
    wire.answers["api.exchange.example"] = answer
    assert "sample rates" in started("ledger", places).markdown[-1].value


def test_ledger_balances_in_every_currency(places: Places) -> None:
    page = started("ledger", places)
    for currency in ("USD", "JPY", "GBP", "CHF"):
        page.button_group[1].set_value(currency).run()
        assert not page.exception
        assets, liabilities, net = (number(metric.value) for metric in page.metric[:3])
        assert page.metric[0].label == f"Assets ({currency})"
        assert abs(assets - liabilities - net) <= 1


def test_ledger_signs_each_day_for_itself(places: Places, wire: Wire) -> None:
    page = started("ledger", places)
    first = page.text[0].value
    page.button_group[0].set_value("2026-09-30").run()
    assert page.text[0].value != first
    assert wire.to("api.exchange.example")[-1].params == {"day": "2026-09-30"}


def test_quotas_link_carries_the_signature(places: Places, wire: Wire) -> None:
    page = started("quota", places)
    link = f"https://crm.example.com/quota/2026-Q4?day=2026-11-20&signature={signature('quota')}"
    assert link in shown(page)
    page.selectbox[0].set_value("2026-Q3").run()
    assert "https://crm.example.com/quota/2026-Q3?day=2026-11-20&signature=" in shown(page)
    assert not wire.sent


def test_quota_counts_the_chosen_teams(places: Places) -> None:
    page = started("quota", places)
    everything = number(page.metric[1].value)
    page.button_group[0].set_value(["Japan"]).run()
    assert not page.exception
    assert 0 < number(page.metric[1].value) < everything
    page.button_group[0].set_value([]).run()
    assert [info.value for info in page.info] == ["Choose at least one team."]


def test_audience_signs_in_to_the_crm_and_shows_a_trace_of_it(places: Places, wire: Wire) -> None:
    page = started("audience", places)
    (asked,) = wire.to("crm.example.com")
    header = "Basic " + base64.b64encode("{username}:{password}".format(**LOGIN).encode()).decode()
    assert asked.headers == {"Authorization": header}
    (trace,) = [one.value for one in page.caption if "CRM" in one.value]
    assert hashlib.sha256(header.encode()).hexdigest()[:12] in trace
    assert "g••••••••••••••r" in trace
    assert header.removeprefix("Basic ") not in shown(page)
    assert "sample people" in trace


def test_audience_takes_the_people_of_the_crm(places: Places, wire: Wire) -> None:
    wire.answers["crm.example.com"] = (200, [PERSON | {"consent": True}, PERSON | {"consent": False}])
    page = started("audience", places)
    assert (page.metric[0].value, page.metric[1].value) == ("1", "100%")
    assert any("It answered." in one.value for one in page.caption)
    assert "aya@example.com" not in shown(page)


def test_audience_narrows(places: Places) -> None:
    page = started("audience", places)
    everybody = number(page.metric[0].value)
    page.button_group[0].set_value(["JP"]).run()
    assert 0 < number(page.metric[0].value) < everybody
    page.button_group[1].set_value([]).run()
    assert not page.exception
    assert [info.value for info in page.info] == ["Nobody fits. Choose more countries or interests."]


@pytest.mark.parametrize(
    ("status", "sentence"), [(201, "has taken 1 "), (403, "did not take it, so nothing was sent.")]
)
def test_audience_hands_over_what_it_signed(status: int, sentence: str, places: Places, wire: Wire) -> None:
    wire.answers["crm.example.com"] = (200, [PERSON | {"consent": True}])
    wire.answers["api.example.com"] = (status, {})
    page = started("audience", places)
    page.button[0].click().run()
    assert sentence in page.info[0].value
    (sent,) = wire.to("api.example.com")
    assert (sent.method, sent.url) == ("POST", "https://api.example.com/v1/audiences")
    assert sent.headers == {"X-Day": "2026-11-20", "X-Signature": signature("audience")}
    assert sent.json == {"day": "2026-11-20", "addresses": ["aya@example.com"]}


def test_audience_never_mails_sample_people(places: Places) -> None:
    page = started("audience", places)
    assert page.button[0].label == "Send to the mailing service"
    assert page.button[0].disabled


def test_audience_asks_cortex(places: Places, wire: Wire) -> None:
    """An answer has words, a query and suggestions; a suggestion is the next question."""
    content = [
        {"type": "text", "text": "Tea drinkers in Japan."},
        {"type": "sql", "statement": "SELECT COUNT(*) FROM people"},
        {"type": "suggestions", "suggestions": ["And coffee?"]},
    ]
    wire.answers[HOST] = (200, {"message": {"role": "analyst", "content": content}, "request_id": "r"})
    page = started("audience", places)
    page.text_input[0].set_value("How many people in Japan drink tea?")
    page.button[1].click().run()
    assert not page.exception
    assert "Tea drinkers in Japan." in [one.value for one in page.markdown]
    assert page.code[0].value == "SELECT COUNT(*) FROM people"
    next(button for button in page.button if button.label == "And coffee?").click().run()
    first, second = wire.to(HOST)
    assert first.json["semantic_model_file"] == settings()["semantic_model"]
    assert second.json["messages"][0]["content"][0]["text"] == "And coffee?"
    assert TOKEN not in shown(page)


def test_audience_says_why_cortex_did_not_answer(places: Places, wire: Wire) -> None:
    wire.answers[HOST] = (403, {"error_code": "392700", "message": "no access"})
    page = started("audience", places)
    page.text_input[0].set_value("Who?")
    page.button[1].click().run()
    assert [one.value for one in page.warning] == ["Cortex did not answer (403): 392700 no access"]


def number(text: str) -> float:
    return float(re.sub(r"[€,k]", "", text))
