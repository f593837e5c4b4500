"""What phones and editors write today: HEIC, AVIF, JPEG XL, and the older formats that Pillow reads."""

import io
from collections.abc import Callable

import imagecodecs
import numpy as np
import pillow_heif
import pytest
import skimage.data
import torch
from numpy.typing import NDArray
from PIL import Image
from pillow_jxl import JpegXLImagePlugin

from operators.color_space import srgb_to_linear
from pipeline.images.cicp import profile_of
from pipeline.images.decode import decode
from pipeline.images.deep import deep_to_srgb
from pipeline.images.jxl_header import read_header
from schemas.config import ImageConfig
from schemas.source import SourceError

FULL = ImageConfig(long_side=8192, min_short_side=16)
PHOTO: NDArray[np.uint8] = skimage.data.coffee()[:128, :192]
DEEP = PHOTO.astype(np.uint32)

P3 = ((0.515, 0.292, 0.157), (0.241, 0.692, 0.067), (-0.001, 0.042, 0.784))
"""Display P3's colourants under D50, rounded."""


def heic(bits: int = 8, **options: object) -> bytes:
    if bits == 8:
        picture = pillow_heif.from_bytes("RGB", (192, 128), PHOTO.tobytes())
    else:
        pillow_heif.options.SAVE_HDR_TO_12_BIT = bits == 12
        picture = pillow_heif.from_bytes("RGB;16", (192, 128), (DEEP * 257).astype(np.uint16).tobytes())
    file = io.BytesIO()
    picture.save(file, quality=-1, chroma=444, **options)
    return file.getvalue()


