"""The clock: own time adds up, what it wraps still works, and the list of stages follows the code."""

import math
import time

import pytest

from benchmarks.profile import STAGES
from benchmarks.stages import Clock, Stage, UnknownStageError, timing


def test_every_stage_of_the_profile_is_a_function() -> None:
    with timing(Clock(), STAGES):
        pass


def test_functions_do_what_they_did_and_are_put_back() -> None:
    clock = Clock()
    before = math.sqrt
    with timing(clock, [Stage("root", "math.sqrt", detail=0)]):
        assert math.sqrt(4) == 2
    assert math.sqrt is before
    assert dict(clock.calls) == {("root 4",): 1}


def test_a_function_that_is_gone_is_named() -> None:
    with pytest.raises(UnknownStageError, match="squareroot"), timing(Clock(), [Stage("x", "math.squareroot")]):
        pass


def test_own_times_add_up_to_the_whole() -> None:
    clock = Clock()
    start = time.perf_counter()
    with clock.running("outer"):
        for _ in range(3):
            with clock.running("inner"):
                time.sleep(0.001)
    whole = time.perf_counter() - start
    assert list(clock.seconds) == [("outer",), ("outer", "inner")]
    assert clock.calls["outer", "inner"] == 3
    assert clock.seconds["outer", "inner"] >= 0.003
    assert sum(clock.seconds.values()) <= whole
