"""How close a rendered picture is to the one wanted."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from quality.compiled_metrics import delta_e00, ssim
from quality.measures import psnr


class Closeness(NamedTuple):
    """PSNR in dB, SSIM in [0, 1], mean CIEDE2000."""

    psnr: float
    ssim: float
    de00: float

    @classmethod
    def of(cls, picture: Tensor, wanted: Tensor) -> "Closeness":
        """Compare two pictures, uint8 (3, H, W) each on any device, of at least 11 pixels a side."""
        both = picture[None].cpu(), wanted[None].cpu()
        return cls(float(psnr(*both)), ssim(*both), float(delta_e00(*both).mean()))

    @classmethod
    def mean(cls, found: Sequence["Closeness"]) -> "Closeness":
        """The means of some."""
        return cls(*torch.tensor(found, dtype=torch.float64).mean(0).tolist())
