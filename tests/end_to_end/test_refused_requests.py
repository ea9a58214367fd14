"""An `up` whose every request is refused, or lost on its way, once: the next one makes it again."""

from __future__ import annotations

import pytest

from tests.end_to_end.interrupted import EXPECTED, REPEATABLE, Disturbed, assert_whole, disturbed_runs
from tests.end_to_end.world import World


@pytest.mark.parametrize("status", [400, 403])
def test_a_refused_request_is_made_again(small: World, status: int) -> None:
    disturbed = Disturbed()
    for text in disturbed_runs(small, disturbed, kind="status", status=status, code=1234, message="not today"):
        assert "not today (code 1234)" in text
    assert len(disturbed.done) == len(EXPECTED) + len(REPEATABLE)
    assert_whole(small)


def test_a_request_that_never_arrived_is_made_again(small: World) -> None:
    disturbed = Disturbed()
    for text in disturbed_runs(small, disturbed, kind="drop-before"):
        assert "connection was lost" in text
    assert len(disturbed.done) == len(EXPECTED) + len(REPEATABLE)
    assert_whole(small)
