"""A picture as the checks of its content read it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Plane = NDArray[np.int16]
"""(H, W), 0 to 255."""

Mask = NDArray[np.bool_]


class Planes(NamedTuple):
    """The channels of a picture, and its luma in whole steps. Integers compute alike on every processor."""

    red: Plane
    green: Plane
    blue: Plane
    luma: Plane


def planes(picture: Tensor) -> Planes:
    """Split a picture, uint8 (3, H, W)."""
    red, green, blue = (np.ascontiguousarray(channel.numpy(), dtype=np.int16) for channel in picture)
    return Planes(red, green, blue, luma(picture))


def luma(picture: Tensor) -> Plane:
    """The luma of a picture, uint8 (3, H, W)."""
    red, green, blue = (channel.numpy().astype(np.uint16) for channel in picture)
    luma: Plane = ((77 * red + 150 * green + 29 * blue) >> 8).astype(np.int16)  # sums are below 2**16
    return luma


def share(mask: Mask) -> float:
    """Share of a mask that is true, in [0, 1]; 0 for an empty one."""
    return int(np.count_nonzero(mask)) / mask.size if mask.size else 0.0
