"""A script in Streamlit as behind Access: environment, headers of the handshake, and keys without a network."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from streamlit.runtime.context import ContextProxy, StreamlitHeaders
from streamlit.testing.v1 import AppTest
from streamlit_access.session import HEADER

from tests.kit import team

HOST = ("Host", "apps.example.com")


def behind_access(monkeypatch: pytest.MonkeyPatch, *tokens: str) -> None:
    """The settings of an app, the keys of the test's team, and a handshake that carried these tokens."""
    monkeypatch.setenv("ACCESS_TEAM_DOMAIN", team.DOMAIN)
    monkeypatch.setenv("ACCESS_AUD", team.AUD)
    monkeypatch.delenv("ACCESS_DEVELOPMENT_USER", raising=False)
    monkeypatch.setattr("streamlit_access.keys.fetch_certs", lambda *_: team.public_keys())
    handshake(monkeypatch, [HOST, *((HEADER, token) for token in tokens)])


def handshake(monkeypatch: pytest.MonkeyPatch, headers: Iterable[tuple[str, str]]) -> None:
    """What `st.context.headers` says; AppTest itself has no WebSocket."""
    found = StreamlitHeaders(headers)
    monkeypatch.setattr(ContextProxy, "headers", property(lambda _: found))


def app(script: Path) -> AppTest:
    return AppTest.from_file(str(script), default_timeout=30).run()
