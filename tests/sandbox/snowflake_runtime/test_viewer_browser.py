"""The viewer and an app behind it in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import chromium, needs_chromium
from tests.sandbox.portal.test_portal_browser import CONTRAST

from .served import World, needs_environment
from .world import generic

pytestmark = [needs_chromium, needs_environment]
APP = """
import hashlib, hmac
import streamlit as st

st.title("Ledger")
st.write("You are", st.user.user_name)
st.button("Press", type="primary")
amount = st.number_input("Amount", value=1)
signed = hmac.new(st.secrets["key"].encode(), str(amount).encode(), hashlib.sha256).hexdigest()
st.write(f"signed {signed[:16]}")
uploaded = st.file_uploader("Receipt")
if uploaded:
    st.write(f"{len(uploaded.read())} bytes")
"""
THEME = {".streamlit/config.toml": '[theme]\nprimaryColor = "#00807a"'}


@pytest.fixture(scope="module")
def browser(world: World) -> Iterator[Browser]:
    authority = world.directory / "tls" / "ca.pem"
    with chromium(world.port, authority) as started:
        yield started


def test_from_the_login_into_an_app(world: World, browser: Browser, tmp_path: Path) -> None:
    receipt = tmp_path / "receipt.bin"
    receipt.write_bytes(b"x" * 70_000)
    app = world.create("Ledger", APP, secrets={"key": generic("browser-secret")}, files=THEME)
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(world.origin)
    expect(page.get_by_role("button", name="Mika Tanaka")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Open Ledger").click()
    expect(page.get_by_role("heading", name="Ledger is starting")).to_be_visible()
    expect(page.get_by_role("heading", name="Ledger", exact=True)).to_be_visible(timeout=20_000)
    expect(page.get_by_text("You are MIKA")).to_be_visible()
    expect(page.get_by_role("button", name="Press")).to_have_css("background-color", "rgb(0, 128, 122)")
    signed = page.get_by_text("signed ").inner_text()
    amount = page.get_by_label("Amount")
    amount.fill("2")
    amount.press("Enter")
    expect(page.get_by_text("signed ")).not_to_have_text(signed)
    page.locator("input[type=file]").set_input_files(receipt)
    expect(page.get_by_text("70000 bytes")).to_be_visible()
    assert "browser-secret" not in page.content()
    # Changed files count at the next interaction, and a revoked right at once.
    world.apps.write(app, "streamlit_app.py", APP.replace("signed {", "newly signed {"))
    amount.fill("3")
    amount.press("Enter")
    expect(page.get_by_text("newly signed ")).to_be_visible()
    world.apps.roles[app.url_id] = ()
    page.reload()
    expect(page.get_by_role("heading", name="This app is not there for you")).to_be_visible()
    page.get_by_role("link", name="All Streamlit apps").click()
    expect(page.get_by_text("No app is shared with a role of yours.")).to_be_visible()
    assert errors == []


def test_an_invitation_opens_the_app(world: World, browser: Browser) -> None:
    app = world.create("Invited", "import streamlit as st\nst.title(f'Hello {st.user.user_name}')", runtime="warehouse")
    with world.browser() as client:
        link = client.post("/__sandbox/invitations", json={"person": "MIKA", "url_id": app.url_id}).json()["url"]
    page = browser.new_context().new_page()
    page.goto(link)
    expect(page.get_by_role("heading", name="Hello MIKA")).to_be_visible(timeout=20_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_and_pages_fit_a_narrow_screen(world: World, browser: Browser, scheme: str) -> None:
    crashed = world.create("Crashed", "import os\nprint('x' * 200, flush=True)\nos._exit(3)")
    world.create("Waiting", None)
    world.reach(crashed)
    context = browser.new_context(color_scheme=scheme, viewport={"width": 320, "height": 640})  # type: ignore[arg-type]
    page = context.new_page()

    def check() -> None:
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate("document.scrollingElement.scrollWidth") == 320

    page.goto(world.origin)
    check()
    page.get_by_role("button", name="Mika Tanaka").click()
    check()
    for place in ("crashed", "waiting", "nothing"):
        page.goto(f"{world.origin}/streamlit-apps/{place}/")
        check()
