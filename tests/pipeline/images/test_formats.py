"""Telling formats apart."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from pipeline.images.formats import identify
from schemas.source import SourceError


def save(kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "BMP"])
def test_the_content_counts_not_the_name(kind: str) -> None:
    assert identify(save(kind), "folder/wrong.gif") == kind
    if kind != "TIFF":
        assert identify(save(kind), "folder/wrong.NEF") == kind


@pytest.mark.parametrize("name", ["a.nef", "a.CR2", "s3://b/a.arw", "a.kdc"])
def test_tiff_with_the_name_of_a_raw_is_raw(name: str) -> None:
    assert identify(save("TIFF"), name) == "RAW"


def test_dng_is_raw_under_any_name(make_dng: Callable[..., bytes]) -> None:
    assert identify(make_dng(np.zeros((16, 16, 3))), "hf://a/train/image/0") == "RAW"


@pytest.mark.parametrize(
    "start", [b"FUJIFILMCCD-RAW 0201", b"II\x1a\0\0\0HEAPCCDR", b"IIRO\x08\0\0\0", b"\0\0\0\x18ftypcrx \0\0"]
)
def test_raw_formats_with_their_own_magic(start: bytes) -> None:
    assert identify(start + bytes(64), "no-name") == "RAW"


@pytest.mark.parametrize("kind", ["ICO", "PPM", "DDS"])
def test_other_pictures_are_unsupported(kind: str) -> None:
    with pytest.raises(SourceError) as caught:
        identify(save(kind), "a.jpg")
    assert caught.value.reason == "unsupported_format"


@pytest.mark.parametrize("data", [b"", b"uri,licence\na.jpg,CC0\n", b"\0" * 100, b"\x89PNG\n", b"\xff\xd8"])
def test_what_is_no_picture(data: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        identify(data, "a.jpg")
    assert caught.value.reason == "not_an_image"


@pytest.mark.parametrize(
    ("brands", "name"),
    [(b"heic", "HEIF"), (b"mif1\0\0\0\0heic", "HEIF"), (b"avif", "AVIF"), (b"mif1\0\0\0\0miafavif", "AVIF")],
)
def test_iso_media_is_told_by_its_brands(brands: bytes, name: str) -> None:
    box = b"ftyp" + brands.ljust(8, b"\0")
    assert identify((4 + len(box)).to_bytes(4, "big") + box + bytes(16), "a.heic") == name


@pytest.mark.parametrize("start", [b"\0\0\0\x18ftypqt  \0\0\0\0qt  isom", b"8BPS\0\1"])
def test_films_and_photoshop_files_are_named(start: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        identify(start + bytes(16), "a.heic")
    assert caught.value.reason == "unsupported_format"
