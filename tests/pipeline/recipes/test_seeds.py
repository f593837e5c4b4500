"""Seeds and choices depend on their arguments alone, and come out with the right frequencies."""

from collections import Counter

import pytest

from pipeline.recipes.seeds import choose, seed_of, uniform_of


def test_seeds_are_fixed_for_all_time() -> None:
    assert seed_of(0, "a", 1) == 5640247956467711177


def test_parts_do_not_run_together() -> None:
    assert seed_of("ab", "c") != seed_of("a", "bc")


def test_uniform_covers_the_interval() -> None:
    values = [uniform_of("u", i) for i in range(4000)]
    assert 0 <= min(values) < 0.01
    assert 0.99 < max(values) < 1
    assert sum(values) / len(values) == pytest.approx(0.5, abs=0.02)


def test_choices_follow_their_weights_and_never_a_zero() -> None:
    counts = Counter(choose({"a": 3, "never": 0, "b": 1}, "seed", i) for i in range(4000))
    assert set(counts) == {"a", "b"}
    assert counts["a"] / 4000 == pytest.approx(0.75, abs=0.03)


def test_the_order_of_the_keys_makes_no_difference() -> None:
    weights = {"one": 1.0, "two": 2.0, "three": 0.5}
    turned = dict(reversed(weights.items()))
    assert all(choose(weights, number) == choose(turned, number) for number in range(200))
