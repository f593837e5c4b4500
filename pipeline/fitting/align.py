"""Laying a real pair on one grid: pictures of nearly one shape whose margins, scale or position differ by a few pixels.

LibRaw shows up to one or two per cent more of the sensor than a camera's JPEG or a raw converter, and not the same on
each side. So for each axis a line is sought that says where a pixel of the picture after lies in the picture before: a
position and a scale. Rotation, perspective and lens corrections are left to the checks of a fit.
"""

from collections.abc import Sequence
from math import ceil, floor
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from operators.resize import resize
from pipeline.fitting.displacement import displacements, steady_line

MOST_ASPECT = 0.02
"""Relative difference of width to height up to which two pictures are taken for frames of one photo."""

MOST_SHIFT = 1 / 64
"""Distance, as a share of the long side, by which any pixel may be displaced. What lies further off was cropped."""

_SIDE = 1024
"""Long side to which pictures are reduced to find how they lie."""

_STEPS = 8

_DONE = 0.03
"""Pixels of a move after which there is none to follow."""

_WHOLE = 0.15
"""Pixels by which a picture may miss the grid of the other, or all of it, before it is interpolated to fit."""


class _Line(NamedTuple):
    """Along one axis, what lies at x in the picture after lies at `origin + slope * x` in the picture before, in pixels
    of each from its first edge."""

    origin: float
    slope: float

    def at(self, x: float) -> float:
        return self.origin + self.slope * x

    def overlap(self, before: int, after: int) -> tuple[int, int]:
        """The pixels after that lie within the picture before, first and one past the last, of so many each."""
        first = ceil(-self.origin / self.slope - 1e-3)
        last = floor((before - self.origin) / self.slope + 1e-3)
        return max(0, first), min(after, last)

    def moved(self, start: int, shift: float, growth: float) -> "_Line":
        """The line where pixels `start + x` turn out to lie `shift + growth * x` of their pixels further on."""
        return _Line(self.origin + self.slope * (shift - growth * start), self.slope * (1 + growth))

    def scaled(self, before: float, after: float) -> "_Line":
        """The same line for pictures that are this many times as long."""
        return _Line(self.origin * before, self.slope * before / after)

    def farthest(self, other: "_Line", after: int) -> float:
        """Largest distance between two lines over the picture after, in pixels before."""
        return max(abs(self.at(x) - other.at(x)) for x in (0, after))

    def snapped(self, before: int, after: int) -> "_Line":
        """A simpler line where one is near: all of one picture over all of the other, or pixels on pixels."""
        moved = _Line(float(round(self.at(after / 2) - after / 2)), 1.0)
        near = (
            line for line in (_Line(0.0, before / after), moved) if self.farthest(line, after) <= _WHOLE * line.slope
        )
        return next(near, self)


def align(before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
    """Cut and scale a pair to what both pictures show, pixel on pixel.

    A picture after that is larger is reduced first. Then its pixels stay as they are, and those of the picture before
    are interpolated, unless they already lie on the same grid. Pictures that do not go together, or are displaced by
    more than `MOST_SHIFT`, are only brought to one size, and where their shapes differ not even that: to say what is
    wrong is for `pipeline.fitting.pair.fit_pair`.

    Args:
        before, after: uint8 (3, H, W) sRGB.

    Returns:
        Both, of one size unless their shapes differ by more than `MOST_ASPECT`.
    """
    shapes = [picture.shape[2] / picture.shape[1] for picture in (before, after)]
    if abs(shapes[0] / shapes[1] - 1) > MOST_ASPECT:
        return before, after
    after = resize(after, max(before.shape[1:]))
    small_before, small_after = resize(before, _SIDE), resize(after, _SIDE)
    found = _find(small_before, small_after)
    lines = []
    for axis, line in zip((1, 2), found, strict=True):
        factors = before.shape[axis] / small_before.shape[axis], after.shape[axis] / small_after.shape[axis]
        lines.append(line.scaled(*factors).snapped(before.shape[axis], after.shape[axis]))
    return _cut(before, after, lines)


def _find(before: Tensor, after: Tensor) -> Sequence[_Line]:
    """How a pair lies, along y and x; the one stretched over the other where that cannot be said or is too far off."""
    sizes = list(zip(before.shape[1:], after.shape[1:], strict=True))
    start = [_Line(0.0, b / a) for b, a in sizes]
    lines = start
    for _ in range(_STEPS):
        found = displacements(*_cut(before, after, lines))
        if found is None:
            return start
        moved = []
        for axis, (line, (b, a)) in enumerate(zip(lines, sizes, strict=True)):
            step = steady_line(found.centers[:, axis], found.moves[:, axis], found.weights[:, axis])
            if step is None:
                return start
            moved.append(line.moved(line.overlap(b, a)[0], *step))
        if _distance(moved, start, sizes) > MOST_SHIFT * max(before.shape[1:]):
            return start
        if _distance(moved, lines, sizes) < _DONE:
            return moved
        lines = moved
    return start


def _distance(lines: Sequence[_Line], others: Sequence[_Line], sizes: Sequence[tuple[int, int]]) -> float:
    """Largest distance between two ways to lie, in pixels before."""
    return max(line.farthest(other, after) for line, other, (_, after) in zip(lines, others, sizes, strict=True))


def _cut(before: Tensor, after: Tensor, lines: Sequence[_Line]) -> tuple[Tensor, Tensor]:
    """The overlap of a pair that lies on lines along y and x, pixel on pixel."""
    (top, bottom), (left, right) = (
        line.overlap(b, a) for line, b, a in zip(lines, before.shape[1:], after.shape[1:], strict=True)
    )
    rows, columns = lines
    kept = after[:, top:bottom, left:right]
    # Rounding must not lead out of the picture, which Pillow would refuse.
    box = (
        max(0.0, columns.at(left)),
        max(0.0, rows.at(top)),
        min(float(before.shape[2]), columns.at(right)),
        min(float(before.shape[1]), rows.at(bottom)),
    )
    picture = Image.fromarray(np.ascontiguousarray(before.permute(1, 2, 0).numpy()))
    moved = picture.resize((right - left, bottom - top), Image.Resampling.BICUBIC, box)
    return torch.from_numpy(np.array(moved)).permute(2, 0, 1), kept
