"""An `up` that is killed while it creates or changes something: the next one stops, and says how to go on."""

from __future__ import annotations

import itertools
import re

from tests.end_to_end.interrupted import COMMAND, EXPECTED, MOST, UP, Disturbed, assert_whole, killed, recover
from tests.end_to_end.world import World


def test_a_killed_engine_stops_the_next_up_with_the_way_out(small: World) -> None:
    disturbed = Disturbed()
    small.ok("env")
    for number in itertools.count():
        assert number < MOST, "the runs do not get any further"
        if not killed(small, disturbed.rules(kind="hold")[0]):
            break
        disturbed.take(small)
        stopped = small.pulumi(*UP)
        assert stopped.code != 0, stopped
        for told in re.findall(rf"^ +{COMMAND} pulumi ((?:cancel|refresh) .*)$", stopped.text, re.MULTILINE):
            small.ok("pulumi", *told.split())
        recover(small, stopped.text)
    assert len(disturbed.done) == len(EXPECTED)
    assert_whole(small)


def test_an_engine_killed_in_a_change_goes_on(small: World) -> None:
    small.ok("up")
    small.edit(
        "apps.yaml", "    owner: contractors\n    service", "    title: Reports\n    owner: contractors\n    service"
    )
    assert killed(small, {"method": "PUT", "kind": "hold"})
    small.ok("pulumi", "cancel", "--yes")
    small.ok("pulumi", *UP)
    assert "applications Reports (sandbox)" in small.names()
    small.ok("pulumi", "refresh", "--yes", "--expect-no-changes")
    small.ok("pulumi", "preview", "--expect-no-changes")
