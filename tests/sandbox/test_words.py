"""What the sandbox reads and prints: arguments, the names of commands, the apps, the end of an update."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sandbox.arguments import before_engine, engine_words, named_option
from sandbox.environment import exports
from sandbox.invocation import VARIABLE, as_called, command
from sandbox.layout import AppRow, app_lines
from sandbox.outcome import diagnostics, explanation, refusal, summary


@pytest.mark.parametrize(
    ("given", "own", "handed_on"),
    [
        (["pulumi", "--help"], ["pulumi"], ["--help"]),
        (["pulumi", "-C", "x", "up"], ["pulumi"], ["-C", "x", "up"]),
        (["-C", "pulumi", "pulumi", "--", "-h"], ["-C", "pulumi", "pulumi"], ["--", "-h"]),
        (["--cwd=x", "pulumi"], ["--cwd=x", "pulumi"], []),
        (["status", "--objects"], ["status", "--objects"], None),
        (["-C", "x"], ["-C", "x"], None),
        ([], [], None),
    ],
)
def test_what_follows_pulumi_is_not_ours(given: list[str], own: list[str], handed_on: list[str] | None) -> None:
    assert before_engine(given) == (own, handed_on)


def test_the_engines_arguments_are_read_in_every_spelling() -> None:
    assert engine_words(["--color", "never", "-s", "dev", "plugin", "install", "--reinstall"]) == ["plugin", "install"]
    assert engine_words(["--help"]) == []
    for arguments in (["up", "--stack", "dev"], ["up", "--stack=dev"], ["-s", "dev", "up"], ["up", "-sdev"]):
        assert named_option(arguments, "-s", "--stack") == "dev"
    for arguments in (["up", "--skip-preview"], ["up", "-s"], []):
        assert named_option(arguments, "-s", "--stack") is None


def test_commands_are_named_as_they_can_be_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / ".venv" / "bin" / "sandbox"
    script.parent.mkdir(parents=True)
    script.write_text("")
    script.chmod(0o755)
    monkeypatch.setattr("sys.argv", [str(script), "up"])
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(tmp_path)
    assert as_called(None) == ".venv/bin/sandbox"
    assert as_called(None, anywhere=True) == str(script)
    assert as_called(Path("my project")) == ".venv/bin/sandbox -C 'my project'"
    monkeypatch.chdir(script.parent)
    assert as_called(None) == "./sandbox"
    monkeypatch.chdir("/")
    monkeypatch.setattr("sys.argv", ["/x/cli.py"])
    monkeypatch.setattr("sys.executable", str(script.with_name("python")))
    assert as_called(None) == str(script).removeprefix("/")
    monkeypatch.setenv("PATH", str(script.parent))
    assert as_called(None) == "sandbox"
    script.unlink()
    assert as_called(None).endswith("/python -m sandbox.cli")
    monkeypatch.setenv(VARIABLE, "./sandbox")
    assert command() == "./sandbox"
    monkeypatch.delenv(VARIABLE)
    assert command() == "sandbox"
    monkeypatch.setattr("sys.argv", ["relative/sandbox"])
    assert as_called(None).endswith("-m sandbox.cli")


@pytest.mark.parametrize("width", [40, 80, 100, 120, 200, None])
def test_apps_fit_the_terminal_and_words_stay_whole(width: int | None) -> None:
    who = "marketing, contractors (second factor, in JP or US, until 2027-03-31)"
    rows = [
        AppRow("Campaign performance", "https://apps.example.com/streamlit/marketing/", who, "provisioned"),
        AppRow("売上 dashboard", "https://apps.example.com/x/", "sales", "provisioned"),
    ]
    lines = [line.plain for line in app_lines(rows, width)]
    assert all(line == line.rstrip() for line in lines)
    wanted = {word for row in rows for cell in row.cells for word in cell.split()}
    assert wanted <= set(" ".join(lines).split())
    if width is None or width == 200:
        assert len(lines) == 3
        assert lines[1].index("https") == lines[2].index("https") + 2, "two wide characters take four columns"
    else:
        assert all(len(line) <= width or " " not in line.split("  ")[-1] for line in lines)


def test_exports_survive_a_shell() -> None:
    lines = exports({"A": "it's", "B": "$HOME `x`"})
    done = subprocess.run(
        ["sh", "-c", f'{lines}\nprintf "%s|%s" "$A" "$B"'], capture_output=True, text=True, check=True
    )
    assert done.stdout == "it's|$HOME `x`"


def test_the_end_of_an_update_in_few_words() -> None:
    lines = [
        "Outputs:",
        "    a: 1",
        "",
        "Resources:",
        "    + 2 created",
        "    ~ 1 updated",
        "    3 unchanged",
        "",
        "Duration: 1s",
    ]
    assert summary(lines) == "2 created, 1 updated, 3 unchanged"
    assert summary([]) == "done"


def test_the_sum_of_changes_that_are_listed_is_left_out() -> None:
    lines = ["Resources:", "    + 5 created", "    ~ 14 updated", "    +-2 replaced", "    21 changes. 317 unchanged"]
    assert summary(lines) == "5 created, 14 updated, 2 replaced, 317 unchanged"
    assert summary(["Resources:", "    + 1 created", "    - 1 deleted", "    2 changes"]) == "1 created, 1 deleted"


def test_of_a_failure_only_the_explanation_is_shown() -> None:
    lines = [
        "Updating (sandbox):",
        "Diagnostics:",
        "  pulumi:pulumi:Stack (x):",
        "    warning: using pulumi-language-python from $PATH at /x",
        "    error: apps.yaml is wrong",
        "Resources:",
        "    1 errored",
    ]
    assert explanation(lines) == "  pulumi:pulumi:Stack (x):\n    error: apps.yaml is wrong"
    assert explanation(["error: the stack is currently locked"]) == "error: the stack is currently locked"


SAYS = [
    "Diagnostics:",
    "  pulumi:pulumi:Stack (x-dev):",
    "    error: error[unknown-key]: `taem` is not a key here",
    "      --> stacks/Pulumi.dev.yaml:4:3",
    "       = help: did you mean `team`?",
    "    ",
    "    1 error",
    "    error: an unhandled error occurred: Program exited with non-zero exit code: 1",
    "",
    "Resources:",
    "    1 errored",
]


def test_what_the_program_refuses_is_shown_in_its_own_words() -> None:
    said = "error[unknown-key]: `taem` is not a key here\n  --> stacks/Pulumi.dev.yaml:4:3"
    assert refusal(SAYS) == f"{said}\n   = help: did you mean `team`?\n\n1 error"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SAYS[2], "    error: Program failed with an unhandled exception:"),
        ("", "  cloudflare:index:DnsRecord (wiki):"),
        (SAYS[7], "    error: update failed"),
    ],
    ids=["crash", "resource", "update"],
)
def test_what_is_no_refusal_is_shown_in_the_engines_words(old: str, new: str) -> None:
    lines = [new if line == old else line for line in SAYS]
    assert refusal(lines) == ""
    assert new in explanation(lines)


def test_warnings_of_the_program_are_shown_in_its_own_words() -> None:
    lines = [line.replace("error: error[", "warning: warning[") for line in SAYS if "unhandled" not in line]
    assert diagnostics(lines).splitlines()[0] == "warning[unknown-key]: `taem` is not a key here"
    assert diagnostics(["Updating (dev):"]) == ""
