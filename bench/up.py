"""`sandbox up` of the sample estate: from empty accounts to pages served, again, with one app more, one file changed.

The peer is the same engine running a program that does nothing, in the same moment: what is above it is ours, most of
it the import of the provider's SDK. Run it with the project's Python: `python bench/up.py`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.end_to_end.world import World  # noqa: E402 - the path above makes it importable

LIMIT = 30.0  # seconds for the first `up`, which ends when every app was seen serving through the tunnel
NOTHING = "# A program that does nothing.\n"
ONE_MORE = """
  forecast:
    owner: sales
    service: http://forecast.internal:8501
    path: /streamlit/forecast
    access: [sales]

tests:
"""


def timed(world: World) -> tuple[float, Counter[str]]:
    """How long an `up` takes, and its write requests and statements by what they write."""
    world.forget_requests()
    world.forget_statements()
    started = time.perf_counter()
    world.ok("up")
    seconds = time.perf_counter() - started
    statements = (" ".join(statement.split(maxsplit=2)[:2]) for statement in world.statements())
    verbs = (verb if verb.startswith(("COPY", "ALTER", "CREATE", "DROP")) else verb.split()[0] for verb in statements)
    return seconds, Counter(f"{method} {kind(path)}" for method, path in world.writes()) + Counter(verbs)


def kind(path: str) -> str:
    """`/accounts/ID/access/apps/ID` as `access/apps`."""
    parts = path.strip("/").split("/")[2:]
    return "/".join(part for part in parts if not any(char.isdigit() for char in part) or part == "dns_records")


def shown(name: str, seconds: float, peer: float, writes: str) -> str:
    return f"{name:<18}{seconds:6.1f} s  {seconds / peer:4.1f} × the engine alone  {writes}"


def listed(writes: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(writes.items())) or "no write request"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
        empty, world = World(Path(folder) / "empty"), World(Path(folder) / "sample")
        try:
            shutil.rmtree(empty.project / "infra")
            (empty.project / "infra").mkdir()
            (empty.project / "infra" / "__main__.py").write_text(NOTHING, encoding="utf-8")
            empty.ok("env")
            world.ok("env")
            peer, _ = timed(empty)
            print(shown("the engine alone", peer, peer, "a program that does nothing"))
            seconds, writes = timed(world)
            verdict = "within" if seconds <= LIMIT else "OVER"
            total = f"{writes.total()} write requests and statements; {verdict} the {LIMIT:.0f} s it may take"
            print(shown("empty accounts", seconds, peer, total))
            seconds, writes = timed(world)
            print(shown("nothing to do", seconds, peer, listed(writes)))
            world.edit("apps.yaml", "\ntests:\n", ONE_MORE)
            seconds, writes = timed(world)
            print(shown("one app more", seconds, peer, listed(writes)))
            with (world.project / "apps/ledger/streamlit_app.py").open("a", encoding="utf-8") as file:
                file.write("# one more line\n")
            seconds, writes = timed(world)
            print(shown("one file changed", seconds, peer, listed(writes)))
        finally:
            for one in (empty, world):
                one.sandbox("down")


if __name__ == "__main__":
    main()
