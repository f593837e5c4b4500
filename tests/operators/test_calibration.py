"""Calibration keeps neutrals, can be undone, and moves the primary that its slider names."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from operators.calibration import CALIBRATION, apply, invert, matrix

sliders = st.lists(st.floats(-100, 100, width=32), min_size=6, max_size=6).map(lambda values: torch.tensor([values]))


def colors() -> Tensor:
    return torch.rand(1, 3, 500, generator=torch.Generator().manual_seed(0))


def alone(name: str, value: float) -> Tensor:
    names = [spec.name for spec in CALIBRATION.parameters]
    return torch.tensor([[value if name == other else 0.0 for other in names]])


@settings(deadline=None)
@given(sliders)
def test_every_setting_can_be_undone(parameters: Tensor) -> None:
    parameters = parameters.double()
    image = colors().double()
    assert (invert(apply(image, parameters), parameters) - image).abs().max() < 1e-9
    assert (apply(invert(image, parameters), parameters) - image).abs().max() < 1e-9


@settings(deadline=None)
@given(sliders)
def test_neutrals_stay(parameters: Tensor) -> None:
    greys = torch.linspace(0, 1, 11).expand(1, 3, -1)
    assert (apply(greys, parameters) - greys).abs().max() < 1e-5


def test_zero_changes_nothing() -> None:
    torch.testing.assert_close(matrix(torch.zeros(2, 6)), torch.eye(3).expand(2, -1, -1))


@pytest.mark.parametrize(
    ("name", "primary", "next_one", "last"),
    [("RedHue", 0, 1, 2), ("GreenHue", 1, 2, 0), ("BlueHue", 2, 0, 1)],
)
def test_hue_turns_its_primary_toward_the_next(name: str, primary: int, next_one: int, last: int) -> None:
    turned = matrix(alone(name, 50))[0]
    assert turned[next_one, primary] > 0.1
    assert turned[last, primary] < -0.1
    others = [column for column in range(3) if column != primary]
    assert turned[:, others].diagonal().min() <= 1.2
    assert turned[others[0], others[1]].abs() < 0.02


@pytest.mark.parametrize(("name", "primary"), [("RedSaturation", 0), ("GreenSaturation", 1), ("BlueSaturation", 2)])
def test_saturation_takes_its_primary_from_both_others(name: str, primary: int) -> None:
    purer, paler = matrix(alone(name, 50))[0], matrix(alone(name, -50))[0]
    for other in {0, 1, 2} - {primary}:
        assert purer[other, primary] < -0.1
        assert paler[other, primary] > 0.1


def test_gradients_are_right() -> None:
    image = (0.2 + 0.6 * colors()[:, :, :3]).double().requires_grad_()
    parameters = torch.tensor([[10.0, -20, 5, 15, -8, 12]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(apply, (image, parameters))
