"""The pixels that the solver sees."""

from typing import NamedTuple

import torch
from torch import Tensor

from operators.process import Process

_BINS = 5
"""Steps of each channel by which pixels count as of one colour."""

_TILE, _BORDER = 10, 1
"""Side of the tiles that a spatial process is given, and the pixels at their borders that are not compared."""


class Sample(NamedTuple):
    """Pixels of both pictures, (3, H, W) float in [0, 1], and how much each counts, (H, W)."""

    image: Tensor
    target: Tensor
    weights: Tensor


def sample_pair(before: Tensor, after: Tensor, process: Process, count: int) -> Sample:
    """Choose about `count` pixels of a pair, uint8 (3, H, W) each; the same pair gives the same pixels.

    A process of pointwise operators gets single pixels, (3, 1, N) in random order. Rare colours are drawn more often
    than common ones, by the inverse root of their frequency, and count less in proportion: the weighted mean of a
    sample is that of the picture, and no hue is missing. A spatial process gets tiles side by side, whose borders,
    where neighbours are wrong, have no weight. They fit operators that look one pixel far.
    """
    generator = torch.Generator().manual_seed(0)
    spatial = any(operator.spatial for operator in process.operators)
    if spatial and min(before.shape[1:]) > _TILE:
        return _tiles(before, after, count, generator)
    if spatial:
        return Sample(before.float() / 255, after.float() / 255, torch.ones(before.shape[1:]))
    pixels, targets = before.flatten(1), after.flatten(1)
    red, green, blue = (pixels.long() * _BINS // 256).unbind(0)
    color = (red * _BINS + green) * _BINS + blue
    rarity = torch.bincount(color, minlength=_BINS**3)[color].double().rsqrt()
    # The candidates are thinned first: `multinomial` takes at most 2^24 of them, and far fewer do.
    candidates = torch.randperm(pixels.shape[1], generator=generator)[: 64 * count]
    drawn = torch.multinomial(rarity[candidates], min(count, len(candidates)), generator=generator)
    chosen = candidates[drawn]
    image, target = (part[:, chosen].float().unsqueeze(1) / 255 for part in (pixels, targets))
    return Sample(image, target, 1 / rarity[chosen].unsqueeze(0))


def part_of(sample: Sample, stride: int) -> Sample:
    """Every n-th column: of single pixels a random part."""
    return Sample(*(tensor[..., ::stride] for tensor in sample))


def _tiles(before: Tensor, after: Tensor, count: int, generator: torch.Generator) -> Sample:
    number = max(1, count // (_TILE - 2 * _BORDER) ** 2)
    tops, lefts = (
        torch.randint(0, side - _TILE + 1, (number,), generator=generator).tolist() for side in before.shape[1:]
    )
    image, target = (
        torch.cat([part[:, y : y + _TILE, x : x + _TILE] for y, x in zip(tops, lefts, strict=True)], dim=2).float()
        / 255
        for part in (before, after)
    )
    weights = torch.zeros(_TILE, number, _TILE)
    weights[_BORDER:-_BORDER, :, _BORDER:-_BORDER] = 1
    return Sample(image, target, weights.flatten(1))
