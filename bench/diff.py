"""`gatehouse diff` from process start to exit, and its engine beside z3 and python-sat.

Two folders of 2,000 apps each are compared: with 20 changed, and with every app changed. Then, in this process, the
same pairs of apps are put to z3 and to python-sat, which must give the same answers. Peers run in the same moment, so
ratios say more than seconds do. Run it with the project's Python: `python bench/diff.py`.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.peers import estates  # noqa: E402 - beside this file
from infra.access.attributes import Names  # noqa: E402
from infra.access.guard import Guard  # noqa: E402
from infra.diff.delta import Comparison, Side  # noqa: E402
from infra.diff.estates import diff  # noqa: E402
from infra.load import load_texts  # noqa: E402
from infra.logic import EMPTY  # noqa: E402

TODAY = date(2027, 1, 15)
START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from infra.cli import main; sys.exit(main())"
LIMITS = {"sample": (0.3, 300), "20 of 2,000": (2.0, 500), "every one of 2,000": (8.0, 500)}
Answers = list[tuple[bool, bool]]


@dataclass(frozen=True)
class Run:
    """Seconds on the clock, seconds of computing, and the most memory held."""

    seconds: float
    computing: float
    megabytes: float


def run(arguments: list[str]) -> Run:
    """Start the command line, wait for it, and measure it."""
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        os.execve(sys.executable, [sys.executable, "-c", START, str(ROOT), *arguments], environment)  # noqa: S606 - our own interpreter
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        raise SystemExit(f"gatehouse {' '.join(arguments)} ended with status {status}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def report(name: str, arguments: list[str], times: int) -> None:
    """The median of several runs, after one that compiles."""
    run(arguments)
    runs = [run(arguments) for _ in range(times)]
    seconds, computing = (statistics.median(getattr(one, what) for one in runs) for what in ("seconds", "computing"))
    most = max(one.megabytes for one in runs)
    aim, room = LIMITS[name]
    print(f"{name}: {seconds:.2f} s, {computing:.2f} s of it computing (aim {aim:.1f}), {most:.0f} MB (aim {room})")


def pairs(base: Path, head: Path) -> Iterator[tuple[Side, Side]]:
    before, after = (load_texts(folder).estates["dev"] for folder in (base, head))
    old = {app.name: app for app in before.apps}
    for app in after.apps:
        if app != old[app.name]:
            sides = ((old[app.name], before), (app, after))
            yield tuple(Side(Guard.of(one, estate, TODAY, Names()), ("", ""), ()) for one, estate in sides)  # type: ignore[misc]


def ours(listed: list[tuple[Side, Side]]) -> Answers:
    found = []
    for base, head in listed:
        comparison = Comparison(base, head)
        diagrams = comparison.diagrams
        ways = ((head, base), (base, head))
        found.append(tuple(diagrams.of(comparison.beyond(*way)) != EMPTY for way in ways))
    return found  # type: ignore[return-value]


def by_sat(listed: list[tuple[Side, Side]]) -> Answers:
    from infra.logic.sat import solve

    found = []
    for base, head in listed:
        comparison = Comparison(base, head)
        found.append(tuple(solve(comparison.beyond(*way)) is not None for way in ((head, base), (base, head))))
    return found  # type: ignore[return-value]


def by_z3(base: Path, head: Path) -> Answers:
    from bench.peers.by_z3 import Pair

    before, after = (load_texts(folder).estates["dev"].apps for folder in (base, head))
    old = {app.name: app for app in before}
    both = [Pair(old[app.name], app, TODAY) for app in after if app != old[app.name]]
    return [(pair.gains(), pair.loses()) for pair in both]


def timed(answer: Callable[[], Answers]) -> tuple[float, Answers]:
    started = time.process_time()
    found = answer()
    return time.process_time() - started, found


def peers(base: Path, head: Path) -> None:
    """The bare question, who gains and who loses, put to everybody."""
    listed = list(pairs(base, head))
    seconds, said = timed(lambda: ours(listed))
    print(f"{len(said):,} pairs: {sum(a for a, _ in said):,} gain, {sum(b for _, b in said):,} lose")
    print(f"    diagrams {seconds:.2f} s of computing")
    for name, module, answer in (
        ("python-sat", "pysat", lambda: by_sat(listed)),
        ("z3", "z3", lambda: by_z3(base, head)),
    ):
        if importlib.util.find_spec(module) is None:
            print(f"    {name} IS NOT INSTALLED: pip install 'gatehouse[bench]'")
            continue
        theirs, found = timed(answer)
        if found != said:
            raise SystemExit(
                f"{name} and the diagrams disagree about {sum(a != b for a, b in zip(said, found, strict=True))} pairs"
            )
        print(f"    {name} {theirs:.2f} s, {theirs / seconds:.1f} times as long, the same answers")


def whole(base: Path, head: Path) -> None:
    """All that a diff says, without reading files."""
    before, after = load_texts(base), load_texts(head)
    started = time.process_time()
    diff(before, after, TODAY)
    print(f"    diff() alone {time.process_time() - started:.2f} s of computing, with everybody named and witnesses")


def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure `gatehouse diff`.")
    arguments.add_argument("--times", type=int, default=3, help="how often each program is run")
    options = arguments.parse_args()
    gc.disable()
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as scratch:
        folder, listed = Path(scratch), estates.apps()
        rules, values = estates.atoms(listed)
        print(f"{len(listed):,} apps of {rules:.2f} rules and {values:.1f} values, {estates.DEPARTMENTS} departments")
        base = estates.write(folder / "base", listed)
        few = estates.write(folder / "few", estates.edited(listed, 20))
        every = estates.write(folder / "every", estates.edited(listed, len(listed)))
        report("sample", ["diff", str(ROOT), str(ROOT)], options.times)
        report("20 of 2,000", ["diff", str(base), str(few)], options.times)
        report("every one of 2,000", ["diff", str(base), str(every)], max(1, options.times // 2))
        whole(base, every)
        peers(base, every)


if __name__ == "__main__":
    main()
