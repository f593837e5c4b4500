"""Reducing."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from operators.resize import resize


@given(st.integers(1, 400), st.integers(1, 400), st.integers(64, 300))
def test_size(height: int, width: int, long_side: int) -> None:
    pixels = torch.zeros(3, height, width, dtype=torch.uint8)
    h, w = resize(pixels, long_side).shape[1:]
    assert max(h, w) == min(max(height, width), long_side)
    scale = max(h, w) / max(height, width)
    assert abs(h - height * scale) <= 0.5 or h == 1
    assert abs(w - width * scale) <= 0.5 or w == 1


def test_nothing_is_enlarged(photos: dict[str, Tensor]) -> None:
    assert resize(photos["china"], 5000) is photos["china"]


@pytest.mark.parametrize("name", ["china", "astronaut"])
def test_agrees_with_exact_bicubic(name: str, photos: dict[str, Tensor]) -> None:
    pixels = photos[name]
    found = resize(pixels, 200)
    exact = torch.nn.functional.interpolate(
        pixels[None].double(), size=found.shape[1:], mode="bicubic", antialias=True
    )[0].clamp(0, 255)
    assert (found - exact).abs().mean() < 0.35  # rounding alone costs 0.25
    assert (found - exact).abs().flatten().quantile(0.999) < 2


def test_memory_layout_does_not_matter(photos: dict[str, Tensor]) -> None:
    channels_last = photos["coffee"].permute(1, 2, 0).contiguous().permute(2, 0, 1)
    assert torch.equal(resize(photos["coffee"], 300), resize(channels_last, 300))


def test_fine_patterns_are_averaged_not_aliased() -> None:
    stripes = torch.zeros(3, 512, 512, dtype=torch.uint8)
    stripes[:, :, ::2] = 200
    assert (resize(stripes, 100).float()[:, 5:-5, 5:-5] - 100).abs().max() < 12
