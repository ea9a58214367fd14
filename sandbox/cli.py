"""`sandbox up | down | status | reset | env | pulumi …`: the embedded world that Gatehouse runs against."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from sandbox import verbs
from sandbox.places import places


def main(arguments: list[str] | None = None) -> int:
    """Run one command; expected failures end in a sentence and exit code 1."""
    options = _parser().parse_args(arguments)
    try:
        place = places(options.cwd)
        if options.command == "status":
            return verbs.status(place, options.objects)
        if options.command == "pulumi":
            return verbs.pulumi(place, options.arguments)
        return {"up": verbs.up, "down": verbs.down, "reset": verbs.reset, "env": verbs.env}[options.command](place)
    except verbs.EXPECTED as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("sandbox: interrupted", file=sys.stderr)
        return 130


class _Parser(argparse.ArgumentParser):
    """Usage errors exit with 1, as every expected failure does."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="sandbox", description=__doc__)
    parser.add_argument("-C", "--cwd", type=Path, help="the project directory (default: this repository)")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start the local Cloudflare and run the program against it")
    commands.add_parser("down", help="stop what runs; keep what was made")
    status = commands.add_parser("status", help="what runs, and which parts are real")
    status.add_argument("--objects", action="store_true", help="list what exists in the local API")
    commands.add_parser("reset", help="forget all objects and stacks")
    commands.add_parser("env", help="print the variables for running `pulumi` by hand")
    pulumi = commands.add_parser("pulumi", help="run the engine with the right environment", add_help=False)
    pulumi.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


if __name__ == "__main__":
    sys.exit(main())
