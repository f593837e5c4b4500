"""Calibration: where the three primaries of the camera lie, a 3 x 3 matrix in linear light that keeps neutrals.

Two renderings of one raw file by different camera profiles differ mostly by such a matrix, and so do a gain in a
camera's own primaries and one in those of sRGB. A primary's *hue* slider gives more of it to the next primary and takes
as much from the one before (plus: red toward yellow, green toward aqua, blue toward magenta); its *saturation* slider
takes it from both others. The matrix is the exponential of a sum of such exchanges, whose rows add up to 0. So grey
stays grey, every setting can be undone, and the setting -p undoes p.
"""

import torch
from torch import Tensor

from operators.color_space import linear_to_srgb, srgb_to_linear
from operators.operator import Operator, sliders

STRENGTH = 0.3
"""Share of a primary that a slider at +-100 exchanges with each of the two others, to first order."""


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """Multiply linear light by `matrix`. `parameters` (B, 6) in slider units."""
    return linear_to_srgb(matrix(parameters) @ srgb_to_linear(image))


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """Multiply linear light by the matrix of the opposite setting, its inverse."""
    return linear_to_srgb(matrix(-parameters) @ srgb_to_linear(image))


def matrix(parameters: Tensor) -> Tensor:
    """Linear RGB to linear RGB, (B, 3, 3), each row adding up to 1; from hue and saturation of red, green and blue."""
    hue, saturation = (STRENGTH / 100 * parameters).view(-1, 3, 2).unbind(2)
    # Column c: what primary c gives to the row of the next primary and to that of the one before.
    given = torch.diag_embed(hue - saturation).roll(1, dims=1) + torch.diag_embed(-hue - saturation).roll(-1, dims=1)
    exchange: Tensor = torch.linalg.matrix_exp(given - torch.diag_embed(given.sum(2)))
    return exchange


CALIBRATION = Operator(
    "calibration",
    sliders("color", "RedHue", "RedSaturation", "GreenHue", "GreenSaturation", "BlueHue", "BlueSaturation"),
    apply,
    invert,
)
