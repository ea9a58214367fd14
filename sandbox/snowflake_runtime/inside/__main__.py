"""The start of a process: `python -P -B __main__.py` with its order as the first line of standard input.

Secrets and the session token come in with the order. They are never in arguments, in the environment that the process
is started with, or in a file.
"""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

_NAME = "sandbox.snowflake_runtime.inside"
_ORDER = os.dup(0)  # a copy that no child process inherits
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


def _make_importable() -> None:
    """Our modules by their full name, and nothing else of the sandbox: the folders above are empty here."""
    for name, folders in (("sandbox", []), ("sandbox.snowflake_runtime", []), (_NAME, [str(Path(__file__).parent)])):
        module = types.ModuleType(name)
        module.__path__ = folders
        sys.modules[name] = module


def _forget() -> None:
    """An app cannot import what only the sandbox has, and may have modules of the same name."""
    for name in [one for one in sys.modules if one.partition(".")[0] == "sandbox"]:
        del sys.modules[name]


def main() -> None:
    _make_importable()
    from sandbox.snowflake_runtime.inside import container, network, results, streamlit_server, warehouse
    from sandbox.snowflake_runtime.inside.lifeline import Lifeline
    from sandbox.snowflake_runtime.inside.order import Order

    line = Lifeline(_ORDER)
    order = Order.read(line.order())
    os.chdir(order.live)
    line.hold(lambda: streamlit_server.read_again(order.live))
    network.lead_to(order)
    results.prepare()
    (container if order.runtime == "container" else warehouse).prepare(order)
    serve = streamlit_server.prepared(order)
    _forget()
    serve()


if __name__ == "__main__":
    main()
