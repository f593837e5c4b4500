"""Collages: straight seams, or gutters of one colour, across the whole picture."""

import numpy as np

from quality.content.planes import Mask, Plane

_STEP = 8
_NEAR = 12
_MARGIN = 12
_FLAT = 10


def collage(luma: Plane) -> float:
    """How far a line across the whole picture divides it, from side to side or from top to bottom.

    A seam is a column at which the luma jumps, upward in some rows and downward in others, along a larger share of the
    picture than at most columns around it: a horizon jumps one way only. A gutter is a band of one luma; at both of its
    edges the luma jumps. The margins, a twelfth on each side, are left to `border`.
    """
    return max(max(_seam(lines), _gutter(lines)) for lines in (luma, np.ascontiguousarray(luma.T)))


def _seam(luma: Plane) -> float:
    height, width = luma.shape
    if width <= 2 * _NEAR:
        return 0.0
    steps = luma[:, 1:] - luma[:, :-1]
    up, down = np.count_nonzero(steps >= _STEP, axis=0), np.count_nonzero(steps <= -_STEP, axis=0)
    jumps = up + down
    around = np.lib.stride_tricks.sliding_window_view(np.pad(jumps, _NEAR, mode="reflect"), 2 * _NEAR + 1)
    usual = np.sort(around, axis=1)[:, _NEAR + _NEAR // 2]
    excess = np.where(10 * np.minimum(up, down) >= jumps, jumps - usual, 0)
    margin = max(1, width // _MARGIN)
    inner = excess[margin:-margin]
    return int(inner.max()) / height if inner.size else 0.0


def _gutter(luma: Plane) -> float:
    height, width = luma.shape
    flat = luma.max(axis=0) - luma.min(axis=0) <= _FLAT
    found = 0.0
    for start, stop in _runs(flat):
        if start * _MARGIN < width or (width - stop) * _MARGIN < width or (stop - start) * _MARGIN > width:
            continue
        middle = luma[:, (start + stop) // 2]
        # The columns beside the gutter may be a blend; those next to them are not.
        sides = (luma[:, max(0, start - 2)], luma[:, min(width - 1, stop + 1)])
        found = max(found, min(int(np.count_nonzero(np.abs(side - middle) >= _STEP)) for side in sides) / height)
    return found


def _runs(mask: Mask) -> list[tuple[int, int]]:
    """Start and end of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]
