"""What a picture looks like, in 96 numbers: histograms that pick the pair of an expert bank nearest to a photo."""

from math import ceil, sqrt

import torch
from torch import Tensor

from operators.color_space import luma
from quality.arithmetic import ordered_sum

BINS = 32
"""Bins of each of the three histograms."""

GRID_PIXELS = 20_000
"""Pictures are read on a regular grid of about this many pixels."""


def describe_histogram(image: Tensor) -> Tensor:
    """Histograms of luma and of the two colour differences, one after the other.

    Luma and colour differences are those of Rec. ITU-R BT.601-7 on encoded sRGB, which JPEG stores: Y' in [0, 1],
    C_B = (B - Y') / 1.772 and C_R = (R - Y') / 1.402 in [-0.5, 0.5], each in `BINS` even bins. Those of the colour
    differences are shifted by half a bin, so that grey lies in the middle of one and not on an edge.

    Args:
        image: uint8 (3, H, W).

    Returns:
        float32 (3 * BINS,); each histogram adds up to 1.

    Raises:
        ValueError: the picture is no uint8 tensor (3, H, W) with pixels.
    """
    if image.dtype != torch.uint8 or image.ndim != 3 or image.shape[0] != 3 or image.numel() == 0:
        raise ValueError(f"need a uint8 picture (3, H, W), got {image.dtype} {tuple(image.shape)}")
    step = max(1, ceil(sqrt(image.shape[1] * image.shape[2] / GRID_PIXELS)))
    pixels = image[:, ::step, ::step].flatten(1).float() / 255
    red, _, blue = pixels
    y = luma(pixels[None])[0]
    middle = 0.5 + 0.5 / BINS
    channels = torch.stack([y, (blue - y) / 1.772 + middle, (red - y) / 1.402 + middle])
    bins = (channels * BINS).long().clamp(0, BINS - 1) + torch.arange(3)[:, None] * BINS
    return torch.bincount(bins.flatten(), minlength=3 * BINS).float() / pixels.shape[1]


def histogram_distance(one: Tensor, other: Tensor) -> Tensor:
    """How far apart descriptors are: the earth mover's distances of the three histograms, added up.

    On a line the earth mover's distance is the area between the two cumulative histograms (Rubner et al., 2000), so
    a photo a little brighter is near, however narrow the bins, where a plain difference of bins sees no overlap.

    Args:
        one: (..., 3 * BINS).
        other: (..., 3 * BINS), broadcast against `one`.

    Returns:
        (...) distances in [0, 3]: the mean ways, as shares of the range, that pixels move in Y', C_B and C_R.
    """
    difference = one - other
    cumulative = difference.reshape(*difference.shape[:-1], 3, BINS).cumsum(-1)
    return ordered_sum(cumulative.abs().flatten(-2)) / BINS
