"""A diff as a comment on a pull request: the verdict first, what lets people in before the rest.

GitHub refuses comments above 65,536 characters, so detail is dropped step by step, never the verdict.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from infra.diff.changes import AppChange
from infra.diff.delta import Delta
from infra.diff.estates import Diff
from infra.diff.surroundings import PROMISES, Fact
from infra.problems import Span, count
from infra.report.summary import WORDS, Item, facts, items, named, people, stacks_of, verdict

MARKER = "<!-- gatehouse:policy-diff -->"
"""By this line a program finds the comment that it wrote before."""

MOST = 60_000  # characters
MOST_BYTES = 200_000
MOST_PROMISES = 20


def markdown(diff: Diff, *, source_url: str = "") -> str:
    """The comment. `source_url` is where files can be seen, such as `https://github.com/example/apps/blob/4f2c1d`."""
    link = _linker(source_url)
    found = items(diff)
    rows = len(found)
    for examples, details, shown in (
        (True, True, rows),
        (False, True, rows),
        (False, False, rows),
        (False, False, 100),
    ):
        text = _comment(diff, found[:shown], rows - min(shown, rows), link, examples=examples, details=details)
        if len(text) <= MOST and len(text.encode()) <= MOST_BYTES:
            return text
    return _comment(diff, (), rows, link, examples=False, details=False)


def _comment(
    diff: Diff, shown: tuple[Item, ...], hidden: int, link: Callable[[Span], str], *, examples: bool, details: bool
) -> str:
    lines = [MARKER, *_headline(diff), *_table(diff, shown, link, examples)]
    if hidden:
        lines += ["", f"*{count(hidden, 'more app')}, of which there is no room to speak here: see the whole report.*"]
    if not examples or not details:
        dropped = ["examples"] if details else ["examples", "details"]
        lines += ["", f"*Left out for length: {' and '.join(dropped)}.*"]
    lines += [*_proofs(diff), *_promises(diff)]
    if details:
        lines += [*_lapses(diff), *_facts(diff), *_tests(shown)]
    return "\n".join([*lines, *_approval(diff)]) + "\n"


def _headline(diff: Diff) -> Iterator[str]:
    symbol = "⚠️" if diff.is_widening else "✅"
    if diff.undecided:
        symbol = "❓"
    said = verdict(diff)
    yield f"### {symbol} {said[0].upper()}{said[1:]}"
    yield ""
    who = people(diff)
    yield (f"{who[0].upper()}{who[1:]} · " if who else "") + f"Proved for everybody who could ask, as of {diff.today}"


def _table(diff: Diff, shown: Iterable[Item], link: Callable[[Span], str], examples: bool) -> Iterator[str]:
    rows = [row for item in shown for row in _rows(diff, item, link, examples)]
    if rows:
        yield from (
            ("", "| App | | Who | For example |", "|---|---|---|---|")
            if examples
            else (
                "",
                "| App | | Who |",
                "|---|---|---|",
            )
        )
        yield from rows


def _rows(diff: Diff, item: Item, link: Callable[[Span], str], examples: bool) -> Iterator[str]:
    change = item.change
    where = stacks_of(diff, item.stacks)
    word = WORDS.get(change.verdict, change.verdict)
    app = f"**{escaped(change.title)}** `{change.app}` {link(change.span)}<br>{word}" + (
        f" in {where}" if where else ""
    )
    cells = [*_cells(diff, change, "+\u00a0gains", change.gained), *_cells(diff, change, "−\u00a0loses", change.lost)]
    cells += [("~", f"{escaped(note)}", "") for note in change.notes]
    for number, (sign, who, example) in enumerate(cells):
        first = app if number == 0 else ""
        yield f"| {first} | {sign} | {who} | {example} |" if examples else f"| {first} | {sign} | {who} |"


def _cells(diff: Diff, change: AppChange, sign: str, deltas: tuple[Delta, ...]) -> Iterator[tuple[str, str, str]]:
    for delta in deltas:
        who = "<br>".join(escaped(str(row)) for row in delta.rows)
        if delta.at:
            who += f"<br>at {escaped(delta.at)}"
        if delta.people:
            known = f"{count(len(delta.people), 'person', 'people')}: {named(diff, delta)}"
            who += f"<br>*{escaped(known)}*"
        if sign.endswith("loses") and change.session:
            who += f"<br>open sessions last up to {change.session}"
        yield f"**{sign}**", who, escaped(str(delta.witness))


def _proofs(diff: Diff) -> Iterator[str]:
    """What has been proved beside the verdict, each line one statement."""
    lines = []
    public = [
        row for _, change in diff.changes for delta in change.gained for row in delta.rows if row.kind == "anybody"
    ]
    lines.append(
        "❌ an app opens to anybody, without a login" if public else "✅ no app opens to anybody without a login"
    )
    if diff.stated is not None:
        said = ", ".join(
            f"{escaped(name)} → {escaped(app)}" for app, names in sorted(diff.stated.items()) for name in sorted(names)
        )
        if diff.unstated:
            unstated = (f"`{change.app}` opens to {escaped(str(who))}" for _, change, who in diff.unstated)
            lines += [f"❌ not stated: {one}" for one in dict.fromkeys(unstated)]
        else:
            lines.append(f"✅ nobody gains but as stated: {said}" if said else "✅ nobody gains, as stated")
    if diff.failing:
        lines.append(f"❌ {count(diff.failing, 'test of apps.yaml does', 'tests of apps.yaml do')} not hold")
    if any(change.gained for _, change in diff.changes) or diff.stated is not None or diff.failing:
        yield from ["", *(f"- {line}" for line in lines)]


def _promises(diff: Diff) -> Iterator[str]:
    """Tests and assumptions that come and go. They move nobody, and decide what the next change may do unseen."""
    found = [pair for pair in facts(diff) if pair[0].kind in PROMISES]
    if found:
        yield from [
            "",
            "**What apps.yaml promises changes**",
            "",
            *(_fact(diff, *one) for one in found[:MOST_PROMISES]),
        ]
    if len(found) > MOST_PROMISES:
        yield f"- {count(len(found) - MOST_PROMISES, 'more')}: see the whole report"


def _lapses(diff: Diff) -> Iterator[str]:
    lines = []
    for stack in diff.stacks:
        for lapse in stack.lapses:
            app, day = lapse.change.app, lapse.day
            for one in lapse.change.gained:
                why = "a denial or an exclusion ends"
                lines.append(f"- ⚠️ after {day} {_who(one)} **gains** `{app}`: {why} ({stack.stack})")
            lines += [f"- after {day} {_who(one)} **loses** `{app}` ({stack.stack})" for one in lapse.change.lost]
    if lines:
        yield from ["", "**Lapses within 14 days, if nobody does anything**", "", *lines]


def _who(delta: Delta) -> str:
    return escaped(str(delta))


def _facts(diff: Diff) -> Iterator[str]:
    found = [pair for pair in facts(diff) if pair[0].kind not in PROMISES]
    if found:
        yield from ["", f"<details><summary>{count(len(found), 'thing')} beside who may enter</summary>", ""]
        yield from (_fact(diff, *one) for one in found)
        yield from ["", "</details>"]


def _fact(diff: Diff, fact: Fact, stacks: tuple[str, ...]) -> str:
    where = stacks_of(diff, stacks)
    return f"- {'+' if fact.appears else '−'} {fact.kind}: {escaped(fact.text)}" + (f" ({where})" if where else "")


def _tests(shown: Iterable[Item]) -> Iterator[str]:
    """The examples as tests: what fails while the change is as it is, ready for apps.yaml."""
    tests = [
        delta.witness.as_test(claim, item.change.app)
        for item in shown
        for claim, deltas in (("never", item.change.gained), ("must", item.change.lost))
        for delta in deltas
        if not delta.at and (item.change.verdict != "removed")
    ]
    if tests:
        yield from ["", "<details><summary>Tests that would refuse this</summary>", "", "```yaml", "tests:"]
        yield from (f"  {line}" for test in dict.fromkeys(tests) for line in test.split("\n"))
        yield from ["```", "", "</details>"]


def _approval(diff: Diff) -> Iterator[str]:
    if diff.digest:
        yield from ("", f"What is gained has the digest `{diff.digest}`.")
        yield "To approve exactly this, and nothing that is added later, comment"
        yield from ("", f"`/approve-access {diff.digest} <reason>`")


def _linker(source_url: str) -> Callable[[Span], str]:
    def link(span: Span) -> str:
        place = f"{span.source.name}:{span.line + 1}"
        return f"[{place}]({source_url}/{span.source.name}#L{span.line + 1})" if source_url else place

    return link


def escaped(text: str) -> str:
    """Text of the pull request's author as text: no markup, no mention of anybody, no way out of a table's cell."""
    marked = re.sub(r"([\\*_\[\]#|~$])", r"\\\1", text.replace("`", "'"))
    safe = marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "@\u200b")
    return " ".join(safe.split())
