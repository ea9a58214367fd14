"""`access_user` inside Streamlit: the user, or one sentence and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit import team
from tests.kit.streamlit_session import HOST, app, behind_access, handshake

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SCRIPT = """
import streamlit as st
from streamlit_access import access_user

user = access_user()
st.write(f"the secret of {user.name}")
st.button("Again")
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "streamlit_app.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


def test_a_verified_user_sees_the_app(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    behind_access(monkeypatch, team.good())
    page = app(script)
    assert [one.value for one in page.markdown] == ["the secret of Mika Tanaka"]
    assert not page.warning


@pytest.mark.parametrize(
    ("tokens", "sentence"),
    [
        ((), "not opened through Cloudflare Access"),
        (("",), "is not one"),
        (("nonsense",), "is not one"),
        ((team.good(), team.good()), "more than one"),
        ((team.good(), "nonsense"), "more than one"),
        ((team.signed(exp=1),), "Reload the page"),
        ((team.signed(aud=["6" * 64]),), "another application"),
    ],
    ids=["none", "empty", "nonsense", "two", "one-and-nonsense", "expired", "another-application"],
)
def test_nobody_else_does(
    script: Path, monkeypatch: pytest.MonkeyPatch, tokens: tuple[str, ...], sentence: str
) -> None:
    behind_access(monkeypatch, *tokens)
    page = app(script)
    assert not page.exception
    assert [sentence in one.value for one in page.warning] == [True]
    assert not page.markdown
    assert not page.button


def test_a_sign_in_that_ends_ends_the_open_page(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handshake is long ago; the next click finds its token expired."""
    behind_access(monkeypatch, team.good())
    page = app(script)
    behind_access(monkeypatch, team.signed(exp=1))
    page.button[0].click().run()
    assert not page.markdown
    assert "Reload the page" in page.warning[0].value


def test_a_missing_setting_is_no_refusal_but_an_error(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    behind_access(monkeypatch, team.good())
    monkeypatch.delenv("ACCESS_AUD")
    page = app(script)
    assert "ACCESS_AUD is not set" in page.exception[0].message
    assert not page.markdown


def test_the_name_in_a_header_counts_for_nothing(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    behind_access(monkeypatch)
    handshake(monkeypatch, [HOST, ("Cf-Access-Authenticated-User-Email", "cfo@example.com")])
    assert not app(script).markdown


def test_a_developer_on_their_own_machine(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_TEAM_DOMAIN", "ACCESS_AUD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ACCESS_DEVELOPMENT_USER", "dev@example.com")
    handshake(monkeypatch, [("Host", "localhost:8501")])
    assert [one.value for one in app(script).markdown] == ["the secret of Dev"]
    handshake(monkeypatch, [("Host", "apps.example.com")])
    page = app(script)
    assert "ACCESS_DEVELOPMENT_USER" in page.exception[0].message
    assert not page.markdown
