"""Patches are measured as the Exposure paper's code measures them."""

import colorsys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from quality.realism.patch_statistics import hsl_saturation, patch_statistics


def test_flat_colour() -> None:
    image = torch.tensor([200, 100, 50], dtype=torch.uint8)[:, None, None].expand(3, 300, 200)
    statistics = patch_statistics(image, seed=3)
    assert statistics.shape == (16, 3)
    expected = (0.27 * 200 + 0.67 * 100 + 0.06 * 50) / 255, 0.0, 150 / 250
    torch.testing.assert_close(statistics, torch.tensor(expected).expand(16, 3), atol=1e-3, rtol=0)


def test_contrast_is_twice_the_standard_deviation() -> None:
    # Fine black and white stripes of 10 of the 80 rows each: every patch of 64 rows holds about as much of both.
    image = torch.zeros(3, 800, 800, dtype=torch.uint8)
    image[:, (torch.arange(800) // 100) % 2 == 1] = 255
    statistics = patch_statistics(image, seed=0)
    torch.testing.assert_close(statistics[:, 1], torch.ones(16), atol=0.02, rtol=0)


def test_patches_of_a_photo_are_near_its_own_values(photos: dict[str, Tensor]) -> None:
    for photo in photos.values():
        pixels = photo.double().flatten(1).numpy() / 255
        luminance = (0.27 * pixels[0] + 0.67 * pixels[1] + 0.06 * pixels[2]).mean()
        assert patch_statistics(photo, seed=1)[:, 0].mean().item() == pytest.approx(luminance, abs=0.12)


def test_is_a_function_of_the_seed(photos: dict[str, Tensor]) -> None:
    photo = photos["rocket"]
    assert torch.equal(patch_statistics(photo, 1), patch_statistics(photo, 1))
    assert not torch.equal(patch_statistics(photo, 1), patch_statistics(photo, 2))


def test_small_pictures_are_enlarged() -> None:
    assert patch_statistics(torch.full((3, 20, 30), 128, dtype=torch.uint8), 0)[:, 0].mean() == pytest.approx(128 / 255)


@given(st.tuples(*[st.floats(0, 1, width=32)] * 3))
def test_saturation_is_that_of_hsl(color: tuple[float, float, float]) -> None:
    lightness = (max(color) + min(color)) / 2
    if not 1e-3 < lightness < 1 - 1e-3:  # nearly black and white, where a quotient of tiny numbers decides
        return
    expected = colorsys.rgb_to_hls(*color)[2]
    assert hsl_saturation(torch.tensor(color)[None, :, None]).item() == pytest.approx(expected, abs=2e-3)


def test_saturation_of_black_white_and_grey_is_zero() -> None:
    greys = torch.tensor(np.array([[0.0, 1.0, 0.4]] * 3, dtype=np.float32))[None]
    assert hsl_saturation(greys).tolist() == [[0, 0, 0]]
