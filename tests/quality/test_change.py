import math

import pytest
import torch
from skimage import data
from torch import Tensor

from operators.catalogue import AETHER_1
from operators.color_mixer import BANDS
from operators.color_space import hsy_to_rgb
from quality.change import measure_change
from schemas.recipe import Recipe


def _bytes(image: Tensor) -> Tensor:
    return (image.clamp(0, 1) * 255).round().to(torch.uint8)


def _coffee() -> Tensor:
    return torch.from_numpy(data.coffee()[::2, ::2].copy()).permute(2, 0, 1)


def _rendered(photo: Tensor, **values: float) -> Tensor:
    parameters = AETHER_1.vector([Recipe(process="aether/1", values=values)])
    return _bytes(AETHER_1.render(photo.unsqueeze(0) / 255, parameters)[0])


def test_no_change_measures_zero() -> None:
    change = measure_change(_coffee(), _coffee())
    assert change.brightness == change.contrast == change.warmth == change.tint == change.colorfulness == 0
    assert all(color.hue == color.saturation == color.luma == 0 for color in change.colors)
    assert sum(tone.share for tone in (change.shadows, change.midtones, change.highlights)) <= 1


def test_tone_bands_are_those_of_the_input() -> None:
    before = torch.tensor([40, 128, 220], dtype=torch.uint8).repeat(3, 1).unsqueeze(1)
    after = torch.tensor([60, 128, 200], dtype=torch.uint8).repeat(3, 1).unsqueeze(1)
    change = measure_change(before, after)
    assert change.shadows.luma == pytest.approx(20 / 255, abs=1e-5)
    assert change.midtones.luma == pytest.approx(0, abs=1e-5)
    assert change.highlights.luma == pytest.approx(-20 / 255, abs=1e-5)
    assert change.shadows.share == pytest.approx(1 / 3)
    assert change.contrast < 0


def test_clipped_pixels_do_not_dilute_the_highlights() -> None:
    row = torch.tensor([255, 255, 255, 200], dtype=torch.uint8)
    after = torch.tensor([255, 255, 255, 180], dtype=torch.uint8)
    change = measure_change(row.repeat(3, 1).unsqueeze(1), after.repeat(3, 1).unsqueeze(1))
    assert change.highlights.luma == pytest.approx(-20 / 255, abs=1e-5)
    assert change.input.white == 0.75


@pytest.mark.parametrize(
    ("slider", "field"),
    [("IncrementalTemperature", "warmth"), ("IncrementalTint", "tint"), ("Saturation", "colorfulness")],
)
def test_global_color_follows_its_slider(slider: str, field: str) -> None:
    photo = _coffee()
    up = getattr(measure_change(photo, _rendered(photo, **{slider: 25})), field)
    down = getattr(measure_change(photo, _rendered(photo, **{slider: -25})), field)
    assert down < -0.03 < 0.03 < up


def test_a_cast_is_measured_on_grey_whatever_the_colors_around_it() -> None:
    grey = torch.full((3, 10, 10), 0.5)
    red = torch.tensor([0.9, 0.2, 0.2]).view(3, 1, 1).expand(3, 10, 30)
    warmed = grey * torch.tensor([1.1, 1.0, 0.9]).view(3, 1, 1)
    change = measure_change(_bytes(torch.cat([grey, red], 2)), _bytes(torch.cat([warmed, red], 2)))
    assert change.warmth == pytest.approx(math.log2((0.55 + 0.05) / (0.45 + 0.05)), abs=0.02)


def test_a_gain_in_encoded_light_is_no_contrast() -> None:
    dark = torch.linspace(0.1, 0.4, 100).repeat(3, 1).unsqueeze(1)
    assert abs(measure_change(_bytes(dark), _bytes(dark * 2)).contrast) < 0.15


@pytest.mark.parametrize("band", range(8))
def test_each_hue_band_measures_its_own_colors(band: int) -> None:
    sextants = torch.tensor([0, 0.5, 1, 2, 3, 4, 4.5, 5])[band]
    hue = sextants.expand(1, 100)
    before = hsy_to_rgb(hue, torch.full((1, 100), 0.5), torch.full((1, 100), 0.4))
    after = hsy_to_rgb(hue + 0.1, torch.full((1, 100), 0.6), torch.full((1, 100), 0.5))
    change = measure_change(_bytes(before[0]).unsqueeze(1), _bytes(after[0]).unsqueeze(1))
    own = change.colors[band]
    assert own.share > 0.9, BANDS[band]
    assert own.hue == pytest.approx(6, abs=1)
    assert own.saturation == pytest.approx(math.log2(0.61 / 0.51), abs=0.03)
    assert own.luma == pytest.approx(0.1, abs=0.005)
    assert sum(color.share for color in change.colors) <= 1.001


def test_large_pictures_are_read_on_a_grid() -> None:
    large = torch.zeros(3, 683, 1024, dtype=torch.uint8)
    off_grid = large.clone()
    off_grid[:, 1::2, 1::2] = 200
    on_grid = large.clone()
    on_grid[:, ::10, ::10] = 200
    assert measure_change(large, off_grid).brightness == 0
    assert measure_change(large, on_grid).brightness == pytest.approx(200 / 255)


@pytest.mark.parametrize(
    ("shape", "other", "dtype"),
    [((3, 4, 4), (3, 4, 5), torch.uint8), ((1, 4, 4), (1, 4, 4), torch.uint8), ((3, 4, 4), (3, 4, 4), torch.float32)],
)
def test_what_is_no_pair_of_pictures_is_refused(
    shape: tuple[int, ...], other: tuple[int, ...], dtype: torch.dtype
) -> None:
    with pytest.raises(ValueError, match="need"):
        measure_change(torch.zeros(shape, dtype=dtype), torch.zeros(other, dtype=dtype))
