"""Float pictures to 8 bit, and what that loses."""

from collections.abc import Sequence

import torch
from torch import Tensor

HALF_STEP = 0.5 / 255
"""A value this far outside [0, 1] is still stored as if it had been inside."""


def quantize(image: Tensor) -> Tensor:
    """Float pictures to 8 bit, clipped and rounded to the nearest step."""
    return (image.clamp(0, 1) * 255 + 0.5).to(torch.uint8)


def clipped(planes: Sequence[Tensor]) -> Tensor:
    """Number of pixels that leave [0, 1] by more than half a step in any channel: three (B, N) to (B,)."""
    lowest = torch.minimum(torch.minimum(planes[0], planes[1]), planes[2])
    highest = torch.maximum(torch.maximum(planes[0], planes[1]), planes[2])
    return ((lowest < -HALF_STEP) | (highest > 1 + HALF_STEP)).sum(1)
