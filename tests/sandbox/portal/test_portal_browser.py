"""The launcher in a real browser: by keyboard, with and without scripts, in both colour schemes, on a narrow screen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium, needs_chromium
from tests.sandbox.front.world import CAMPAIGNS, IDP, PIPELINE, TEAM, WIKI

from .conftest import Served

pytestmark = needs_chromium
HOME = f"https://{TEAM}/"
APPS = ["campaigns", "closed", "pipeline", "status", "wiki", "Draft", "Ledger", "Quota"]
READY = "#measured:not([data-running]):not([data-old]) table"


@pytest.fixture
def browser(served: Served) -> Iterator[Browser]:
    with chromium(served.door.port, served.door.authority) as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page at the launcher; whatever it complains about, and any request elsewhere, fails the test."""
    opened = browser.new_page()
    complaints: list[str] = []
    hosts: set[str] = set()
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda request: hosts.add(str(urlsplit(request.url).hostname)))
    opened.goto(HOME)
    yield opened
    allowed = {TEAM, IDP, "apps.example.com", "wiki.example.com", "127.0.0.1"}
    # Chromium asks each host for its icon, and says so when there is none.
    assert [one for one in complaints if "favicon" not in one and "status of 40" not in one] == []
    assert hosts <= allowed


def _measured(page: Page) -> dict[str, dict[str, str]]:
    """The words of the table, once it is whole: visitor and app, and the verdict."""
    page.wait_for_selector(READY)
    assert page.locator("thead th span").all_inner_texts() == APPS
    table = {}
    for row in page.locator("tbody tr").all():
        name = " ".join(row.locator("th").inner_text().split())
        words = row.locator("td").evaluate_all("all => all.map(one => one.dataset.verdict)")
        table[name] = dict(zip(APPS, words, strict=True))
    return table


def _tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of that name has the focus, which has to be visible."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and name == " ".join(focused.evaluate("one => one.textContent").split()):
            assert focused.evaluate("one => getComputedStyle(one).outlineStyle") != "none"
            return
    raise AssertionError(f"Tab never comes to {name}")


def test_logging_in_and_out_by_keyboard(page: Page) -> None:
    page.wait_for_selector(READY)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to who gets in"
    _tab_to(page, "Log in with workspace as Mika Tanaka")
    page.keyboard.press("Enter")
    expect(page.locator("#me")).to_contain_text("Mika Tanaka")
    expect(page).to_have_url(HOME)
    # The session is a real one: apps open without asking, and others refuse.
    page.goto(CAMPAIGNS)
    headers = dict(json.loads(page.locator("body").inner_text())["headers"])
    assert headers["cf-access-authenticated-user-email"] == "mika@example.com"
    page.goto(HOME)
    _tab_to(page, "Log out")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nobody is logged in.")).to_be_visible()
    page.goto(CAMPAIGNS)
    assert urlsplit(page.url).hostname == IDP


def test_a_person_with_several_identities_chooses(page: Page) -> None:
    page.get_by_role("button", name="Log in with partners as Mallory").click()
    expect(page.locator("#me")).to_contain_text("cfo@example.com through partners")


def test_the_table_is_filled_by_requests(page: Page, served: Served) -> None:
    table = _measured(page)
    behind_access = [row[app] for row in table.values() for app in APPS[:5]]
    entered = behind_access.count("entered")
    assert len(served.world.origin.heads) == entered
    assert table["Mika Tanaka through workspace"] == {
        "campaigns": "entered",
        "pipeline": "refused",
        "closed": "refused",
        "wiki": "entered",
        "status": "entered",
        "Draft": "refused",
        "Ledger": "entered",
        "Quota": "entered",
    }
    assert table["Anybody, not logged in"]["campaigns"] == "wall"
    assert table["nightly machine"]["pipeline"] == "entered"
    expect(page.locator(".status")).to_contain_text("with 56 visits")
    page.get_by_role("button", name="Measure again").press("Enter")
    page.wait_for_selector("progress")
    assert _measured(page) == table
    assert len(served.world.origin.heads) == 2 * entered


def test_arrow_keys_walk_the_table_and_the_reason_shows(page: Page) -> None:
    page.wait_for_selector(READY)
    cells = page.locator("button.cell")
    cells.first.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    reason = page.locator("button.cell:focus .reason")
    expect(reason).to_be_visible()
    expect(reason).to_contain_text("No policy matches. sales: It is for the group sales.")
    page.keyboard.press("Escape")
    expect(page.locator("button.cell:focus")).to_have_count(0)


