"""The offline commands as they are called: exit codes, formats, and who reaches what."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import infra.commands.check
from infra.cli import main
from tests.build import PREAMBLE, app

pytestmark = pytest.mark.usefixtures("project")

STACK = (Path(__file__).parent / "mistakes" / "Pulumi.dev.yaml").read_text("utf-8")
VALUES = """\
  gatehouse:providers:
    workspace: {clientId: x, oktaAccount: "https://example.okta.com"}
    partners:
      clientId: x
      authUrl: https://partners.example.com/authorize
      tokenUrl: https://partners.example.com/token
      certsUrl: https://partners.example.com/jwks
"""
APPS = (
    PREAMBLE
    + "apps:\n"
    + app("campaigns", "/marketing", "[{deny: sales}, {allow: [marketing, contractors], expires: 2027-03-31}]")
    + app("forecast", "/sales", "[sales]", ", machines: [exporter]")
    + app("press", "/press", "[{public: true, reason: the press page, require: [{country: JP}]}]", ", only_in: [prod]")
)
PEOPLE = """\
people:
  mika@example.com: {name: Mika Tanaka, departments: [marketing]}
  Both@example.com: {departments: [marketing, sales]}
  kim@agency.example: {departments: [contractors]}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "apps.yaml").write_text(APPS, "utf-8")
    (tmp_path / "people.yaml").write_text(PEOPLE, "utf-8")
    for name in ("dev", "prod"):
        text = STACK.partition("  gatehouse:providers:")[0].replace("apps.", f"apps-{name}.") + VALUES
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        code = main([*arguments, *(["--today", "2027-01-15"] if not {"schema", "people"} & set(arguments) else [])])
    except SystemExit as left:
        code = int(left.code or 0)
    return (code, *capsys.readouterr())


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """The lines of the answer for one stack, without the header."""
    code, out, err = run(capsys, "who", *arguments, "--stack", "prod")
    assert (code, err) == (0, "")
    return [" ".join(line.split()) for line in out.splitlines()[3:] if line]


def test_a_stack_named_twice_is_read_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", "--stack", "dev", "--stack", "dev") == run(capsys, "check", "--stack", "dev")


@pytest.mark.parametrize("name", ["apps.yaml", "people.yaml", "stacks/Pulumi.dev.yaml"])
def test_what_cannot_be_read_is_a_problem(project: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder in place of a file is no bug of ours."""
    (project / name).unlink()
    (project / name).mkdir()
    code, _, err = run(capsys, "check")
    assert code == 1
    assert err.startswith("error[missing-file]: ")


def test_check_is_ok(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "check", "--stack", "dev")
    assert (code, out) == (0, "ok: 2 apps, 5 departments, 1 stack, as of 2027-01-15\n")
    assert "warning[unused]" in err and "error" not in err


def test_check_names_the_secrets_without_a_value(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snowflake = "{runtime: container, query_warehouse: w, compute_pool: p, external_hosts: [a.example], secrets: {%s}}"
    there = (
        "  gatehouse:snowflake: {organization: example, account: analytics, database: apps, schema: streamlit_%s,"
        " createRoles: false}\n"
    )
    value = "{secure: v1:AAAA:BBBB}"
    app = "  %s: {owner: marketing, snowflake: %s, access: [marketing], source: apps/ledger}\n"
    keys = "pager: {type: generic-string}, crm: {type: password}, own: {type: password, rotated_outside: true}"
    text = APPS + app % ("sla", snowflake % keys) + app % ("rates", snowflake % "key: {type: generic-string}")
    (project / "apps.yaml").write_text(text, "utf-8")
    (project / "apps/ledger").mkdir(parents=True)
    (project / "apps/ledger/streamlit_app.py").write_text("from streamlit_runtime import secret\n", "utf-8")
    for name in ("dev", "prod"):
        file = project / "stacks" / f"Pulumi.{name}.yaml"
        part = "" if name == "prod" else f", password: {value}"
        values = f"  gatehouse:secrets: {{sla: {{pager: {value}, crm: {{username: {value}{part}}}}}}}\n"
        file.write_text(file.read_text("utf-8") + there % name + values, "utf-8")
    code, out, err = run(capsys, "check")
    assert code == 0, err
    assert out.splitlines()[1:] == [
        "note: no value yet for `rates.key` in dev, prod",
        "note: no value yet for `sla.crm` in prod",
    ]


def test_check_finds_the_project_from_below(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "apps" / "x").mkdir(parents=True)
    monkeypatch.chdir(project / "apps" / "x")
    assert run(capsys, "check")[0] == 0


def test_check_looks_at_the_named_stacks_only(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "stacks" / "Pulumi.prod.yaml").write_text("config: {}\n", "utf-8")
    assert run(capsys, "check", "--stack", "dev")[0] == 0
    assert run(capsys, "check", "--stack", "prod")[0] == 1
    assert run(capsys, "check")[0] == 1


def test_check_changes_with_the_day(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--today", "2027-04-01"])
    assert "this entry ended on 2027-03-31" in capsys.readouterr().err


USAGE = [
    (),
    ("chekc",),
    ("check", "--format", "xml"),
    ("check", "--today", "tomorrow"),
    ("check", "extra"),
    ("check", "--stack"),
    ("who", "a", "b", "c"),
    ("people",),
]


@pytest.mark.parametrize("arguments", USAGE)
def test_wrong_usage_is_1(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """argparse would end with 2, which means something else here."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 1
    assert "error[usage]: " in capsys.readouterr().err


def test_help_is_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--help")[0] == 0


def test_a_bug_is_70_and_keeps_its_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(infra.commands.check, "load_project", broken)
    code, _, err = run(capsys, "check")
    assert code == 70 and "KeyError: 'a bug'" in err


def test_check_as_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "apps.yaml").write_text(APPS.replace("[sales]", "[saels]"), "utf-8")
    code, out, err = run(capsys, "check", "--format", "json", "--stack", "dev")
    assert (code, err) == (1, "")
    assert json.loads(out) == {
        "today": "2027-01-15",
        "problems": [
            {
                "severity": "error",
                "code": "unknown-department",
                "message": "department `saels` is not declared",
                "file": "apps.yaml",
                "line": 20,
                "column": 92,
                "advice": [
                    "did you mean `sales`?",
                    "allowed: `marketing`, `sales`, `finance`, `staff`, `contractors`",
                ],
            }
        ],
    }


