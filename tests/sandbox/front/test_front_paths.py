"""Spoofed headers, tricky paths and odd hosts: each is refused or made harmless."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from .world import CAMPAIGNS, PIPELINE, STATUS, TEAM, WIKI, Browser, FrontWorld, told

Json = dict[str, Any]


# A real token is random text, in which any two letters stand sooner or later.
SIGNED = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
SPOOFED = [
    ("cf-access-jwt-assertion", "spoofed"),
    ("Cf-Access-Authenticated-User-Email", "cfo@example.com"),
    ("cf_access_authenticated_user_email", "cfo@example.com"),
    ("cf-connecting-ip", "198.51.100.1"),
    ("cf-ipcountry", "KP"),
    ("cf-cloudflared-proxy-connection-upgrade", "control-stream"),
    ("x-forwarded-for", "198.51.100.1"),
    ("x_forwarded_for", "198.51.100.1"),
    ("true-client-ip", "198.51.100.1"),
    ("forwarded", "for=198.51.100.1"),
    ("cookie", "CF_Authorization=spoofed; own=kept; CF_AppSession=spoofed"),
]


def test_spoofed_headers_never_arrive(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    for reply in (browser.ask("GET", CAMPAIGNS, SPOOFED), front.call("GET", STATUS, SPOOFED)):
        text = SIGNED.sub("", json.dumps(reply.json()))
        for value in ("spoofed", "cfo@example.com", "198.51.100.1", "KP", "control-stream"):
            assert value not in text
        assert "own=kept" in told(reply)["cookie"]


def test_no_connection_header_takes_out_what_the_edge_says(front: FrontWorld) -> None:
    """Headers that `Connection` names end at the next proxy; a visitor must not get to choose the edge's own."""
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    said = ("cf-access-jwt-assertion", "cf-access-authenticated-user-email", "cf-connecting-ip", "x-forwarded-proto")
    reply = browser.ask("GET", CAMPAIGNS, [("connection", f"keep-alive, x-own, {', '.join(said)}"), ("x-own", "1")])
    arrived = told(reply)
    assert set(said) <= set(arrived)
    assert arrived["cf-access-authenticated-user-email"] == "mika@example.com"
    assert not {"connection", "x-own"} & set(arrived)


def test_bypass_carries_no_token(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(WIKI, "mika")
    headers = told(browser.get(STATUS))
    assert not [name for name in headers if name.startswith("cf-access")]
    assert "CF_Authorization" not in headers.get("cookie", "")


PATHS = [
    b"/streamlit/marketing/../sales/",
    b"/streamlit/marketing/%2e%2e/sales/",
    b"/streamlit/marketing/%2E%2e/sales/",
    b"/streamlit/marketing/..%2fsales/",
    b"/streamlit/marketing/..%252fsales/",
    b"/streamlit/marketing/%252e%252e/sales/",
    b"/streamlit/marketing/..;x=1/sales/",
    b"/streamlit/marketing/..\\sales/",
    b"/streamlit/marketing/..%5csales/",
    b"/streamlit/marketing/.. /sales",
    b"/streamlit/marketing/./",
    b"/streamlit//sales/",
    b"//streamlit/sales/",
    b"/streamlit%2fsales/",
    b"/streamlit/sales%2f",
    b"/streamlit/Sales/",
    b"/STREAMLIT/SALES/",
    b"/streamlit/s%41les/",
    b"/streamlit/%2573ales/",
    b"/streamlit/%252573ales/",
    b"/streamlit/sales./",
    b"/streamlit/sales%20/",
    b"/streamlit/sales;x/",
    b"/streamlit/sales%00/",
    b"/streamlit/marketing/%zz",
    b"/streamlit/marketing/%ff",
    b"streamlit/sales/",
    b"https://apps.example.com/streamlit/sales/",
    b"*",
]


@pytest.mark.parametrize(("person", "url"), [("mika", CAMPAIGNS), ("sam", PIPELINE)])
def test_path_tricks_are_refused_whoever_asks(front: FrontWorld, person: str, url: str) -> None:
    """Mika may enter marketing; Sam may enter sales, but not by such an address."""
    browser = Browser(front)
    browser.log_in(url, person)
    front.origin.heads.clear()
    crumbs = "; ".join(f"{name}={value}" for (_, _, name), value in browser.cookies.items())
    for path in PATHS:
        reply = front.call("GET", "https://apps.example.com/", [("cookie", crumbs)], raw_path=path)
        assert (reply.status, path) == (400, path)
    assert front.origin.heads == []
    assert front.front.audit.latest[-1]["decision"] == "deny"


@pytest.mark.parametrize("path", [b"/streamlit/%73ales/", b"/streamlit/sales", b"/streamlit/sales/x/y;z=1"])
def test_another_spelling_of_the_same_path_is_the_same_application(front: FrontWorld, path: bytes) -> None:
    reply = front.call("GET", "https://apps.example.com/", raw_path=path)
    assert parse_qs(urlsplit(reply.header("location")).query)["kid"] == [front.ids["aud pipeline"]]


def test_paths_reach_the_origin_as_they_were_sent(front: FrontWorld) -> None:
    reply = front.call("GET", STATUS, raw_path=b"/a%20b/%73/100%25/~x;y=1")
    assert reply.json()["path"] == "/a%20b/%73/100%25/~x;y=1"


@pytest.mark.parametrize("host", ["APPS.example.com", "apps.example.com.", "apps.example.com:443"])
def test_other_spellings_of_a_host_are_guarded_alike(front: FrontWorld, host: str) -> None:
    reply = front.call("GET", f"https://{host}/streamlit/sales/")
    assert reply.header("location").startswith(f"https://{TEAM}/cdn-cgi/access/login/apps.example.com?")


@pytest.mark.parametrize("host", ["apps.example.com@evil.example", "apps.example.com:x", "[::1]", "a b"])
def test_hosts_that_name_nothing(front: FrontWorld, host: str) -> None:
    assert front.call("GET", f"https://{host}/").status == 400
    two = [("host", "wiki.example.com")]
    assert front.call("GET", "https://apps.example.com/", two).status == 400
