"""A person logs in with a real browser: from the click on an app's address to its first content.

The peer is the same browser at the same app without anything in front of it, in the same run; what is above it is
edge, Access, identity provider and connector. Run it with the project's Python: `python bench/login.py`.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page  # noqa: E402 - the path above makes it importable

from tests.browser import EXECUTABLE, chromium  # noqa: E402 - the same
from tests.end_to_end.world import World  # noqa: E402 - the same

LIMIT = 3.0  # seconds from the login to the first content
TIMES = 7
APP = "https://apps.example.com/streamlit/marketing/"


def behind_the_door(page: Page) -> None:
    page.goto(APP)
    page.get_by_role("link", name="workspace").click()
    page.get_by_role("button", name="Mika Tanaka").first.click()
    page.get_by_text("Hello Mika").wait_for()


def without_a_door(page: Page, address: str) -> None:
    # Nobody vouches for whoever comes this way, so the app says that and shows nothing else.
    page.goto(f"http://{address}/streamlit/marketing/")
    page.get_by_text("You are not signed in to this app").wait_for()


def seconds(browser: Browser, visit: Callable[[Page], None]) -> list[float]:
    """Each time with an empty cache and no cookie; the first one warms the server and is not counted."""
    taken = []
    for _ in range(TIMES + 1):
        context = browser.new_context()
        page = context.new_page()
        started = time.perf_counter()
        visit(page)
        taken.append(time.perf_counter() - started)
        context.close()
    return sorted(taken[1:])


def address_of(world: World, name: str) -> str:
    """Where a container's process really listens, as the connector is told."""
    for file in (world.state / "docker").rglob("*.json"):
        known = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(known, dict) and isinstance(known.get(name), str):
            return str(known[name])
    raise LookupError(f"no container is told where {name} is")


def main() -> None:
    if EXECUTABLE is None:
        print("no browser: install Debian's package `chromium`")
        return
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
        world = World(Path(folder))
        try:
            world.ok("up")
            with chromium(world.ports["https"], world.authority) as browser:
                address = address_of(world, "campaigns:8501")
                direct = seconds(browser, lambda page: without_a_door(page, address))
                through = seconds(browser, behind_the_door)
        finally:
            world.sandbox("down")
    peer, ours = statistics.median(direct), statistics.median(through)
    verdict = f"{'within' if ours <= LIMIT else 'OVER'} the {LIMIT:.0f} s it may take"
    print(f"the app alone     {peer:5.2f} s  (median of {TIMES})")
    print(f"login to content  {ours:5.2f} s  {ours / peer:4.1f} × the app alone  {verdict}")


if __name__ == "__main__":
    main()
