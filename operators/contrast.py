"""Contrast of Exposure and RLPixTuner: blend toward I * E(L) / L, E(L) = (1 - cos(pi L)) / 2, L luminance.

All channels are scaled by one factor, so luminance goes through the curve (1 - p) L + p E(L), which can be inverted.
Outside [0, 1] the factor stays what it is at the nearer end.
"""

from math import pi

import torch
from torch import Tensor

from operators.luminance import luminance
from operators.monotone import solve
from operators.operator import Operator
from schemas.recipe import ParameterSpec


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """Blend with share p. `parameters` (B, 1)."""
    return image * _factor(luminance(image), parameters).unsqueeze(1)


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """Find the luminance before the blend and divide by its factor."""
    before = solve(_curve, luminance(image), parameters)
    return image / _factor(before, parameters).unsqueeze(1)


def _factor(luminance: Tensor, parameters: Tensor) -> Tensor:
    """1 - p + p E(L) / L; E(L) = sin(pi L / 2)^2, so sinc carries the ratio through L = 0."""
    inside = luminance.clamp(0, 1)
    ratio = (pi / 2) ** 2 * inside * torch.sinc(inside / 2) ** 2
    return 1 - parameters + parameters * ratio


def _curve(luminance: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
    """Luminance after the blend and its slope."""
    inside = luminance.clamp(0, 1)
    slope = 1 - parameters + parameters * (pi / 2) * torch.sin(pi * inside)
    return luminance * _factor(luminance, parameters), torch.where(luminance > 1, 1.0, slope)


CONTRAST = Operator(
    "contrast", (ParameterSpec("Contrast", "light", -1.0, 1.0, "share", safe=(-0.8, 0.8)),), apply, invert
)
