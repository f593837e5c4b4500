"""Decoding: every promise of `pipeline.sources.decode`, on files made from a real photograph."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
import skimage.data
import tifffile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pipeline.sources.decode import decode, orient
from pipeline.sources.decoded import Decoded, camera_name
from pipeline.sources.errors import SourceError
from schemas.config import ImageConfig

FULL = ImageConfig(long_side=8192, min_short_side=16)
PHOTO: NDArray[np.uint8] = skimage.data.coffee()[:256, :320]


def save(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def read(data: bytes, name: str = "x", image: ImageConfig = FULL) -> NDArray[np.uint8]:
    return decode(data, name, image).pixels.permute(1, 2, 0).numpy()


def reason(data: bytes, name: str = "x", image: ImageConfig = FULL) -> str:
    with pytest.raises(SourceError) as caught:
        decode(data, name, image)
    assert caught.value.detail
    return caught.value.reason


def mean_error(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return float(np.abs(a.astype(float) - b).mean())


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_lossless_formats_give_the_pixels_back(kind: str) -> None:
    found = decode(save(Image.fromarray(PHOTO), kind, lossless=True), "x", FULL)
    assert found.format == kind
    assert (found.width, found.height) == (320, 256)
    assert np.array_equal(found.pixels.permute(1, 2, 0).numpy(), PHOTO)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_agrees_with_pillow(subsampling: int, progressive: bool) -> None:
    data = save(Image.fromarray(PHOTO), "JPEG", quality=90, subsampling=subsampling, progressive=progressive)
    with Image.open(io.BytesIO(data)) as picture:
        assert mean_error(read(data), np.array(picture)) < 0.01
    assert decode(data, "x", FULL).format == "JPEG"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_grey_becomes_three_equal_channels(kind: str) -> None:
    grey = Image.fromarray(PHOTO).convert("L")
    pixels = read(save(grey, kind, quality=100, lossless=True))
    assert pixels.shape == PHOTO.shape
    assert np.array_equal(pixels[..., 0], pixels[..., 1]) and np.array_equal(pixels[..., 0], pixels[..., 2])
    assert mean_error(pixels[..., 0], np.array(grey)) < 0.5


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_16_bit_tiff_keeps_the_upper_byte(compression: str | None, planar: str) -> None:
    deep = PHOTO.astype(np.uint16) * 256 + 200
    stored = deep if planar == "contig" else np.moveaxis(deep, 2, 0)
    file = io.BytesIO()
    tifffile.imwrite(file, stored, photometric="rgb", planarconfig=planar, compression=compression)
    assert np.array_equal(read(file.getvalue()), PHOTO)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_keeps_the_upper_byte(kind: str) -> None:
    deep = PHOTO[..., 1].astype(np.uint16) * 256 + 200
    assert np.array_equal(read(save(Image.fromarray(deep), kind))[..., 2], PHOTO[..., 1])


def test_16_bit_png_keeps_the_upper_byte() -> None:
    rows = PHOTO.astype(">u2") * 256 + 200
    body = b"".join(b"\0" + row.astype(">u2").tobytes() for row in rows)
    assert np.array_equal(read(png(320, 256, 16, 2, body)), PHOTO)


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_samples_without_a_white_are_rejected(dtype: type) -> None:
    assert reason(save(Image.fromarray(PHOTO[..., 0].astype(dtype)), "TIFF")) == "unsupported_format"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_orientation_is_applied(orientation: int, kind: str) -> None:
    # The inverse of each orientation, as operations of NumPy on (H, W, 3).
    stored = {
        1: PHOTO, 2: PHOTO[:, ::-1], 3: PHOTO[::-1, ::-1], 4: PHOTO[::-1],
        5: PHOTO.transpose(1, 0, 2), 6: np.rot90(PHOTO, 1), 7: np.rot90(PHOTO, 2).transpose(1, 0, 2),
        8: np.rot90(PHOTO, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = save(Image.fromarray(np.ascontiguousarray(stored)), kind, exif=exif, quality=95, lossless=True)
    found = decode(data, "x", FULL)
    assert (found.width, found.height) == (320, 256)
    assert mean_error(found.pixels.permute(1, 2, 0).numpy(), PHOTO) < 4


def test_orientation_that_does_not_exist_changes_nothing() -> None:
    pixels = torch.arange(24, dtype=torch.uint8).reshape(3, 2, 4)
    assert torch.equal(orient(pixels, 9), pixels)


def expected_srgb(encoded: NDArray[np.uint8], matrix: list[list[float]], gamma: float) -> NDArray[np.float64]:
    """Colours of a matrix profile in sRGB, by the definition of both, in double precision."""
    xyz = (encoded / 255) ** gamma @ np.array(matrix).T
    srgb = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
    linear = np.clip(xyz @ np.linalg.inv(srgb).T, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize(("space", "gamma"), [("DISPLAY_P3", 2.2), ("ADOBE_RGB", 2.2), ("PROPHOTO", 1.8)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_profiles_are_converted(
    space: str, gamma: float, kind: str, matrix_profile: Callable[..., bytes], request: pytest.FixtureRequest
) -> None:
    matrix = {"DISPLAY_P3": P3, "ADOBE_RGB": ADOBE, "PROPHOTO": PROPHOTO}[space]
    profile = matrix_profile(matrix, gamma)
    options = {"quality": 95, "lossless": True, "icc_profile": profile}
    data = save(Image.fromarray(PHOTO), kind, **options)
    plain = read(save(Image.fromarray(PHOTO), kind, quality=95, lossless=True))
    expected = expected_srgb(plain, matrix, gamma)
    assert np.abs(plain - expected).mean() > 3  # or the test would show nothing
    assert np.abs(read(data) - expected).mean() < 0.6
    assert np.percentile(np.abs(read(data) - expected), 99) < 2.5


P3 = [[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]]
ADOBE = [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
PROPHOTO = [[0.79767, 0.13519, 0.03135], [0.28804, 0.71188, 0.00009], [0.0, 0.0, 0.82491]]
