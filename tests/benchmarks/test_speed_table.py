"""From measurements to figures: the line through two runs, and ratios to the right floor."""

import pytest

from benchmarks.pool import Cost
from benchmarks.report import Figure
from benchmarks.runs import Split, Timed
from benchmarks.speed_table import FASTEST, Row, floor_of, ratio


def test_start_and_steady_state_are_told_apart() -> None:
    runs = [
        Timed(
            pairs, pairs // 2, Cost(4 + 0.01 * pairs, 3 + 0.005 * pairs), Cost(6 + 0.05 * pairs, 9 + 0.08 * pairs), 5.5
        )
        for pairs in (80, 320)
    ]
    split = Split.of(*runs)
    assert split.inspect == pytest.approx((0.01, 0.005))
    assert split.make == pytest.approx((0.05, 0.08))
    assert (split.plan_start, split.run_start, split.first_pair) == pytest.approx((4, 6, 5.5))
    assert split.accepted == 0.5


def test_a_ratio_is_to_the_floor_on_as_many_cores_of_what_is_counted() -> None:
    floors = [
        Row(FASTEST, 1, "pair", [Cost(0.010, 0.010)]),
        Row(FASTEST, 2, "pair", [Cost(0.005, 0.010)]),
        Row(FASTEST, 1, "picture", [Cost(0.030, 0.030)]),
        Row(FASTEST, 2, "picture", [Cost(0.015, 0.030)]),
    ]
    assert floor_of(Row("loop", 1, "picture"), floors, FASTEST) is floors[2]
    assert floor_of(Row("pipeline", 2, "accepted pair"), floors, FASTEST) is floors[1]
    assert ratio(Row("pipeline", 2, "pair", [Cost(0.01, 0.02)]), floors, FASTEST) == pytest.approx(2)


def test_a_figure_is_the_median_and_its_spread() -> None:
    assert Figure.of([3.0, 1.0, 2.0]) == (2.0, 1.0, 3.0)
    assert Figure.of([3.0, 1.0, 2.0]).text() == "2.0 ± 1.0"
