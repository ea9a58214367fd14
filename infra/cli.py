"""`gatehouse`: the offline commands. Nothing here needs credentials, an engine, a network or pulumi.

Exit codes: 0 ok, 1 a problem in the files or in how the command was called, 2 a test or proof does not hold,
3 access is broadened and nobody has approved of it, 4 undecided, 70 a bug.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from infra.problems import ConfigError, render
from infra.terminal import wants_color


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]  # it leaves, as argparse's own does
        """Exit code 2 means something else here."""
        self.print_usage(sys.stderr)
        self.exit(1, f"error[usage]: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The command line. docs/commands.md is tested against its help."""
    top = _Parser(prog="gatehouse", description="Who may enter what: the offline commands over apps.yaml.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    shared = _Parser(add_help=False)
    shared.add_argument("--stack", action="append", default=[], metavar="NAME", help="a stack; all of them if left out")
    shared.add_argument("--today", type=_day, metavar="DATE", help="pretend it is this day (UTC)")

    check = commands.add_parser("check", parents=[shared], help="report every problem in apps.yaml and the stack files")
    check.add_argument("--format", choices=("text", "json", "github"), default="text", help="how problems are printed")

    who = commands.add_parser("who", parents=[shared], help="who reaches what, and why")
    who.add_argument("subject", nargs="?", metavar="WHO", help="a person, a department, a machine or an app")
    why = "why they enter this app, by name, title, path or URL, or do not"
    who.add_argument("app", nargs="?", metavar="APP", help=why)
    who.add_argument("--format", choices=("text", "json"), default="text", help="how the answer is printed")

    diff = commands.add_parser(
        "diff", parents=[shared], help="who gains and who loses by a change, proved for everybody"
    )
    diff.add_argument("before", nargs="?", metavar="BASE", help="a git revision or a folder; where this branch began")
    diff.add_argument("after", nargs="?", metavar="HEAD", help="a git revision or a folder; the work tree if left out")
    forms = ("text", "markdown", "json", "github", "sarif", "junit", "html")
    diff.add_argument("--format", choices=forms, default="text", help="how the diff is printed")
    diff.add_argument("--redact", action="store_true", help="mask addresses of people and leave their names out")
    diff.add_argument("--gains", action="append", metavar="'WHO -> APP'", help="what is meant; anything else fails")
    diff.add_argument("--approved", metavar="DIGEST", help="what is gained under this digest is approved of")
    diff.add_argument("--reason", default="", metavar="WHY", help="why it is approved of")
    diff.add_argument("--exit-zero", action="store_true", help="report only, and end with 0 whatever is gained")
    diff.add_argument("--source-url", default="", metavar="URL", help="where files can be seen, for links")

    test = commands.add_parser("test", parents=[shared], help="prove what `tests` of apps.yaml say")
    test.add_argument("--require-tests", action="store_true", help="refuse apps that no test names")
    test.add_argument("--strength", action="store_true", help="what could be left out without a test noticing?")
    fewer = ("text", "markdown", "json", "junit", "github")
    test.add_argument("--format", choices=fewer, default="text", help="how the answer is printed")

    report = commands.add_parser("report", parents=[shared], help="who may enter what, for a review of access")
    report.add_argument("revision", nargs="?", default="", metavar="REVISION", help="a git revision, on its own day")
    report.add_argument("--since", metavar="REVISION", help="only what was granted, changed and revoked since then")
    report.add_argument("--format", choices=("csv", "html", "json"), default="csv", help="how the review is printed")

    people = commands.add_parser("people", help="what identity providers must say of the people of people.yaml")
    people.add_argument("--stack", required=True, metavar="NAME", help="the stack, which has ids of groups of its own")
    people.add_argument("--format", choices=("text", "json"), default="text", help="how the answer is printed")

    schema = commands.add_parser("schema", help="print the grammar of apps.yaml")
    schema.add_argument(
        "--format", choices=("json", "markdown"), default="json", help="JSON Schema for editors, or docs/apps-yaml.md"
    )
    return top


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is not a day such as `2027-03-31`") from None


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = parser().parse_args(argv)
    if arguments.command == "test" and arguments.strength and arguments.format in ("junit", "github"):
        parser().error("--strength is printed as text, markdown or json")
    # A command is over before there is garbage worth looking for, and looking takes a third of its time.
    gc.disable()
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except ConfigError as error:
        print(render(error.problems, color=wants_color(sys.stderr)), file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read this has gone, as `head` does; Python would complain once more when it closes its output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception:
        import traceback

        traceback.print_exc()
        return 70
    finally:
        gc.enable()


def _run(arguments: argparse.Namespace) -> int:
    # Each command imports what it needs: `check` must start fast.
    if arguments.command == "schema":
        from infra.commands.schema import schema

        return schema(arguments.format)
    if arguments.command == "people":
        from infra.commands.people import people

        return people(Path.cwd(), arguments.stack, datetime.now(UTC).date(), arguments.format)
    if arguments.command == "report":
        from infra.commands.report import report

        revision, since = arguments.revision, arguments.since
        return report(Path.cwd(), revision, since, arguments.stack, arguments.today, arguments.format)
    today = arguments.today or datetime.now(UTC).date()
    if arguments.command == "check":
        from infra.commands.check import check

        return check(Path.cwd(), arguments.stack, today, arguments.format)
    if arguments.command == "diff":
        from infra.commands.diff import Approval, compare, gate, show

        found = compare(Path.cwd(), arguments.before, arguments.after, arguments.stack, today, arguments.gains)
        if arguments.redact:
            from infra.report.redact import redact

            found = redact(found)
        show(found, arguments.format, arguments.source_url)
        approval = Approval(arguments.approved, arguments.reason) if arguments.approved else None
        code = gate(found, approval)
        return 0 if arguments.exit_zero else code
    if arguments.command == "test":
        from infra.commands.hold import test

        options = {"require_tests": arguments.require_tests, "strength": arguments.strength}
        return test(Path.cwd(), arguments.stack, today, arguments.format, **options)
    from infra.commands.who import who

    return who(Path.cwd(), arguments.stack, today, arguments.subject, arguments.app, arguments.format)


if __name__ == "__main__":
    sys.exit(main())
