"""Skin, where a face proves it: sand, wood, bread and fur have its colour, but not two eyes above a mouth.

A face that looks at the camera is lighter on forehead, nose and cheeks than at the eyes, and redder or darker at the
mouth than on the cheeks. Frames of several sizes are laid over what has the colour of skin, and the best one counts.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from quality.scene.evidence import mean, ramp, share
from quality.scene.grid import Cells, Grid, Mask

_WIDTHS = (14, 18, 23, 30, 38, 48)
"""Widths of a face in cells. In smaller ones eyes are smaller than a cell, and anything looks like a face."""

_HEIGHT = 1.25
"""The height of a face by its width, from the hairline to the chin."""

_Part = tuple[float, float, float, float]

_FACE: _Part = (0, 1, 0, 1)
"""Parts of a face: first and last row by its height, first and last column by its width."""
_INSIDE: _Part = (0.1, 0.95, 0.1, 0.9)
_FOREHEAD: _Part = (0.08, 0.22, 0.25, 0.75)
_EYES: tuple[_Part, _Part] = ((0.3, 0.44, 0.14, 0.4), (0.3, 0.44, 0.6, 0.86))
_BRIDGE: _Part = (0.3, 0.46, 0.43, 0.57)
_NOSE: _Part = (0.48, 0.62, 0.4, 0.6)
_CHEEKS: tuple[_Part, _Part] = ((0.52, 0.68, 0.12, 0.36), (0.52, 0.68, 0.64, 0.88))
_MIDDLE: _Part = (0.5, 0.7, 0.12, 0.88)
_MOUTH: _Part = (0.74, 0.84, 0.32, 0.68)


@dataclass(frozen=True)
class _Sums:
    """Sums over the cells above and to the left of each corner: the mean of any rectangle takes four of them."""

    skin: Cells
    light: Cells
    squares: Cells
    red: Cells
    texture: Cells


def find_skin(grid: Grid) -> tuple[float, Mask]:
    """Confidence in [0, 1] that the photo shows a face, and the cells of its skin and of skin that touches it."""
    skin = _skin_coloured(grid)
    best, frame = 0.0, (slice(0), slice(0))
    if share(skin) >= 0.02:
        planes = (skin.astype(np.float64), grid.light, grid.light * grid.light, grid.green_red, grid.texture)
        sums = _Sums(*map(_corner_sums, planes))
        for width in _WIDTHS:
            confidence, top, left = _best_face(sums, width)
            if confidence > best:
                best, frame = confidence, (slice(top, top + round(_HEIGHT * width)), slice(left, left + width))
    face = np.zeros_like(skin)
    face[frame] = skin[frame]
    return best, _like(grid, skin, face) if best else face


def _skin_coloured(grid: Grid) -> Mask:
    red, yellow = grid.green_red, grid.blue_yellow
    hue = (red > 4) & (red < 30) & (yellow > 0.5 * red) & (yellow < 2.1 * red)
    return np.asarray(hue & (grid.light > 18) & (grid.light < 93) & (grid.chroma > 8) & (grid.chroma < 46))


def _like(grid: Grid, skin: Mask, face: Mask) -> Mask:
    """The parts of what has the colour of this face that reach into it."""
    red, yellow = mean(grid.green_red, face), mean(grid.blue_yellow, face)
    alike = skin & (np.abs(grid.green_red - red) < 7) & (np.abs(grid.blue_yellow - yellow) < 9)
    parts, count = ndimage.label(alike)
    reached = np.zeros(count + 1, dtype=np.bool_)
    reached[parts[face & alike]] = True
    return np.asarray(reached[parts])


def _best_face(sums: _Sums, width: int) -> tuple[float, int, int]:
    """The confidence of the best face of a width, and its first row and column; 0 if there is none."""
    height, step = round(_HEIGHT * width), max(1, width // 12)
    tops = np.arange(0, sums.skin.shape[0] - height, step)
    lefts = np.arange(0, sums.skin.shape[1] - width, step)
    rows, columns = np.repeat(tops, lefts.size), np.tile(lefts, tops.size)

    def means(plane: Cells, part: _Part) -> Cells:
        first, last = rows + round(part[0] * height), rows + round(part[1] * height)
        left, right = columns + round(part[2] * width), columns + round(part[3] * width)
        total = plane[last, right] - plane[first, right] - plane[last, left] + plane[first, left]
        return np.asarray(total / ((last - first) * (right - left)))

    for part, least in ((_INSIDE, 0.6), (_MIDDLE, 0.8)):
        skin = means(sums.skin, part) > least
        rows, columns = rows[skin], columns[skin]
    if rows.size == 0:
        return 0.0, 0, 0
    whole = means(sums.light, _FACE)
    contrast = np.sqrt(np.maximum(means(sums.squares, _FACE) - whole * whole, 1))
    eyes, cheeks = [means(sums.light, part) for part in _EYES], [means(sums.light, part) for part in _CHEEKS]
    darker = (cheeks[0] + cheeks[1]) / 2 - means(sums.light, _MOUTH)
    redder = means(sums.red, _MOUTH) - (means(sums.red, _CHEEKS[0]) + means(sums.red, _CHEEKS[1])) / 2
    lighter_eye = np.maximum(*eyes)
    likeness = np.minimum.reduce(
        [
            (cheeks[0] - eyes[0]) / contrast,
            (cheeks[1] - eyes[1]) / contrast,
            (means(sums.light, _NOSE) - lighter_eye) / contrast,
            1.3 * (means(sums.light, _BRIDGE) - lighter_eye) / contrast,
            1.3 * (means(sums.light, _FOREHEAD) - lighter_eye) / contrast,
            1.5 * darker / contrast + redder / 10,
        ]
    )
    best = int(likeness.argmax())
    roughness = (means(sums.texture, _CHEEKS[0])[best] + means(sums.texture, _CHEEKS[1])[best]) / 2
    confidence = min(
        ramp(float(likeness[best]), 0.5, 1.3),
        # Sand and cloth have shadows like a face, but fainter ones.
        ramp(float(contrast[best]), 9.5, 15.5),
        # Cheeks are smooth; fur and carving are not.
        ramp(float(roughness), 13, 8),
    )
    return confidence, int(rows[best]), int(columns[best])


def _corner_sums(values: Cells) -> Cells:
    return np.asarray(np.pad(values, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1))
