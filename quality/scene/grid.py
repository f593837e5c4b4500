"""A photo on a small grid of cells: the colour and the texture of each.

Words hang on these numbers, so they are the same on every processor. Means are exact sums of whole numbers, divided
once; CIELAB goes through tables whose entries are rounded to fewer digits than C libraries differ in. What comes out
is rounded to 1 / 1024: sums of cells, and of products of two, then have no rounding that would depend on their order.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import avg_pool2d

CELLS = 96
"""Cells along the long side of a photo, give or take a few; a photo of fewer pixels has a cell for each."""

_SAMPLES = 4
"""A cell is the mean of at most this many rows and columns: more would cost more than they tell."""

_LINEAR_STEPS = 16383
_RGB_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))

Cells = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Grid:
    """A photo in h x w square cells.

    Attributes:
        light: L* of a cell's mean colour, in [0, 100]; float64 (h, w), as the next four, in steps of 1 / 1024.
        green_red: its a*, negative toward green.
        blue_yellow: its b*, negative toward blue.
        chroma: the distance of its colour from grey, the root of a*^2 + b*^2.
        texture: standard deviation of luma inside the cell, in 8-bit steps.
        histogram: how many of the pixels that were read have each 8-bit luma, int64 (256).
    """

    light: Cells
    green_red: Cells
    blue_yellow: Cells
    chroma: Cells
    texture: Cells
    histogram: NDArray[np.int64]


def make_grid(picture: Tensor) -> Grid:
    """Reduce a picture, uint8 (3, H, W), to cells. Rows and columns that fill no cell are left out on both sides alike.

    Raises:
        ValueError: it is no uint8 tensor of this shape, or has no pixel.
    """
    if picture.dtype != torch.uint8 or picture.ndim != 3 or picture.shape[0] != 3 or picture.numel() == 0:
        raise ValueError(f"need a uint8 picture (3, H, W), got {picture.dtype} {tuple(picture.shape)}")
    height, width = picture.shape[1:]
    size = max(1, min(round(max(height, width) / CELLS), height, width))
    step = -(-size // _SAMPLES)
    top, left = (height % size) // 2, (width % size) // 2
    rows, columns = height // size, width // size
    inside = picture[:, top : top + rows * size, left : left + columns * size]
    inside = inside.reshape(3, rows, size, -1)[:, :, ::step].flatten(1, 2)
    samples = inside.reshape(3, -1, columns, size)[..., ::step].flatten(2).float()
    luma = (samples[0] * 77 + samples[1] * 150 + samples[2] * 29).mul_(1 / 256).floor_()
    # Whole numbers below 2^24 are exact in float32, so their order does not matter.
    planes = torch.cat([samples, luma[None], (luma * luma)[None]])
    means = avg_pool2d(planes[None], -(-size // step))[0].double().numpy()
    texture = np.sqrt(np.maximum(means[4] - means[3] * means[3], 0))
    light, green_red, blue_yellow = lab(means[:3])
    chroma = np.sqrt(green_red * green_red + blue_yellow * blue_yellow)
    histogram = np.bincount(luma.byte().flatten().numpy(), minlength=256)
    return Grid(
        light=rounded(light),
        green_red=rounded(green_red),
        blue_yellow=rounded(blue_yellow),
        chroma=rounded(chroma),
        texture=rounded(texture),
        histogram=histogram,
    )


def rounded(values: Cells) -> Cells:
    """Values in steps of 1 / 1024."""
    return np.asarray(np.rint(values * 1024) / 1024)


def lab(rgb: Cells) -> tuple[Cells, Cells, Cells]:
    """CIELAB under D65 of encoded sRGB, float64 (3, ...) in [0, 255]: L*, a* and b*, each (...), within 0.3."""
    red, green, blue = _linear()[np.rint(rgb * 8).astype(np.intp)]
    x, y, z = (
        _response()[np.rint((r * red + g * green + b * blue) * (_LINEAR_STEPS / (r + g + b))).astype(np.intp)]
        for r, g, b in _RGB_TO_XYZ
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@cache
def _linear() -> Cells:
    """Linear light of encoded values in eighths of an 8-bit step."""
    encoded = [step / (255 * 8) for step in range(255 * 8 + 1)]
    return np.array([round(e / 12.92 if e <= 0.04045 else ((e + 0.055) / 1.055) ** 2.4, 12) for e in encoded])


@cache
def _response() -> Cells:
    """The cube root of CIE 15:2004, and its tangent near 0, of linear light in steps of 1 / 16383."""
    toe = 6 / 29
    linear = [step / _LINEAR_STEPS for step in range(_LINEAR_STEPS + 2)]
    return np.array([round(t ** (1 / 3) if t > toe**3 else t / (3 * toe**2) + 4 / 29, 12) for t in linear])
