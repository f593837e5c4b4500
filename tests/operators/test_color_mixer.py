import colorsys
from collections.abc import Callable
from math import atan, pi

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from torch import Tensor

from operators.color_mixer import BANDS, COLOR_MIXER, hue_table
from operators.color_space import hsy_to_rgb
from schemas.recipe import ParameterSpec

CENTERS = {"Red": 0, "Orange": 30, "Yellow": 60, "Green": 120, "Aqua": 180, "Blue": 240, "Purple": 270, "Magenta": 300}
"""Degrees of HSV hue."""

DEGREES = torch.arange(360)
WEIGHTS = torch.tensor([0.299, 0.587, 0.114])
Render = Callable[..., Tensor]

each_band = pytest.mark.parametrize("band", BANDS)


def wheel(saturation: float = 0.8, luma: float = 0.5) -> Tensor:
    """One pixel a degree of hue, (1, 3, 360), with even gamut-relative saturation and luma."""
    return hsy_to_rgb(DEGREES[None] / 60, torch.full((1, 360), saturation), torch.full((1, 360), luma))


def hues(image: Tensor) -> Tensor:
    """HSV hue in degrees by an independent implementation, (N,)."""
    return torch.tensor([360 * colorsys.rgb_to_hsv(*pixel)[0] for pixel in image[0].T.tolist()])


def hue_change(image: Tensor) -> Tensor:
    """Signed change of hue in degrees against the wheel, (360,)."""
    return torch.remainder(hues(image) - DEGREES + 180, 360) - 180


def luma(image: Tensor) -> Tensor:
    return WEIGHTS @ image[0]


def chroma(image: Tensor) -> Tensor:
    return (image.amax(1) - image.amin(1))[0]


def neighbors(band: str) -> tuple[int, int]:
    """Distance in degrees from a band's centre to those of the band before and of the band after."""
    k = BANDS.index(band)
    before, after = BANDS[k - 1], BANDS[(k + 1) % 8]
    return (CENTERS[band] - CENTERS[before]) % 360, (CENTERS[after] - CENTERS[band]) % 360


def beyond_neighbors(band: str) -> Tensor:
    """Which degrees of the wheel lie at the centres of the neighbouring bands or beyond."""
    before, after = neighbors(band)
    offset = torch.remainder(DEGREES - CENTERS[band] + 180, 360) - 180
    return (offset <= -before) | (offset >= after)


def distance(degree: int, band: str) -> int:
    return abs((degree - CENTERS[band] + 180) % 360 - 180)


@each_band
@pytest.mark.parametrize("amount", [-100.0, -50.0, 50.0, 100.0])
def test_hue_slider_turns_its_own_hues(band: str, amount: float, render: Render) -> None:
    change = hue_change(render(wheel(), **{f"HueAdjustment{band}": amount})) * (1 if amount > 0 else -1)
    assert (change > -0.01).all()
    before, after = neighbors(band)
    furthest = (int(change.argmax()) - CENTERS[band] + 180) % 360 - 180
    assert -before / 2 < furthest < after / 2
    assert change[CENTERS[band]] > 0.08 * min(before, after) * abs(amount) / 25
    assert change[beyond_neighbors(band)].abs().max() < 0.01


@each_band
def test_hue_slider_alone_carries_its_center_two_fifths_of_the_way(band: str, render: Render) -> None:
    before, after = neighbors(band)
    share = 2 / pi * atan(pi / 4)  # the flow u' = cos(pi u / 2)^2 / 2 from 0 over one unit of time
    assert share == pytest.approx(0.42, abs=0.005)
    plus, minus = (hue_change(render(wheel(), **{f"HueAdjustment{band}": amount})) for amount in (100.0, -100.0))
    assert plus[CENTERS[band]].item() == pytest.approx(share * after, abs=0.05)
    assert minus[CENTERS[band]].item() == pytest.approx(-share * before, abs=0.05)


@each_band
def test_hue_slider_turns_further_for_larger_amounts(band: str, render: Render) -> None:
    turns = [
        hue_change(render(wheel(), **{f"HueAdjustment{band}": amount}))[CENTERS[band]]
        for amount in (-100.0, -50.0, -10.0, 0.0, 10.0, 50.0, 100.0)
    ]
    assert (torch.stack(turns).diff() > 0.5).all()


@settings(deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([-1.0, 1.0]) | st.floats(-1, 1), min_size=8, max_size=8))
def test_hues_never_overtake_each_other(speeds: list[float]) -> None:
    table = hue_table(torch.tensor([speeds], dtype=torch.float64))
    assert (table.diff(dim=1) > 0).all()
    assert (table[0, -1] - table[0, 0]).item() == pytest.approx(6, abs=1e-9)


