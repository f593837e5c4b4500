"""Numbers of parts add up to those of the whole, in any order."""

import numpy as np
import pytest

from pipeline.audit.hashes import hashed
from pipeline.audit.release import numbers
from pipeline.audit.release.checks import distinct
from pipeline.audit.release.numbers import numbers_of, together


def test_parts_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "SAMPLE", 50)
    rng = np.random.default_rng(3)
    values = rng.normal(size=(300, 2))
    values[7, 0] = np.nan
    hashes = hashed(map(str, range(300)))
    whole = numbers_of(("a", "b"), hashes, values)
    parts = [numbers_of(("a", "b"), hashes[part], values[part]) for part in (slice(200, 300), slice(0, 200))]
    added = together(*parts)
    assert len(whole.hashes) == 50
    for field in ("present", "missing", "low", "high", "hashes", "sample"):
        np.testing.assert_array_equal(getattr(added, field), getattr(whole, field))
    assert whole.missing.tolist() == [1, 0]
    assert whole.low[1] == values[:, 1].min()
    assert abs((whole.quantile("b", 0.5) or 9) - np.median(values[:, 1])) < 0.5  # of 50 of the 300


def test_constant_columns_are_named() -> None:
    values = np.array([[1.0, 2.0, np.nan], [1.0, 3.0, np.nan]])
    found = numbers_of(("same", "other", "missing"), hashed("ab"), values)
    assert found.constant() == ["same"]
    assert found.quantile("missing", 0.5) is None


def test_of_no_rows() -> None:
    found = numbers_of(("a",), hashed(()), np.empty((0, 1)))
    assert found.constant() == []
    assert found.present.tolist() == [0]


def test_distinct_among_some_that_are_drawn() -> None:
    assert distinct([]) is None
    assert distinct([1, 1, 2]) == 0.75
    counts = np.array([50, 30, *[1] * 20])
    texts = np.repeat(np.arange(len(counts)), counts)
    rng = np.random.default_rng(1)
    drawn = [len(set(rng.choice(texts, 10, replace=False).tolist())) / 10 for _ in range(4000)]
    assert distinct(counts, drawn=10) == pytest.approx(np.mean(drawn), abs=0.01)
    assert distinct(counts, drawn=100) == 0.22
    assert distinct([99, 1], drawn=99) == pytest.approx(2 / 99 - 0.01 / 99)
