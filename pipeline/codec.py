"""Stored pictures: 8-bit pixels to the bytes of a file and back."""

import io

import numpy as np
import simplejpeg
import torch
from PIL import Image
from torch import Tensor

from schemas.config import ImageConfig

EXTENSIONS = {"jpeg": "jpg", "png": "png", "webp": "webp"}


def encode(pixels: Tensor, config: ImageConfig) -> bytes:
    """Code a picture, (3, H, W) uint8 sRGB, as the config says. PNG and WebP are lossless.

    The same pixels give the same bytes: nothing but pixels is written.
    """
    array = torch.stack(pixels.unbind(0), dim=-1).numpy()
    if config.format == "jpeg":
        # The accurate transform costs no more time than the fast one and keeps about 1 dB more.
        return bytes(
            simplejpeg.encode_jpeg(array, config.quality, "RGB", config.subsampling.replace(":", ""), fastdct=False)
        )
    buffer = io.BytesIO()
    options = {"compress_level": 4} if config.format == "png" else {"lossless": True, "method": 2}
    Image.fromarray(array).save(buffer, config.format, **options)
    return buffer.getvalue()


def decode(data: bytes, image_format: str) -> Tensor:
    """Read back what `encode` wrote: (3, H, W) uint8, with the channels last in memory."""
    if image_format == "jpeg":
        array = simplejpeg.decode_jpeg(data, "RGB", fastdct=False, fastupsample=False)
    else:
        with Image.open(io.BytesIO(data), formats=[image_format]) as image:
            array = np.array(image.convert("RGB"))
    return torch.from_numpy(array).permute(2, 0, 1)
