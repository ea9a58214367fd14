"""The page of a diff in a real browser: it asks nobody for anything, obeys no stranger, and can be read by everybody.

The picture in README.md is taken here: `pytest tests/test_page.py --bless`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.diff.estates import Diff, diff
from infra.load import load_texts
from infra.report.page import page as written
from tests.browser import needs_chromium, offline
from tests.problem_codes import ROOT
from tests.sample_change import sample_change
from tests.test_changes import CASES, lay_out
from tests.test_formats import changed

pytestmark = needs_chromium
DAY = date(2027, 1, 15)
SIZES = ((1280, 900), (390, 844))
PICTURE = ROOT / "docs" / "diff.png"
HOSTILE = (
    "<script>window.owned = 1</script>",
    "<img src=x onerror=window.owned=1>",
    '"><svg onload=window.owned=1> <!--',
    "</style><script src=https://evil.example/x.js></script>",
    "<a href=javascript:window.owned=1>a</a> &lt;b&gt; 'c' \\u003cscript>",
)
# The contrast of every text with what is behind it (WCAG 2.2, 1.4.3), for texts that somebody sees.
CONTRAST = """() => {
  const channel = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const colour = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const behind = e => { for (; e; e = e.parentElement) { const c = colour(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const low = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), e = walker.currentNode.parentElement;
    if (!text || !e.checkVisibility() || e.closest('.unseen')) continue;
    const [one, other] = [light(colour(getComputedStyle(e).color)), light(behind(e))].sort((a, b) => b - a);
    const ratio = (one + .05) / (other + .05);
    if (ratio < 4.5) low.push(`${text}: ${ratio.toFixed(2)}`);
  }
  return low;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with offline() as found:
        yield found


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Diff:
    return sample_change(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": SIZES[0][0], "height": SIZES[0][1]})
    yield context.new_page()
    context.close()


def opened(page: Page, found: Diff, folder: Path) -> list[str]:
    """Show a page. What is returned fills with all that it asks for and complains about."""
    file = folder / "page.html"
    file.write_text(written(found), "utf-8")
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url) if request.url != file.as_uri() else None)
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
    page.goto(file.as_uri())
    return heard


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_the_page_asks_nobody_and_can_be_read(
    page: Page, sample: Diff, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    heard = opened(page, sample, tmp_path)
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert heard == []


def test_on_paper_it_is_light_and_fits(page: Page, sample: Diff, tmp_path: Path) -> None:
    opened(page, sample, tmp_path)
    page.set_viewport_size({"width": 720, "height": 1040})
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 720


def test_the_page_says_who_gains_and_who_loses(page: Page, sample: Diff, tmp_path: Path) -> None:
    opened(page, sample, tmp_path)
    expect(page.get_by_role("heading", level=1)).to_have_text("1 app broadened, 1 new, 1 narrowed, 5 unchanged")
    articles = page.get_by_role("article")
    assert [one.locator("h3").inner_text() for one in articles.all()] == [
        "Campaign performance",
        "Revenue forecast",
        "Handbook",
    ]
    expect(articles.first).to_contain_text("Sam Okafor")
    expect(articles.first.get_by_role("listitem").filter(has_text="contractors")).to_contain_text("no second factor")


@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_the_map_is_a_table_for_those_who_hear_it(
    page: Page, sample: Diff, tmp_path: Path, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    opened(page, sample, tmp_path)
    table = page.get_by_role("table")
    heads = ["App", "marketing", "sales", "finance", "contractors", "nightly-exportmachine"]
    expect(table.get_by_role("columnheader")).to_have_count(len(heads))
    assert [
        " ".join(one.text_content() or "" for one in [head]) for head in table.get_by_role("columnheader").all()
    ] == [
        *heads[:-1],
        "nightly-exportmachine",
    ]
    row = table.get_by_role("row").filter(has_text="Campaign performance")
    expect(row.get_by_role("rowheader")).to_contain_text("broadened")
    expect(row).to_contain_text("+ gainswasnevernowalways")
    expect(row).to_contain_text("wassecond factor, in JP or US, until 2027-03-31nowin JP or US, until 2027-03-31")
    expect(table.get_by_role("row").filter(has_text="Handbook")).to_contain_text("− loseswasalwaysnownot in KP")


def test_a_stranger_writes_text_and_nothing_else(page: Page, tmp_path: Path) -> None:
    """Titles, reasons and names of people come from whoever opened the pull request."""
    quoted = ["'" + text.replace("'", "''") + "'" for text in HOSTILE]
    for side, who in (("before", "sales"), ("after", "sales, marketing")):
        apps = "".join(
            f"  app-{n}:\n    owner: sales\n    service: http://app:8501\n    path: /app-{n}\n    title: {title}\n"
            f"    access:\n      - allow: [{who}]\n        reason: {title}\n        expires: 2027-01-20\n"
            for n, title in enumerate(quoted)
        )
        people = "".join(
            f"  p{n}@example.com: {{name: {title}, departments: [marketing]}}\n" for n, title in enumerate(quoted)
        )
        lay_out({"apps.yaml": f"apps:\n{apps}", "people.yaml": f"people:\n{people}"}, side, tmp_path / side)
    called = (HOSTILE[0], HOSTILE[2])
    found = diff(load_texts(tmp_path / "before"), load_texts(tmp_path / "after"), DAY, called=called)
    heard = opened(page, found, tmp_path)
    page.wait_for_timeout(200)
    assert page.evaluate("window.owned") is None
    assert heard == []
    assert page.locator("script, img, iframe, object, form, [onerror], [onload], [style]").count() == 0
    assert page.locator("body a").count() == 0
    shown = page.locator("body").inner_text()
    assert [text for text in HOSTILE if shown.count(text) < 2] == []


def test_no_script_would_run_either(page: Page, sample: Diff, tmp_path: Path) -> None:
    """Should a text get through unescaped one day, the page's own policy refuses to run it."""
    file = tmp_path / "page.html"
    said = written(sample).replace(
        "<main>", "<main><script>window.owned = 1</script><img src=x onerror=window.owned=1>"
    )
    file.write_text(said, "utf-8")
    page.goto(file.as_uri())
    page.wait_for_timeout(200)
    assert page.evaluate("window.owned") is None


def test_many_apps_are_folded_until_somebody_asks(page: Page, tmp_path: Path) -> None:
    for side, who in (("before", "sales"), ("after", "sales, finance")):
        apps = "".join(
            f"  app-{n}: {{owner: sales, service: 'http://app:8501', path: /app-{n}, "
            f"access: [{who if n < 3 else 'sales'}]}}\n"
            for n in range(60)
        )
        lay_out({"apps.yaml": f"apps:\n{apps}"}, side, tmp_path / side)
    opened(page, diff(load_texts(tmp_path / "before"), load_texts(tmp_path / "after"), DAY), tmp_path)
    rows = page.locator("tbody tr:visible")
    expect(rows).to_have_count(3)
    page.get_by_label("Show the 57 apps that stay as they are too").check()
    expect(rows).to_have_count(60)


def test_every_change_has_a_page(page: Page, tmp_path: Path) -> None:
    seen = 0
    for case in CASES:
        found = changed(case.stem, tmp_path / case.stem)
        if found is not None:
            (tmp_path / "page.html").write_text(written(found), "utf-8")
            page.goto((tmp_path / "page.html").as_uri())
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert (case.stem, wide) == (case.stem, SIZES[0][0])
            ids = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
            assert len(ids) == len(set(ids)), case.stem
            seen += 1
    assert seen > 40


def test_the_picture_is_there(page: Page, sample: Diff, tmp_path: Path, bless: bool) -> None:
    if bless:
        opened(page, sample, tmp_path)
        page.set_viewport_size({"width": 1280, "height": 1080})
        page.screenshot(path=PICTURE)
    assert PICTURE.read_bytes().startswith(b"\x89PNG")