def test_check_as_json_without_a_project(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    code, out, err = run(capsys, "check", "--format", "json")
    assert (code, err) == (1, "")
    assert [problem["code"] for problem in json.loads(out)["problems"]] == ["missing-file"]


def test_check_for_github(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = APPS.replace("[sales]", "[saels]").replace("reason: the press page, ", "")
    (project / "apps.yaml").write_text(text, "utf-8")
    code, out, err = run(capsys, "check", "--format", "github", "--stack", "prod")
    assert (code, err) == (1, "")
    place = "file=apps.yaml"
    near = "%0Adid you mean `sales`?%0Aallowed: `marketing`, `sales`, `finance`, `staff`, `contractors`"
    why = "%0Awrite `reason:` for the reviewer: nobody signs in, and Cloudflare keeps no log"
    assert out.splitlines() == [
        f"::error {place},line=20,col=92,title=unknown-department::department `saels` is not declared{near}",
        f"::error {place},line=21,col=95,title=public-without-reason::a public app says why{why}",
    ]


def test_nothing_for_github_is_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    used = app(
        "all", "/all", "[staff, {allow: [finance], require: [{device: [laptop, phone]}]}]", ", machines: [robot]"
    )
    (project / "apps.yaml").write_text(APPS + used, "utf-8")
    assert run(capsys, "check", "--format", "github", "--stack", "dev") == (0, "", "")


def test_who_may_enter_everything(capsys: pytest.CaptureFixture[str]) -> None:
    when = "(unless in sales, until 2027-03-31)"
    assert rows(capsys) == [
        f"campaigns https://apps-prod.example.com/marketing/ marketing {when}, contractors {when}",
        "forecast https://apps-prod.example.com/sales/ machine exporter, sales",
        "press https://apps-prod.example.com/press/ anybody (in JP)",
    ]


def test_stacks_with_one_answer_are_shown_together(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "who", "forecast")
    assert [line for line in out.splitlines() if line.startswith("stack")] == [
        "stacks dev, prod, as of 2027-01-15: `forecast` (forecast) at /sales"
    ]


WHO = [
    (("campaigns",), ["marketing unless in sales, until 2027-03-31", "contractors unless in sales, until 2027-03-31"]),
    (("press",), ["anybody in JP"]),
    (
        ("sales",),
        [
            "forecast https://apps-prod.example.com/sales/ sales always",
            "press https://apps-prod.example.com/press/ anybody in JP",
        ],
    ),
    (
        ("exporter",),
        [
            "forecast https://apps-prod.example.com/sales/ exporter always",
            "press https://apps-prod.example.com/press/ anybody in JP",
        ],
    ),
    (
        ("MIKA@example.com",),
        [
            "press https://apps-prod.example.com/press/ anybody in JP",
            "campaigns https://apps-prod.example.com/marketing/ marketing until 2027-03-31",
        ],
    ),
    # Somebody in two departments, one of which is turned away from what the other may enter.
    (
        ("both@example.com",),
        [
            "press https://apps-prod.example.com/press/ anybody in JP",
            "forecast https://apps-prod.example.com/sales/ sales always",
        ],
    ),
    (("robot",), ["press https://apps-prod.example.com/press/ anybody in JP"]),
    (("stranger@elsewhere.example",), ["press https://apps-prod.example.com/press/ anybody in JP"]),
]


@pytest.mark.parametrize(("arguments", "expected"), WHO)
def test_who(arguments: tuple[str, ...], expected: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert rows(capsys, *arguments) == expected


SENTENCES = [
    ("mika@example.com", "mika@example.com is in marketing, staff and reaches 2 of 3 apps"),
    ("kim@agency.example", "kim@agency.example is in contractors and reaches 2 of 3 apps"),
    ("x@y.example", "(not in people.yaml, so only what the address itself says is known)"),
    ("cfo@example.com", "cfo@example.com is in finance, staff (not in people.yaml"),
]


@pytest.mark.parametrize(("subject", "expected"), SENTENCES)
def test_who_somebody_is(subject: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert expected in run(capsys, "who", subject, "--stack", "prod")[1]


def test_who_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "who", "forecast", "--format", "json", "--stack", "prod")
    assert code == 0
    assert json.loads(out) == {
        "today": "2027-01-15",
        "answers": [
            {
                "stacks": ["prod"],
                "answer": "`forecast` (forecast) at https://apps-prod.example.com/sales/",
                "rows": [{"who": "exporter", "when": "always"}, {"who": "sales", "when": "always"}],
            }
        ],
    }


def test_who_is_nothing_here(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "who", "campagns")
    assert (code, out) == (1, "") and "did you mean `campaigns`?" in err


def test_an_expired_app_has_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    main(["who", "campaigns", "--stack", "dev", "--today", "2027-04-01"])
    assert "nobody may enter" in capsys.readouterr().out


def test_people_as_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Groups and claims as the provider sends them; addresses are those that Access compares."""
    more = "  kim@elsewhere.example: {name: Kim}\n  cfo@example.com: {}\n"
    (project / "people.yaml").write_text(PEOPLE + more, "utf-8")
    code, out, err = run(capsys, "people", "--stack", "dev", "--format", "json")
    assert (code, err) == (0, "")
    found = {person.pop("id"): person for person in json.loads(out)["people"]}
    assert found == {
        "mika": _person("Mika Tanaka", "mika@example.com", workspace=(["Marketing"], {})),
        "both": _person("both", "both@example.com", workspace=(["Marketing", "Sales"], {})),
        "kim@agency.example": _person("kim", "kim@agency.example", partners=([], {"employment": ["contractor"]})),
        "kim@elsewhere.example": _person("Kim", "kim@elsewhere.example", workspace=([], {})),
        "cfo": _person("cfo", "cfo@example.com", workspace=([], {})),
    }


def _person(name: str, email: str, **identities: tuple[list[str], dict[str, list[str]]]) -> dict[str, object]:
    said = {provider: {"groups": groups, "claims": claims} for provider, (groups, claims) in identities.items()}
    return {"name": name, "email": email, "identities": said, "snowflake_roles": []}


def test_people_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "people", "--stack", "dev")
    assert [" ".join(line.split()) for line in out.splitlines()] == [
        "NAME E-MAIL SIGNS IN WITH WHICH SAYS",
        "Mika Tanaka mika@example.com workspace in Marketing",
        "both both@example.com workspace in Marketing, in Sales",
        "kim kim@agency.example partners employment is contractor",
    ]


def test_without_people_there_is_nobody_to_say_anything_of(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "people.yaml").unlink()
    code, out, err = run(capsys, "people", "--stack", "dev")
    assert (code, out) == (1, "") and "error[missing-file]: there is no `people.yaml`" in err


def test_a_stack_without_apps(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = STACK.replace("account: self", "account: only").partition("  gatehouse:providers:")[0] + VALUES
    (project / "stacks" / "Pulumi.account.yaml").write_text(text, "utf-8")
    assert run(capsys, "who", "--stack", "account") == (0, "no apps in account, as of 2027-01-15\n", "")


def test_schema_needs_no_project(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert json.loads(run(capsys, "schema")[1])["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert run(capsys, "schema", "--format", "markdown")[1].startswith("# apps.yaml\n")


GATEHOUSE = Path(sys.executable).with_name("gatehouse")


def test_the_program_needs_neither_pulumi_nor_credentials(project: Path) -> None:
    """As a process of its own, with an empty environment."""
    code = "import sys; from infra.cli import main; main(['check']); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=project, env={}, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("ok: ") and "'infra.load'" in done.stdout
    assert "'pulumi" not in done.stdout and "'socket'" not in done.stdout


def test_a_reader_that_leaves_is_no_error(project: Path) -> None:
    """`gatehouse who | head -0`."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as broken:
        done = subprocess.run(
            [GATEHOUSE, "who"], cwd=project, stdout=broken, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (1, "")
