"""The pages for people are true: commands print what is shown, names and links lead somewhere, nothing is left out.

`--bless` rewrites the outputs that are shown in `console` blocks.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from infra.access import who_may_enter
from infra.cli import parser as gatehouse_parser
from infra.load import load_estate
from sandbox.cli import parser as sandbox_parser
from sandbox.layout import AppRow, app_lines
from sandbox.plugins.cloudflare.operations import stray_sentence
from sandbox.plugins.cloudflare.table import RESOURCE_TYPES
from sandbox.reach import SERVING

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
README = ROOT / "README.md"
COMMANDS = ROOT / "docs" / "commands.md"
PAGES = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]

_BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_AS_OF = re.compile(r"as of (\d{4}-\d\d-\d\d)")
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(page: Path, kind: str) -> list[str]:
    return [match["body"] for match in _BLOCK.finditer(page.read_text(encoding="utf-8")) if match["kind"] == kind]


def steps(block: str) -> Iterator[tuple[str, str]]:
    """Each `$ command` of a block with the output shown below it."""
    for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = step.partition("\n")
        yield command, output


def run(command: str, cwd: Path, today: str | None = None) -> str:
    """What an offline command prints. The day is the one of the page, so that pages do not age."""
    program, *arguments = command.split()
    if today and program == "gatehouse" and "--help" not in arguments:
        arguments += ["--today", today]
    done = subprocess.run(
        [str(BIN / program), *arguments],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return re.sub(r" +$", "", done.stdout, flags=re.MULTILINE).rstrip("\n") + "\n"


def same(one: str) -> str:
    """Help texts wrap and name short options differently from one Python to the next; words stay."""
    return " ".join(re.sub(r"(-\w) (\w+), (--[\w-]+) \2", r"\1, \3 \2", one).split())


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "console")], ids=relative)
def test_commands_print_what_is_shown(page: Path, bless: bool) -> None:
    """Every command in a `console` block is run, and prints what the page says."""
    text = page.read_text(encoding="utf-8")
    for block in blocks(page, "console"):
        found = _AS_OF.search(block)
        today = found[1] if found else None
        real = ""
        for command, shown in steps(block):
            assert command.split()[0] in ("gatehouse", "sandbox"), f"{command}: show it in an `sh` block"
            output = run(command, ROOT, today)
            real += f"$ {command}\n{output}\n"
            if not bless:
                assert same(output) == same(shown), f"{relative(page)} is not true of `{command}`; see --bless"
        text = text.replace(block, real.rstrip("\n") + "\n")
    if bless:
        page.write_text(text, encoding="utf-8")


def test_readme_shows_a_real_mistake(tmp_path: Path, bless: bool) -> None:
    """The message in the README is what somebody sees who makes that mistake."""
    for name in ("apps.yaml", "people.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("stacks", "apps", "kit"):
        shutil.copytree(ROOT / name, tmp_path / name)
    text = (ROOT / "apps.yaml").read_text(encoding="utf-8")
    assert "      - marketing\n" in text
    (tmp_path / "apps.yaml").write_text(text.replace("      - marketing\n", "      - marketng\n", 1), encoding="utf-8")
    shown = next(block for block in blocks(README, "text") if block.startswith("error["))
    output = run("gatehouse check", tmp_path, "2026-11-22")
    if bless:
        README.write_text(README.read_text(encoding="utf-8").replace(shown, output), encoding="utf-8")
    else:
        assert output == shown


def test_readme_shows_a_real_diff(tmp_path: Path, bless: bool) -> None:
    """The lines of the `diff` block, changed in the sample, come to what is shown below it."""
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    shutil.copy(ROOT / "people.yaml", tmp_path)
    text = (ROOT / "apps.yaml").read_text(encoding="utf-8")
    for removed, added in re.findall(r"^-(.*\n)\+(.*\n)", blocks(README, "diff")[0], re.MULTILINE):
        assert removed in text
        text = text.replace(removed, added, 1)
    (tmp_path / "apps.yaml").write_text(text, encoding="utf-8")
    shown = next(block for block in blocks(README, "text") if "gains" in block)
    output = run(f"gatehouse diff {ROOT} {tmp_path}", ROOT, "2026-11-22")
    if bless:
        README.write_text(README.read_text(encoding="utf-8").replace(shown, output), encoding="utf-8")
    else:
        assert output == shown


def test_readme_shows_part_of_apps_yaml() -> None:
    """The examples are excerpts of the file beside it."""
    examples = blocks(README, "yaml")
    assert len(examples) == 2
    assert all(example in (ROOT / "apps.yaml").read_text(encoding="utf-8") for example in examples)


def test_readme_shows_the_apps_that_make_up_shows() -> None:
    """Each block is an app of the sandbox stack, with its address, who may enter, and what it is now."""
    shown = next(block for block in blocks(README, "text") if "Campaign performance" in block)
    day = date(2026, 11, 22)
    estate, _ = load_estate(ROOT, "sandbox", day)
    # Ids of Streamlit objects are made up by the account.
    listed = re.sub(r"/streamlit-apps/[0-9a-f]{20}/", "/streamlit-apps/ID/", shown[shown.index("  Campaign perf") :])
    urls = {app.name: home.url for app, home in estate.tunnelled}
    there = "http://127.0.0.1:8788/streamlit-apps/ID/"
    rows = [AppRow(app.title, urls.get(app.name, there), who_may_enter(app, day), SERVING) for app in estate.apps]
    wanted = "\n".join(line.plain for line in app_lines(rows, 80))
    assert sorted(listed.strip("\n").split("\n\n")) == sorted(wanted.split("\n\n"))


def test_readme_layout_is_the_layout() -> None:
    """Every path in the README's layout exists, and no folder of the project is left out."""
    layout = blocks(README, "text")[-1]
    named = {line.split()[0].rstrip("/") for line in layout.splitlines()}
    assert all((ROOT / name).exists() for name in named), named
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    folders = {path.partition("/")[0] for path in tracked if "/" in path} - {".ci", ".github", "bench"}
    assert folders <= named


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links name files that exist, and headings that are there."""
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, heading = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{relative(page)} links to {link}"
        if heading:
            assert heading in headings(target), f"{relative(page)} links to {link}"


def headings(page: Path) -> set[str]:
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_every_command_is_documented() -> None:
    """docs/commands.md shows the help of each command, and of nothing else."""
    wanted = {"gatehouse --help", "sandbox --help"}
    for program, parser in (("gatehouse", gatehouse_parser()), ("sandbox", sandbox_parser())):
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                # `sandbox pulumi` hands its arguments to the engine, whose help is not ours.
                wanted |= {f"{program} {name} --help" for name in action.choices if name != "pulumi"}
    shown = {command for block in blocks(COMMANDS, "console") for command, _ in steps(block)}
    assert shown == wanted


def test_every_make_target_is_documented() -> None:
    """docs/commands.md lists the targets of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    listed = set(re.findall(r"^\| `make ([a-z]+)`", COMMANDS.read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == targets


def test_operations_shows_the_real_recovery(bless: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message about an object that the state does not know, and the commands in it, are the sandbox's own."""
    monkeypatch.delenv("GATEHOUSE_SANDBOX_COMMAND", raising=False)
    page = ROOT / "docs" / "operations.md"
    (shown,) = (block for block in blocks(page, "text") if "was killed while it created" in block)
    kind = "cloudflare:index/zeroTrustAccessServiceToken:ZeroTrustAccessServiceToken"
    wanted = {"accountId": "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "name": "gatehouse-sandbox-nightly-export"}
    said = stray_sentence(RESOURCE_TYPES[kind], wanted, "ebcc614a-c835-4fcd-ba30-ebe6bae7982d")
    story, _, _ = shown.partition("There is ")
    real = f"{story}There is {said}\n"
    if bless:
        page.write_text(page.read_text(encoding="utf-8").replace(shown, real), encoding="utf-8")
    else:
        assert shown == real


def test_first_account_asks_for_every_permission() -> None:
    """The API token of docs/first-account.md may write each type of resource that the program creates.

    The provider's SDK lists the permissions of each resource in its documentation.
    """
    page = (ROOT / "docs" / "first-account.md").read_text(encoding="utf-8")
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "infra" / "components").glob("*.py"))
    # Importing the SDK takes seconds; its text is enough.
    spec = importlib.util.find_spec("pulumi_cloudflare")
    sdk = Path(str(spec.origin if spec else "")).parent
    used = set(re.findall(r"cloudflare\.((?:ZeroTrust|Dns|Zone)\w+)\(", source)) - set(re.findall(r"\w+Args", source))
    assert used
    for name in sorted(used):
        module = sdk / f"{re.sub(r'(?<!^)(?=[A-Z])', '_', name).lower()}.py"
        documented = module.read_text(encoding="utf-8").partition("## Example Usage")[0]
        allowed = re.findall(r"- `([^`]* Write)`", documented)
        assert not allowed or any(f"**{permission}**" in page for permission in allowed), (name, allowed)
