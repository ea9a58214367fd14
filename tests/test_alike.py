"""Reading two versions of apps.yaml together must say what reading each by itself says."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from infra.load import load_both, load_texts
from infra.problems import ConfigError, Problems, Span
from infra.schema import AppsFile, load_apps
from infra.schema.alike import load_alike
from infra.shapes import Place, Word
from tests.build import PREAMBLE
from tests.problem_codes import ROOT
from tests.sample_change import sample_change

# What can stand between `apps:` and the end of the file; some of it is not as it looks, and some of it is wrong.
PARTS = (
    "  one:\n    owner: marketing\n    service: http://one.internal\n    path: /one\n    access: [marketing]\n",
    "  one:\n    owner: marketing\n    service: http://one.internal\n    path: /one\n    access: [finance]\n",
    "  two: {owner: finance, service: 'http://two.internal', subdomain: two, access: [finance]}\n",
    "  nine: {owner: finance, service: 'http://nine.internal',\n    subdomain: nine, access: [finance]}\n",
    "  # three is for everybody\n\n  three:\n    owner: finance\n    source: apps/three\n    path: /three\n\n",
    "  four:\n    owner: finance\n    source: apps/four\n    path: /four\n    title: >-\n      four\n      access: a\n",
    '  five:\n    owner: finance\n    title: "five\n  six:\n    and six"\n    source: apps/five\n    path: /five\n',
    "  six:\n    owner: &owner finance\n    source: apps/six\n    path: /six\n",
    "  seven:\n    owner: *owner\n    source: apps/seven\n    path: /seven\n",
    "  eight:\n    owner: finance\n    title: 'eight\n",
    "tests: []\n    and more'\n    access: [marketing]\n",
    "    access: [marketing, finance]\n",
    "    access:\n      - allow: finance\n",
    "  nine:\n",
    "  nine: {}\n",
    "  {\n",
    "  }\n",
    "# nothing\n",
    "\n",
    "...\n",
    "machines: {export: {owner: finance}}\n",
    "apps:\n",
    "exclusive: [[marketing, finance]]\n",
    "  six:\n    owner: &owner marketing\n    source: apps/six\n    path: /six\n",
)
APPS = tuple(PARTS[number] for number in (0, 2, 3, 4, 5))  # they stand beside each other, in any order


@st.composite
def versions(draw: st.DrawFn) -> tuple[str, str]:
    """Two texts, each some parts away from the same one."""
    shared = draw(st.permutations(APPS))
    found = []
    for most in (2, 1):
        parts = list(shared)
        for _ in range(draw(st.integers(0, most))):
            place = draw(st.integers(0, len(parts)))
            parts[place : place + draw(st.integers(0, 1))] = [draw(st.sampled_from(PARTS))]
        found.append("".join(parts))
    return found[0], found[1]


def without_places(value: object) -> object:
    """A decoded file as plain values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: without_places(part) for name, part in fields.items() if not isinstance(part, Place | Span)}
    if isinstance(value, Mapping):
        return [(str(name), without_places(part)) for name, part in value.items()]
    if isinstance(value, tuple):
        return [without_places(part) for part in value]
    return str(value) if isinstance(value, Word) else value


def read(text: str) -> tuple[AppsFile | None, Problems]:
    problems = Problems()
    return load_apps(text, "apps.yaml", problems), problems


@settings(max_examples=1000, deadline=None)
@given(versions())
@example((PARTS[0] + PARTS[9] + PARTS[10], PARTS[0] + PARTS[9] + PARTS[20]))
@example((PARTS[6] + PARTS[0], PARTS[6] + PARTS[2]))
@example((PARTS[-1] + PARTS[8] + PARTS[0], PARTS[7] + PARTS[8] + PARTS[0]))
def test_a_file_means_what_it_means_by_itself(texts: tuple[str, str]) -> None:
    older, newer = texts
    other, wrong = read(f"{PREAMBLE}apps:\n{newer}")
    text = f"{PREAMBLE}apps:\n{older}"
    found = load_alike(text, "apps.yaml", other) if other is not None and not wrong.found else None
    event("read together" if found else "read by itself")
    if found is None:
        return
    alone, problems = read(text)
    assert alone is not None
    assert not problems.found
    assert without_places(found) == without_places(alone)


def test_what_is_written_alike_is_read_once() -> None:
    text = (ROOT / "apps.yaml").read_text("utf-8")
    edited = text.replace("    title: Sales pipeline\n", "    title: The pipeline\n    session: 4h\n")
    newer, _ = read(edited)
    older, _ = read(text)
    assert newer is not None and older is not None and edited != text
    found = load_alike(text, "apps.yaml", newer)
    assert found is not None
    shared = {name for name, app in found.apps.items() if app is newer.apps[name]}
    assert shared == older.apps.keys() - {"pipeline", list(older.apps)[-1]}, "all but the edited one, and the last"
    assert places(found.apps["pipeline"]) == places(older.apps["pipeline"])
    assert found.apps.declared.keys() == older.apps.declared.keys()


def places(record: object) -> dict[str, tuple[int, ...]]:
    at = getattr(record, "at")  # noqa: B009 - every record has one, and no type says so
    assert isinstance(at, Place)
    return {key: span[1:] for key, span in at.keys.items()}


ODD: dict[str, Callable[[str], str]] = {
    "a comment after the key": lambda text: text.replace("apps:\n", "apps: # all\n"),
    "an empty line first": lambda text: text.replace("apps:\n", "apps:\n\n"),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "other line ends of YAML": lambda text: text.replace("\n", "\u0085"),
    "indented further": lambda text: text.replace("\n ", "\n  "),
    "in quotes": lambda text: text.replace("apps:", '"apps":'),
}


@pytest.mark.parametrize("write", ODD.values(), ids=ODD)
def test_what_is_written_in_another_way_is_read_the_same(write: Callable[[str], str]) -> None:
    plain = f"{PREAMBLE}apps:\n{PARTS[0]}{PARTS[2]}{PARTS[4]}"
    for older, newer in ((plain, write(plain)), (write(plain), plain)):
        other, _ = read(newer)
        assert other is not None
        found = load_alike(older, "apps.yaml", other) or read(older)[0]
        assert without_places(found) == without_places(read(older)[0])


def test_two_projects_are_what_each_is(tmp_path: Path) -> None:
    sample_change(tmp_path)
    for one, other in ((ROOT, tmp_path), (tmp_path, ROOT)):
        assert without_places(load_both(one, other, "HEAD:")) == without_places((load_texts(one), load_texts(other)))


def test_what_is_wrong_in_the_older_one_has_its_place_there(tmp_path: Path) -> None:
    sample_change(tmp_path)
    file = tmp_path / "apps.yaml"
    text = file.read_text("utf-8")
    line = next(number for number, line in enumerate(text.split("\n"), 1) if "nightly-export]" in line)
    file.write_text(text.replace("machines: [nightly-export]", "machines: [nightly-exports]"), "utf-8")
    with pytest.raises(ConfigError) as error:
        load_both(tmp_path, ROOT, "HEAD:")
    assert f"--> HEAD:apps.yaml:{line}:" in str(error.value)
    assert "machine `nightly-exports` is not declared" in str(error.value)
