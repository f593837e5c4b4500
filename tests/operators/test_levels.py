import pytest
import torch

from operators.levels import LEVELS


def test_levels_map_black_to_0_white_to_1_and_bend_between() -> None:
    grey = torch.tensor([0.1, 0.3, 0.5, 0.9], dtype=torch.float64).expand(1, 3, 4)
    result = LEVELS.apply(grey, torch.tensor([[0.1, 0.9, 2.0]], dtype=torch.float64))[0, 0]
    assert result.tolist() == pytest.approx([0, 0.25**0.5, 0.5**0.5, 1])


@pytest.mark.parametrize("gamma", [1 / 3, 0.7, 1.0, 3.0])
def test_levels_rise_through_black_and_white(gamma: float) -> None:
    ramp = torch.linspace(-0.5, 1.5, 4001, dtype=torch.float64).expand(1, 3, -1)
    result = LEVELS.apply(ramp, torch.tensor([[0.05, 0.9, gamma]], dtype=torch.float64))[0, 0]
    assert (result.diff() > 0).all()
    assert result.diff().max() < 0.1  # no jump where the line meets the power
