"""What every decoder returns, and what all of them do: check the size, turn upright, name the camera."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from schemas.config import ImageConfig
from schemas.source import SourceError

_LONGEST_NAME = 64


_ORIENTATIONS = {
    2: (False, (2,)),
    3: (False, (1, 2)),
    4: (False, (1,)),
    5: (True, ()),
    6: (True, (2,)),
    7: (True, (1, 2)),
    8: (True, (1,)),
}
"""EXIF orientation to: whether to transpose, and which axes of (3, H, W) to flip after that."""


@dataclass(frozen=True)
class Decoded:
    """A source as display-referred sRGB, upright.

    Attributes:
        pixels: (3, h, w) uint8, reduced to the configured long side; in memory the channels usually come last.
        width, height: size of the source before it was reduced.
        format: format of the file, as in "JPEG" or "RAW"; see `pipeline.images.formats.identify`.
        camera: make and model, or None where the file does not say.
    """

    pixels: Tensor
    width: int
    height: int
    format: str
    camera: str | None


_BAND = 1 << 20
"""Pixels of a band."""


def bands(height: int, width: int) -> Iterator[tuple[int, int]]:
    """First row, and row after the last, of the bands in which a picture is converted: copies of it stay small."""
    rows = max(1, _BAND // max(1, width))
    return ((top, min(top + rows, height)) for top in range(0, height, rows))


def check_size(width: int, height: int, image: ImageConfig, pixel_bytes: int) -> None:
    """Check the size of a picture before it is decoded.

    Args:
        width, height: in pixels.
        image: the bounds.
        pixel_bytes: memory that decoding takes for each pixel. `benchmarks.decoding` measures it.

    Raises:
        SourceError: `too_large`, in pixels or in memory, or `too_small`.
    """
    if width * height > image.max_pixels:
        raise SourceError("too_large", f"{width} x {height} pixels, more than image.max_pixels = {image.max_pixels}")
    if (needed := width * height * pixel_bytes) > image.max_memory:
        raise SourceError(
            "too_large",
            f"decoding {width} x {height} pixels takes {needed} bytes, more than image.max_memory = {image.max_memory}",
        )
    if min(width, height) < image.min_short_side:
        shortest = image.min_short_side
        raise SourceError("too_small", f"{width} x {height} pixels, shorter than image.min_short_side = {shortest}")


def orient(pixels: Tensor, orientation: int) -> Tensor:
    """Turn (3, H, W) upright by an EXIF orientation, 1 to 8; any other number leaves it as it is."""
    transposed, flipped = _ORIENTATIONS.get(orientation, (False, ()))
    if transposed:
        pixels = pixels.transpose(1, 2)
    return pixels.flip(flipped) if flipped else pixels


def camera_name(make: object, model: object) -> str | None:
    """Make and model as one short printable line, without naming the make twice; None where neither is text."""
    make_text, model_text = _clean(make), _clean(model)
    repeats = make_text and model_text.casefold().startswith(make_text.split()[0].casefold())
    return (model_text if repeats else f"{make_text} {model_text}".strip()) or None


def _clean(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", errors="replace")
    if not isinstance(value, str):
        return ""
    text = "".join(character if character.isprintable() else " " for character in value.partition("\0")[0])
    return " ".join(text.split())[:_LONGEST_NAME]
