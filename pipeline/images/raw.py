"""Camera RAW to display-referred sRGB through LibRaw. The choices:

* White balance as the camera recorded it; where it recorded none, LibRaw's daylight for that model.
* The camera's colour matrix to sRGB primaries, the sRGB curve, 8 bit. No tone curve on top: LibRaw has no such look,
  and a look is the retoucher's to choose.
* Brightness: sensors are exposed for their highlights, so the plain development is darker than any finished photo. The
  picture is brightened until one pixel in a thousand is white. A photo that has highlights at the limit is not moved.
* Clipped highlights stay clipped to white.
* Demosaicing: AHD at full size. A Bayer sensor at least twice as long as the target is developed at half size, one
  pixel for each 2 x 2 cell: ten times faster, and reducing would average the cells anyway.
* The camera's orientation is applied. Only make and model leave the metadata.
"""

import io

import numpy as np
import rawpy
import torch
from PIL import Image
from PIL.ExifTags import Base as Tag

from operators.resize import resize
from pipeline.images.decoded import Decoded, camera_name, check_size
from pipeline.images.formats import READ_ERRORS
from schemas.config import ImageConfig
from schemas.source import SourceError

SRGB_GAMMA = (2.4, 12.92)
"""Power and slope at black of the sRGB curve, IEC 61966-2-1."""

WHITE_SHARE = 0.001
"""Share of pixels that automatic brightness makes white."""

_PIXEL_BYTES = 14
"""Bytes a pixel that developing takes at full size."""

_UNIQUE_CAMERA_MODEL = 50708


def develop(data: bytes, image: ImageConfig) -> Decoded:
    """Develop a RAW file's bytes.

    Raises:
        SourceError: `unsupported_format`, `too_large`, `too_small` or `corrupt`.
    """
    try:
        with rawpy.imread(io.BytesIO(data)) as raw:
            width, height = _size(raw)
            check_size(width, height, image, _PIXEL_BYTES)
            _check_levels(raw)
            half = _can_halve(raw) and max(width, height) >= 2 * image.long_side
            pixels: np.ndarray = raw.postprocess(
                half_size=half,
                use_camera_wb=True,
                output_color=rawpy.ColorSpace.sRGB,
                gamma=SRGB_GAMMA,
                output_bps=8,
                auto_bright_thr=WHITE_SHARE,
                highlight_mode=rawpy.HighlightMode.Clip,
            )
            camera = _camera(data) or _preview_camera(raw)
    except (rawpy.LibRawFileUnsupportedError, rawpy.NotSupportedError) as error:
        raise SourceError("unsupported_format", f"LibRaw: {_message(error)}") from error
    except rawpy.LibRawError as error:
        raise SourceError("corrupt", f"LibRaw: {_message(error)}") from error
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise SourceError("unsupported_format", f"LibRaw gave an array of shape {pixels.shape}, not three colours")
    reduced = resize(torch.from_numpy(pixels).permute(2, 0, 1), image.long_side)
    return Decoded(reduced, width, height, "RAW", camera)


def _size(raw: rawpy.RawPy) -> tuple[int, int]:
    """Width and height after LibRaw has made pixels square and turned the picture upright."""
    sizes = raw.sizes
    width, height = sizes.width, sizes.height
    if sizes.pixel_aspect > 1:
        width = round(width * sizes.pixel_aspect)
    elif 0 < sizes.pixel_aspect < 1:
        height = round(height / sizes.pixel_aspect)
    return (height, width) if sizes.flip in (5, 6) else (width, height)


def _check_levels(raw: rawpy.RawPy) -> None:
    """Raise SourceError where LibRaw found no picture, or has the wrong white level, as for files of film scanners."""
    samples = raw.raw_image[::8, ::8]
    if samples.min() == samples.max():
        raise SourceError("corrupt", "LibRaw finds no picture data: all samples are equal")
    if np.median(samples) > raw.white_level:
        raise SourceError(
            "unsupported_format", f"LibRaw takes {raw.white_level} for white, but most samples lie above it"
        )


def _can_halve(raw: rawpy.RawPy) -> bool:
    return raw.raw_pattern is not None and raw.raw_pattern.shape == (2, 2)


def _camera(data: bytes) -> str | None:
    """Camera from the file's own first TIFF directory, where it has one."""
    exif = Image.Exif()
    try:
        exif.load(data)
        return camera_name(exif.get(Tag.Make), exif.get(Tag.Model) or exif.get(_UNIQUE_CAMERA_MODEL))
    except READ_ERRORS:
        return None


def _preview_camera(raw: rawpy.RawPy) -> str | None:
    """Camera from the JPEG preview, for RAW formats that are no TIFF."""
    try:
        thumb = raw.extract_thumb()
    except rawpy.LibRawError:
        return None
    if not isinstance(thumb.data, bytes):
        return None  # a bitmap
    try:
        with Image.open(io.BytesIO(thumb.data), formats=["JPEG"]) as preview:
            exif = preview.getexif()
            return camera_name(exif.get(Tag.Make), exif.get(Tag.Model))
    except READ_ERRORS:
        return None


def _message(error: Exception) -> str:
    text = error.args[0] if error.args else type(error).__name__
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)
