"""What every decoder returns, and the two bounds it checks before it decodes."""

from dataclasses import dataclass

from torch import Tensor

from schemas.config import ImageConfig
from schemas.source import SourceError

_LONGEST_NAME = 64


@dataclass(frozen=True)
class Decoded:
    """A source as display-referred sRGB, upright.

    Attributes:
        pixels: (3, h, w) uint8, reduced to the configured long side; in memory the channels usually come last.
        width, height: size of the source before it was reduced.
        format: decoder that read it: "JPEG", "PNG", "TIFF", "WEBP" or "RAW".
        camera: make and model, or None where the file does not say.
    """

    pixels: Tensor
    width: int
    height: int
    format: str
    camera: str | None


def check_size(width: int, height: int, image: ImageConfig) -> None:
    """Raise SourceError unless a picture of this many pixels is neither too large nor too small."""
    if width * height > image.max_pixels:
        raise SourceError("too_large", f"{width} x {height} pixels, more than image.max_pixels = {image.max_pixels}")
    if min(width, height) < image.min_short_side:
        shortest = image.min_short_side
        raise SourceError("too_small", f"{width} x {height} pixels, shorter than image.min_short_side = {shortest}")


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
