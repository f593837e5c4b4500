import colorsys
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from torch import Tensor

from operators.saturation import SATURATION

AMOUNTS = (-100.0, -50.0, 0.0, 50.0, 100.0)


def colors(saturation: float) -> Tensor:
    """Twelve hues of one HSV saturation, (1, 3, 12)."""
    return torch.tensor([colorsys.hsv_to_rgb(k / 12, saturation, 0.6) for k in range(12)]).T.unsqueeze(0)


def photo() -> Tensor:
    return torch.from_numpy(data.coffee()[::8, ::8] / 255.0).float().permute(2, 0, 1).flatten(1).unsqueeze(0)


def chroma(image: Tensor) -> Tensor:
    return image.amax(1) - image.amin(1)


@pytest.mark.parametrize("name", ["Vibrance", "Saturation"])
def test_more_is_more_colorful(name: str, render: Callable[..., Tensor]) -> None:
    chromas = torch.cat([chroma(render(colors(0.4), **{name: amount})) for amount in AMOUNTS])
    assert (chromas.diff(dim=0) > 0.01).all()


@pytest.mark.parametrize("name", ["Vibrance", "Saturation"])
@pytest.mark.parametrize("amount", [-100.0, 100.0])
def test_keeps_hue_and_luma(name: str, amount: float, render: Callable[..., Tensor]) -> None:
    image = colors(0.4)
    result = render(image, **{name: amount})
    for before, after in zip(image[0].T.tolist(), result[0].T.tolist(), strict=True):
        turn = colorsys.rgb_to_hsv(*after)[0] - colorsys.rgb_to_hsv(*before)[0]
        assert abs((turn + 0.5) % 1 - 0.5) < 1e-5
        assert colorsys.rgb_to_yiq(*after)[0] == pytest.approx(colorsys.rgb_to_yiq(*before)[0], abs=0.01)
    weights = torch.tensor([0.299, 0.587, 0.114])
    assert torch.allclose(weights @ result[0], weights @ image[0], atol=1e-5)


@pytest.mark.parametrize("amount", [-100.0, -40.0, 40.0, 100.0])
def test_vibrance_moves_pale_colors_more_than_saturated_ones(amount: float, render: Callable[..., Tensor]) -> None:
    factors = []
    for saturation in (0.1, 0.5, 0.9, 1.0):
        image = colors(saturation)
        factors.append((chroma(render(image, Vibrance=amount)) / chroma(image)).log().abs())
    assert (torch.cat(factors).diff(dim=0) < -0.01).all()


def test_vibrance_leaves_pure_colors_alone(render: Callable[..., Tensor]) -> None:
    pure = torch.tensor([colorsys.hsv_to_rgb(k / 12, 1, 1) for k in range(12)]).T.unsqueeze(0)
    assert torch.allclose(render(pure, Vibrance=100.0), pure, atol=1e-5)


@settings(deadline=None, derandomize=True)
@given(amount=st.floats(-100, 100), seed=st.integers(0, 2**32))
def test_vibrance_never_leaves_the_gamut(amount: float, seed: int) -> None:
    image = torch.rand(1, 3, 500, generator=torch.Generator().manual_seed(seed))
    image[:, :, :100] = image[:, :, :100].round()
    result = SATURATION.apply(image, torch.tensor([[amount, 0.0]]))
    assert result.min() > -1e-6
    assert result.max() < 1 + 1e-6


@pytest.mark.parametrize(("amount", "factor"), [(-100.0, 0.2), (-50.0, 0.575), (50.0, 1.475), (100.0, 2.0)])
def test_saturation_scales_every_color_alike(amount: float, factor: float, render: Callable[..., Tensor]) -> None:
    image = photo()
    assert torch.allclose(chroma(render(image, Saturation=amount)), factor * chroma(image), atol=1e-5)


@pytest.mark.parametrize("name", ["Vibrance", "Saturation"])
@pytest.mark.parametrize("amount", [-100.0, 100.0])
def test_greys_stay_as_they_are(name: str, amount: float, render: Callable[..., Tensor]) -> None:
    grey = torch.linspace(0, 1, 33).expand(1, 3, -1)
    assert torch.allclose(render(grey, **{name: amount}), grey, atol=1e-6)
