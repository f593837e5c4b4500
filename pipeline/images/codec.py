"""The codec of stored pictures: 8-bit pixels to the bytes of a file and back."""

import io
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import simplejpeg
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pipeline.images.formats import READ_ERRORS
from schemas.config import ImageConfig
from schemas.sample import ImageFormat

_LONGEST = 8192
"""Pixels of the longest side that `image.long_side` allows."""


def encode(pixels: Tensor, config: ImageConfig) -> bytes:
    """Encode a picture, (3, H, W) uint8 sRGB, in the config's format. PNG and WebP are lossless.

    Equal pixels give equal bytes: the file holds no metadata.
    """
    channels_last = pixels.permute(1, 2, 0)
    if not channels_last.is_contiguous():
        channels_last = torch.stack(pixels.unbind(0), dim=-1)  # six times as fast as `contiguous`
    array = channels_last.numpy()
    if config.format == "jpeg":
        # The accurate transform takes no longer than the fast one and keeps about 1 dB more.
        return bytes(
            simplejpeg.encode_jpeg(array, config.quality, "RGB", config.subsampling.replace(":", ""), fastdct=False)
        )
    buffer = io.BytesIO()
    options = {"compress_level": 4} if config.format == "png" else {"lossless": True, "method": 2}
    Image.fromarray(array).save(buffer, config.format, **options)
    return buffer.getvalue()


def decode(data: bytes, image_format: ImageFormat) -> Tensor:
    """Decode what `encode` wrote: (3, H, W) uint8, with channels last in memory.

    Raises:
        ValueError: the bytes are no picture of this format, or too large a one.
    """
    if image_format == "jpeg":
        height, width, *_ = simplejpeg.decode_jpeg_header(data)
        _check_size(width, height)
        array = _decode_jpeg(data)
    else:
        try:
            with Image.open(io.BytesIO(data), formats=[image_format]) as image:
                _check_size(*image.size)
                array = np.array(image.convert("RGB"))
        except (*READ_ERRORS, Image.DecompressionBombError) as error:
            raise ValueError(f"{image_format} cannot be decoded: {error}") from error
    return torch.from_numpy(array).permute(2, 0, 1)


def _check_size(width: int, height: int) -> None:
    """Raise ValueError for pictures that a few bytes claim to hold, before room is made for them."""
    if max(width, height) > _LONGEST:
        raise ValueError(f"{width} x {height} pixels: no stored picture has a side of more than {_LONGEST}")


def decode_all(files: Sequence[bytes], image_format: ImageFormat, height: int, width: int) -> Tensor:
    """Decode pictures of one size into one tensor: (B, 3, H, W) uint8, with channels last in memory."""
    pixels = torch.empty(len(files), height, width, 3, dtype=torch.uint8)
    for data, picture in zip(files, pixels, strict=True):
        if image_format == "jpeg":
            _decode_jpeg(data, buffer=picture.numpy())  # in place, without a copy
        else:
            picture.copy_(decode(data, image_format).permute(1, 2, 0))
    return pixels.permute(0, 3, 1, 2)


_decode_jpeg: Callable[..., NDArray[np.uint8]] = partial(
    simplejpeg.decode_jpeg, colorspace="RGB", fastdct=False, fastupsample=False
)
