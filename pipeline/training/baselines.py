"""What a model must be better than: automatic levels, and the best single edit of a whole data set."""

from collections.abc import Iterable

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from operators.quantization import quantize
from pipeline.presets.cube import CubeLut
from pipeline.training.samples import PairSample

_POINTS = 17
_DOUBT = 20.0
"""Pixels that a cell of the table needs, for half of their mean displacement to be taken."""


def auto_levels(picture: Tensor) -> Tensor:
    """Stretch each channel to the full range, but for half a per cent at each end: uint8 (3, H, W) to the same."""
    image = ImageOps.autocontrast(Image.fromarray(picture.permute(1, 2, 0).numpy()), cutoff=0.5)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def affine_fit(pairs: Iterable[PairSample], pixels: int = 2048) -> Tensor:
    """The affine map of encoded sRGB that brings inputs nearest to targets, by least squares over some pixels of each.

    Returns:
        (4, 3): three rows for the channels, and the offset.
    """
    inputs, targets = _pixels(pairs, pixels)
    colors = _with_one(inputs).double()  # in float32, millions of pixels give another map
    found: Tensor = torch.linalg.lstsq(colors, targets.double()).solution
    return found.float()


def apply_affine(picture: Tensor, fit: Tensor) -> Tensor:
    """Apply an affine map, uint8 (3, H, W) to the same."""
    mapped = _with_one(picture.flatten(1).T / 255) @ fit
    return quantize(mapped.T.reshape(1, *picture.shape))[0]


def mean_edit(pairs: Iterable[PairSample], pixels: int = 2048) -> CubeLut:
    """The mean edit as a table: a cell holds its colours' mean displacement, less of it where they are few."""
    inputs, targets = _pixels(pairs, pixels)
    cells = (inputs * (_POINTS - 1)).round().long()
    flat = (cells[:, 2] * _POINTS + cells[:, 1]) * _POINTS + cells[:, 0]
    sums = torch.zeros(_POINTS**3, 3).index_add(0, flat, targets - inputs)
    counts = torch.bincount(flat, minlength=_POINTS**3)
    mean = (sums / (counts[:, None] + _DOUBT)).T.reshape(3, _POINTS, _POINTS, _POINTS)
    table = (color_grid(_POINTS) + mean).clamp(0, 1)
    return CubeLut("mean edit", table, torch.tensor([[0.0] * 3, [1.0] * 3]))


def color_grid(points: int) -> Tensor:
    """The colours of a table that changes nothing, (3, B, G, R) in [0, 1]."""
    steps = torch.linspace(0, 1, points)
    blue, green, red = torch.meshgrid(steps, steps, steps, indexing="ij")
    return torch.stack([red, green, blue])


def _pixels(pairs: Iterable[PairSample], pixels: int) -> tuple[Tensor, Tensor]:
    """Pixels at equal places of inputs and targets, (N, 3) in [0, 1] each."""
    generator = torch.Generator().manual_seed(0)
    inputs, targets = [], []
    for pair in pairs:
        places = torch.randint(pair.input[0].numel(), (pixels,), generator=generator)
        inputs.append(pair.input.flatten(1)[:, places].T / 255)
        targets.append(pair.target.flatten(1)[:, places].T / 255)
    return torch.cat(inputs), torch.cat(targets)


def _with_one(colors: Tensor) -> Tensor:
    return torch.cat([colors, torch.ones(len(colors), 1)], dim=1)
