"""Text on the picture, such as a watermark, a date or a credit line: shapes in a row, as high as one another."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from quality.content.planes import Mask, Plane

_AROUND = 10
_CONTRAST = 25
_LEAST_HEIGHT = 6
_REACH = 24
_WHOLE = 12
_MOST = 3000

Numbers = NDArray[np.integer[Any]]


def text(luma: Plane) -> float:
    """Length of the longest row of letters, as a share of 12.

    Letters are connected shapes, lighter or darker than what lies around them by 25 steps. In a row they stand on one
    line, are about as high as one another, and follow one another closely.
    """
    size = (2 * _AROUND + 1) ** 2
    around, scaled = _sums(luma), luma.astype(np.int32) * size
    lighter, darker = scaled > around + _CONTRAST * size, scaled < around - _CONTRAST * size
    return min(1.0, max(_longest_row(lighter), _longest_row(darker)) / _WHOLE)


def _sums(luma: Plane) -> Numbers:
    """Sum of the square of 21 x 21 pixels around each pixel."""
    before, after = _AROUND + 1, _AROUND
    padded = np.pad(luma.astype(np.int32), ((before, after), (before, after)), mode="edge")
    total = padded.cumsum(0, dtype=np.int32).cumsum(1, dtype=np.int32)
    side = 2 * _AROUND + 1
    sums: Numbers = total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    return sums


def _longest_row(mask: Mask) -> int:
    labels, count = ndimage.label(mask)
    if count == 0:
        return 0
    places = np.flatnonzero(mask)
    shapes = labels.ravel()[places] - 1
    rows, columns = places // mask.shape[1], places % mask.shape[1]
    area = np.bincount(shapes)
    top, bottom = _ends(shapes, rows, count)
    left, right = _ends(shapes, columns, count)
    height, width = bottom - top, right - left
    letters = (
        (height >= _LEAST_HEIGHT)
        & (height <= mask.shape[0] // 6)
        & (width <= 2 * height)
        & (100 * area >= 15 * width * height)
    )
    kept = np.flatnonzero(letters)[:_MOST]
    kept = kept[np.argsort(left[kept], kind="stable")]
    return _chain(left[kept], right[kept], bottom[kept], height[kept])


def _ends(shapes: Numbers, places: Numbers, count: int) -> tuple[Numbers, Numbers]:
    """The first place of each of some shapes, and one past the last."""
    first, last = np.full(count, np.iinfo(np.int64).max), np.zeros(count, np.int64)
    np.minimum.at(first, shapes, places)
    np.maximum.at(last, shapes, places + 1)
    return first, last


def _chain(left: Numbers, right: Numbers, bottom: Numbers, height: Numbers) -> int:
    """Length of the longest chain of shapes, sorted from left to right, of which each follows the one before."""
    count = len(left)
    reach = min(_REACH, count - 1)
    if reach < 1:
        return count
    now = np.arange(count)[:, None]
    then = now - np.arange(1, reach + 1)
    first, then = then < 0, np.maximum(then, 0)
    gap = left[now] - right[then]
    follows = (gap >= 0) & (10 * gap <= 8 * height[now]) & ~first
    # Few shapes are so close, so the rest is asked of these alone.
    places, steps = np.nonzero(follows)
    before = places - steps - 1
    alike = (
        (8 * np.abs(bottom[places] - bottom[before]) <= height[places])
        & (10 * height[before] >= 6 * height[places])
        & (10 * height[places] >= 6 * height[before])
    )
    lengths = [1] * count
    for place, one in zip(places[alike].tolist(), before[alike].tolist(), strict=True):
        lengths[place] = max(lengths[place], lengths[one] + 1)
    return max(lengths)
