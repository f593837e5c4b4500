"""What a photo shows, found without weights: by position, colour, texture and share of the frame.

A text that names a thing that is not there is a lie, so each rule is strict: it finds a part of what photos show, and
is silent about the rest. Grass apart from leaves, snow, sand, flowers, lamplight and night are never named, because
colour and position do not tell them from walls, clouds, wood, clothes and stages.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from quality.scene.evidence import mean, share
from quality.scene.greenery import find_greenery, green_cells
from quality.scene.grid import Grid, Mask, make_grid
from quality.scene.skin import find_skin
from quality.scene.sky import find_blue_sky, find_pale_sky, find_sunset_sky
from quality.scene.water import find_water

RegionName = Literal["blue sky", "pale sky", "sunset sky", "greenery", "water", "skin"]

LEAST_CONFIDENCE = 0.5
"""Where the thresholds of the rules lie; less is not named."""

_PALE = -14
"""b* of a sky that is found as a pale one below which nobody would call it pale."""


@dataclass(frozen=True)
class Region:
    """A thing that a photo shows.

    Attributes:
        name: what it is; of the three skies, a photo has one at most.
        confidence: in [0, 1], in steps of 0.01: 0.5 where the weakest of the things that speak for it just suffices.
        mask: bool (h, w), the cells of `quality.scene.grid` that show it.
        share: the share of those cells, in [0, 1].
    """

    name: RegionName
    confidence: float
    mask: Tensor
    share: float


def find_regions(picture: Tensor, least_confidence: float = LEAST_CONFIDENCE) -> list[Region]:
    """Find what a photo shows, from the most to the least confident.

    Args:
        picture: uint8 (3, H, W), a finished photo; tints and haze of an unedited one hide much.
        least_confidence: in (0, 1]; regions below are left out.

    Raises:
        ValueError: it is no uint8 tensor of this shape, or has no pixel.
    """
    return regions_of(make_grid(picture), least_confidence)


def regions_of(grid: Grid, least_confidence: float = LEAST_CONFIDENCE) -> list[Region]:
    """`find_regions` of a photo that is on its grid already."""
    green = green_cells(grid)
    skies: list[tuple[RegionName, tuple[float, Mask]]] = [
        ("blue sky", find_blue_sky(grid)),
        ("pale sky", find_pale_sky(grid, share(green))),
        ("sunset sky", find_sunset_sky(grid)),
    ]
    sky = max(skies, key=lambda found: found[1][0])
    if sky[0] == "pale sky" and mean(grid.blue_yellow, sky[1][1]) < _PALE:
        sky = ("blue sky", sky[1])
    clear = sky[1][0] >= LEAST_CONFIDENCE
    water = find_water(grid, sky[1][1] if clear else np.zeros_like(green))
    greenery = find_greenery(grid, green, sky[1][0])
    regions = [
        Region(name, confidence, torch.from_numpy(mask), share(mask))
        for name, (exact, mask) in (sky, ("greenery", (greenery, green)), ("water", water), ("skin", find_skin(grid)))
        if (confidence := round(exact, 2)) >= least_confidence
    ]
    return sorted(regions, key=lambda region: -region.confidence)
