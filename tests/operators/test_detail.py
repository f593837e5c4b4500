"""Clarity and sharpening against references that filter in the picture, not in its spectrum."""

import numpy as np
import pytest
import torch
from torch import Tensor

from operators.clarity import CLARITY
from operators.color_space import luma
from operators.sharpening import SHARPENING
from operators.spectrum import filtered, gaussian_response


def blurred(x: np.ndarray, sigma: float) -> np.ndarray:
    """(H, W) through a sampled, separable Gaussian of radius 8 sigma, mirrored at the borders."""
    radius = int(8 * sigma) + 1
    taps = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    taps /= taps.sum()
    for axis in (0, 1):
        width = [(radius, radius) if a == axis else (0, 0) for a in (0, 1)]
        padded = np.pad(x, width, mode="symmetric")
        x = np.apply_along_axis(np.convolve, axis, padded, taps, mode="valid")
    return x


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(3).random((3, height, width))


def to_tensor(x: np.ndarray) -> Tensor:
    return torch.from_numpy(x).unsqueeze(0)


@pytest.mark.parametrize(("height", "width", "sigma"), [(17, 24, 1.0), (24, 17, 2.5), (33, 9, 1.5), (1, 12, 1.0)])
def test_gaussian_response_is_a_blur_with_mirrored_borders(height: int, width: int, sigma: float) -> None:
    x = noise(height, width)
    expected = np.stack([blurred(channel, sigma) for channel in x])
    result = filtered(to_tensor(x), gaussian_response(to_tensor(x), sigma))[0].numpy()
    # A sampled Gaussian of one pixel is not quite a Gaussian: 1.4 % at the highest frequency, 3e-5 at 1.5 pixels.
    np.testing.assert_allclose(result, expected, rtol=0, atol=0.01 if sigma == 1.0 else 1e-4)


def test_a_response_of_one_is_no_filter() -> None:
    x = to_tensor(noise(13, 8))
    assert torch.allclose(filtered(x, torch.ones(26, 9, dtype=x.dtype)), x, atol=1e-12)


@pytest.mark.parametrize("amount", [30, 150])
def test_sharpening_is_an_unsharp_mask(amount: float) -> None:
    x = to_tensor(noise(20, 31))
    blur = filtered(x, gaussian_response(x, 1.0))
    result = SHARPENING.apply(x, torch.tensor([[float(amount)]], dtype=x.dtype))
    assert torch.allclose(result, x + amount / 100 * (x - blur), atol=1e-12)


@pytest.mark.parametrize("amount", [-100, 40, 100])
def test_clarity_adds_wide_local_contrast_of_luma_to_all_channels(amount: float) -> None:
    x = noise(60, 90)
    grey = np.tensordot([0.299, 0.587, 0.114], x, 1)
    expected = x + 0.5 * amount / 100 * (grey - blurred(grey, 0.02 * 90))
    result = CLARITY.apply(to_tensor(x), torch.tensor([[float(amount)]], dtype=torch.float64))[0].numpy()
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-4)


def test_clarity_raises_and_softens_local_contrast_and_leaves_flat_areas() -> None:
    image, spread = to_tensor(noise(40, 40)), {}
    for amount in (-100.0, 0.0, 100.0):
        spread[amount] = luma(CLARITY.apply(image, torch.tensor([[amount]], dtype=image.dtype))).std().item()
    assert spread[-100.0] < 0.7 * spread[0.0] < spread[0.0] < 0.8 * spread[100.0]
    flat = torch.full((1, 3, 16, 16), 0.3)
    for operator in (CLARITY, SHARPENING):
        assert torch.allclose(operator.apply(flat, torch.tensor([[100.0]])), flat, atol=1e-6)


def test_clarity_means_the_same_at_every_size() -> None:
    small = to_tensor(noise(100, 100))
    small = filtered(small, gaussian_response(small, 3.0))
    large = small.repeat_interleave(2, 2).repeat_interleave(2, 3)
    amount = torch.tensor([[100.0]], dtype=small.dtype)
    reduced = torch.nn.functional.avg_pool2d(CLARITY.apply(large, amount), 2)
    assert (reduced - CLARITY.apply(small, amount)).abs().max() < 0.1 * (reduced - small).abs().max()
