"""How much of a photo each band of the colour mixer covers."""

from collections.abc import Mapping
from functools import cache
from math import ceil, sqrt

import numpy as np
import torch
from torch import Tensor

from operators.color_mixer import BANDS, SEGMENTS, STEP, band_table
from operators.color_space import rgb_to_hsy
from quality.arithmetic import ordered_sum

_PIXELS = 8_000
"""Pictures are read on a regular grid of at most this many pixels."""


def band_shares(pixels: Tensor) -> Mapping[str, float]:
    """The share of a photo, uint8 (3, H, W), that is of the colours of each band, in [0, 1]; grey is of none."""
    step = max(1, ceil(sqrt(pixels.shape[1] * pixels.shape[2] / _PIXELS)))
    rgb = pixels[None, :, ::step, ::step].flatten(2).float() / 255
    hue, _, _ = rgb_to_hsy(rgb)
    colored = ((rgb.amax(1) - rgb.amin(1) - 0.05) / 0.15).clamp(0, 1)
    knots = (hue[0] / STEP).round().long()
    by_knot = torch.from_numpy(np.bincount(knots.numpy(), colored[0].numpy(), SEGMENTS + 1))
    sums = ordered_sum(by_knot * _band_weights()) / rgb.shape[2]
    return dict(zip(BANDS, sums.tolist(), strict=True))


@cache
def _band_weights() -> Tensor:
    """Weight of each band at each knot of the mixer's hue tables, (8, K), rounded to what is the same everywhere."""
    return band_table(torch.eye(len(BANDS), dtype=torch.float64)).float()
