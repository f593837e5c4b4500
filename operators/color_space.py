"""The two working spaces of the processes: linear light, and hue / gamut-relative saturation / luma (HSY).

HSY is made from *encoded* (display-referred, perceptually even) sRGB:

* hue: the hexagonal hue of HSV in sextants, 0 red, 1 yellow, 2 green, 3 aqua, 4 blue, 5 magenta;
* luma: Rec. 601 luma, the `Y'` that JPEG stores;
* saturation: chroma (max - min) divided by the largest chroma that the RGB cube holds at that hue and luma.

A map that keeps saturation in [0, 1] and luma in [0, 1] keeps every colour inside the cube, so edits made in HSY
do not clip, and what does not clip can be undone. There is no trigonometry in either direction.
"""

import torch
from torch import Tensor

LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""Rec. ITU-R BT.601-7, section 2.5.1."""

_SMALLEST_CHROMA_LIMIT = 1e-3
"""Bound from below for the chroma limit: a quarter of an 8-bit step, so black and white divide safely."""


def srgb_to_linear(x: Tensor) -> Tensor:
    """Decode sRGB (IEC 61966-2-1), any shape, extended as an odd function below 0 and as a power above 1."""
    magnitude = x.abs()
    power = ((magnitude.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4
    return torch.where(magnitude <= 0.04045, x / 12.92, x.sign() * power)


def linear_to_srgb(x: Tensor) -> Tensor:
    """Encode linear light as sRGB (IEC 61966-2-1); the inverse of `srgb_to_linear` on all real numbers."""
    magnitude = x.abs()
    power = 1.055 * magnitude.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(magnitude <= 0.0031308, x * 12.92, x.sign() * power)


def luma(rgb: Tensor) -> Tensor:
    """Rec. 601 luma of encoded RGB: (B, 3, ...) to (B, ...)."""
    red, green, blue = rgb.unbind(1)
    return LUMA_WEIGHTS[0] * red + LUMA_WEIGHTS[1] * green + LUMA_WEIGHTS[2] * blue


def hue_color(hue: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Red, green and blue of the purest colour of a hue: largest component 1, smallest 0. `hue` in [0, 6]."""
    red = ((hue - 3).abs() - 1).clamp(0, 1)
    green = (2 - (hue - 2).abs()).clamp(0, 1)
    blue = (2 - (hue - 4).abs()).clamp(0, 1)
    return red, green, blue


def chroma_limit(hue: Tensor, luma: Tensor) -> Tensor:
    """Largest max - min that the RGB cube holds at a hue (sextants) and a luma, never below a small constant."""
    pure = _pure_luma(hue)
    return torch.minimum(luma / pure, (1 - luma) / (1 - pure)).clamp(min=_SMALLEST_CHROMA_LIMIT)


def rgb_to_hsy(rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Encoded RGB (B, 3, N) to hue in [0, 6], saturation >= 0 (in [0, 1] inside the cube) and luma, each (B, N).

    Grey has hue 0; a red a hair on the magenta side rounds to 6. Colours outside the cube are accepted; they get a
    saturation above 1.
    """
    red, green, blue = rgb.unbind(1)
    return planes_to_hsy(red, green, blue)


def planes_to_hsy(red: Tensor, green: Tensor, blue: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """`rgb_to_hsy` for channels that come apart: a compiler fuses what it does not have to put together."""
    largest = torch.maximum(torch.maximum(red, green), blue)
    chroma = largest - torch.minimum(torch.minimum(red, green), blue)
    divisor = torch.where(chroma > 0, chroma, torch.ones_like(chroma))
    from_red = (green - blue) / divisor
    from_red = torch.where(from_red < 0, from_red + 6, from_red)
    from_green = 2 + (blue - red) / divisor
    from_blue = 4 + (red - green) / divisor
    hue = torch.where(largest == red, from_red, torch.where(largest == green, from_green, from_blue))
    y = LUMA_WEIGHTS[0] * red + LUMA_WEIGHTS[1] * green + LUMA_WEIGHTS[2] * blue
    return hue, chroma / chroma_limit(hue, y), y


def hsy_to_rgb(hue: Tensor, saturation: Tensor, luma: Tensor) -> Tensor:
    """The inverse of `rgb_to_hsy`: three (B, N) tensors to encoded RGB (B, 3, N). `hue` in [0, 6]."""
    return torch.stack(hsy_to_planes(hue, saturation, luma), dim=1)


def hsy_to_planes(hue: Tensor, saturation: Tensor, luma: Tensor) -> list[Tensor]:
    """`hsy_to_rgb` with the channels apart: three (B, N)."""
    chroma = saturation * chroma_limit(hue, luma)
    darkest = luma - chroma * _pure_luma(hue)
    return [darkest + chroma * component for component in hue_color(hue)]


def _pure_luma(hue: Tensor) -> Tensor:
    red, green, blue = hue_color(hue)
    return LUMA_WEIGHTS[0] * red + LUMA_WEIGHTS[1] * green + LUMA_WEIGHTS[2] * blue
