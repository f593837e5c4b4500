"""What a person sees change, in units of CIELAB."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage import data
from torch import Tensor

from operators.catalogue import AETHER_1
from quality.color_difference import srgb_to_lab
from quality.seen.change import Change, measure_change
from quality.seen.hues import HUES, NO_HUE, hue_numbers
from quality.seen.lab import lab_of
from schemas.recipe import Recipe


def _coffee() -> Tensor:
    return torch.from_numpy(data.coffee()[::2, ::2].copy()).permute(2, 0, 1)


def _rendered(photo: Tensor, **values: float) -> Tensor:
    parameters = AETHER_1.vector([Recipe(process="aether/1", values=values)])
    return (AETHER_1.render(photo.unsqueeze(0) / 255, parameters)[0].clamp(0, 1) * 255).round().to(torch.uint8)


def _greys(*codes: int) -> Tensor:
    return torch.tensor(codes, dtype=torch.uint8).repeat(3, 1).unsqueeze(1)


def _lightness(*codes: int) -> list[float]:
    lightness: list[float] = srgb_to_lab(_greys(*codes)[None])[0, 0, 0].tolist()
    return lightness


def test_the_tables_convert_as_the_formula_does() -> None:
    codes = torch.randint(0, 256, (1, 3, 50_000), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    assert np.abs(lab_of(codes[0].numpy()) - srgb_to_lab(codes)[0].numpy()).max() < 0.06


@given(st.floats(0, 359.9), st.floats(9, 100))
def test_hues_follow_one_another_round_the_circle(angle: float, chroma: float) -> None:
    def number(degrees: float) -> int:
        a, b = (np.array([chroma * f(math.radians(degrees))], np.float32) for f in (math.cos, math.sin))
        return int(hue_numbers(a, b)[0])

    here, further = number(angle), number(angle + 20)
    assert 0 <= here < len(HUES)
    assert (further - here) % len(HUES) in (0, 1)


def test_grey_has_no_hue() -> None:
    assert hue_numbers(np.float32([3]), np.float32([-4])).tolist() == [NO_HUE]


def test_no_change_measures_zero() -> None:
    change = measure_change(_coffee(), _coffee())
    assert change.input == change.target
    assert change.shift == (0, 0)
    assert all(hue.turn == hue.chroma == hue.lightness == 0 for hue in change.hues)
    assert sum(tone.share for tone in (change.shadows, change.midtones, change.highlights)) <= 1
    assert sum(hue.share for hue in change.hues) <= 1


def test_tone_bands_are_those_of_the_input() -> None:
    before, after = _lightness(40, 128, 220), _lightness(60, 128, 200)
    change = measure_change(_greys(40, 128, 220), _greys(60, 128, 200))
    assert change.shadows.lightness == pytest.approx(after[0] - before[0], abs=0.01)
    assert change.midtones.lightness == 0
    assert change.highlights.lightness == pytest.approx(after[2] - before[2], abs=0.01)
    assert change.shadows.share == pytest.approx(1 / 3)
    assert change.target.spread < change.input.spread


def test_clipped_pixels_do_not_dilute_the_highlights() -> None:
    change = measure_change(_greys(255, 255, 255, 200), _greys(255, 255, 255, 180))
    before, after = _lightness(200, 180)
    assert change.highlights.lightness == pytest.approx(after - before, abs=0.01)
    assert change.input.white == 0.75


@given(st.lists(st.integers(0, 255), min_size=2, max_size=40))
def test_contrast_is_the_standard_deviation_of_lightness(codes: list[int]) -> None:
    state = measure_change(_greys(*codes), _greys(*codes)).input
    assert state.spread == pytest.approx(float(np.std(_lightness(*codes))), abs=0.02)
    assert state.lightness == pytest.approx(float(np.mean(_lightness(*codes))), abs=0.01)


def _warmth(change: Change) -> float:
    return change.target.warmth - change.input.warmth


def _tint(change: Change) -> float:
    return change.target.tint - change.input.tint


def test_global_color_follows_its_sliders() -> None:
    photo = torch.from_numpy(data.astronaut()[::2, ::2].copy()).permute(2, 0, 1)
    for slider, sign in (("IncrementalTemperature", _warmth), ("IncrementalTint", _tint)):
        up, down = (sign(measure_change(photo, _rendered(photo, **{slider: value}))) for value in (20, -20))
        assert down < -2 < 2 < up
    more, less = (measure_change(photo, _rendered(photo, Saturation=value)) for value in (30, -30))
    assert less.target.chroma < less.input.chroma - 3
    assert more.target.chroma > more.input.chroma + 3


def test_a_cast_is_measured_on_grey_whatever_the_colors_around_it() -> None:
    grey, warm = _greys(*[128] * 10), _greys(*[128] * 10)
    warm[0] += 8
    warm[2] -= 8
    red = torch.tensor([230, 50, 50], dtype=torch.uint8).view(3, 1, 1).expand(3, 1, 30)
    change = measure_change(torch.cat([grey, red], 2), torch.cat([warm, red], 2))
    expected = srgb_to_lab(warm[None, :, :, :1])[0, :, 0, 0]
    assert change.neutral == 0.25
    assert (change.target.tint, change.target.warmth) == pytest.approx(expected[1:].tolist(), abs=0.1)
    assert (change.input.tint, change.input.warmth) == pytest.approx((0, 0), abs=0.1)


def test_without_grey_there_is_no_cast() -> None:
    red = torch.tensor([230, 50, 50], dtype=torch.uint8).view(3, 1, 1).expand(3, 4, 4)
    change = measure_change(red, red // 2)
    assert change.neutral == 0
    assert change.input.warmth == change.target.warmth == 0
    assert change.shift[1] < 0


@pytest.mark.parametrize("number", range(len(HUES)))
def test_each_hue_measures_its_own_colors(number: int) -> None:
    code = [
        (225, 40, 40), (230, 130, 30), (220, 200, 40), (50, 160, 60), (30, 180, 190), (50, 90, 200), (140, 60, 190),
        (200, 50, 150),
    ][number]  # fmt: skip
    before = torch.tensor(code, dtype=torch.uint8).view(3, 1, 1).expand(3, 4, 4)
    grey = before.float().mean()
    paler = (grey + 0.7 * (before - grey)).round().to(torch.uint8)
    own = measure_change(before, paler).hues[number]
    assert own.share == 1, HUES[number]
    expected = srgb_to_lab(torch.stack([before, paler]))[:, 1:].norm(dim=1)[:, 0, 0]
    assert own.chroma == pytest.approx(float(expected[1] - expected[0]), abs=0.1)
    assert own.before == pytest.approx(float(expected[0]), abs=0.1)


def test_a_turn_is_an_angle_toward_the_next_hue() -> None:
    red = torch.tensor([200, 60, 60], dtype=torch.uint8).view(3, 1, 1).expand(3, 4, 4)
    orange = torch.tensor([200, 90, 60], dtype=torch.uint8).view(3, 1, 1).expand(3, 4, 4)
    a0, b0, a1, b1 = srgb_to_lab(torch.stack([red, orange]))[:, 1:, 0, 0].flatten().tolist()
    turn = math.degrees(math.atan2(b1, a1) - math.atan2(b0, a0))
    found = max(measure_change(red, orange).hues, key=lambda hue: hue.share)
    assert found.turn == pytest.approx(turn, abs=0.3)
    assert turn > 5


def test_large_pictures_are_read_on_a_grid() -> None:
    large = _coffee().repeat(1, 4, 4)
    brighter = _rendered(large, Exposure2012=0.3)
    whole, grid = srgb_to_lab(torch.stack([large, brighter]))[:, 0].flatten(1).mean(1), measure_change(large, brighter)
    assert grid.target.lightness - grid.input.lightness == pytest.approx(float(whole[1] - whole[0]), abs=0.2)


@pytest.mark.parametrize(
    ("shape", "other", "dtype"),
    [((3, 4, 4), (3, 4, 5), torch.uint8), ((1, 4, 4), (1, 4, 4), torch.uint8), ((3, 4, 4), (3, 4, 4), torch.float32)],
)
def test_what_is_no_pair_of_pictures_is_refused(
    shape: tuple[int, ...], other: tuple[int, ...], dtype: torch.dtype
) -> None:
    with pytest.raises(ValueError, match="need"):
        measure_change(torch.zeros(shape, dtype=dtype), torch.zeros(other, dtype=dtype))
