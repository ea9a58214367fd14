"""`python -m infra.workflows`: the steps of `.github/workflows/`. Exit codes: 0 ok, 1 refused, 70 a bug."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn

from infra.problems import ConfigError, render
from infra.workflows import StaleError, WorkflowError
from infra.workflows.deployed import deployed
from infra.workflows.engine import Engine
from infra.workflows.github import GitHub
from infra.workflows.plans import record, require
from infra.workflows.proposal import fetch, git, tip


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(1, f"error: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = _Parser(prog="python -m infra.workflows", description="The steps of the workflows.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    reads = commands.add_parser("diff", help="compare a pull request with its branch, and write the report")
    writes = commands.add_parser("gate", help="write the comment, look for an approval, and set the status")
    for about in (reads, writes):
        about.add_argument("--event", type=Path, required=True, metavar="FILE", help="the event, as GitHub wrote it")
        about.add_argument("--report", type=Path, required=True, metavar="FOLDER", help="where the report is")

    preview = commands.add_parser("preview", help="plan the update of a stack")
    up = commands.add_parser("up", help="do what was planned, and nothing else")
    lapse = commands.add_parser("lapse", help="deploy once more what is deployed, so that access ends in time")
    drift = commands.add_parser("drift", help="look whether a stack is as it was made, and keep one issue about it")
    for runs in (preview, up, lapse, drift):
        runs.add_argument("--stack", required=True, metavar="NAME")
        runs.add_argument("--engine", type=shlex.split, default=["pulumi"], metavar="COMMAND", help="default: pulumi")
    for plans in (preview, up):
        plans.add_argument("--plan", type=Path, required=True, metavar="FOLDER", help="where the plan is")
        plans.add_argument("--today", type=date.fromisoformat, metavar="DATE", help="pretend it is this day (UTC)")
    up.add_argument("--branch", required=True, metavar="NAME", help="what must not have moved on meanwhile")

    known = commands.add_parser("deployed", help="print the commit that an environment has")
    known.add_argument("--environment", required=True, metavar="NAME")
    known.add_argument("--branch", required=True, metavar="NAME", help="what it must be a commit of")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one step and return its exit code."""
    arguments = parser().parse_args(argv)
    root = Path.cwd()
    try:
        return _run(arguments, root)
    except StaleError as error:
        print(f"nothing to do: {error}")
        return 0
    except WorkflowError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except ConfigError as error:
        print(render(error.problems), file=sys.stderr)
        return 1
    except Exception:
        traceback.print_exc()
        return 70


def _run(arguments: argparse.Namespace, root: Path) -> int:
    if arguments.command in ("diff", "gate"):
        return _about_pull(arguments, root)
    if arguments.command == "deployed":
        _output("commit", deployed(_github(), arguments.environment, root, arguments.branch))
        return 0
    engine = Engine(tuple(arguments.engine), arguments.stack, root)
    if arguments.command == "lapse":
        engine.lapse()
    elif arguments.command == "drift":
        from infra.workflows.drift import tell

        print(tell(_github(), arguments.stack, engine.drift(), _this_run()))
    else:
        _planned(arguments, engine, root)
    return 0


def _planned(arguments: argparse.Namespace, engine: Engine, root: Path) -> None:
    commit = git(root, "rev-parse", "HEAD").strip()
    today = arguments.today or datetime.now(UTC).date()
    if arguments.command == "preview":
        engine.preview(arguments.plan)
        record(arguments.plan, arguments.stack, commit, today)
        return
    require(arguments.plan, arguments.stack, commit, tip(root, arguments.branch, _token()), today)
    engine.up(arguments.plan)


def _about_pull(arguments: argparse.Namespace, root: Path) -> int:
    from infra.workflows.comparison import findings
    from infra.workflows.gate import run
    from infra.workflows.pull import pull_of

    event: dict[str, Any] = json.loads(arguments.event.read_text(encoding="utf-8"))
    github = _github()
    pull = pull_of(event, github)
    if pull is None:
        print("there is no open pull request into the default branch to look at")
        _output("pull", "")
        return 0
    if arguments.command == "gate":
        decided = run(github, event, pull, arguments.report, root)
        print(f"{decided.state}: {decided.description}")
        return 0
    base, head = fetch(root, (f"refs/heads/{pull.base}", f"refs/pull/{pull.number}/head"), _token())
    if head != pull.head:
        raise StaleError(f"the pull request has moved on to {head}")
    url = f"{event['repository'].get('html_url', '')}/blob/{head}"
    found = findings(root, pull, base, datetime.now(UTC).date(), url)
    found.write(arguments.report)
    print(found.report)
    _output("pull", str(pull.number))
    return 0


def _github() -> GitHub:
    repository = os.environ.get("GITHUB_REPOSITORY", "")
    if not repository:
        raise WorkflowError("GITHUB_REPOSITORY says which repository, and is not set")
    return GitHub(repository, _token(), os.environ.get("GITHUB_API_URL", "https://api.github.com"))


def _token() -> str:
    return os.environ.get("GITHUB_TOKEN", "")


def _this_run() -> str:
    server, repository = os.environ.get("GITHUB_SERVER_URL", ""), os.environ.get("GITHUB_REPOSITORY", "")
    run = os.environ.get("GITHUB_RUN_ID", "")
    return f"{server}/{repository}/actions/runs/{run}" if server and run else "hand"


def _output(name: str, value: str) -> None:
    """A value for later steps of the job, or for the terminal."""
    path = os.environ.get("GITHUB_OUTPUT")
    if path is None:
        print(f"{name}={value}")
        return
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(f"{name}={value}\n")


if __name__ == "__main__":
    sys.exit(main())
