"""The promise in a real browser: people log in, reach their apps and no others, and the app knows who they are.

What should happen comes from `access.decide`, what does happen from Chromium at the front door of a sandbox.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, Response, expect
from streamlit_access.user import name_from_address

from infra.access import Outcome, Person, Request, decide
from infra.estate import App, Estate, Tunnelled
from infra.load import load_project
from infra.roster import Roster, identities
from tests.browser import chromium, needs_chromium
from tests.end_to_end.test_snowflake_apps import SAMPLES, who_may
from tests.end_to_end.world import ROOT, World

pytestmark = needs_chromium
TODAY = datetime.now(UTC).date()
STACK = "sandbox"
LAUNCHER = "https://example.cloudflareaccess.com/"
STARTS_WITHIN = 30_000  # milliseconds until Streamlit has shown something, on a machine with other work
expect.set_options(timeout=STARTS_WITHIN)


@dataclass(frozen=True)
class Visit:
    """Somebody at an app: None is nobody."""

    person: Person | None
    name: str
    app: App
    home: Tunnelled

    def __str__(self) -> str:
        return f"{self.name} via {self.person.provider}-{self.app.name}" if self.person else f"nobody-{self.app.name}"


def project() -> tuple[Estate, Roster]:
    """The sample project, read as the program reads it."""
    loaded = load_project(ROOT, [STACK], TODAY)
    assert loaded.roster is not None
    return loaded.estates[STACK], loaded.roster


def visits() -> list[Visit]:
    """Every identity of every person, and nobody, at every app."""
    estate, roster = project()
    people: list[tuple[Person | None, str]] = [(None, "nobody")]
    for email, entry in roster.people.items():
        people += [(person, str(entry.name or email)) for person in identities(email, entry, estate)]
    return [Visit(person, name, app, home) for person, name in people for app, home in estate.tunnelled]


@pytest.fixture(scope="module")
def served(world: World) -> World:
    """The sample estate, deployed and serving."""
    text = world.ok("up")
    assert text.count("serving") >= len(project()[0].tunnelled), text
    return world


@pytest.fixture(scope="module")
def browser(served: World) -> Iterator[Browser]:
    with chromium(served.ports["https"], served.authority) as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser without any cookie."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(STARTS_WITHIN)
    yield context.new_page()
    context.close()


def log_in(page: Page, visit: Visit) -> int:
    """Go to the app as the person; the status of the last page, 401 where nobody of that name can log in."""
    answer = page.goto(visit.home.url)
    assert answer is not None
    if visit.person is None:
        return 401 if "/cdn-cgi/access/login" in page.url or "sandbox.test" in page.url else answer.status
    choice = page.get_by_role("link", name=re.compile(re.escape(visit.person.provider)))
    if "cloudflareaccess.com" in page.url and choice.count():
        choice.click()
    listed = page.get_by_role("button", name=re.compile(f"^{re.escape(visit.name)}"))
    if "sandbox.test" not in page.url or not listed.count():
        return 401
    with page.expect_response(_is_last) as last:
        listed.first.click()
    page.wait_for_load_state()
    return last.value.status


def _is_last(answer: Response) -> bool:
    return answer.request.is_navigation_request() and not 300 <= answer.status < 400


@pytest.mark.parametrize("visit", visits(), ids=str)
def test_who_reaches_what_is_what_the_analysis_says(page: Page, visit: Visit) -> None:
    expected = _expected(visit)
    status = log_in(page, visit)
    assert (status == 200) == expected.enters, f"{visit}: {status}, but {expected.reason}"
    if expected.enters and visit.home.source:
        expect(page.get_by_role("heading", level=1)).to_have_text(visit.app.title)
        greeting = f"Hello {name_from_address(visit.person.email)}" if visit.person else "Hello"
        expect(page.get_by_test_id("stAppViewContainer")).to_contain_text(greeting)
    if status == 403:
        expect(page.get_by_role("heading", level=1)).to_contain_text("No access to")


def _expected(visit: Visit) -> Outcome:
    devices = frozenset(device.name for device in project()[0].devices)
    request = Request(visit.home.hostname, visit.home.path + "/", country="JP", devices=devices)
    return decide(project()[0], visit.person and _as_at_work(visit.person), request, TODAY)


def _as_at_work(person: Person) -> Person:
    """People of the roster come with a second factor, which only some providers tell of."""
    reports = {provider.name: provider.reports_mfa for provider in project()[0].providers}
    return Person(person.provider, person.email, person.groups, person.claims, mfa=reports[person.provider])


def visit_of(name: str, app: str) -> Visit:
    return next(one for one in visits() if one.name.startswith(name) and one.app.name == app)


def test_a_button_works_over_the_websocket(page: Page) -> None:
    sockets: list[str] = []
    page.on("websocket", lambda opened: sockets.append(opened.url))
    assert log_in(page, visit_of("Mika", "campaigns")) == 200
    expect(page.get_by_text("refreshes: 0")).to_be_visible()
    page.get_by_role("button", name="Refresh figures").click()
    expect(page.get_by_text("refreshes: 1")).to_be_visible()
    assert sockets == ["wss://apps.example.com/streamlit/marketing/_stcore/stream"]


def test_one_login_opens_every_app_of_the_person_and_none_else(page: Page) -> None:
    assert log_in(page, visit_of("Sam", "pipeline")) == 200
    for name, status in (("wiki", 200), ("campaigns", 403), ("close", 403)):
        answer = page.goto(visit_of("Sam", name).home.url)
        assert answer is not None
        assert (name, answer.status) == (name, status)


def test_a_new_department_counts_at_the_next_login(served: World, browser: Browser) -> None:
    before = served.at_identity_provider("GET", "people/mika")
    moved = {name: {**said, "groups": ["sales@example.com"]} for name, said in before["identities"].items()}
    try:
        served.at_identity_provider("PATCH", "people/mika", {"identities": moved})
        for app, status in (("campaigns", 403), ("pipeline", 200)):
            context = browser.new_context()
            assert (app, log_in(context.new_page(), visit_of("Mika", app))) == (app, status)
            context.close()
    finally:
        served.at_identity_provider("PATCH", "people/mika", {"identities": before["identities"]})


def test_the_portal_measures_what_the_analysis_says(page: Page, bless: bool) -> None:
    """Machines too, whose visits no browser makes. The picture in README.md is taken here."""
    page.goto(LAUNCHER)
    expect(page.get_by_text("Measured at")).to_be_visible()
    if bless:
        page.set_viewport_size({"width": 1280, "height": 1800})
        page.screenshot(path=ROOT / "docs" / "portal.png")
    answer = page.goto(f"{LAUNCHER}portal/table.json")
    assert answer is not None
    table = answer.json()
    visitors = {visitor["id"]: visitor for visitor in table["visitors"]}
    apps = {app["id"]: app for app in table["apps"]}
    may, titles = who_may(), {sample.title: sample.name for sample in SAMPLES}
    assert {app["title"] for app in apps.values() if app["place"] == "snowflake"} == titles.keys()
    measured = {}
    for cell in table["cells"]:
        visitor, app, entered = visitors[cell["visitor"]], apps[cell["app"]], cell["verdict"] == "entered"
        if app["place"] == "snowflake":
            assert entered == (visitor["person"] in may[titles[app["title"]]]), cell
        else:
            measured[visitor["name"], app["url"]] = entered
    estate, _ = project()
    for visit in visits():
        assert measured.pop((_shown(visit), visit.home.url)) == _expected(visit).enters, visit
    for machine in estate.machines:
        name = next(name for name, _ in measured if name.endswith(machine.name))
        for app, home in estate.tunnelled:
            request = Request(home.hostname, home.path + "/", country="JP", machine=machine.name)
            assert measured.pop((name, home.url)) == decide(estate, None, request, TODAY).enters, (name, app.name)
    assert measured == {}


def _shown(visit: Visit) -> str:
    return visit.name if visit.person else "Anybody, not logged in"


def test_an_app_that_is_removed_is_closed(served: World, browser: Browser) -> None:
    """Also for somebody who is inside: the address belongs to nobody then, and nobody may enter."""
    visit = visit_of("Sam", "pipeline")
    context = browser.new_context()
    page = context.new_page()
    assert log_in(page, visit) == 200
    text = (served.project / "apps.yaml").read_text(encoding="utf-8")
    start, end = text.index("  pipeline:\n"), text.index("  close:\n")
    try:
        served.edit("apps.yaml", text[start:end], "")
        # Its tests speak of the app that goes.
        served.edit("apps.yaml", text[text.index("tests:\n") :], "")
        served.ok("up")
        answer = page.goto(visit.home.url)
        assert answer is not None
        assert answer.status == 403
        again = context.new_page().goto(visit_of("Sam", "wiki").home.url)
        assert again is not None
        assert again.status == 200
    finally:
        (served.project / "apps.yaml").write_text(text, encoding="utf-8")
        context.close()
