"""The nine parameters of RLPixTuner against NumPy written from the formulas."""

import colorsys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.catalogue import RLPIXTUNER_1

NAMES = [
    *("Exposure", "BalanceRed", "BalanceGreen", "BalanceBlue", "Saturation"),
    *("Contrast", "Highlights", "Shadows", "Texture"),
]


def logistic(x: float) -> float:
    return 1 / (1 + np.exp(-x))


def with_value(x: np.ndarray, curve) -> np.ndarray:
    """(H, W, 3) with HSV value sent through a curve."""
    out = []
    for r, g, b in x.reshape(-1, 3):
        h, s, v = colorsys.rgb_to_hsv(r, g, b)
        out.append(colorsys.hsv_to_rgb(h, s, curve(v)))
    return np.array(out).reshape(x.shape)


def texture(x: np.ndarray, f: float) -> np.ndarray:
    kernel = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13
    smooth = x.copy()
    height, width = x.shape[:2]
    for i in range(1, height - 1):
        for j in range(1, width - 1):
            smooth[i, j] = np.einsum("ab,abc->c", kernel, x[i - 1 : i + 2, j - 1 : j + 2])
    return f * x + (1 - f) * smooth


def contrast(x: np.ndarray, p: float) -> np.ndarray:
    lum = x @ [0.27, 0.67, 0.06]
    ratio = np.where(lum > 0, (0.5 - 0.5 * np.cos(np.pi * lum)) / np.where(lum > 0, lum, 1), 0)
    return (1 - p) * x + p * x * ratio[..., None]


def reference(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    """The whole pipeline on (H, W, 3)."""
    grey = np.array([0.2989, 0.587, 0.114])
    steps = (
        lambda x: x * 2 ** p[0],
        lambda x: x * np.exp(0.5 * p[1:4]),
        lambda x: (1 + p[4]) * x - p[4] * (x @ grey)[..., None],
        lambda x: contrast(x, p[5]),
        lambda x: with_value(x, lambda v: 1 - (1 - v) * (1 - 13 * p[6] * logistic(13 * (v - 1)))),
        lambda x: with_value(x, lambda v: v * (1 + 12 * p[7] * (1 - logistic(12 * v)))),
        lambda x: texture(x, p[8]),
    )
    for step in steps:
        x = np.clip(step(x), 0, 1)
    return x


def image_of(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(x.transpose(2, 0, 1).copy()).unsqueeze(0)


def random_image(seed: int) -> np.ndarray:
    x = np.random.default_rng(seed).random((9, 11, 3))
    x[0] *= 0.02
    x[4, 4], x[5, 5] = 0, 1
    return x


@pytest.mark.parametrize("seed", range(10))
def test_process_follows_the_formulas_over_the_whole_range(seed: int) -> None:
    low, high = zip(*[(spec.minimum, spec.maximum) for spec in RLPIXTUNER_1.parameters], strict=True)
    x, row = random_image(seed), np.random.default_rng(100 + seed).uniform(low, high)
    rendered = RLPIXTUNER_1.render(image_of(x), torch.from_numpy(row).unsqueeze(0))
    np.testing.assert_allclose(rendered[0].permute(1, 2, 0).numpy(), reference(x, row), rtol=0, atol=1e-10)


@pytest.mark.parametrize("column", range(9))
@pytest.mark.parametrize("share", [-1, -0.3, 0.2, 1])
def test_each_parameter_follows_its_formula_alone(column: int, share: float) -> None:
    spec, row = RLPIXTUNER_1.parameters[column], np.array(list(RLPIXTUNER_1.neutral.values()))
    row[column] += share * (spec.maximum - spec.neutral)
    x = random_image(column)
    rendered = RLPIXTUNER_1.render(image_of(x), torch.from_numpy(row).unsqueeze(0))
    np.testing.assert_allclose(rendered[0].permute(1, 2, 0).numpy(), reference(x, row), rtol=0, atol=1e-10)


def test_parameters_are_the_nine_in_the_order_of_the_paper() -> None:
    assert [spec.name for spec in RLPIXTUNER_1.parameters] == NAMES
    ranges = [(spec.minimum, spec.maximum) for spec in RLPIXTUNER_1.parameters]
    assert ranges == [(-2, 2)] + [(-1, 1)] * 7 + [(0, 2)]
    assert list(RLPIXTUNER_1.neutral.values()) == [0] * 8 + [1]
    safe = {spec.name: spec.safe for spec in RLPIXTUNER_1.parameters if spec.safe}
    assert safe == {
        "Exposure": (-1.5, 1.5),
        "Saturation": (-0.5, 0.6),
        "Contrast": (-0.8, 0.8),
        "Highlights": (-0.77, 0.1538),
        "Shadows": (-0.166, 0.834),
        "Texture": (1.0, 1.8),
    }


def test_texture_leaves_the_border_alone_and_small_pictures_too() -> None:
    row = torch.tensor([list(RLPIXTUNER_1.neutral.values())])
    row[0, 8] = 1.8
    image = torch.rand(1, 3, 7, 6, generator=torch.Generator().manual_seed(2))
    changed = ((RLPIXTUNER_1.render(image, row) - image).abs() > 1e-3).any(1)[0]
    assert changed[1:-1, 1:-1].all()
    assert changed.sum() == 5 * 4
    for size in ((1, 5), (2, 2), (4, 1)):
        tiny = torch.rand(1, 3, *size)
        assert torch.allclose(RLPIXTUNER_1.render(tiny, row), tiny, atol=1e-6)
        assert torch.allclose(RLPIXTUNER_1.unrender(tiny, row), tiny, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**20), share=st.sampled_from([0.3, 0.6, 0.9]))
def test_unrender_takes_back_what_was_not_clipped(seed: int, share: float) -> None:
    """Middle tones, less exposure and balance at the ends of the others, so that hardly anything clips."""
    generator = torch.Generator().manual_seed(seed)
    image = 0.3 + 0.1 * torch.rand(1, 3, 13, 17, generator=generator)
    low, high = torch.tensor([spec.safe or (spec.minimum, spec.maximum) for spec in RLPIXTUNER_1.parameters]).T
    neutral = torch.tensor(list(RLPIXTUNER_1.neutral.values()))
    row = neutral + share * (low + (high - low) * torch.rand(9, generator=generator) - neutral)
    row[:4] *= 0.4
    rendered = RLPIXTUNER_1.render(image, row.unsqueeze(0))
    assert rendered.min() > 0
    assert rendered.max() < 1
    assert (RLPIXTUNER_1.unrender(rendered, row.unsqueeze(0)) - image).abs().max() < 1e-4
