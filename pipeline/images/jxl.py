"""JPEG XL through libjxl, with its bits kept until the colours are converted."""

import io

import imagecodecs
import numpy as np
import torch
from PIL import Image
from PIL.ExifTags import Base as Tag
from pillow_jxl import JpegXLImagePlugin

from operators.resize import resize
from pipeline.images.color import to_srgb
from pipeline.images.decoded import Decoded, camera_name, check_size, orient
from pipeline.images.deep import deep_to_srgb
from pipeline.images.jxl_header import read_header
from schemas.config import ImageConfig
from schemas.source import SourceError

JpegXLImagePlugin.DECODE_THREADS = 0  # workers are the parallelism

_PIXEL_BYTES = 22
"""Bytes a pixel that decoding takes."""

_HALF = 16
"""Bits of the longest samples that are read; longer ones are floats, which do not say what is white."""


def decode_jxl(data: bytes, image: ImageConfig) -> Decoded:
    """Decode a file's bytes.

    Raises:
        SourceError: `too_large`, `too_small`, `unsupported_format` or `corrupt`.
        Otherwise what the decoders raise on broken files.
    """
    header = read_header(data)
    check_size(header.width, header.height, image, _PIXEL_BYTES)
    if header.floats or header.bits > _HALF:
        raise SourceError(
            "unsupported_format", "JPEG XL of floating-point samples has no defined white and is not read"
        )
    with JpegXLImagePlugin.JXLImageFile(io.BytesIO(data)) as picture:
        picture.load()  # type: ignore[no-untyped-call]  # the plugin has no types
        profile, exif = picture.info.get("icc_profile"), picture.getexif()
        # The decoder turns pictures upright by itself, but not those that it decodes as the JPEG that they were.
        orientation = exif.get(Tag.Orientation) if picture.jpeg else 1
        if header.bits > 8:
            deep = imagecodecs.jpegxl_decode(data, index=0, numthreads=1)
            pixels = deep_to_srgb(deep.astype(np.uint16, copy=False), header.bits, profile)
        else:
            pixels = to_srgb(Image.frombytes(picture.mode, picture.size, picture.tobytes()), profile)
        camera = camera_name(exif.get(Tag.Make), exif.get(Tag.Model))
    reduced = resize(torch.from_numpy(pixels).permute(2, 0, 1), image.long_side)
    upright = orient(reduced, orientation if isinstance(orientation, int) else 1)
    width, height = (header.height, header.width) if header.sideways else (header.width, header.height)
    return Decoded(upright, width, height, "JXL", camera)
