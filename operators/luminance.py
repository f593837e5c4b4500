"""The luminance of the Exposure paper: .27 R + .67 G + .06 B."""

from torch import Tensor

LUMINANCE_WEIGHTS = (0.27, 0.67, 0.06)
"""Hu et al., Exposure (2018), supplement, section 8. They add up to 1."""


def luminance(rgb: Tensor) -> Tensor:
    """Weighted sum of the channels: (B, 3, ...) to (B, ...)."""
    red, green, blue = rgb.unbind(1)
    return LUMINANCE_WEIGHTS[0] * red + LUMINANCE_WEIGHTS[1] * green + LUMINANCE_WEIGHTS[2] * blue
