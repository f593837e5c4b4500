"""What a second look at a pair's pixels finds, by measures that the writer of its words does not use.

Where writer and witness measure one thing in two ways, they differ a little. So the witness contradicts only what is
plainly otherwise, and asks for less than what the writer takes for visible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from quality.measures import grid
from quality.scene.regions import Region
from quality.seen.lab import lab_of

_PIXELS = 2_000

# Hue angles of CIELAB, in degrees, within which a pixel may be called so. Neighbours overlap: people differ.
_ANGLES: Mapping[str, tuple[float, float]] = {
    "red": (0, 50),
    "orange": (40, 82),
    "yellow": (70, 112),
    "green": (100, 178),
    "aqua": (162, 240),
    "blue": (218, 310),
    "purple": (290, 334),
    "magenta": (312, 372),
}
_COLORED, _BLACK = 6.0, 4.0
_REACH, _NEAR, _LEAST_NEUTRAL, _CELL, _MOST_CAST = 13.0, 6.0, 0.02, 3.0, 20.0

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Hue:
    """A named hue: the share of the picture that may be called so, and the changes of its mean colour there."""

    share: float
    turn: float
    chroma: float
    lightness: float


@dataclass(frozen=True)
class Thing:
    """A thing in the picture: its share, and the changes of its mean L* and C*."""

    share: float
    lightness: float
    chroma: float


@dataclass(frozen=True)
class Witness:
    """What changed, in units of CIELAB, rounded to hundredths.

    Attributes:
        whole: changes of "brightness" (mean L*), "contrast" (its standard deviation), "colorfulness" (mean distance
            from the picture's own grey), and "warmth" and "tint" (b* and a*) of that grey; both are missing where
            nothing is grey.
        casts: "warmth" and "tint" of what is nearly grey in the input; empty where nothing is.
        grey: the share of the picture that is nearly grey.
        chroma: change of mean C*, whatever the picture's grey is.
        shift: changes of mean b* ("warmth") and a* ("tint") of the whole picture.
        tones: changes of mean L* of shadows, midtones and highlights, whose ranges overlap, where enough of the picture
            lies there.
        hues: by name.
        things: by the names of `quality.scene.regions`.
        lightness: mean L* of the input.
    """

    whole: Mapping[str, float]
    casts: Mapping[str, float]
    grey: float
    chroma: float
    shift: Mapping[str, float]
    tones: Mapping[str, float]
    hues: Mapping[str, Hue]
    things: Mapping[str, Thing]
    lightness: float


def look_at(input: Tensor, target: Tensor, regions: Sequence[Region] = ()) -> Witness:
    """Look at a pair.

    Args:
        input: uint8 (3, H, W).
        target: uint8 (3, H, W).
        regions: what the pair shows.
    """
    stride = max(1, ceil(sqrt(input.shape[1] * input.shape[2] / _PIXELS)))
    before, after = _lab(grid(input, stride)), _lab(grid(target, stride))
    casts, grey = _casts(before, after)
    (a0, b0), (a1, b1) = casts or ((0.0, 0.0), (0.0, 0.0))
    whole = {
        "brightness": _mean(after[0]) - _mean(before[0]),
        "contrast": _spread(after[0]) - _spread(before[0]),
        "colorfulness": _chroma(after, a1, b1) - _chroma(before, a0, b0),
    }
    if casts:
        whole |= {"warmth": b1 - b0, "tint": a1 - a0}
    return Witness(
        whole={name: round(value, 2) for name, value in whole.items()},
        casts={"warmth": b0, "tint": a0} if casts else {},
        grey=grey,
        chroma=round(_chroma(after, 0, 0) - _chroma(before, 0, 0), 2),
        shift={name: round(_mean(after[row] - before[row]), 2) for name, row in (("warmth", 2), ("tint", 1))},
        tones=_tones(before[0], after[0]),
        hues=_hues(before, after),
        things={region.name: _thing(region, input, target) for region in regions},
        lightness=round(_mean(before[0]), 2),
    )


def _lab(pixels: Tensor) -> Array:
    lab: Array = lab_of(pixels.flatten(1).numpy()).astype(np.float64)
    return lab


def _mean(values: Array) -> float:
    return float(values.sum()) / max(values.size, 1)


def _spread(lightness: Array) -> float:
    return sqrt(_mean((lightness - _mean(lightness)) ** 2))


def _chroma(lab: Array, a: float, b: float) -> float:
    return _mean(np.sqrt((lab[1] - a) ** 2 + (lab[2] - b) ** 2))


def _casts(before: Array, after: Array) -> tuple[tuple[tuple[float, float], tuple[float, float]] | None, float]:
    """Medians of a* and b* of input and target, of the pixels around the densest cell of colours near neutral.

    None where they are too few; and their share of the picture.
    """
    middle = (before + after) / 2
    inside = (np.minimum(before[0], after[0]) > 8) & (np.maximum(before[0], after[0]) < 97)
    a, b = middle[1], middle[2]
    for lab in (before, after):
        inside &= lab[1] ** 2 + lab[2] ** 2 < _MOST_CAST**2
    near = inside & (a * a + b * b < _REACH**2)
    side = 2 * int(_REACH / _CELL) + 3  # cells of _CELL units, the middle one around neutral
    cells = [np.round(row[near] / _CELL).astype(int) + side // 2 for row in (a, b)]
    counts = np.bincount(cells[0] * side + cells[1], minlength=side * side)
    rows, columns = np.divmod(np.arange(side * side), side)
    square = ((rows - side // 2) ** 2 + (columns - side // 2) ** 2) * _CELL**2
    best = int(np.argmax(counts / (1 + square / 40)))
    centre = ((rows[best] - side // 2) * _CELL, (columns[best] - side // 2) * _CELL)
    chosen = inside & ((a - centre[0]) ** 2 + (b - centre[1]) ** 2 < _NEAR**2)
    share = round(int(np.count_nonzero(chosen)) / chosen.size, 3)
    if share < _LEAST_NEUTRAL:
        return None, share
    (a0, b0), (a1, b1) = ([round(float(np.median(row[chosen])), 2) for row in lab[1:]] for lab in (before, after))
    return ((a0, b0), (a1, b1)), share


def _tones(before: Array, after: Array) -> dict[str, float]:
    open_ends = (before > 0.5) & (before < 99.5)
    bands = {"shadows": before < 42, "midtones": (before >= 34) & (before < 70), "highlights": before >= 62}
    found = {}
    for name, band in bands.items():
        chosen = band & open_ends
        if np.count_nonzero(chosen) >= 0.05 * before.size:
            found[name] = round(_mean(after[chosen] - before[chosen]), 2)
    return found


def _thing(region: Region, input: Tensor, target: Tensor) -> Thing:
    """By the pixels in the middles of its cells."""
    height, width = region.mask.shape
    rows, columns = region.mask.nonzero(as_tuple=True)
    y = ((rows * 2 + 1) * input.shape[1] // (2 * height)).clamp(max=input.shape[1] - 1)
    x = ((columns * 2 + 1) * input.shape[2] // (2 * width)).clamp(max=input.shape[2] - 1)
    before, after = _lab(input[:, y, x]), _lab(target[:, y, x])
    chroma = _chroma(after, 0, 0) - _chroma(before, 0, 0)
    return Thing(round(region.share, 3), round(_mean(after[0] - before[0]), 2), round(chroma, 2))


def _hues(before: Array, after: Array) -> dict[str, Hue]:
    angles = [np.degrees(np.arctan2(lab[2], lab[1])) % 360 for lab in (before, after)]
    chroma = [np.sqrt(lab[1] ** 2 + lab[2] ** 2) for lab in (before, after)]
    colored = [(c >= _COLORED) & (lab[0] > _BLACK) for c, lab in zip(chroma, (before, after), strict=True)]
    turn = (angles[1] - angles[0] + 180) % 360 - 180
    found = {}
    for name, (low, high) in _ANGLES.items():
        either = [c & ((angle - low) % 360 < high - low) for c, angle in zip(colored, angles, strict=True)]
        chosen = either[0] | either[1]
        count = int(np.count_nonzero(chosen))
        both = chosen & colored[0] & colored[1]
        found[name] = Hue(
            round(count / chosen.size, 3),
            round(float(np.median(turn[both])) if both.any() else 0.0, 2),
            round(_mean(chroma[1][chosen] - chroma[0][chosen]), 2),
            round(_mean(after[0][chosen] - before[0][chosen]), 2),
        )
    return found
