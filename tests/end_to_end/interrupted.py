"""Updates that are interrupted at each of their requests.

Every run of the engine meets the fault at each request that has not met it yet, so it gets one level of the resource
graph further than the run before. At the end there must be exactly what an undisturbed `up` makes.
"""

from __future__ import annotations

import itertools
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.end_to_end.world import LIMIT, ROOT, World

COMMAND = r"\S*sandbox -C \S+"  # as messages name it
UP = ("up", "--yes", "--skip-preview")
MOST = 20  # runs; the small estate needs about half of it
# What is written without being created: these requests may be repeated, and have no name to be told apart by.
REPEATABLE = ("access/organizations$", "/configurations$", "/settings/always_use_https$")
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


def struck(world: World) -> list[dict[str, Any]]:
    """The requests that a fault has befallen."""
    return [entry for entry in world.control("GET", "journal")["requests"] if "fault" in entry]


@dataclass
class Disturbed:
    """The requests that have met a fault: names of objects that were being created, and patterns of `REPEATABLE`."""

    done: set[str] = field(default_factory=set)

    def rules(self, **fault: object) -> list[dict[str, object]]:
        """Let the fault befall everything that has not met it yet."""
        known = "|".join(re.escape(name) for name in self.done if name not in REPEATABLE)
        creations = {"method": "POST", "body": rf"^(?!.*\"name\": ?\"({known})\")" if known else "", "count": 0}
        others = [{"method": "PUT|PATCH", "path": path, "count": 1} for path in REPEATABLE if path not in self.done]
        return [{**rule, **fault} for rule in (creations, *others)]

    def take(self, world: World) -> list[dict[str, Any]]:
        """Note what was struck since the journal was cleared."""
        entries = struck(world)
        for entry in entries:
            found = next((path for path in REPEATABLE if re.search(path, entry["path"])), None)
            self.done.add(found or entry["body"]["name"])
        return entries


def disturbed_runs(world: World, disturbed: Disturbed, **fault: object) -> Iterator[str]:
    """Runs of `up` until none is disturbed any more; what the failed ones said."""
    for number in itertools.count():
        assert number < MOST, "the runs do not get any further"
        world.forget_requests()
        world.faults(*disturbed.rules(**fault))
        ended = world.pulumi(*UP)
        entries = disturbed.take(world)
        world.faults()
        assert "Traceback" not in ended.text
        if ended.code != 0:
            yield ended.text
        elif not entries:
            return


def assert_whole(world: World) -> None:
    """Exactly what an undisturbed `up` makes, known to the state, and nothing twice."""
    names = [
        re.sub(r"(-contractors-country-device|-non-identity-export)-[0-9a-f]{8}$", r"\1", n) for n in world.names()
    ]
    assert names == EXPECTED
    world.ok("pulumi", "refresh", "--yes", "--expect-no-changes")
    world.ok("pulumi", "preview", "--expect-no-changes")


def killed(world: World, hold: dict[str, object]) -> bool:
    """Start `up` and kill it while answers to writes are held back; False when it ended before."""
    world.forget_requests()
    world.faults(hold)
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
        time.sleep(0.3)  # whatever else is being created at the same time is held as well
        ended = program.poll() is not None
        if not ended:
            world.end_group(program.pid, signal.SIGKILL)
        program.wait()
    world.faults()
    return not ended


def recover(world: World, text: str) -> None:
    """Do what the message says about objects that the state does not know: keep a group, delete all else.

    Keeping is the longer way: the object is imported below the component that it belongs to.
    """
    kept = re.search(rf"{COMMAND} pulumi (import .*zeroTrustAccessGroup:.*)", text)
    for paragraph in text.split("\n\n"):
        if kept and "gatehouse-sandbox-contractors" in paragraph:
            parent = "urn:pulumi:sandbox::gatehouse::infra:access:DepartmentGroup::contractors"
            command = re.sub(r" NAME ", " contractors ", kept[1]).split()
            world.ok("pulumi", *command, "--generate-code=false", "--parent", f"above={parent}")
        else:
            for line in delete_commands(paragraph):
                shell(world, line)


def delete_commands(text: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"curl -X DELETE .*", text)))


def shell(world: World, command: str) -> None:
    """Run a line that a message printed, in the environment that `sandbox env` prints."""
    script = f"{world.ok('env')}\n{command} --fail --silent --show-error"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stderr
