"""The sample apps of Snowflake in a real browser: who sees which, and that each holds its secret without showing it."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.load import load_project
from infra.privileges import admitted
from tests.browser import chromium, needs_chromium
from tests.end_to_end.world import ROOT, World

pytestmark = needs_chromium
TODAY = datetime.now(UTC).date()
STARTS_WITHIN = 60_000  # milliseconds until Streamlit has shown something, on a machine with other work
expect.set_options(timeout=STARTS_WITHIN)
PEOPLE = ("mika", "sam", "fiona", "cfo", "kim")


@dataclass(frozen=True)
class Sample:
    """An app, its title, and what it signs with which secret, as its module says."""

    name: str
    title: str
    key: str
    message: str

    @property
    def signature(self) -> str:
        return hmac.new(self.key.encode(), self.message.encode(), hashlib.sha256).hexdigest()


SAMPLES = (
    Sample("ledger", "General ledger", "sandbox-fx-key-3f9c1d7a", "GET\n/v1/rates\n2026-11-20"),
    Sample("quota", "Sales quota", "sandbox-crm-signing-8b2e64", "GET\n/quota/2026-Q4\n2026-11-20"),
    Sample("audience", "Audience builder", "sandbox-mail-key-51aa0c9e", "POST\n/v1/audiences\n2026-11-20"),
)
SECRETS = (*(sample.key for sample in SAMPLES), "sandbox-crm-password-77d1b3", "audience-service")


def who_may() -> dict[str, set[str]]:
    """The people of each app, worked out from apps.yaml and people.yaml."""
    loaded = load_project(ROOT, ["sandbox"], TODAY)
    assert loaded.roster is not None
    members = {str(email): set(entry.departments) for email, entry in loaded.roster.people.items()}
    members["cfo@example.com"] = {"finance"}  # by address
    return {
        app.name: {
            email.partition("@")[0]
            for email, departments in members.items()
            if departments & {department.name for department in admitted(app, TODAY)}
        }
        for app, _ in loaded.estates["sandbox"].in_snowflake
    }


@pytest.fixture(scope="module")
def deployed(world: World) -> World:
    text = world.ok("up")
    assert len(re.findall(r"/streamlit-apps/\S+ .*serving", text)) == len(SAMPLES), text
    return world


@pytest.fixture(scope="module")
def browser(deployed: World) -> Iterator[Browser]:
    with chromium(deployed.ports["https"], deployed.authority) as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(STARTS_WITHIN)
    yield context.new_page()
    context.close()


def url_id(world: World, name: str) -> str:
    return next(app.url_id for app in world.snowflake.apps() if app.name == f"APPS.STREAMLIT.{name.upper()}")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample.name))
def test_an_app_proves_that_it_holds_its_secret(deployed: World, page: Page, sample: Sample) -> None:
    """The signature on its page is right, and neither the page nor anything that it loads holds a secret."""
    person = min(who_may()[sample.name])
    loaded: list[str] = []
    page.on("response", lambda answer: loaded.append(answer.url))
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: frames.append(str(data))))
    page.goto(deployed.snowflake.invitation(person, url_id(deployed, sample.name)))
    expect(page.get_by_role("heading", name=sample.title)).to_be_visible()
    expect(page.get_by_text(f"Signature {sample.signature}")).to_be_visible()
    origin = deployed.snowflake.origin
    assert [url for url in loaded if not url.startswith((origin, "data:", "blob:"))] == []
    assert frames, "the app speaks over its WebSocket"
    for secret in SECRETS:
        assert secret not in page.content()
        assert not any(secret in frame for frame in frames)


@pytest.mark.parametrize("person", PEOPLE)
def test_a_person_sees_the_apps_of_their_roles_and_no_others(deployed: World, page: Page, person: str) -> None:
    page.goto(deployed.snowflake.invitation(person, ""))
    allowed = who_may()
    for sample in SAMPLES:
        expect(page.get_by_role("heading", name=sample.title)).to_have_count(int(person in allowed[sample.name]))
    for sample in SAMPLES:
        answer = page.goto(f"{deployed.snowflake.origin}/streamlit-apps/{url_id(deployed, sample.name)}/")
        assert answer is not None
        # One that has just been woken says so with 503.
        assert answer.status in ((200, 503) if person in allowed[sample.name] else (404,)), sample.name


def test_nobody_gets_in_without_a_login(deployed: World, page: Page) -> None:
    page.goto(f"{deployed.snowflake.origin}/streamlit-apps/{url_id(deployed, 'ledger')}/")
    assert page.url.startswith(f"{deployed.snowflake.origin}/login")


def test_cortex_answers_in_a_container(deployed: World, page: Page) -> None:
    page.goto(deployed.snowflake.invitation("mika", url_id(deployed, "audience")))
    expect(page.get_by_role("heading", name="Audience builder")).to_be_visible()
    page.get_by_label("In your own words").fill("Who opened the last mailing?")
    page.get_by_label("In your own words").press("Enter")
    page.get_by_role("button", name="Ask Cortex").click()
    expect(page.get_by_test_id("stCode")).to_contain_text("SELECT")


def test_the_portal_lists_them(page: Page) -> None:
    page.goto("https://example.cloudflareaccess.com/")
    for sample in SAMPLES:
        expect(page.get_by_role("heading", name=sample.title)).to_be_visible()
