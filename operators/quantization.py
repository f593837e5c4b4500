"""Rounding float pictures to 8 bits, the same way everywhere, and counting what that clips."""

from collections.abc import Sequence

import torch
from torch import Tensor

HALF_STEP = 0.5 / 255
"""A value this far outside [0, 1] still rounds to a value inside."""


def quantize(image: Tensor) -> Tensor:
    """Round floats in [0, 1] to uint8: clipped, to the nearest of 256 steps, halves up. Any shape."""
    return (image.clamp(0, 1) * 255 + 0.5).to(torch.uint8)


def clipped(planes: Sequence[Tensor]) -> Tensor:
    """Count the pixels that leave [0, 1] by more than half a step in any channel: three (B, N) planes to (B,)."""
    lowest = torch.minimum(torch.minimum(planes[0], planes[1]), planes[2])
    highest = torch.maximum(torch.maximum(planes[0], planes[1]), planes[2])
    return ((lowest < -HALF_STEP) | (highest > 1 + HALF_STEP)).sum(1)
