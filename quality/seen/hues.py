"""The colours that people have names for, as sectors of the hue angle of CIELAB.

The angles are those at which people change the name: sRGB's red lies at 40 degrees, skin at 45 to 65, its yellow at
103, leaves at 110 to 135, its cyan at 196, skies at 230 to 285, its blue at 306 and its magenta at 328.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

HUES = ("Red", "Orange", "Yellow", "Green", "Aqua", "Blue", "Purple", "Magenta")
"""In the order of their angles. The next of the last is the first."""

_STARTS = (8.0, 46.0, 77.0, 107.0, 170.0, 226.0, 300.0, 323.0)
"""Where each begins, in degrees."""

LEAST_CHROMA = 8.0
"""Chroma below which a colour has no hue that one would name."""

_EXTENT = 128
_FINE = 2
"""Steps of the table to a unit of a* and b*."""

NO_HUE = len(HUES)
"""The number of what has no hue."""


def hue_numbers(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The number in `HUES` of each colour by its a* and b*, or `NO_HUE`; of the shape of both."""
    row, column = ((np.clip(axis, -_EXTENT, _EXTENT) * _FINE + _EXTENT * _FINE + 0.5).astype(int) for axis in (a, b))
    numbers: NDArray[np.uint8] = _table()[row, column]
    return numbers


@cache
def _table() -> NDArray[np.uint8]:
    """Numbers at the grid's points. No border runs through one, so the last bit of an angle does not matter."""
    a, b = np.meshgrid(*[np.arange(2 * _EXTENT * _FINE + 1) / _FINE - _EXTENT] * 2, indexing="ij")
    angle = (np.degrees(np.arctan2(b, a)) - _STARTS[0]) % 360 + _STARTS[0]
    numbers = np.searchsorted(_STARTS, angle, side="right") - 1
    return np.where(a * a + b * b < LEAST_CHROMA**2, NO_HUE, numbers).astype(np.uint8)
