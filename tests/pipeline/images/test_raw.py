"""Developing camera RAW, on DNGs made from a photograph in linear light."""

from collections.abc import Callable

import numpy as np
import pytest
import skimage.data
import torch
from numpy.typing import NDArray

from pipeline.images.decode import decode
from schemas.config import ImageConfig
from schemas.source import SourceError

PHOTO: NDArray[np.float64] = skimage.data.coffee()[:300, :400] / 255
LINEAR: NDArray[np.float64] = np.where(PHOTO <= 0.04045, PHOTO / 12.92, ((PHOTO + 0.055) / 1.055) ** 2.4)
FULL = ImageConfig(long_side=8192, min_short_side=16)


def error(pixels: torch.Tensor, expected: NDArray[np.float64]) -> float:
    return float(np.abs(pixels.permute(1, 2, 0).numpy() - 255 * expected).mean())


def test_it_comes_out_in_srgb(make_dng: Callable[..., bytes]) -> None:
    found = decode(make_dng(LINEAR), "a.dng", FULL)
    assert (found.format, found.camera) == ("RAW", "Acme One")
    assert (found.width, found.height) == (400, 300)
    assert error(found.pixels, PHOTO) < 5  # demosaicing blurs a little; a wrong curve or matrix costs 20 and more


def test_dark_pictures_are_brightened_to_white(make_dng: Callable[..., bytes]) -> None:
    pixels = decode(make_dng(LINEAR * 0.25), "a.dng", FULL).pixels
    assert 0.0003 < (pixels == 255).any(0).float().mean() < 0.01
    assert error(pixels, PHOTO) < 12


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, -1), (8, 1)])
def test_orientation_is_applied(orientation: int, turns: int, make_dng: Callable[..., bytes]) -> None:
    found = decode(make_dng(LINEAR, orientation), "a.dng", FULL)
    assert (found.height, found.width) == found.pixels.shape[1:]
    assert error(found.pixels, np.rot90(PHOTO, turns)) < 5


def test_a_large_one_is_developed_at_half_size(make_dng: Callable[..., bytes]) -> None:
    small = ImageConfig(long_side=100, min_short_side=16)
    found = decode(make_dng(LINEAR, 6), "a.dng", small)
    assert (found.width, found.height) == (300, 400)
    assert found.pixels.shape == (3, 100, 75)
    full = decode(make_dng(LINEAR, 6), "a.dng", FULL).pixels
    reduced = torch.nn.functional.interpolate(full[None], size=(100, 75), mode="bicubic", antialias=True)[0]
    assert (reduced.float() - found.pixels.float()).abs().mean() < 4


def reason(data: bytes, image: ImageConfig = FULL) -> str:
    with pytest.raises(SourceError) as caught:
        decode(data, "a.dng", image)
    return caught.value.reason


def test_rejects(make_dng: Callable[..., bytes]) -> None:
    data = make_dng(LINEAR)
    assert reason(data[: len(data) // 2]) == "corrupt"
    assert reason(data, ImageConfig(max_pixels=119_999)) == "too_large"
    assert reason(data, ImageConfig(min_short_side=301)) == "too_small"
    assert reason(b"text" * 100) == "unsupported_format"
    assert reason(make_dng(np.zeros_like(LINEAR))) == "corrupt"
    assert reason(make_dng(LINEAR, white=20)) == "unsupported_format"