def test_moving_departments_counts_from_the_next_login_on(page: Page) -> None:
    before = _measured(page)["Mika Tanaka through workspace"]
    assert (before["campaigns"], before["pipeline"]) == ("entered", "refused")
    page.get_by_role("button", name="Log in with workspace as Mika Tanaka").click()
    page.goto(WIKI)
    page.goto(HOME)
    _tab_to(page, "Change Mika Tanaka")
    page.keyboard.press("Enter")
    card = page.locator("#person-mika")
    for group in ("marketing@example.com", "sales@example.com"):
        card.get_by_label(group).press("Space")
        expect(card.locator(".saved")).to_have_text("Saved.")
    expect(card.locator(".chips")).to_have_text("sales@example.com")
    row = page.get_by_role("row", name=re.compile("^Mika Tanaka")).locator("td")
    expect(row.nth(APPS.index("campaigns"))).to_have_attribute("data-verdict", "refused", timeout=20_000)
    expect(row.nth(APPS.index("pipeline"))).to_have_attribute("data-verdict", "entered", timeout=20_000)
    # The old session goes on as it was; a new login is judged anew.
    assert page.goto(WIKI).status == 200  # type: ignore[union-attr]
    page.goto(HOME)
    page.get_by_role("button", name="Log in with workspace as Mika Tanaka").click()
    assert page.goto(PIPELINE).status == 200  # type: ignore[union-attr]


def test_the_page_that_refuses(page: Page) -> None:
    page.get_by_role("button", name="Log in with workspace as Mika Tanaka").click()
    assert page.goto(PIPELINE).status == 403  # type: ignore[union-attr]
    expect(page.get_by_role("heading", level=1)).to_have_text("No access to pipeline")
    expect(page.get_by_text("It is for the group sales.")).to_be_visible()
    page.get_by_role("link", name="Log out and use another account").click()
    page.get_by_role("link", name="Go back and log in").click()
    page.get_by_role("button", name=re.compile("^Sam Okafor")).press("Enter")
    expect(page).to_have_url(PIPELINE)


def test_apps_in_snowflake_open_by_keyboard(page: Page, served: Served) -> None:
    section = page.get_by_role("region", name="In Snowflake")
    expect(section.get_by_role("heading", level=3)).to_have_text(["Draft", "Ledger", "Quota"])
    _tab_to(page, "Open Ledger")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{served.snowflake.origin}/streamlit-apps/ledger/")
    expect(page.get_by_text("nobody at ledger")).to_be_visible()
    page.goto(HOME)
    page.get_by_role("button", name="Log in with workspace as Sam Okafor").click()
    expect(section.get_by_role("heading", level=3)).to_have_text(["Draft", "Quota"])
    expect(section.get_by_role("link")).to_have_count(0)
    _tab_to(page, "Open Quota as Sam Okafor")
    page.keyboard.press("Enter")
    expect(page.get_by_text("sam at quota")).to_be_visible()
    page.go_back()
    served.snowflake.rows = []
    page.get_by_role("button", name="Open Quota as Sam Okafor").click()
    expect(page.get_by_role("alert")).to_have_text("Nothing was opened: there is no app with the id quota.")


def test_people_are_added_and_removed(page: Page, served: Served) -> None:
    page.get_by_text("Add a person").click()
    page.get_by_label("Name").fill("<b>New</b>")
    page.get_by_label("E-mail").fill("new@example.com")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="<b>New</b>")).to_be_visible()
    assert served.world.front.people.find("new@example.com").second_factor  # type: ignore[union-attr]
    page.get_by_role("button", name="Remove <b>New</b>").click()
    expect(page.get_by_role("heading", name="<b>New</b>")).to_have_count(0)


def test_without_scripts_the_forms_do_the_same(browser: Browser) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(HOME)
    expect(page.get_by_text("Nothing was measured yet.")).to_be_visible()
    page.locator("#person-sam summary").click()
    page.locator("#person-sam").get_by_label("marketing@example.com").check()
    page.locator("#person-sam").get_by_role("button", name="Save").click()
    expect(page.locator("#person-sam .chip")).to_have_text(["marketing@example.com", "sales@example.com"])
    page.get_by_role("button", name="Measure again").click()
    expect(page.locator(".status")).to_contain_text("Measured at", timeout=20_000)
    row = page.get_by_role("row", name=re.compile("^Sam Okafor"))
    assert "refused" not in row.locator("td").first.inner_text()


CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (color) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (one) => {
    for (; one; one = one.parentElement) {
      const color = rgb(getComputedStyle(one).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const weak = [];
  for (const one of document.body.querySelectorAll("*")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !one.checkVisibility()) continue;
    const pair = [light(rgb(getComputedStyle(one).color)), light(ground(one))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) weak.push(`${one.tagName}.${one.className} ${ratio.toFixed(2)} ${one.textContent.slice(0, 30)}`);
  }
  return weak;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_and_pages_fit_a_narrow_screen(browser: Browser, scheme: str) -> None:
    """WCAG AA: a contrast of 4.5, and no scrolling in two directions at 320 pixels."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": 320, "height": 640})  # type: ignore[arg-type]
    page = context.new_page()

    def check() -> None:
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate("document.scrollingElement.scrollWidth") == 320

    page.goto(HOME)
    page.wait_for_selector(READY)
    # Every cell is on the screen, with the name of its app.
    for cell in page.locator("#measured tbody tr").nth(1).locator("td").all():
        box = cell.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 320
    assert page.locator("#measured tbody tr").nth(1).locator(".app").all_inner_texts() == APPS
    page.locator("#person-kim summary").click()
    check()
    for url in (WIKI, CAMPAIGNS):
        page.goto(url)
        check()
    page.get_by_role("button", name=re.compile("^Mika Tanaka")).first.click()
    page.goto(PIPELINE)
    check()
