"""A photo in full: read from a file with what its EXIF says, and written as JPEG with the same."""

import io
import logging
from pathlib import Path
from typing import Any, NamedTuple

import pillow_heif
from PIL import Image, ImageCms
from PIL.ExifTags import IFD
from PIL.ExifTags import Base as Tag
from torch import Tensor

from pipeline.images.decode import decode
from pipeline.images.formats import READ_ERRORS, identify
from schemas.config import ImageConfig
from schemas.errors import UnretouchError
from schemas.source import SourceError

logger = logging.getLogger(__name__)

_WHOLE = ImageConfig().model_copy(update={"long_side": 1 << 30, "min_short_side": 1})
"""Reads a photo at its own size, however large."""

_PILLOW = ("JPEG", "PNG", "TIFF", "WEBP", "AVIF")
"""Formats whose EXIF Pillow finds."""

_KEPT = (
    *(Tag.ImageDescription, Tag.Make, Tag.Model, Tag.XResolution, Tag.YResolution, Tag.ResolutionUnit),
    *(Tag.DateTime, Tag.Artist, Tag.Copyright),
)
"""What is true of the retouched photo too. A TIFF's other tags tell where its pixels lie."""

_NOT_KEPT = (Tag.MakerNote, Tag.ExifInteroperabilityOffset)
"""They hold positions in the old file."""

_SRGB = 1

_LONGEST_EXIF = 65_533
"""Bytes of EXIF that a JPEG can hold."""

_LONGEST_SIDE = 65_500
"""Pixels of a side of a JPEG, as libjpeg writes it."""


class UnreadablePhotoError(UnretouchError):
    """A photo named on the command line cannot be read, or is too long to be written again."""

    exit_code = 2


class PhotoFile(NamedTuple):
    """A photo that fits into a JPEG, and its EXIF without what no longer holds of it."""

    pixels: Tensor
    """uint8 (3, H, W), sRGB, upright, at its own size."""
    exif: bytes


def read_photo(path: Path) -> PhotoFile:
    """Read a photo of any supported format. Its colours are converted to sRGB and it is turned upright.

    EXIF of JPEG, PNG, TIFF, WebP, AVIF and HEIC is kept if it fits into a JPEG; that of other formats is not.

    Raises:
        UnreadablePhotoError: it cannot be read; the message names it.
    """
    try:
        data = path.read_bytes()
        pixels = decode(data, path.name, _WHOLE).pixels
    except OSError as error:
        raise UnreadablePhotoError(f"{path}: {error.strerror}") from error
    except SourceError as error:
        raise UnreadablePhotoError(f"{path}: {error.detail}") from error
    height, width = pixels.shape[1:]
    if max(height, width) > _LONGEST_SIDE:
        raise UnreadablePhotoError(f"{path}: {width} x {height} pixels are too many for JPEG ({_LONGEST_SIDE} a side)")
    return PhotoFile(pixels, _exif(data, path, width, height))


def to_jpeg(photo: PhotoFile) -> bytes:
    """A photo as JPEG of quality 95 without chroma subsampling, with its EXIF and the profile of sRGB."""
    image, file = Image.fromarray(photo.pixels.permute(1, 2, 0).contiguous().numpy()), io.BytesIO()
    image.save(file, "JPEG", quality=95, subsampling=0, exif=photo.exif, icc_profile=_srgb_profile())
    return file.getvalue()


def _exif(data: bytes, path: Path, width: int, height: int) -> bytes:
    try:
        old = _stored_exif(data, identify(data, path.name))
        inner, place = dict(old.get_ifd(IFD.Exif)), dict(old.get_ifd(IFD.GPSInfo))
    except READ_ERRORS as error:  # as when sources are decoded, EXIF that cannot be read counts as absent
        logger.warning("%s: its EXIF cannot be read and is not kept: %s", path, error)
        old, inner, place = Image.Exif(), {}, {}
    new = Image.Exif()
    for tag in _KEPT:
        if tag in old:
            new[tag] = old[tag]
    for tag in _NOT_KEPT:
        inner.pop(tag, None)
    if inner:
        inner |= {Tag.ColorSpace: _SRGB, Tag.ExifImageWidth: width, Tag.ExifImageHeight: height}
    new[Tag.Orientation] = 1
    new.get_ifd(IFD.Exif).update(inner)
    new.get_ifd(IFD.GPSInfo).update(place)
    exif: bytes = new.tobytes()
    if len(exif) > _LONGEST_EXIF:
        logger.warning("%s: its EXIF is longer than that of a JPEG can be, and is not kept", path)
        return b""
    return exif


def _stored_exif(data: bytes, kind: str) -> Image.Exif:
    exif = Image.Exif()
    if kind in _PILLOW:
        with Image.open(io.BytesIO(data), formats=[kind]) as picture:
            exif = picture.getexif()
            exif.get_ifd(IFD.Exif)  # while the file is open
            exif.get_ifd(IFD.GPSInfo)
    elif kind == "HEIF":
        file = pillow_heif.open_heif(data)
        info: dict[str, Any] = dict(file[file.primary_index].info)
        if info.get("exif"):
            exif.load(info["exif"])
    return exif


def _srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
