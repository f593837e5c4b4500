"""Photos turned by their EXIF: the same coded picture, another one when it is upright."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from benchmarks.photos import find_photos, turned, write_turned
from pipeline.images.decode import decode, orient
from pipeline.sources.inspect import perceptual_hash
from schemas.config import ImageConfig

CONFIG = ImageConfig(long_side=256)


@pytest.fixture
def jpeg(photos: dict[str, Tensor], tmp_path: Path) -> Path:
    """A photo as a camera writes it, with EXIF of its own."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"
    path = tmp_path / "astronaut.jpg"
    Image.fromarray(photos["astronaut"].permute(1, 2, 0).numpy()).save(path, exif=exif, icc_profile=b"", quality=90)
    return path


def test_every_orientation_is_the_same_picture_turned(jpeg: Path) -> None:
    data = jpeg.read_bytes()
    upright = decode(turned(data, 1), "1.jpg", CONFIG).pixels
    found = {number: decode(turned(data, number), f"{number}.jpg", CONFIG).pixels for number in range(1, 9)}
    assert all(torch.equal(pixels, orient(upright, number)) for number, pixels in found.items())
    assert len({perceptual_hash(pixels) for pixels in found.values()}) == 8
    assert all(turned(turned(data, number), 6) == turned(data, 6) for number in found)


def test_turned_photos_are_written_once_each(jpeg: Path, tmp_path: Path) -> None:
    folder = write_turned([jpeg], [1, 3], tmp_path / "turned")
    assert [path.name for path in sorted(folder.iterdir())] == ["astronaut-1.jpg", "astronaut-3.jpg"]


def test_small_photos_are_left_out(jpeg: Path, tmp_path: Path) -> None:
    Image.new("RGB", (2000, 1000)).save(tmp_path / "large.jpg")
    assert [path.name for path in find_photos(tmp_path, tmp_path)] == ["large.jpg"]
    (tmp_path / "large.jpg").unlink()
    with pytest.raises(FileNotFoundError, match="megapixels"):
        find_photos(tmp_path, tmp_path)