def avif(bits: int = 8, **options: object) -> bytes:
    if bits == 8:
        file = io.BytesIO()
        Image.fromarray(PHOTO).save(file, "AVIF", quality=100, subsampling="4:4:4", **options)
        return file.getvalue()
    deep = (DEEP * (2**bits - 1) // 255).astype(np.uint16)
    data: bytes = imagecodecs.avif_encode(deep, level=100, bitspersample=bits)
    return data


def jpeg_xl(bits: int = 8, **options: object) -> bytes:
    if bits == 8:
        file = io.BytesIO()
        picture = Image.fromarray(PHOTO)
        picture.encoderinfo = {"lossless": True, **options}
        JpegXLImagePlugin._save(picture, file, "x.jxl")
        return file.getvalue()
    linear = srgb_to_linear(torch.from_numpy(PHOTO) / 255).numpy()  # the encoder calls deep pictures linear
    deep = (linear * (2**bits - 1) + 0.5).astype(np.uint16)
    data: bytes = imagecodecs.jpegxl_encode(deep, lossless=True, bitspersample=bits)
    return data


def read(data: bytes) -> NDArray[np.uint8]:
    return decode(data, "x", FULL).pixels.permute(1, 2, 0).numpy()


def mean_error(pixels: NDArray[np.uint8], expected: NDArray[np.uint8] = PHOTO) -> float:
    return float(np.abs(pixels.astype(float) - expected).mean())


FILES = [(heic, "HEIF"), (avif, "AVIF"), (jpeg_xl, "JXL")]
each_format = pytest.mark.parametrize(("write", "name"), FILES, ids=[name for _, name in FILES])


@each_format
@pytest.mark.parametrize("bits", [8, 10, 12])
def test_pictures_of_every_depth_come_back(write: Callable[..., bytes], name: str, bits: int) -> None:
    found = decode(write(bits), "a.jpg", FULL)
    assert (found.format, found.width, found.height) == (name, 192, 128)
    assert mean_error(found.pixels.permute(1, 2, 0).numpy()) < 1.2


@each_format
def test_large_pictures_are_reduced_and_bounds_hold_before_decoding(write: Callable[..., bytes], name: str) -> None:
    data = write()
    assert decode(data, "x", ImageConfig(long_side=96, min_short_side=16)).pixels.shape == (3, 64, 96)
    for bounds, reason in (
        (ImageConfig(max_pixels=20_000, min_short_side=16), "too_large"),
        (ImageConfig(), "too_small"),
    ):
        with pytest.raises(SourceError) as caught:
            decode(data[: len(data) * 3 // 4] if name == "JXL" else data, "x", bounds)
        assert caught.value.reason == reason


@each_format
@pytest.mark.parametrize("kept", [0.3, 0.95])
def test_truncated_files_are_corrupt(write: Callable[..., bytes], name: str, kept: float) -> None:
    data = write()
    with pytest.raises(SourceError) as caught:
        decode(data[: int(kept * len(data))], "x", FULL)
    assert caught.value.reason == "corrupt"


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112], tags[0x010F], tags[0x0110] = orientation, "Apple", "iPhone 15"
    return tags.tobytes()


@pytest.mark.parametrize("write", [heic, avif])
def test_orientation_and_camera_are_read(write: Callable[..., bytes]) -> None:
    found = decode(write(exif=exif(6)), "x", FULL)
    assert found.camera == "Apple iPhone 15"
    assert (found.width, found.height) == (128, 192)
    assert mean_error(found.pixels.permute(1, 2, 0).numpy(), np.rot90(PHOTO, -1)) < 1.2


@pytest.mark.parametrize("bits", [8, 10])
def test_profiles_of_heic_are_converted(bits: int, matrix_profile: Callable[..., bytes]) -> None:
    plain, wide = read(heic(bits)), read(heic(bits, icc_profile=matrix_profile(P3, 2.2)))
    saturation = [float((p.max(2).astype(int) - p.min(2)).mean()) for p in (plain, wide)]
    assert saturation[1] > 1.05 * saturation[0]


def test_deep_conversion_is_finer_than_8_bits(matrix_profile: Callable[..., bytes]) -> None:
    """A dark ramp, brightened by its profile, keeps steps that 8 bits would have merged."""
    ramp = np.linspace(0, 2000, 4000).astype(np.uint16)
    pixels = np.repeat(ramp[None, :, None], 3, 2)
    profile = matrix_profile([[0.436, 0.222, 0.014], [0.385, 0.717, 0.097], [0.143, 0.061, 0.714]], 1.0)
    deep = deep_to_srgb(pixels, 16, profile)
    coarse = deep_to_srgb((pixels >> 8).astype(np.uint16), 8, profile)
    assert len(np.unique(deep)) > 4 * len(np.unique(coarse))


def test_depth_is_scaled_and_alpha_is_laid_over_white() -> None:
    white = np.full((2, 2, 3), 1023, np.uint16)
    assert deep_to_srgb(white, 10, None).min() == 255
    half = np.zeros((2, 2, 4), np.uint16)
    half[..., 3] = 2048
    assert abs(int(deep_to_srgb(half, 12, None)[0, 0, 0]) - 127) <= 1
    assert deep_to_srgb(np.full((2, 2), 512, np.uint16), 10, None).tolist() == [[[128] * 3] * 2] * 2


def test_code_points_stand_for_color_spaces() -> None:
    assert profile_of(1, 13) is profile_of(2, 2) is None
    wide = profile_of(12, 13)
    red = np.array([[[65535, 0, 0], [30000, 30000, 30000]]], np.uint16)
    converted = deep_to_srgb(red, 16, wide)
    assert converted[0, 0].tolist() == [255, 0, 0]
    assert abs(int(converted[0, 1, 0]) - 117) <= 1
    for primaries, transfer in ((9, 16), (9, 18), (9, 1)):
        with pytest.raises(SourceError) as caught:
            profile_of(primaries, transfer)
        assert caught.value.reason == "unsupported_format"


def test_headers_of_jpeg_xl_say_size_and_depth() -> None:
    for bits in (8, 10, 12, 16):
        header = read_header(
            jpeg_xl(bits) if bits < 16 else imagecodecs.jpegxl_encode((DEEP * 257).astype(np.uint16), lossless=True)
        )
        assert (header.width, header.height, header.bits) == (192, 128, bits)
    floats = imagecodecs.jpegxl_encode(PHOTO.astype(np.float32) / 255, lossless=True)
    assert read_header(floats).floats
    with pytest.raises(SourceError) as caught:
        decode(floats, "x", FULL)
    assert caught.value.reason == "unsupported_format"
    for broken in (b"\xff\x0a", jpeg_xl()[:3], b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(8)):
        with pytest.raises(SourceError) as caught:
            decode(broken, "x", FULL)
        assert caught.value.reason == "corrupt"


@pytest.mark.parametrize(("kind", "name"), [("BMP", "BMP"), ("GIF", "GIF"), ("JPEG2000", "JPEG 2000")])
def test_older_formats_are_read(kind: str, name: str) -> None:
    file = io.BytesIO()
    picture = Image.fromarray(PHOTO).quantize(256) if kind == "GIF" else Image.fromarray(PHOTO)
    picture.save(file, kind)
    found = decode(file.getvalue(), "x", FULL)
    assert (found.format, found.width, found.height) == (name, 192, 128)
    assert mean_error(found.pixels.permute(1, 2, 0).numpy()) < 6


def test_animations_give_their_first_frame() -> None:
    frames = [Image.fromarray(PHOTO), Image.fromarray(255 - PHOTO)]
    file = io.BytesIO()
    frames[0].save(file, "AVIF", save_all=True, append_images=frames[1:], quality=90)
    assert mean_error(read(file.getvalue())) < 4
