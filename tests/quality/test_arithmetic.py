import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from quality.arithmetic import decibels, log2, ordered_sum


@given(st.floats(1e-300, 1e300))
def test_logarithms_are_those_of_the_library(value: float) -> None:
    assert log2(value) == pytest.approx(math.log2(value), rel=1e-14, abs=1e-15)
    assert decibels(value) == pytest.approx(10 * math.log10(value), rel=1e-14, abs=1e-14)


def test_powers_of_two_are_exact() -> None:
    assert [log2(2.0**power) for power in range(-1000, 1000)] == list(range(-1000, 1000))


@given(arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 70)), elements=st.floats(-1e6, 1e6)))
def test_sums_are_those_of_all_values(values: np.ndarray) -> None:
    before = values.copy()
    sums = ordered_sum(torch.from_numpy(values))
    assert sums.tolist() == pytest.approx([math.fsum(row) for row in values], rel=1e-12, abs=1e-8)
    assert (values == before).all()
