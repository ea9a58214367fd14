"""The comment on a pull request as it is rendered: a table that can be read, and nothing that a stranger's words do.

The picture in README.md is taken here: `pytest tests/test_comment.py --bless`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, Page, expect

from infra.diff.estates import Diff
from infra.report.markdown import MARKER, MOST, MOST_BYTES, markdown
from tests.browser import needs_chromium, offline
from tests.problem_codes import ROOT
from tests.sample_change import sample_change
from tests.test_page import HOSTILE

PICTURE = ROOT / "docs" / "comment.png"
# What GitHub's style does to a table, a code block and a fold, near enough to be read.
STYLE = """
body { font: 14px/1.5 sans-serif; color: #1f2328; max-width: 980px; margin: 24px auto; padding: 0 24px; }
h3 { font-size: 20px; margin: 0 0 8px; }
table { border-collapse: collapse; margin: 16px 0; }
th, td { border: 1px solid #d1d9e0; padding: 6px 13px; vertical-align: top; text-align: left; }
tr:nth-child(2n) { background: #f6f8fa; }
code { background: #eff1f3; padding: 2px 6px; border-radius: 6px; font-size: 85%; }
pre { background: #f6f8fa; padding: 12px; border-radius: 6px; }
pre code { background: none; padding: 0; }
summary { cursor: pointer; }
"""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Diff:
    return sample_change(tmp_path_factory.mktemp("sample"), "prod")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with offline() as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1028, "height": 900})
    yield context.new_page()
    context.close()


def rendered(page: Page, text: str) -> list[str]:
    """Show a comment. Markup of its own is left in, which GitHub would take out: none of it must come from outside."""
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("console", lambda message: heard.append(message.text))
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    page.set_content(f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{body}")
    return heard


@needs_chromium
def test_the_comment_can_be_read(page: Page, sample: Diff, bless: bool) -> None:
    heard = rendered(page, markdown(sample, source_url="https://github.com/example/apps/blob/4f2c1d0"))
    expect(page.get_by_role("heading", level=3)).to_contain_text("1 app broadened, 1 new, 1 narrowed, 5 unchanged")
    rows = page.get_by_role("row")
    expect(rows.nth(1)).to_contain_text("gains")
    assert rows.count() == 1 + sum(len(change.gained) + len(change.lost) for change in sample.stacks[0].changes)
    expect(page.get_by_role("link", name="apps.yaml:29")).to_have_attribute(
        "href", r"https://github.com/example/apps/blob/4f2c1d0/apps.yaml#L29"
    )
    assert heard == []
    if bless:
        page.set_viewport_size({"width": 1028, "height": 640})
        page.screenshot(path=PICTURE)


@needs_chromium
@pytest.mark.parametrize("title", [*HOSTILE, "@everyone | [x](javascript:window.owned=1) ![y](https://evil.example/y)"])
def test_a_strangers_words_stay_words(page: Page, sample: Diff, title: str) -> None:
    (one,) = sample.stacks
    changes = tuple(replace(change, title=title, notes=(title,)) for change in one.changes)
    heard = rendered(page, markdown(replace(sample, stacks=(replace(one, changes=changes),))))
    assert page.evaluate("window.owned") is None
    assert page.locator("script, img, svg, iframe, td a").count() == 0
    expect(page.locator("td").first).to_contain_text(" ".join(title.replace("`", "'").replace("@", "@\u200b").split()))
    assert heard == []


def test_a_long_comment_is_one_that_github_takes(sample: Diff) -> None:
    """Detail goes first, then rows; never the verdict, the digest, or that something was left out."""
    (stack,) = sample.stacks
    widened = next(change for change in stack.changes if change.gained)
    for number in (200, 2000):
        many = tuple(replace(widened, app=f"app-{one}", title="日本" * 60) for one in range(number))
        text = markdown(replace(sample, stacks=(replace(stack, changes=many),)))
        assert text.startswith(MARKER)
        assert len(text) <= MOST and len(text.encode()) <= MOST_BYTES
        assert f"{number} apps broadened" in text
        assert "/approve-access" in text
        assert ("Left out for length" in text) or ("no room to speak" in text)
