"""Inspection: what a record says, and that a bad source never raises."""

import hashlib
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from operators.resize import resize
from pipeline.pairs.photo import Photo
from pipeline.sources.inspect import inspect, perceptual_hash
from schemas.config import ImageConfig
from schemas.source import SourceItem


def distance(a: str, b: str) -> int:
    return (int(a, 16) ^ int(b, 16)).bit_count()


def picture(pixels: Tensor) -> Image.Image:
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy())


def test_a_record_says_what_is_known(photos: dict[str, Tensor], tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", "Canon EOS 5D"
    exif.get_ifd(0x8825)[2] = (59.0, 54.0, 3.0)
    path = tmp_path / "china.jpg"
    picture(photos["china"]).save(path, exif=exif)
    item = SourceItem(uri=str(path), licence="CC0", author="Ada", group="g")
    record = inspect(item, 7, ImageConfig()).record
    data = path.read_bytes()
    assert record.model_dump() == {
        **item.model_dump(),
        "position": 7,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "phash": record.phash,
        "width": 640,
        "height": 427,
        "format": "JPEG",
        "camera": "Canon EOS 5D",
        "content": record.content.model_dump() if record.content else None,
        "issues": ["text"],  # the carving of the roof
        "before_sha256": None,
        "before_reason": None,
        "before_detail": None,
        "split": None,
        "reason": None,
        "detail": None,
    }
    assert record.phash is not None and len(record.phash) == 16


def test_a_picture_before_is_looked_at_and_its_fault_is_not_the_source_s(
    photos: dict[str, Tensor], tmp_path: Path
) -> None:
    path, before, broken = (tmp_path / name for name in ("china.jpg", "china.png", "broken.png"))
    picture(photos["china"]).save(path)
    picture(photos["china"]).save(before)
    broken.write_bytes(before.read_bytes()[:9999])
    seen = {}
    for uri in (before, broken, tmp_path / "missing.png"):
        record = inspect(SourceItem(uri=str(path), before=str(uri)), 0, ImageConfig()).record
        assert record.reason is None
        assert record.phash is not None
        assert record.before_detail is None or uri.name in record.before_detail
        seen[uri.name] = (record.before_sha256, record.before_reason)
    assert seen == {
        "china.png": (hashlib.sha256(before.read_bytes()).hexdigest(), None),
        "broken.png": (hashlib.sha256(broken.read_bytes()).hexdigest(), "corrupt"),
        "missing.png": (None, "unreadable"),
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not_an_image"),
        (b"hello", "not_an_image"),
        (b"8BPS\0\1", "unsupported_format"),
        (b"\xff\xd8\xff", "corrupt"),
    ],
)
def test_a_bad_file_gets_a_reason_and_its_hash(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jpg"
    path.write_bytes(content)
    record, photo = inspect(SourceItem(uri=str(path)), 0, ImageConfig())
    assert photo is None
    assert (record.reason, record.bytes) == (reason, len(content))
    assert record.sha256 == hashlib.sha256(content).hexdigest()
    assert record.detail


def test_what_cannot_be_read_gets_a_reason(tmp_path: Path) -> None:
    for uri in (str(tmp_path / "missing.jpg"), str(tmp_path), "ftp://host/a.jpg", "hf://no/such/row"):
        record = inspect(SourceItem(uri=uri), 0, ImageConfig()).record
        assert (record.reason, record.sha256) == ("unreadable", None)


def test_copies_have_near_hashes_and_other_photos_do_not(photos: dict[str, Tensor], tmp_path: Path) -> None:
    hashes = {name: perceptual_hash(pixels) for name, pixels in photos.items()}
    for name, pixels in photos.items():
        assert distance(perceptual_hash(resize(pixels, 256)), hashes[name]) <= 4
        path = tmp_path / f"{name}.jpg"
        picture(pixels).save(path, quality=60)
        copy = inspect(SourceItem(uri=str(path)), 0, ImageConfig()).record
        assert copy.phash is not None and distance(copy.phash, hashes[name]) <= 4
        assert all(distance(hashes[name], other) > 12 for key, other in hashes.items() if key != name)


@pytest.mark.parametrize("image", [ImageConfig(), ImageConfig(long_side=200, format="png")], ids=["jpeg", "png"])
def test_the_photo_is_the_one_that_pairs_are_made_of(
    photos: dict[str, Tensor], tmp_path: Path, image: ImageConfig
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "china.jpg"
    picture(photos["china"]).save(path, exif=exif)
    record, photo = inspect(SourceItem(uri=str(path)), 0, image)
    assert photo == Photo(record.uri, str(record.sha256), image).stored


def test_flat_pictures_share_one_hash() -> None:
    hashes = {perceptual_hash(torch.full((3, 300, 400), level, dtype=torch.uint8)) for level in (1, 90, 255)}
    assert len(hashes) == 1
