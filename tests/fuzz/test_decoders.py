"""Damaged pictures: a decoder gives a photo, or says why it gives none."""

import io
from collections.abc import Callable

import imagecodecs
import numpy as np
import pillow_heif
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.ExifTags import Base as Tag

from pipeline.images.decode import decode
from schemas.config import ImageConfig
from schemas.source import SourceError
from tests.dng import dng
from tests.fuzz.mutations import damaged

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of the damage

WIDTH, HEIGHT = 96, 72

IMAGE = ImageConfig(min_short_side=16, max_pixels=4_000_000, long_side=64)


def _pixels() -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    noise = np.random.default_rng(0).integers(0, 8, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    pixels: np.ndarray = np.stack([2 * x, 3 * y, x + y], axis=-1).astype(np.uint8) ^ noise
    return pixels


PIXELS = _pixels()
DEEP = PIXELS.astype(np.uint16) << 8


def _saved(format_: str, mode: str = "RGB", **options: object) -> bytes:
    """A file that says all that a camera's does."""
    exif = Image.Exif()
    exif[Tag.Orientation], exif[Tag.Make], exif[Tag.Model] = 6, "Acme", "One"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(file, format_, exif=exif, icc_profile=profile, **options)
    return file.getvalue()


def _tiff(pixels: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, photometric="rgb", **options)
    return file.getvalue()


def _heif(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    mode = "RGB;16" if pixels.dtype == np.uint16 else "RGB"
    pillow_heif.from_bytes(mode, (WIDTH, HEIGHT), pixels.tobytes()).save(file)
    return file.getvalue()


FILES: dict[str, Callable[[], list[bytes]]] = {
    "JPEG": lambda: [_saved("JPEG"), _saved("JPEG", "L", progressive=True), _saved("JPEG", subsampling=0)],
    "PNG": lambda: [_saved("PNG"), _saved("PNG", "RGBA"), _saved("PNG", "P"), imagecodecs.png_encode(DEEP)],
    "TIFF": lambda: [
        *(_saved("TIFF", compression=name) for name in ("raw", "tiff_lzw", "tiff_adobe_deflate", "jpeg")),
        *(_tiff(DEEP), _tiff(PIXELS, bigtiff=True, tile=(32, 32))),
    ],
    "WebP": lambda: [_saved("WEBP"), _saved("WEBP", "RGBA", lossless=True)],
    "GIF": lambda: [_saved("GIF", "P")],
    "BMP": lambda: [_saved("BMP"), _saved("BMP", "P")],
    "JPEG 2000": lambda: [_saved("JPEG2000")],
    "HEIF": lambda: [_heif(PIXELS), _heif(DEEP)],
    "AVIF": lambda: [_saved("AVIF"), imagecodecs.avif_encode(DEEP >> 6, bitspersample=10)],
    "JPEG XL": lambda: [imagecodecs.jpegxl_encode(PIXELS), imagecodecs.jpegxl_encode(DEEP)],
    "RAW": lambda: [dng(PIXELS / 255)],
}


@pytest.fixture(scope="module", params=FILES)
def files(request: pytest.FixtureRequest) -> list[bytes]:
    """Files of one format, all of which can be read."""
    made = FILES[request.param]()
    for data in made:
        assert min(decode(data, "", IMAGE).pixels.shape[1:]) >= 48
    return made


@given(number=st.integers(0, 2**32))
def test_a_damaged_picture_is_decoded_or_refused(files: list[bytes], number: int) -> None:
    try:
        decoded = decode(damaged(files, number), "", IMAGE)
    except SourceError as error:
        assert error.detail
    else:
        assert decoded.width * decoded.height <= IMAGE.max_pixels
        assert max(decoded.pixels.shape[1:]) <= IMAGE.long_side
