"""Split toning: a tint for the shadows and one for the highlights, each a hue and a saturation.

A tint is a shift along its hue that keeps Rec. 601 luma, and luma alone says how much of it a pixel gets: nothing at
black and white, most in the dark and in the bright half. So luma is still there to take the shift back exactly.
"""

import torch
from torch import Tensor

from operators.color_space import LUMA_WEIGHTS, hue_color, luma
from operators.operator import Operator
from schemas.recipe import ParameterSpec

STRENGTH = 0.3
"""Difference of the largest and the smallest channel of a tint at saturation 100, for weight 1."""


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """Add the tints. `parameters` (B, 4): hue and saturation of the shadows, then of the highlights."""
    return image + _tint(image, parameters)


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """Subtract the tints."""
    return image - _tint(image, parameters)


def _tint(image: Tensor, parameters: Tensor) -> Tensor:
    y = luma(image).unsqueeze(1).clamp(0, 1)
    middle = 4 * y * (1 - y)
    bright = y * y * (3 - 2 * y)
    return middle * ((1 - bright) * _shift(parameters[:, :2]) + bright * _shift(parameters[:, 2:]))


def _shift(parameters: Tensor) -> Tensor:
    """The colour without luma that a hue and a saturation stand for, (B, 3, 1)."""
    hue, saturation = parameters.unsqueeze(-1).unbind(1)
    red, green, blue = hue_color(hue / 60)
    grey = LUMA_WEIGHTS[0] * red + LUMA_WEIGHTS[1] * green + LUMA_WEIGHTS[2] * blue
    scale = STRENGTH / 100 * saturation
    return torch.stack([scale * (channel - grey) for channel in (red, green, blue)], dim=1)


SPLIT_TONING = Operator(
    "split_toning",
    (
        ParameterSpec("SplitToningShadowHue", "color", 0.0, 360.0, "degree"),
        ParameterSpec("SplitToningShadowSaturation", "color", 0.0, 100.0, "slider"),
        ParameterSpec("SplitToningHighlightHue", "color", 0.0, 360.0, "degree"),
        ParameterSpec("SplitToningHighlightSaturation", "color", 0.0, 100.0, "slider"),
    ),
    apply,
    invert,
)
