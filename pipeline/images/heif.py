"""HEIF, which phones write as HEIC, through libheif, with its bits kept until the colours are converted."""

from typing import Any

import numpy as np
import pillow_heif
import torch
from PIL import Image
from PIL.ExifTags import Base as Tag

from operators.resize import resize
from pipeline.images.cicp import profile_of
from pipeline.images.color import to_srgb
from pipeline.images.decoded import Decoded, camera_name, check_size
from pipeline.images.deep import deep_to_srgb
from schemas.config import ImageConfig

pillow_heif.options.DECODE_THREADS = 1  # workers are the parallelism

_PIXEL_BYTES = 17
"""Bytes a pixel that decoding takes."""

_SHIFTED = 16
"""Bits to which libheif's samples of more than 8 bits are shifted up."""


def decode_heif(data: bytes, image: ImageConfig) -> Decoded:
    """Decode the primary picture of a file's bytes. libheif turns it upright.

    Raises:
        SourceError: `too_large`, `too_small`, `unsupported_format` or `corrupt`.
        Otherwise what libheif's binding raises on broken files.
    """
    file = pillow_heif.open_heif(data, convert_hdr_to_8bit=False)
    picture = file[file.primary_index]
    width, height = picture.size
    check_size(width, height, image, _PIXEL_BYTES)
    info: dict[str, Any] = dict(picture.info)
    pixels, profile, bits = np.asarray(picture), _profile(info), info["bit_depth"]
    if bits > 8:
        converted = deep_to_srgb(pixels >> (_SHIFTED - bits), bits, profile)
    else:
        converted = to_srgb(Image.fromarray(pixels), profile)
    exif = Image.Exif()
    if info.get("exif"):
        exif.load(info["exif"])
    camera = camera_name(exif.get(Tag.Make), exif.get(Tag.Model))
    reduced = resize(torch.from_numpy(converted).permute(2, 0, 1), image.long_side)
    return Decoded(reduced, width, height, "HEIF", camera)


def _profile(info: dict[str, Any]) -> bytes | None:
    profile: bytes | None = info.get("icc_profile")
    if profile:
        return profile
    points = info.get("nclx_profile")
    return profile_of(points["color_primaries"], points["transfer_characteristics"]) if points else None
