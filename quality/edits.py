"""How an edit changes a picture as a whole, measured on any pair."""

import math

from torch import Tensor

from quality.color_difference import ciede2000, srgb_to_lab
from quality.measures import grid
from schemas.fit import Edit

_STRIDE = 5

_LEAST_CHROMA = 0.1
"""Added to mean chromas, so that the ratio of two grey pictures is 1."""


def measure_edit(before: Tensor, after: Tensor) -> Edit:
    """Measure a pair, uint8 (3, H, W) each, on every fifth pixel of every fifth row."""
    first, second = (srgb_to_lab(grid(picture, _STRIDE)[None]) for picture in (before, after))
    chromas = [float(lab[0, 1:].norm(dim=0).mean()) + _LEAST_CHROMA for lab in (first, second)]
    return Edit(
        strength=float(ciede2000(first, second).mean()),
        lightness=float(second[0, 0].mean() - first[0, 0].mean()),
        contrast=float(second[0, 0].std(correction=0) - first[0, 0].std(correction=0)),
        chroma=math.log2(chromas[1] / chromas[0]),
    )
