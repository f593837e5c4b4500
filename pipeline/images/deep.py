"""Pictures of more than 8 bits a sample to 8-bit sRGB: their bits are kept until the colours are converted."""

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from pipeline.images.color import is_srgb
from pipeline.images.decoded import bands
from schemas.source import SourceError

_WHITE = 65535


def deep_to_srgb(pixels: NDArray[np.uint16], bits: int, profile: bytes | None) -> NDArray[np.uint8]:
    """Convert a picture to 8-bit sRGB and lay its alpha over white.

    Args:
        pixels: (H, W) grey or (H, W, C) with 1 to 4 channels: grey, grey and alpha, RGB, RGB and alpha.
        bits: of each sample; white is 2^bits - 1.
        profile: ICC profile of the colours; None for sRGB.

    Returns:
        (H, W, 3).

    Raises:
        SourceError: `corrupt` where the profile cannot be used.
    """
    channels = pixels[..., None] if pixels.ndim == 2 else pixels
    height, width = channels.shape[:2]
    converted = np.empty((height, width, 3), np.uint8)
    for top, bottom in bands(height, width):
        converted[top:bottom] = _band_to_srgb(channels[top:bottom], bits, profile)
    return converted


def _band_to_srgb(channels: NDArray[np.uint16], bits: int, profile: bytes | None) -> NDArray[np.uint8]:
    scaled = (channels.astype(np.uint32) * _WHITE // (2**bits - 1)).astype(np.uint16)
    colors = scaled[..., : 3 if scaled.shape[2] >= 3 else 1]
    colors = np.ascontiguousarray(np.broadcast_to(colors, (*colors.shape[:2], 3)))
    converted = _to_8_bit(colors) if profile is None or is_srgb(profile) else _convert(colors, profile)
    if scaled.shape[2] % 2:
        return converted
    alpha = scaled[..., -1:].astype(np.float32) / _WHITE
    laid: NDArray[np.uint8] = (converted * alpha + 255 * (1 - alpha) + 0.5).astype(np.uint8)
    return laid


def _to_8_bit(colors: NDArray[np.uint16]) -> NDArray[np.uint8]:
    return ((colors.astype(np.uint32) * 255 + _WHITE // 2) // _WHITE).astype(np.uint8)


def _convert(colors: NDArray[np.uint16], profile: bytes) -> NDArray[np.uint8]:
    try:
        converted: NDArray[np.uint8] = imagecodecs.cms_transform(
            colors,
            profile,
            imagecodecs.cms_profile("srgb"),
            colorspace="rgb",
            outcolorspace="rgb",
            outdtype="uint8",
            intent=imagecodecs.CMS.INTENT.RELATIVE_COLORIMETRIC,
            flags=imagecodecs.CMS.FLAGS.BLACKPOINTCOMPENSATION,
        )
    except (imagecodecs.CmsError, ValueError) as error:
        raise SourceError("corrupt", f"the ICC profile cannot be used: {error}") from error
    return converted
