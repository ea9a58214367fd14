"""An `up` that is interrupted at every one of its requests, in every way, and finished by the next one.

One at a time: every run of the engine gets a little further before its next request goes wrong, so that a whole life
of failures takes as many runs as there are requests. At the end there must be exactly what an undisturbed `up` makes.
"""

from __future__ import annotations

import itertools
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.world import LIMIT, ROOT, World

WRITE = "POST|PUT|PATCH"
UP = ("up", "--yes", "--skip-preview", "--parallel", "1")
MOST = 40  # runs; the small estate needs about half of it
EXPECTED = [
    "applications default-deny apps.example.com (sandbox)",
    "applications report (sandbox)",
    "dns_records apps.example.com",
    "groups gatehouse-sandbox-any-of-country-JP-US-07a05e8e",
    "groups gatehouse-sandbox-contractors",
    "identity_providers partners",
    "policies gatehouse-sandbox-allow-contractors-country-device",
    "policies gatehouse-sandbox-deny-everyone-b2769fc9",
    "policies gatehouse-sandbox-non-identity-export",
    "posture_rules gatehouse-sandbox-laptop",
    "service_tokens gatehouse-sandbox-export",
    "tags gatehouse",
    "tunnels gatehouse-sandbox",
]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[World]:
    """A world with the small estate."""
    world = World(tmp_path)
    text = (ROOT / "tests" / "end_to_end" / "small.yaml").read_text(encoding="utf-8")
    (world.project / "apps.yaml").write_text(text, encoding="utf-8")
    stack = world.project / "stacks" / "Pulumi.sandbox.yaml"
    stack.write_text(without_workspace(stack.read_text(encoding="utf-8")), encoding="utf-8")
    for name in ("account", "dev", "staging", "prod"):
        (world.project / "stacks" / f"Pulumi.{name}.yaml").unlink()
    yield world
    world.sandbox("down")


def without_workspace(stack: str) -> str:
    """The sandbox's stack file for an estate with partners only."""
    return re.sub(r"    workspace:\n(      .*\n)+", "", stack)


def struck(world: World) -> list[dict[str, Any]]:
    """The requests that a fault has befallen."""
    return [entry for entry in world.control("GET", "journal")["requests"] if "fault" in entry]


def disturbed_runs(world: World, *faults: dict[str, object]) -> Iterator[str]:
    """Runs of `up` whose first or second creation goes wrong, until one has none left; what they said.

    What can be repeated without harm (PUT, PATCH) is repeated at once after a lost connection, so its fault lets a run
    pass; it strikes in every run all the same.
    """
    for number in itertools.count():
        assert number < MOST, "the runs do not get any further"
        world.forget_requests()
        world.faults(
            *({"method": "POST", **fault, "nth": 1 if number == 0 else 2} for fault in faults[:1]), *faults[1:]
        )
        ended = world.pulumi(*UP)
        creations = [entry for entry in struck(world) if entry["method"] == "POST"]
        world.faults()
        assert "Traceback" not in ended.text
        if ended.code == 0:
            assert not creations, ended
            return
        yield ended.text


def assert_whole(world: World) -> None:
    """Exactly what an undisturbed `up` makes, known to the state, and nothing twice."""
    names = [
        re.sub(r"(-contractors-country-device|-non-identity-export)-[0-9a-f]{8}$", r"\1", n) for n in world.names()
    ]
    assert names == EXPECTED
    world.ok("pulumi", "refresh", "--yes", "--expect-no-changes")
    world.ok("pulumi", "preview", "--expect-no-changes")


def test_a_refused_request_is_made_again(small: World) -> None:
    refused = {"kind": "status", "code": 1234, "message": "not today"}
    runs = 0
    for text in disturbed_runs(small, {**refused, "status": 400, "method": WRITE}):
        assert "not today (code 1234)" in text
        runs += 1
    assert runs > len(EXPECTED)
    assert_whole(small)


def test_a_request_that_never_arrived_is_made_again(small: World) -> None:
    runs = sum(
        1 for _ in disturbed_runs(small, {"kind": "drop-before"}, {"kind": "drop-before", "method": "PUT|PATCH"})
    )
    assert runs >= len(EXPECTED)
    assert_whole(small)


def test_an_answer_that_never_came_stops_the_next_up_with_the_way_out(small: World) -> None:
    recovered = 0
    for text in disturbed_runs(small, {"kind": "drop-after"}, {"kind": "drop-after", "method": "PUT|PATCH"}):
        assert "may exist now" in text
        stopped = small.pulumi(*UP)
        assert stopped.code != 0
        shell(small, delete_command(stopped.text))
        recovered += 1
    assert recovered >= len(EXPECTED)
    assert_whole(small)


def test_a_killed_engine_stops_the_next_up_with_the_way_out(small: World) -> None:
    small.ok("env")
    recovered, nth = 0, 1
    while killed(small, "POST", nth):
        assert recovered < MOST, "the runs do not get any further"
        stopped = small.pulumi(*UP)
        assert stopped.code != 0, stopped
        for command in re.findall(r"^ +sandbox pulumi ((?:cancel|refresh) .*)$", stopped.text, re.MULTILINE):
            small.ok("pulumi", *command.split())
        # What was deleted is created first by the next run; it was interrupted before and may pass now.
        nth = 1 if recover(small, stopped.text) == "kept" else 2
        recovered += 1
    assert recovered >= len(EXPECTED)
    assert_whole(small)


def test_an_engine_killed_in_a_change_goes_on(small: World) -> None:
    small.ok("up")
    small.edit(
        "apps.yaml", "    owner: contractors\n    service", "    title: Reports\n    owner: contractors\n    service"
    )
    assert killed(small, "PUT", nth=1)
    small.ok("pulumi", "cancel", "--yes")
    small.ok("pulumi", *UP)
    assert "applications Reports (sandbox)" in small.names()
    small.ok("pulumi", "refresh", "--yes", "--expect-no-changes")
    small.ok("pulumi", "preview", "--expect-no-changes")


def killed(world: World, method: str, nth: int) -> bool:
    """Start `up` and kill it while the answer to a write is held back; False when it ended before."""
    world.forget_requests()
    world.faults({"method": method, "nth": nth, "kind": "hold"})
    with subprocess.Popen(
        world.command("pulumi", *UP),
        cwd=ROOT,
        env=world.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as program:
        until = time.monotonic() + LIMIT
        while program.poll() is None and not struck(world) and time.monotonic() < until:
            time.sleep(0.05)
        ended = program.poll() is not None
        if not ended:
            world.end_group(program.pid, signal.SIGKILL)
        program.wait()
    world.faults()
    return not ended


def recover(world: World, text: str) -> str:
    """Do what the message says about the object that the state does not know: keep a group, delete all else.

    Keeping is the longer way: the object is imported below the component that it belongs to.
    """
    keep = re.search(r"sandbox pulumi (import .*zeroTrustAccessGroup:.*)", text)
    if keep and "gatehouse-sandbox-contractors" in text:
        parent = "urn:pulumi:sandbox::gatehouse::infra:access:DepartmentGroup::contractors"
        command = keep[1].replace(" NAME ", " contractors ").split()
        world.ok("pulumi", *command, "--generate-code=false", "--parent", f"above={parent}")
        return "kept"
    shell(world, delete_command(text))
    return "deleted"


def delete_command(text: str) -> str:
    found = re.search(r"curl -X DELETE .*", text)
    assert found, text
    return found[0]


def shell(world: World, command: str) -> None:
    """Run a line that a message printed, in the environment that `sandbox env` prints."""
    script = f"{world.ok('env')}\n{command} --fail --silent --show-error"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stderr