@pytest.mark.parametrize("amount", [-100.0, 100.0])
def test_hue_sliders_keep_luma(amount: float, render: Render) -> None:
    result = render(wheel(), **{f"HueAdjustment{band}": amount for band in BANDS})
    assert torch.allclose(luma(result), luma(wheel()), atol=1e-5)


@each_band
@pytest.mark.parametrize("amount", [-100.0, -50.0, 50.0, 100.0])
def test_saturation_slider_moves_its_own_hues(band: str, amount: float, render: Render) -> None:
    image = wheel(saturation=0.5)
    result = render(image, **{f"SaturationAdjustment{band}": amount})
    change = (chroma(result) / chroma(image)).log() * (1 if amount > 0 else -1)
    assert (change > -1e-5).all()
    assert distance(int(change.argmax()), band) <= 1
    assert change.max() > 0.2
    assert change[beyond_neighbors(band)].abs().max() < 1e-5
    assert torch.allclose(luma(result), luma(image), atol=1e-5)
    assert hue_change(result).abs().max() < 0.01


@each_band
@pytest.mark.parametrize("kind", ["Saturation", "Luminance"])
def test_larger_amounts_move_further(band: str, kind: str, render: Render) -> None:
    measure = {"Saturation": chroma, "Luminance": luma}[kind]
    values = [
        measure(render(wheel(), **{f"{kind}Adjustment{band}": amount}))[CENTERS[band]]
        for amount in (-100.0, -50.0, -10.0, 0.0, 10.0, 50.0, 100.0)
    ]
    assert (torch.stack(values).diff() > 0.002).all()


@pytest.mark.parametrize(("amount", "kept"), [(-100.0, 0.4), (-30.0, 0.984), (30.0, 1.0), (100.0, 1.0)])
def test_only_strong_negative_saturation_drains_pure_colors(amount: float, kept: float, render: Render) -> None:
    pure = wheel(saturation=1.0)
    result = render(pure, **{f"SaturationAdjustment{band}": amount for band in BANDS})
    assert torch.allclose(chroma(result), kept * chroma(pure), atol=1e-3)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 100), min_size=8, max_size=8), st.integers(0, 2**32))
def test_positive_saturation_never_leaves_the_gamut(saturations: list[float], seed: int) -> None:
    image = torch.rand(1, 3, 500, generator=torch.Generator().manual_seed(seed))
    result = COLOR_MIXER.apply(image, torch.tensor([[0.0] * 8 + saturations + [0.0] * 8]))
    assert result.min() > -1e-6
    assert result.max() < 1 + 1e-6


@each_band
@pytest.mark.parametrize("amount", [-100.0, -50.0, 50.0, 100.0])
def test_luminance_slider_moves_its_own_hues(band: str, amount: float, render: Render) -> None:
    image = wheel()
    result = render(image, **{f"LuminanceAdjustment{band}": amount})
    change = (luma(result) - luma(image)) * (1 if amount > 0 else -1)
    assert (change > -1e-5).all()
    assert distance(int(change.argmax()), band) <= 1
    assert change.max() > 0.05
    assert change[beyond_neighbors(band)].abs().max() < 1e-5
    assert hue_change(result).abs().max() < 0.01


@pytest.mark.parametrize("spec", COLOR_MIXER.parameters, ids=lambda spec: spec.name)
@pytest.mark.parametrize("amount", [-100.0, 100.0])
def test_neutrals_stay_as_they_are(spec: ParameterSpec, amount: float, render: Render) -> None:
    grey = torch.linspace(0, 1, 33).expand(1, 3, -1)
    assert torch.allclose(render(grey, **{spec.name: amount}), grey, atol=1e-6)


def test_noise_of_near_neutrals_does_not_become_grain(render: Render) -> None:
    # The grey studio wall behind the astronaut: opposite luminance sliders must not turn its colour noise into specks.
    wall = torch.from_numpy(data.astronaut()[20:80, 60:120] / 255.0).float().permute(2, 0, 1).flatten(1)[None]
    sliders = {"Red": 100.0, "Orange": -100.0, "Yellow": 100.0, "Blue": 100.0, "Purple": -100.0}
    result = render(wall, **{f"LuminanceAdjustment{band}": value for band, value in sliders.items()})
    assert (luma(result) - luma(wall)).std() < 1 / 255
