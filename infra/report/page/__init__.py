"""A diff as a page: one file, which asks nobody for anything and needs no program to be read.

What is on it was written by the author of a pull request, who may be a stranger. So every text is escaped, and the
page's own policy allows no script at all and no style but its own.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from infra.diff.estates import Diff
from infra.problems import Span, count
from infra.report.page.cards import beside, cards
from infra.report.page.map_table import maps
from infra.report.page.markup import Markup, joined, tag
from infra.report.page.signs import DRAWINGS
from infra.report.summary import people, verdict


def page(diff: Diff, *, source_url: str = "") -> str:
    """The document. `source_url` is where files can be seen, such as `https://github.com/example/apps/blob/4f2c1d`."""
    style = files("infra.report.page").joinpath("page.css").read_text("utf-8")
    said = _sentence(verdict(diff))

    def link(span: Span) -> Markup:
        place = f"{span.source.name}:{span.line + 1}"
        target = f"{source_url}/{span.source.name}#L{span.line + 1}" if source_url else None
        return tag("a", place, href=target, rel="noreferrer") if target else tag("span", place)

    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("link", rel="icon", href="data:,"),
        tag("title", f"{said} · policy diff"),
        Markup(f"<style>{style}</style>"),
    )
    main = tag("main", _banner(diff, said), maps(diff), cards(diff, link), *beside(diff, link))
    body = tag("body", DRAWINGS, _top(diff), main, _foot(diff))
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _policy(style: str) -> str:
    hashed = b64encode(sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{hashed}'; img-src data:; base-uri 'none'; form-action 'none'"


def _top(diff: Diff) -> Markup:
    sides = tag("p", tag("code", diff.base), " → ", tag("code", diff.head), class_="sides")
    return tag("header", tag("p", tag("strong", "Gatehouse"), " policy diff", class_="brand"), sides, class_="top")


def _banner(diff: Diff, said: str) -> Markup:
    loses = any(change.lost for _, change in diff.changes)
    kind, sign, word = "good", "✓", "Nobody gains." if loses else ""
    if diff.is_widening:
        kind, sign, word = "wide", "!", "Access is broadened."
    if diff.undecided:
        kind, sign, word = "unsure", "?", "Something could not be decided."
    who = people(diff)
    return tag(
        "section",
        tag("span", sign, class_="seal", aria_hidden="true"),
        tag(
            "div",
            tag("h1", said),
            tag("p", tag("strong", word), " ", f"{_sentence(who)}." if who else None) if word or who else None,
            tag("ul", *(_proof(held, text) for held, text in _proofs(diff)), class_="proofs"),
        ),
        class_=f"banner {kind}",
    )


def _proofs(diff: Diff) -> list[tuple[bool, str]]:
    """What was proved, and whether it holds."""
    public = any(row.kind == "anybody" for _, change in diff.changes for one in change.gained for row in one.rows)
    found = [(True, f"Proved for everybody who could ask, as of {diff.today}")] if not diff.undecided else []
    if diff.is_widening:
        closed = "No app opens to anybody without a login"
        found.append((False, "An app opens to anybody, without a login") if public else (True, closed))
    if diff.stated is not None:
        found.append((not diff.unstated, "Nobody gains but as stated" if not diff.unstated else "Not all is stated"))
    if diff.failing:
        found.append((False, f"{count(diff.failing, 'test does', 'tests do')} not hold"))
    return found


def _proof(held: bool, text: str) -> Markup:
    sign = tag("span", "✓" if held else "✗", class_="sign", aria_hidden="true")
    return tag("li", sign, tag("span", text), class_="held" if held else "broken")


def _foot(diff: Diff) -> Markup:
    if not diff.digest:
        return tag("footer", tag("p", "Nothing is gained, so there is nothing to approve of."))
    return tag(
        "footer",
        tag("p", "What is gained has the digest ", tag("code", diff.digest), ". An approval is bound to it:"),
        tag("p", "on the pull request, comment ", tag("code", f"/approve-access {diff.digest} REASON"), ";"),
        tag("p", "elsewhere, ", tag("code", f"gatehouse diff … --approved {diff.digest} --reason WHY"), "."),
    )


def _sentence(text: str) -> Markup:
    return joined(text[:1].upper(), text[1:])
