"""From measurements to figures: the line through two runs, and ratios to the right floor."""

import pytest

from benchmarks.report import Figure
from benchmarks.runs import Split, Timed
from benchmarks.speed_table import FASTEST, Row, floor_of


def test_start_and_steady_state_are_told_apart() -> None:
    runs = [Timed(pairs, pairs, 4 + 0.01 * pairs, 6 + 0.05 * pairs, 5.5) for pairs in (80, 320)]
    split = Split.of(*runs)
    assert (split.inspect_ms, split.make_ms) == pytest.approx((10, 50))
    assert (split.plan_start, split.run_start, split.first_pair) == pytest.approx((4, 6, 5.5))


def test_a_ratio_is_to_the_floor_on_as_many_cores_of_what_is_counted() -> None:
    floors = [
        Row(FASTEST, 1, "pair", [10.0]),
        Row(FASTEST, 2, "pair", [5.0]),
        Row(FASTEST, 1, "picture", [30.0]),
        Row(FASTEST, 2, "picture", [15.0]),
    ]
    assert floor_of(Row("pipeline", 2), floors, FASTEST) == 5
    assert floor_of(Row("loop", 1, "picture"), floors, FASTEST) == 30


def test_a_figure_is_the_median_and_its_spread() -> None:
    assert Figure.of([3.0, 1.0, 2.0]) == (2.0, 1.0, 3.0)
    assert Figure.of([3.0, 1.0, 2.0]).text() == "2.0 ± 1.0"
