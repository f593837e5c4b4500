import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.tables import inverse_lookup, lookup

STEP = 0.25
TABLE = torch.tensor([[0.0, 0.1, 0.5, 0.6, 1.0], [-1.0, 2.0, 2.5, 4.0, 9.0]], dtype=torch.float64)


def test_lookup_agrees_with_numpy_between_the_knots() -> None:
    x = torch.linspace(0, 1, 41, dtype=torch.float64).expand(2, -1)
    expected = [np.interp(x[row], np.arange(5) * STEP, TABLE[row]) for row in range(2)]
    assert np.allclose(lookup(x, TABLE, STEP), expected, atol=1e-12)


def test_lookup_extends_the_end_segments_as_straight_lines() -> None:
    x = torch.tensor([[-1.0, 2.0]] * 2, dtype=torch.float64)
    expected = torch.tensor([[-0.4, 2.6], [-13.0, 29.0]], dtype=torch.float64)
    assert torch.allclose(lookup(x, TABLE, STEP), expected)


@settings(deadline=None, derandomize=True)
@given(x=st.floats(-5, 5), steps=st.lists(st.floats(0.01, 3), min_size=1, max_size=12))
def test_inverse_lookup_finds_the_position(x: float, steps: list[float]) -> None:
    table = torch.tensor([[0.0, *steps]], dtype=torch.float64).cumsum(1)
    position = torch.tensor([[x]], dtype=torch.float64)
    assert torch.allclose(inverse_lookup(lookup(position, table, STEP), table, STEP), position, atol=1e-9)


def test_both_are_differentiable_in_position_and_table() -> None:
    x = torch.tensor([[-0.3, 0.11, 0.4, 0.93, 1.3]] * 2, dtype=torch.float64, requires_grad=True)
    table = TABLE.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: lookup(a, b, STEP), (x, table))
    assert torch.autograd.gradcheck(lambda a, b: inverse_lookup(a, b, STEP), (x, table))
