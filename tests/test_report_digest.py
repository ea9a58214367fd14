"""The name of the policies: another one for whoever enters under other conditions, and the same for anything else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from infra.audit.review import digest
from infra.load import load_texts
from tests.test_changes import PREAMBLE, STACK
from tests.text_files import write

APPS = PREAMBLE + (
    "apps:\n"
    "  report:\n"
    "    title: Report\n"
    "    owner: sales\n"
    "    service: http://report:8501\n"
    "    path: /report\n"
    "    access:\n"
    "      - deny: contractors\n"
    "      - {allow: sales, require: [{device: [laptop]}]}\n"
    "      - {allow: finance, expires: 2027-06-30, reason: for now}\n"
    "  ledger:\n"
    "    owner: finance\n"
    "    source: apps/ledger\n"
    "    snowflake: {runtime: warehouse, query_warehouse: reporting}\n"
    "    access: [finance, sales]\n"
)
SALES = "      - {allow: sales, require: [{device: [laptop]}]}\n"
FINANCE = "      - {allow: finance, expires: 2027-06-30, reason: for now}\n"
ALIKE = {
    "a comment": ("apps:\n", "# a comment\napps:\n"),
    "words": ("title: Report", "title: The report"),
    "a reason": ("reason: for now", "reason: for ever"),
    "the order of what admits": (SALES + FINANCE, FINANCE + SALES),
    "an entry that says nothing new": (
        FINANCE,
        FINANCE + SALES.replace("]}]", "]}, mfa]"),
    ),
    "the order in Snowflake": ("[finance, sales]", "[sales, finance]"),
    "a session": ("    path: /report\n", "    path: /report\n    session: 8h\n"),
}
OTHER = {
    "a condition": (", require: [{device: [laptop]}]", ""),
    "a department": ("[finance, sales]", "[finance]"),
    "who is in a department": ("sales: {groups: [Sales]}", "sales: {groups: [Everybody]}"),
    "whom a denial turns away": ("deny: contractors", "deny: finance"),
    "what a device is": ("laptop: {type: warp}", "laptop: {type: gateway}"),
    "whom a provider speaks for": ("https://example.okta.com", "https://other.okta.com"),
    "a machine": ("    path: /report\n", "    path: /report\n    machines: [robot]\n"),
}


def named(folder: Path, apps: str = APPS, stack: str = STACK, today: str = "2027-01-15") -> str:
    write(folder, "apps.yaml", apps)
    write(folder, "stacks/Pulumi.dev.yaml", stack)
    day = date.fromisoformat(today)
    project = load_texts(folder)
    return digest(project, project.estates, day)


def edited(edit: tuple[str, str]) -> tuple[str, str]:
    assert (APPS + STACK).count(edit[0]) == 1
    return APPS.replace(*edit), STACK.replace(*edit)


@pytest.mark.parametrize("edit", ALIKE.values(), ids=ALIKE)
def test_it_stays(edit: tuple[str, str], tmp_path: Path) -> None:
    assert named(tmp_path) == named(tmp_path, *edited(edit))


@pytest.mark.parametrize("edit", OTHER.values(), ids=OTHER)
def test_it_is_another_one(edit: tuple[str, str], tmp_path: Path) -> None:
    assert named(tmp_path) != named(tmp_path, *edited(edit))


def test_it_is_another_one_when_an_entry_ends(tmp_path: Path) -> None:
    assert named(tmp_path, today="2027-06-30") == named(tmp_path)
    assert named(tmp_path, today="2027-07-01") != named(tmp_path)
