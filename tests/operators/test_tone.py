from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from operators.tone import SEGMENTS, TONE, apply, curve

NAMES = [spec.name for spec in TONE.parameters]
TONES = torch.linspace(0, 1, SEGMENTS + 1)

REGIONS = {
    # slider: (where it may act, where it acts most)
    "Highlights2012": ((0.30, 1.0), (0.65, 0.85)),
    "Shadows2012": ((0.0, 0.70), (0.15, 0.35)),
    "Whites2012": ((0.40, 1.0), (0.95, 1.0)),
    "Blacks2012": ((0.0, 0.40), (0.0, 0.05)),
    "ParametricShadows": ((0.0, 0.375), (0.0, 0.25)),
    "ParametricDarks": ((0.125, 0.625), (0.25, 0.5)),
    "ParametricLights": ((0.375, 0.875), (0.5, 0.75)),
    "ParametricHighlights": ((0.625, 1.0), (0.75, 1.0)),
}


def move(name: str, *amounts: float) -> Tensor:
    """How far one slider displaces each of TONES at each of the amounts, (amounts, TONES)."""
    parameters = torch.zeros(len(amounts), len(NAMES))
    parameters[:, NAMES.index(name)] = torch.tensor(amounts)
    return curve(parameters) - TONES


def outside(low: float, high: float) -> Tensor:
    return TONES.lt(low) | TONES.gt(high)


@pytest.mark.parametrize("name", REGIONS)
@pytest.mark.parametrize("amount", [-100.0, -50.0, 50.0, 100.0])
def test_slider_moves_its_own_tones_its_own_way(name: str, amount: float) -> None:
    support, peak = REGIONS[name]
    displacement = move(name, amount)[0] * (1 if amount > 0 else -1)
    assert (displacement > -1e-6).all()
    assert displacement.max() > 0.04 * abs(amount) / 100
    assert peak[0] <= TONES[displacement.argmax()] <= peak[1]
    assert displacement[outside(*support)].abs().max() < 1e-6


@pytest.mark.parametrize("name", REGIONS)
def test_larger_amounts_move_further(name: str) -> None:
    steps = move(name, -100, -60, -20, 0, 20, 60, 100).diff(dim=0)
    assert (steps > -1e-6).all()
    low, high = REGIONS[name][1]
    assert (steps[:, ~outside(max(low, 0.02), min(high, 0.98))] > 1e-4).all()


@pytest.mark.parametrize("name", [name for name in REGIONS if name not in ("Whites2012", "Blacks2012")])
@pytest.mark.parametrize("amount", [-100.0, 100.0])
def test_bands_hold_black_and_white(name: str, amount: float) -> None:
    assert move(name, amount)[0, [0, -1]].abs().max() < 1e-6


@pytest.mark.parametrize(("name", "end", "reach"), [("Whites2012", -1, 0.15), ("Blacks2012", 0, 0.10)])
def test_whites_and_blacks_move_their_end_and_hold_the_other(name: str, end: int, reach: float) -> None:
    ends = move(name, -100, 100)
    assert ends[:, end].tolist() == pytest.approx([-reach, reach], abs=1e-6)
    assert ends[:, -1 - end].abs().max() < 1e-6


@pytest.mark.parametrize("amount", [50.0, 100.0])
def test_contrast_steepens_middle_grey_and_holds_it_and_the_ends(amount: float) -> None:
    more, less = move("Contrast2012", amount, -amount)
    for displacement, sign in ((more, 1), (less, -1)):
        assert displacement[[0, SEGMENTS // 2, -1]].abs().max() < 1e-6
        slope = 1 + (displacement[SEGMENTS // 2 + 4] - displacement[SEGMENTS // 2 - 4]).item() * SEGMENTS / 8
        assert slope == pytest.approx(1 + sign * 0.5 * amount / 100, abs=0.01)
        assert (sign * displacement[1 : SEGMENTS // 2] < 0).all()
        assert (sign * displacement[SEGMENTS // 2 + 1 : -1] > 0).all()


def test_curve_rises_strictly_in_every_corner() -> None:
    corners = torch.tensor(list(product((-100.0, 100.0), repeat=len(NAMES))))
    slopes = curve(corners).diff(dim=1) * SEGMENTS
    assert slopes.min() > 0.05
    assert slopes.max() < 7


@settings(deadline=None, derandomize=True)
@given(st.lists(st.floats(-100, 100), min_size=len(NAMES), max_size=len(NAMES)))
def test_curve_rises_strictly_anywhere(values: list[float]) -> None:
    assert (curve(torch.tensor([values])).diff(dim=1) > 0).all()


def test_channels_share_one_curve() -> None:
    parameters = torch.tensor([[40.0, -80, 60, 20, -30, 10, 50, -60, 90]])
    image = torch.rand(1, 3, 50, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(apply(image, parameters)[:, [2, 0, 1]], apply(image[:, [2, 0, 1]], parameters))
    ramp = apply(TONES.expand(1, 3, -1), parameters)
    assert torch.allclose(ramp, curve(parameters).expand(1, 3, -1), atol=1e-6)


def test_tones_outside_the_unit_interval_keep_their_order() -> None:
    corners = torch.tensor(list(product((-100.0, 100.0), repeat=len(NAMES))))
    ramp = torch.linspace(-1, 3, 401).expand(len(corners), 1, -1)
    assert (apply(ramp, corners).diff(dim=2) > 0).all()
