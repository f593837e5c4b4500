import torch
from torch import Tensor

from operators.color_space import luma, rgb_to_hsy
from operators.split_toning import SPLIT_TONING

RAMP = torch.linspace(0, 1, 101).expand(1, 3, -1)


def toned(*values: float) -> Tensor:
    return SPLIT_TONING.apply(RAMP, torch.tensor([values]))


def test_each_tint_has_its_hue_and_its_half() -> None:
    """Blue shadows and orange highlights on a grey ramp."""
    hue = rgb_to_hsy(toned(240, 60, 30, 60))[0][0]
    assert (hue[5:25] - 4).abs().max() < 0.5
    assert (hue[75:95] - 0.5).abs().max() < 0.25


def test_luma_black_and_white_stay() -> None:
    image = torch.rand(1, 3, 500, generator=torch.Generator().manual_seed(1))
    after = SPLIT_TONING.apply(image, torch.tensor([[240.0, 100.0, 30.0, 100.0]]))
    assert (after - image).abs().max() > 0.1
    assert (luma(after) - luma(image)).abs().max() < 1e-6
    ends = toned(240, 100, 30, 100)[..., [0, -1]]
    assert torch.allclose(ends, RAMP[..., [0, -1]], atol=1e-6)


def test_a_tint_grows_with_its_saturation_and_hue_0_is_hue_360() -> None:
    spread = [(toned(200, amount, 0, 0).amax(1) - toned(200, amount, 0, 0).amin(1)).max() for amount in (0, 30, 100)]
    assert spread[0] == 0
    assert 0.01 < spread[1] < 0.5 * spread[2]
    assert torch.allclose(toned(0, 50, 0, 0), toned(360, 50, 0, 0), atol=1e-6)
