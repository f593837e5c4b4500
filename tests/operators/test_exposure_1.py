"""The eight filters of Exposure against NumPy written from the paper's formulas."""

import colorsys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from operators.catalogue import EXPOSURE_1
from schemas.recipe import Recipe

WEIGHTS = np.array([0.27, 0.67, 0.06])
NAMES = [
    *("Exposure", "Gamma", "GainRed", "GainGreen", "GainBlue", "SaturationPlus"),
    *(f"ToneCurve{k}" for k in range(1, 9)),
    *("Contrast", "BlackAndWhite"),
    *(f"ColorCurve{channel}{k}" for channel in ("Red", "Green", "Blue") for k in range(1, 9)),
]


def exposure(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    return x * 2 ** p[0]


def gamma(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0.001) ** p[0]


def white_balance(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    return x * p / (WEIGHTS @ p)


def saturation_plus(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    enhanced = []
    for r, g, b in x:
        h, s, v = colorsys.rgb_to_hsv(r, g, b)
        enhanced.append(colorsys.hsv_to_rgb(h, s + (1 - s) * (0.5 - abs(0.5 - v)) * 0.8, v))
    return (1 - p[0]) * x + p[0] * np.array(enhanced)


def curve(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    return 8 / t.sum() * sum(np.clip(x - i / 8, 0, 1 / 8) * t[i] for i in range(8))


def contrast(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    lum = x @ WEIGHTS
    return (1 - p[0]) * x + p[0] * x * ((0.5 - 0.5 * np.cos(np.pi * lum)) / lum)[:, None]


def black_and_white(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    return (1 - p[0]) * x + p[0] * (x @ WEIGHTS)[:, None]


def color_curve(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    return np.stack([curve(x[:, c], t[8 * c : 8 * c + 8]) for c in range(3)], axis=1)


FILTERS = (
    ("exposure_gain", exposure), ("gamma", gamma), ("white_gains", white_balance),
    ("saturation_plus", saturation_plus), ("tone_curve", curve), ("contrast", contrast),
    ("black_and_white", black_and_white), ("color_curve", color_curve),
)  # fmt: skip
OPERATORS = {operator.name: operator for operator in EXPOSURE_1.operators}


def to_linear(x: np.ndarray) -> np.ndarray:
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def to_srgb(x: np.ndarray) -> np.ndarray:
    return np.where(x <= 0.0031308, x * 12.92, 1.055 * np.maximum(x, 0) ** (1 / 2.4) - 0.055)


def random_pixels(count: int, seed: int = 0) -> np.ndarray:
    """(count, 3) in (0, 1]: a third of it near black, and a grey."""
    pixels = np.random.default_rng(seed).uniform(1e-6, 1, (count, 3))
    pixels[: count // 3] *= 0.01
    pixels[-1] = 0.4
    return pixels


def to_tensor(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(pixels.T.copy()).unsqueeze(0)


def random_row(names: list[str], seed: int) -> np.ndarray:
    """Uniform over the whole range."""
    specs = [EXPOSURE_1.parameters[EXPOSURE_1.index[name]] for name in names]
    return np.random.default_rng(seed).uniform([s.minimum for s in specs], [s.maximum for s in specs])


def test_parameters() -> None:
    assert [spec.name for spec in EXPOSURE_1.parameters] == NAMES
    ranges = {spec.name: (spec.minimum, spec.maximum) for spec in EXPOSURE_1.parameters}
    assert ranges["Exposure"] == (-3.5, 3.5)
    assert ranges["Gamma"] == pytest.approx((1 / 3, 3))
    assert ranges["GainGreen"] == pytest.approx((np.exp(-0.5), np.exp(0.5)))
    assert ranges["SaturationPlus"] == ranges["BlackAndWhite"] == (0, 1)
    assert ranges["ToneCurve3"] == (0.5, 2)
    assert ranges["Contrast"] == (-1, 1)
    assert ranges["ColorCurveBlue8"] == (0.9, 1.1)
    assert [name for name, _ in FILTERS] == [operator.name for operator in EXPOSURE_1.operators[1:-1]]


@pytest.mark.parametrize(("name", "reference"), FILTERS)
@pytest.mark.parametrize("seed", range(5))
def test_filter_follows_the_formula_over_the_whole_range(name: str, reference, seed: int) -> None:
    operator, pixels = OPERATORS[name], random_pixels(300, seed)
    row = random_row([spec.name for spec in operator.parameters], seed)
    rendered = operator.apply(to_tensor(pixels), torch.from_numpy(row).unsqueeze(0))
    np.testing.assert_allclose(rendered[0].T.numpy(), reference(pixels, row), rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_process_follows_the_formulas_one_after_the_other(seed: int) -> None:
    """Below white: the formulas say nothing of luminance above 1."""
    pixels, row = random_pixels(300, seed), random_row(NAMES, seed)
    row[0] = -abs(row[0])
    row[2:5] = 1 + 0.1 * (row[2:5] - 1)
    x, column = to_linear(0.9 * pixels), 0
    for name, reference in FILTERS:
        count = len(OPERATORS[name].parameters)
        x = reference(x, row[column : column + count])
        column += count
    image = to_tensor(0.9 * pixels).unsqueeze(2)
    rendered = EXPOSURE_1.render(image, torch.from_numpy(row).unsqueeze(0))
    np.testing.assert_allclose(rendered[0, :, 0].T.numpy(), to_srgb(x), rtol=0, atol=1e-10)


@pytest.mark.parametrize(("name", "reference"), [("tone_curve", curve), ("color_curve", color_curve)])
def test_curves_clip_what_lies_outside_as_the_formula_does(name: str, reference) -> None:
    operator, pixels = OPERATORS[name], 2 * random_pixels(60) - 0.5
    row = random_row([spec.name for spec in operator.parameters], 7)
    rendered = operator.apply(to_tensor(pixels), torch.from_numpy(row).unsqueeze(0))
    np.testing.assert_allclose(rendered[0].T.numpy(), reference(pixels, row), rtol=0, atol=1e-12)


def test_missing_parameters_are_neutral() -> None:
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1)).clamp(min=0.013)
    empty = EXPOSURE_1.vector([Recipe(process="exposure/1", values={})])
    assert empty.tolist() == [[spec.neutral for spec in EXPOSURE_1.parameters]]
    assert (EXPOSURE_1.render(image, empty) - image).abs().max() < 3e-6
    assert (EXPOSURE_1.unrender(image, empty) - image).abs().max() < 3e-6


def test_the_floor_of_gamma_lifts_black_even_at_neutral() -> None:
    black = torch.zeros(1, 3, 1, 1)
    lifted = EXPOSURE_1.render(black, EXPOSURE_1.vector([Recipe(process="exposure/1", values={})]))
    assert (lifted * 255).flatten().tolist() == pytest.approx([12.92 * 0.001 * 255] * 3, rel=1e-4)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**20), share=st.sampled_from([0.3, 0.6, 1.0]))
def test_unrender_takes_back_what_was_not_clipped(seed: int, share: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    image = 0.25 + 0.35 * torch.rand(1, 3, 16, 16, generator=generator)
    low, high = torch.tensor([spec.safe or (spec.minimum, spec.maximum) for spec in EXPOSURE_1.parameters]).T
    neutral = torch.tensor(list(EXPOSURE_1.neutral.values()))
    row = neutral + share * (low + (high - low) * torch.rand(len(low), generator=generator) - neutral)
    row[0] = row[0].clamp(max=0.3)
    stage, kept = image.flatten(2), torch.ones(256, dtype=torch.bool)
    values = row.unsqueeze(0).split([len(operator.parameters) for operator in EXPOSURE_1.operators], dim=1)
    for operator, parameters in zip(EXPOSURE_1.operators, values, strict=True):
        stage = operator.apply(stage, parameters)
        if operator.name in ("exposure_gain", "saturation_plus"):  # what gamma floors and the tone curve clips
            kept &= ((stage > 0.0011) & (stage < 0.999)).all(1)[0]
    rendered = EXPOSURE_1.render(image, row.unsqueeze(0))
    assert torch.equal(rendered.flatten(2), stage)
    error = (EXPOSURE_1.unrender(rendered, row.unsqueeze(0)) - image).flatten(2)[0, :, kept]
    assert error.numel() == 0 or error.abs().max() < 1e-4
