"""The photographs that the benchmarks run on, and more sources of the same cost made from them."""

import struct
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image
from PIL.ExifTags import Base as Tag

from pipeline.demo import write_photos

LEAST_PIXELS = 2_000_000
"""Smaller photos are left out: below, a JPEG costs little more than what is made of it."""

_ENLARGED_PIXELS = 4_000_000
_SOI = b"\xff\xd8"
_APP1, _SOS = 0xE1, 0xDA


def find_photos(folder: Path | None, scratch: Path) -> list[Path]:
    """JPEG files of at least 2 MP.

    Args:
        folder: where to look, without its subfolders; None takes the six demo photographs, enlarged to 4 MP. Those are
            softer than camera files, so their codec work is less.
        scratch: folder that receives the demo photographs.

    Raises:
        FileNotFoundError: the folder holds no such file.
    """
    if folder is None:
        return _demo_photos(scratch)
    found = [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in (".jpg", ".jpeg") and megapixels(path) * 1e6 >= LEAST_PIXELS
    ]
    if not found:
        raise FileNotFoundError(f"{folder} holds no JPEG of at least {LEAST_PIXELS / 1e6:.0f} megapixels")
    return found


def megapixels(path: Path) -> float:
    """Millions of pixels of a picture, from its header."""
    with Image.open(path) as image:
        return image.width * image.height / 1e6


def write_turned(photos: Sequence[Path], orientations: Sequence[int], folder: Path) -> Path:
    """Write each photo once for each EXIF orientation, 1 to 8, into a new folder.

    The coded picture is the same, so decoding costs the same, but upright it is another one: its file hash and its
    perceptual hash differ, and a run uses it as a source of its own.
    """
    folder.mkdir(parents=True)
    for photo in photos:
        data = photo.read_bytes()
        for orientation in orientations:
            (folder / f"{photo.stem}-{orientation}.jpg").write_bytes(turned(data, orientation))
    return folder


def turned(jpeg: bytes, orientation: int) -> bytes:
    """A JPEG file whose only EXIF says this orientation. No pixel is coded again."""
    exif = Image.Exif()
    exif[Tag.Orientation] = orientation
    payload = exif.tobytes()
    kept = b"".join(
        segment for marker, segment in _segments(jpeg) if marker != _APP1 or segment[4:8] != b"Exif"
    )  # other APP1 segments, as XMP, stay
    return _SOI + struct.pack(">BBH", 0xFF, _APP1, len(payload) + 2) + payload + kept


def _segments(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and bytes of each segment after the start of image; the last one is the scan and all behind it."""
    at = len(_SOI)
    while jpeg[at + 1] != _SOS:
        length = int.from_bytes(jpeg[at + 2 : at + 4], "big") + 2
        yield jpeg[at + 1], jpeg[at : at + length]
        at += length
    yield _SOS, jpeg[at:]


def _demo_photos(scratch: Path) -> list[Path]:
    folder = scratch / "demo"
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as small:
        paths = []
        for source in write_photos(Path(small)):
            with Image.open(source) as image:
                scale = (_ENLARGED_PIXELS / (image.width * image.height)) ** 0.5
                size = (round(image.width * scale), round(image.height * scale))
                paths.append(folder / f"{source.stem}.jpg")
                image.resize(size, Image.Resampling.LANCZOS).save(paths[-1], quality=92)
    return paths
