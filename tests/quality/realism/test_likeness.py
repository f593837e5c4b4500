"""Sets of photographs: equal ones are equal, an edit moves them apart, and the metrics are those of their papers."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from quality.realism.likeness import compare, energy_distance, histogram_intersection, photographs

SETS = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=30)


def test_a_set_equals_itself(photos: dict[str, Tensor]) -> None:
    realism = compare(photographs(photos.values()), photographs(photos.values()))
    assert (realism.luminance, realism.contrast, realism.saturation) == pytest.approx((1, 1, 1))
    assert realism.color_distance == pytest.approx(0, abs=1e-4)


def test_the_stronger_the_edit_the_farther(photos: dict[str, Tensor]) -> None:
    real = photographs(photos.values())

    def edited(gain: float) -> float:
        return compare(photographs([(p.float() * gain).byte() for p in photos.values()]), real).color_distance

    assert 0 < edited(0.9) < edited(0.7) < edited(0.4)


def test_each_number_sees_its_own_edit(photos: dict[str, Tensor]) -> None:
    real = photographs(photos.values())
    grey = compare(photographs(p.float().mean(0, keepdim=True).expand(3, -1, -1).byte() for p in photos.values()), real)
    assert grey.saturation < 0.3 < grey.luminance
    dim = compare(photographs((p.float() * 0.3).byte() for p in photos.values()), real)
    assert dim.luminance < 0.4 < dim.saturation
    faint = compare(photographs((p.float() * 0.1 + 100).byte() for p in photos.values()), real)
    assert faint.contrast < 0.2


def test_no_picture_is_an_error() -> None:
    with pytest.raises(ValueError, match="needs a picture"):
        photographs([])


@given(SETS, SETS)
def test_intersection_is_that_of_numpy_histograms(one: list[float], other: list[float]) -> None:
    histograms = [np.histogram(np.float32(v), bins=32, range=(0, 1))[0] / len(v) for v in (one, other)]
    shared = histogram_intersection(torch.tensor(one), torch.tensor(other))
    assert shared == pytest.approx(np.minimum(*histograms).sum(), abs=1e-5)
    assert -1e-6 <= shared <= 1 + 1e-6


@given(SETS, SETS)
def test_energy_distance_in_one_dimension_is_the_area_between_distribution_functions(
    one: list[float], other: list[float]
) -> None:
    # Szekely and Rizzo (2013): on a line it equals twice the integral of the squared difference of the two.
    grid = np.sort(np.array([*one, *other], dtype=np.float64))
    functions = [np.searchsorted(np.sort(np.float64(v)), grid[:-1], side="right") / len(v) for v in (one, other)]
    expected = 2 * ((functions[0] - functions[1]) ** 2 * np.diff(grid)).sum()
    values = [torch.tensor(v, dtype=torch.float64)[:, None] for v in (one, other)]
    assert energy_distance(values[0], values[1]).item() == pytest.approx(expected, abs=1e-9)


def test_energy_distance_has_a_finite_gradient_at_equal_vectors() -> None:
    values = torch.zeros(3, 2, requires_grad=True)
    torch.autograd.backward(energy_distance(values, torch.tensor([[0.0, 0.0], [1.0, 2.0]])))
    assert values.grad is not None
    assert torch.isfinite(values.grad).all()
