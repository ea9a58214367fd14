"""Who gets in: tables of person and request to verdict and reason, one statement about Cloudflare Access per file.

A row is `person  address options  verdict  reason`. Options are country, ip, device, machine and `on` (the day). The
hash at the end of a policy's name is left out.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.access import Person, Request, decide
from tests.build import estate
from tests.text_files import split

FOLDER = Path(__file__).parent / "access"
TODAY = date(2027, 1, 15)
ROW = re.compile(r"(?P<who>\S+) +(?P<place>\S+)(?P<options>( \S+=\S+)*) +(?P<verdict>[a-z-]+) +(?P<reason>.+)")
HASH = re.compile(r"-[0-9a-f]{8}\b")


def person(written: dict[str, Any]) -> Person:
    groups, claims = frozenset(written.get("groups", ())), frozenset(written.get("claims", {}).items())
    return Person(written["provider"], written["email"], groups, claims, written.get("mfa", False))


PEOPLE = {name: person(item) for name, item in yaml.safe_load((FOLDER / "people.yaml").read_text("utf-8")).items()}


def rows() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        parts = split(path.read_text("utf-8"))
        for line in parts["decide"].splitlines():
            match = ROW.fullmatch(line)
            assert match, f"{path.name}: {line}"
            found.append(pytest.param(parts["apps.yaml"], match, id=f"{path.stem}: {' '.join(line.split())}"))
    return found


@pytest.mark.parametrize(("apps", "row"), rows())
def test_decision(apps: str, row: re.Match[str]) -> None:
    options = dict(option.split("=", 1) for option in row["options"].split())
    host, _, path = row["place"].partition("/")
    request = Request(
        hostname=host or "apps.example.com",
        path=f"/{path}",
        country=options.get("country", ""),
        ip=options.get("ip", ""),
        devices=frozenset(options[key] for key in ("device",) if key in options),
        machine=options.get("machine"),
    )
    today = date.fromisoformat(options.get("on", str(TODAY)))
    who = None if row["who"] == "nobody" else PEOPLE[row["who"]]
    outcome = decide(estate(apps), who, request, today)
    reason = HASH.sub("", outcome.reason).replace("`", "").removeprefix("policy ")
    assert (outcome.verdict, reason) == (row["verdict"], row["reason"])
    assert outcome.enters == (row["verdict"] in ("public", "machine", "allowed"))
