"""A reduced picture, and what several metrics need of it: each part is made once, when it is first asked for."""

from functools import cached_property

import torch
from torch import Tensor

from operators.color_space import LUMA_WEIGHTS
from quality.ssim import LocalMoments, local_moments


class Picture:
    """One picture, (3, H, W) uint8, on the device where it is to be scored."""

    def __init__(self, pixels: Tensor) -> None:
        self._pixels = torch.stack(pixels.unbind())  # where channels come last, faster than `contiguous`

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self._pixels.shape[1], self._pixels.shape[2]

    @cached_property
    def rgb(self) -> Tensor:
        """(3, H, W) float32 in [0, 255]."""
        return self._pixels.float()

    @cached_property
    def unit(self) -> Tensor:
        """(1, 3, H, W) float32 in [0, 1], as pyiqa takes pictures."""
        return self.rgb[None] / 255

    @cached_property
    def luma(self) -> Tensor:
        """Rec. 601 luma, (H, W) float32 in [0, 255]."""
        red, green, blue = self.rgb.unbind()
        return (red * LUMA_WEIGHTS[0]).add_(green, alpha=LUMA_WEIGHTS[1]).add_(blue, alpha=LUMA_WEIGHTS[2])

    @cached_property
    def local_moments(self) -> LocalMoments:
        """What SSIM needs."""
        return local_moments(self.luma)
