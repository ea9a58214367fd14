"""Reading the arguments of `sandbox`; what the commands do is in `verbs`."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from pathlib import Path
from typing import NoReturn

from sandbox import verbs
from sandbox.arguments import before_engine
from sandbox.invocation import remember
from sandbox.places import places
from sandbox.update import ProgramRefusedError

_ABOUT = """\
A Cloudflare of your own machine, with apps behind it: the real engine and the
real program, login, tunnel and containers, and nothing in a real account."""
_MORE = """\
examples:
  sandbox up                      deploy and serve apps.yaml, after every change
  sandbox open                    the portal: apps, people, and who gets in
  sandbox open wiki --as mika     one app, logged in as one of people.yaml
  sandbox pulumi preview --diff   what a change would do
  sandbox status --objects        what exists in the local account
  eval "$(sandbox env)"           let this shell's pulumi and curl use it

State is kept in .sandbox/ of the project, or where GATEHOUSE_SANDBOX_DIR says.
`sandbox COMMAND --help` says more about a command; docs/sandbox.md says all."""
_COMMANDS = {
    "up": (
        "start everything, deploy, and show the apps",
        """\
Gets the Pulumi engine if this machine has none (once; built from source it
takes about 3 minutes), starts the local Cloudflare and what runs containers,
runs the program in the stack `sandbox`, tells the identity provider of the
people of people.yaml, and shows each app with who may enter it and whether it
serves. Repeat it after a change of apps.yaml. The engine's output is kept in
logs/update.log.""",
    ),
    "open": (
        "look at the portal or an app in a browser",
        """\
Starts Chromium, Chrome, Brave or Edge with a profile of its own, which alone
finds the sandbox's hosts and trusts its key. Without a browser or a display it
prints what to type instead.""",
    ),
    "status": (
        "what runs, and which parts are real",
        "One line for each part: real, official, standing in, stopped, or not there yet.",
    ),
    "pulumi": ("any Pulumi command, in the right environment", ""),
    "env": (
        "print the variables for using the account by hand",
        """\
Starts the local Cloudflare and prints lines for a shell to evaluate, after which its
own `pulumi` and `curl` work against the sandbox:

  eval "$(sandbox env)\"""",
    ),
    "down": (
        "stop what runs; everything is kept",
        "Stops containers and the local Cloudflare. All of it is there again after the next `sandbox up`.",
    ),
    "reset": (
        "forget all objects, containers and stacks",
        """\
Empties the local account, removes its containers and images, ends every login,
and forgets every stack. The engine, plugins and the key of the browsers stay.""",
    ),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; expected failures end in a sentence and exit code 1."""
    own, handed_on = before_engine(sys.argv[1:] if arguments is None else arguments)
    options = parser().parse_args(own)
    remember(options.cwd)
    try:
        place = places(options.cwd)
        if options.command == "status":
            return verbs.status(place, options.objects)
        if options.command == "open":
            return verbs.open_app(place, options.app, options.person)
        if handed_on is not None:
            return verbs.pulumi(place, handed_on)
        return {"up": verbs.up, "down": verbs.down, "reset": verbs.reset, "env": verbs.env}[options.command](place)
    except ProgramRefusedError as error:
        print(error, file=sys.stderr)
        return 1
    except verbs.EXPECTED as error:
        _say(f"sandbox: {error}")
        return 1
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not try to flush the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("sandbox: interrupted", file=sys.stderr)
        return 130


def _say(message: str) -> None:
    """Sentences keep their words whole on a terminal; commands, addresses and excerpts stay as they are."""
    width = os.get_terminal_size(sys.stderr.fileno()).columns if sys.stderr.isatty() else 0
    for line in message.splitlines():
        sentence = width and not line.startswith(" ")
        shown = textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) if sentence else line
        print(shown, file=sys.stderr)


class _Parser(argparse.ArgumentParser):
    """Usage errors exit with 1, as every expected failure does."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The arguments of `sandbox`; those of `sandbox pulumi` are the engine's."""
    shape = argparse.RawDescriptionHelpFormatter
    whole = _Parser(prog="sandbox", description=_ABOUT, epilog=_MORE, formatter_class=shape, allow_abbrev=False)
    whole.add_argument("-C", "--cwd", type=Path, metavar="DIR", help="the project directory (default: this repository)")
    commands = whole.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for name, (short, long) in _COMMANDS.items():
        added = commands.add_parser(name, help=short, description=long, formatter_class=shape, add_help=bool(long))
        if name == "status":
            added.add_argument("--objects", action="store_true", help="list what exists in the local account")
        if name == "open":
            added.add_argument("app", nargs="?", metavar="APP", help="its key or title; the portal if left out")
            help_ = "log in as this one (id, address or name)"
            added.add_argument("--as", dest="person", metavar="PERSON", help=help_)
    return whole


if __name__ == "__main__":
    sys.exit(main())
