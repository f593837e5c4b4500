"""Blurred all over. A photo with little depth of field is sharp somewhere."""

import numpy as np
from torch import Tensor

from quality.content.planes import Plane, luma

_REACH = 4
_STRIDE = 3
_FAINTEST = 8


def blurred(picture: Tensor) -> float:
    """Share of the strong edges that are soft: no two neighbouring pixels make half of what four make together.

    Strong edges are those of at least half the contrast of the strongest hundredth, along every third row and column. A
    picture without edges is not called blurred.

    Args:
        picture: uint8 (3, H, W).
    """
    soft = edges = 0
    for lines in (luma(picture[:, ::_STRIDE]), np.ascontiguousarray(luma(picture[:, :, ::_STRIDE]).T)):
        if lines.shape[1] <= _REACH:
            continue
        steps = np.abs(lines[:, 1:] - lines[:, :-1])
        across = np.abs(lines[:, _REACH:] - lines[:, :-_REACH])
        width = across.shape[1]
        steepest = np.maximum.reduce([steps[:, i : i + width] for i in range(_REACH)])
        strong = across >= max(_FAINTEST, _percentile(across, 99) // 2)
        edges += int(np.count_nonzero(strong))
        soft += int(np.count_nonzero(strong & (20 * steepest < 9 * across)))
    return soft / edges if edges else 0.0


def _percentile(values: Plane, percent: int) -> int:
    counts = np.bincount(values.ravel()).cumsum()
    return int(np.searchsorted(counts, -(-int(counts[-1]) * percent // 100)))
