"""Pictures as Pillow decodes them to 8-bit sRGB without alpha. The rules are written in `pipeline.images.decode`."""

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from pipeline.images.decoded import bands
from schemas.source import SourceError

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Pillow's mode for a profile's colour space."""


def to_srgb(picture: Image.Image, profile: bytes | None) -> NDArray[np.uint8]:
    """Convert a loaded picture of any mode to (H, W, 3) sRGB.

    Raises:
        SourceError: `unsupported_format` for a mode without a rule, `corrupt` for a profile that does not fit.
    """
    width, height = picture.size
    converted = np.empty((height, width, 3), np.uint8)
    for top, bottom in bands(height, width):
        converted[top:bottom] = np.asarray(_band_to_srgb(picture.crop((0, top, width, bottom)), profile))
    return converted


def _band_to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    color, alpha = _split_alpha(_to_8_bit(picture))
    if profile:
        converted = _convert(color, profile)
    elif color.mode == "CMYK":
        raise SourceError("unsupported_format", "CMYK without an ICC profile: its colours are not defined")
    else:
        converted = color.convert("RGB")
    if alpha is None:
        return converted
    return Image.composite(converted, Image.new("RGB", converted.size, "white"), alpha)


def _convert(picture: Image.Image, profile: bytes) -> Image.Image:
    """A picture of mode L, RGB or CMYK from its ICC profile to sRGB, mode RGB."""
    mode = _profile_mode(profile)
    if picture.mode == "L" and mode == "RGB":
        picture = picture.convert("RGB")  # a grey picture may be stored with the profile of the RGB one it came from
    if picture.mode != mode:
        raise SourceError("corrupt", f"the ICC profile is for {mode} pictures, but the picture is {picture.mode}")
    if mode == "RGB" and is_srgb(profile):
        return picture
    converted = ImageCms.applyTransform(picture, _transform(profile))
    if converted is None:
        raise SourceError("corrupt", "the ICC profile cannot be applied")
    return converted


@lru_cache(maxsize=16)
def is_srgb(profile: bytes) -> bool:
    """Whether a profile says what sRGB says: it moves no colour of a coarse grid by more than one 8-bit step.

    Most photos carry some variant of sRGB. To leave them as they are saves time and a rounding.
    """
    if _profile_mode(profile) != "RGB":
        return False
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    moved = ImageCms.applyTransform(Image.fromarray(grid), _transform(profile))
    return moved is not None and int(np.abs(np.asarray(moved).astype(int) - grid).max()) <= 1


@lru_cache(maxsize=16)
def _transform(profile: bytes) -> ImageCms.ImageCmsTransform:
    try:
        return ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            _profile_mode(profile),
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError) as error:
        raise SourceError("corrupt", f"the ICC profile cannot be used: {error}") from error


@lru_cache(maxsize=16)
def _profile_mode(profile: bytes) -> str:
    try:
        space = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.xcolor_space.strip()
    except (ImageCms.PyCMSError, OSError) as error:
        raise SourceError("corrupt", f"the ICC profile cannot be read: {error}") from error
    if space not in _MODES:
        raise SourceError("unsupported_format", f"an ICC profile for {space} is not supported")
    return _MODES[space]


def _to_8_bit(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    return picture


def _split_alpha(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The picture in mode L, RGB or CMYK, and its alpha where it has any."""
    if picture.mode != "1" and picture.has_transparency_data:
        with_alpha = picture.convert("LA" if picture.mode in ("L", "LA", "La") else "RGBA")
        return with_alpha.convert(with_alpha.mode[:-1]), with_alpha.getchannel("A")
    if picture.mode in ("L", "RGB", "CMYK"):
        return picture, None
    if picture.mode == "1":
        raise SourceError("unsupported_format", "a picture of black and white alone has no tones")
    if picture.mode in ("P", "YCbCr", "RGBX"):
        return picture.convert("RGB"), None
    raise SourceError("unsupported_format", f"pictures of mode {picture.mode} have no defined white and are not read")
