"""An `up` that loses the answer to each of its requests: the next one stops, and says how to go on."""

from __future__ import annotations

from tests.end_to_end.interrupted import (
    EXPECTED,
    REPEATABLE,
    Disturbed,
    assert_whole,
    delete_commands,
    disturbed_runs,
    shell,
)
from tests.end_to_end.world import World


def test_an_answer_that_never_came_stops_the_next_up_with_the_way_out(small: World) -> None:
    disturbed, recovered = Disturbed(), 0
    for text in disturbed_runs(small, disturbed, kind="drop-after"):
        stray = delete_commands(text)
        assert stray or "may exist now" in text
        for command in stray:
            shell(small, command)
        recovered += len(stray)
    assert recovered == len(EXPECTED)
    assert len(disturbed.done) == len(EXPECTED) + len(REPEATABLE)
    assert_whole(small)
