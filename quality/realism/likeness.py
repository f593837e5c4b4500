"""How real pictures look, as numbers: two sets of photographs compared by their colours."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from quality.realism.color_statistics import color_statistics
from quality.realism.patch_statistics import NAMES, patch_statistics

BINS = 32
"""Bins of a histogram on [0, 1]."""


@dataclass(frozen=True)
class Photographs:
    """What is kept of a set of n pictures to compare it: `patches` (16 n, 3) and `colors` (n, 15), float32."""

    patches: Tensor
    colors: Tensor

    def __len__(self) -> int:
        return len(self.colors)


@dataclass(frozen=True)
class Likeness:
    """How alike two sets of photographs are.

    `luminance`, `contrast`, `saturation`: histogram intersections in [0, 1], 1 where the histograms are equal.
    `color_distance`: energy distance of the colour statistics, in units of CIELAB; 0 where the sets are equal.
    """

    luminance: float
    contrast: float
    saturation: float
    color_distance: float


def photographs(images: Iterable[Tensor], seed: int = 0) -> Photographs:
    """Take the statistics of pictures, uint8 (3, H, W) each. Picture i has its crops from `seed` + i.

    Raises:
        ValueError: there is no picture.
    """
    pairs = [(patch_statistics(image, seed + i), color_statistics(image)) for i, image in enumerate(images)]
    if not pairs:
        raise ValueError("a set of photographs needs a picture")
    return Photographs(torch.cat([pair[0] for pair in pairs]), torch.stack([pair[1] for pair in pairs]))


def compare(pictures: Photographs, reference: Photographs) -> Likeness:
    """Compare a set of pictures with a reference; symmetric in the two."""
    shared = [
        histogram_intersection(ours, theirs)
        for ours, theirs in zip(pictures.patches.T, reference.patches.T, strict=True)
    ]
    return Likeness(
        **dict(zip(NAMES, shared, strict=True)),
        color_distance=float(energy_distance(pictures.colors, reference.colors)),
    )


def histogram_intersection(values: Tensor, others: Tensor) -> float:
    """Sum of the minima of two normalised histograms on [0, 1] (Swain and Ballard, 1991).

    Args:
        values: (n,) in [0, 1].
        others: (m,) in [0, 1].

    Returns:
        1 for equal histograms, 0 for histograms without a common bin.
    """
    one, other = (torch.histc(v.float(), BINS, 0, 1).double() / len(v) for v in (values, others))
    return float(torch.minimum(one, other).sum())


def energy_distance(values: Tensor, others: Tensor) -> Tensor:
    """Energy distance 2 E|X - Y| - E|X - X'| - E|Y - Y'| of two sets (Szekely and Rizzo, 2013, equation 1.1).

    A metric's square: 0 for equal sets and positive otherwise, also for sets of the same scenes. Two samples of n and
    m pictures of one distribution keep about (1/n + 1/m) times the mean distance of two pictures. Unlike the Frechet
    distance it fits no covariance, which a small reference would not determine.

    Args:
        values: (n, d).
        others: (m, d).

    Returns:
        Scalar in the units of the vectors, differentiable in both.
    """
    between, within, theirs = (
        _distances(*pair).mean() for pair in ((values, others), (values, values), (others, others))
    )
    return 2 * between - within - theirs


def _distances(values: Tensor, others: Tensor) -> Tensor:
    # Differences rather than torch.cdist, whose gradient at 0 and whose matrix product at small distances are off.
    squares = (values[:, None] - others[None]).square().sum(-1)
    return torch.where(squares > 0, squares, torch.ones_like(squares)).sqrt() * (squares > 0)
