"""The measured change of a pair, as a person sees it: what became of lightness, of its spread, of colours, of neutrals.

All is in units of CIELAB. Averages over a whole picture mislead: clipped pixels hold still and neutrals dilute colour.
So tones are measured in three bands, casts on what is nearly grey, and colours hue by hue, each with the share of the
picture that it covers.

Bands of tones follow the *input*: words speak of the picture that a person has in front of them, and "lift the shadows"
is true when what looks like shadow there becomes brighter. Hues and neutrals are picked by the mean of both pictures,
so that neither a cast of the input nor a colour that the edit brings out picks the pixels.

Words hang on these numbers, so they are the same on every processor: `quality.seen.lab` converts, and sums are
of whole numbers, or added in order.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quality.measures import grid
from quality.seen.hues import HUES, LEAST_CHROMA, hue_numbers
from quality.seen.lab import lab_of

GRID_PIXELS = 3_000
"""Pictures are read on a regular grid of at most this many pixels."""

TONE_EDGES = (38.0, 66.0)
"""L* of the input between shadows and midtones, and between midtones and highlights."""

_BLACK, _WHITE = 0.7, 99.0
"""L* beyond which a pixel is clipped."""

_REACH, _NEAR = 12.0, 5.0
"""How far from neutral the densest colour may lie that counts as the picture's grey, and how far from it its pixels."""

_MOST_CAST = 18.0
"""Chroma up to which a colour may be a grey with a cast."""

LEAST_NEUTRAL = 0.05
"""Share of the picture that its grey must cover for a cast to show."""

_DIGITS = 3
"""Measures are rounded to so many digits."""

_FINE = 1024
"""Steps to a unit in which values are added, as whole numbers."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class ToneChange:
    """A tone band: the share of the picture in it, in [0, 1], and the change of its mean L*."""

    share: float
    lightness: float


@dataclass(frozen=True)
class HueChange:
    """A hue: the share of the picture that is of it, and the changes of the mean colour there.

    `turn` is the change of the hue angle in degrees, positive toward the next of `HUES`; `chroma` and `lightness` are
    changes of mean C* and L*, `before` the mean chroma of the input.
    """

    share: float
    turn: float
    chroma: float
    lightness: float
    before: float


@dataclass(frozen=True)
class ThingChange:
    """A thing in the picture: its name in `quality.scene`, its share of the picture, changes of its mean L* and C*."""

    name: str
    share: float
    lightness: float
    chroma: float


@dataclass(frozen=True)
class State:
    """How a picture looks.

    `lightness` mean and `spread` standard deviation of L*; `chroma` mean distance from the picture's own grey; `tint`
    and `warmth` a* and b* of that grey, 0 where it has none; `black` and `white` the shares of pixels clipped at either
    end.
    """

    lightness: float
    spread: float
    chroma: float
    tint: float
    warmth: float
    black: float
    white: float


@dataclass(frozen=True)
class Change:
    """What changed from input to target.

    `neutral` is the share of the picture that is its grey; below `LEAST_NEUTRAL`, casts are 0 in both states, and
    `shift` alone tells of them: the change of mean a* and b* of the whole picture. `hues` in the order of `HUES`.
    """

    input: State
    target: State
    neutral: float
    shift: tuple[float, float]
    shadows: ToneChange
    midtones: ToneChange
    highlights: ToneChange
    hues: tuple[HueChange, ...]
    things: tuple[ThingChange, ...] = ()


def measure_change(input: Tensor, target: Tensor) -> Change:
    """Measure the change from input to target, both uint8 (3, H, W).

    Raises:
        ValueError: the pictures are not two uint8 tensors of one shape (3, H, W).
    """
    return measure_changes(input[None], target)[0]


def measure_changes(inputs: Tensor, target: Tensor) -> list[Change]:
    """Measure the changes from several inputs, uint8 (B, 3, H, W), to one target, uint8 (3, H, W).

    Raises:
        ValueError: the pictures are not uint8 tensors of these shapes.
    """
    if inputs.shape[1:] != target.shape or target.ndim != 3 or target.shape[0] != 3 or inputs.numel() == 0:
        raise ValueError(
            f"need pictures of one shape (3, H, W), got {tuple(inputs.shape[1:])} and {tuple(target.shape)}"
        )
    if inputs.dtype != torch.uint8 or target.dtype != torch.uint8:
        raise ValueError(f"need uint8 pictures, got {inputs.dtype} and {target.dtype}")
    after = lab_of(thinned(target))
    changes = []
    for picture in inputs:
        before = lab_of(thinned(picture))
        changes.append(change_between(before, after, find_parts(before, after)))
    return changes


def thinned(picture: Tensor) -> NDArray[np.uint8]:
    """The pixels of a picture, uint8 (..., 3, H, W), that are measured: (..., 3, N)."""
    pixels: NDArray[np.uint8] = grid(picture, _stride(picture)).flatten(-2).numpy()
    return pixels


def thinned_mask(mask: Tensor, picture: Tensor) -> NDArray[np.bool_]:
    """Of which of the pixels that are measured a mask is true, (N,).

    Args:
        mask: bool (h, w), over equal parts of the picture.
        picture: (..., H, W).
    """
    rows, columns = (
        torch.arange(side) * cells // side for side, cells in zip(picture.shape[-2:], mask.shape, strict=True)
    )
    whole = mask[rows][:, columns].expand(3, -1, -1)
    pixels: NDArray[np.bool_] = grid(whole, _stride(picture))[0].flatten().numpy()
    return pixels


def _stride(picture: Tensor) -> int:
    return max(1, math.ceil(math.sqrt(picture.shape[-2] * picture.shape[-1] / GRID_PIXELS)))


@dataclass(frozen=True)
class Parts:
    """The parts of a pair's pixels that are spoken of, each an array over pixels (N,).

    Attributes:
        grey: whether a pixel is of the picture's grey.
        tones: the number of its tone band: shadows, midtones, highlights; 3 where it is clipped in the input.
        hues: the number of its hue, see `quality.seen.hues`.
        things: by the names of the things in the picture, whether a pixel is of them.
    """

    grey: NDArray[np.bool_]
    tones: NDArray[np.uint8]
    hues: NDArray[np.uint8]
    things: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)


def find_parts(before: Array, after: Array, things: Mapping[str, NDArray[np.bool_]] | None = None) -> Parts:
    """The parts of a pair.

    Args:
        before: colours of the input, (3, N) of `quality.seen.lab.lab_of`.
        after: of the target.
        things: pixels of the things that the picture shows, see `Parts`.
    """
    middle: Array = (before + after) / np.float32(2)
    inside = (np.minimum(before[0], after[0]) > 8) & (np.maximum(before[0], after[0]) < 97)
    for lab in (before, after):  # what fades to grey, or takes on colour, shows no cast
        inside &= lab[1] * lab[1] + lab[2] * lab[2] < _MOST_CAST**2
    tones = np.searchsorted(TONE_EDGES, before[0], side="right").astype(np.uint8)
    tones[(before[0] <= _BLACK) | (before[0] >= _WHITE)] = 3  # clipped pixels hold still whatever the edit does
    return Parts(_grey(middle[1:], inside), tones, hue_numbers(middle[1], middle[2]), things or {})


def change_between(before: Array, after: Array, parts: Parts) -> Change:
    """The change between the same pixels of two pictures, (3, N) of `quality.seen.lab.lab_of` each, part by part."""
    count = before.shape[1]
    neutral = int(np.count_nonzero(parts.grey)) / count
    greys = [(0.0, 0.0), (0.0, 0.0)]
    if neutral >= LEAST_NEUTRAL:
        greys = [(_mean(lab[1, parts.grey]), _mean(lab[2, parts.grey])) for lab in (before, after)]
    tones = _tones(parts.tones, after[0] - before[0])
    return Change(
        input=_state(before, greys[0]),
        target=_state(after, greys[1]),
        neutral=neutral,
        shift=(_mean(after[1] - before[1]), _mean(after[2] - before[2])),
        shadows=tones[0],
        midtones=tones[1],
        highlights=tones[2],
        hues=_hues(parts.hues, before, after),
        things=tuple(_thing(name, pixels, before, after) for name, pixels in parts.things.items()),
    )


def _whole(values: Array) -> NDArray[np.int64]:
    """Values in steps of a thousandth, whose sums are exact in any order."""
    steps: NDArray[np.int64] = np.rint(values * np.float32(_FINE)).astype(np.int64)
    return steps


def _mean(values: Array) -> float:
    return round(int(_whole(values).sum()) / _FINE / max(values.size, 1), _DIGITS) + 0.0


def _state(lab: Array, grey: tuple[float, float]) -> State:
    lightness = _mean(lab[0])
    a, b = lab[1] - np.float32(grey[0]), lab[2] - np.float32(grey[1])
    return State(
        lightness=lightness,
        spread=round(math.sqrt(_mean((lab[0] - np.float32(lightness)) ** 2)), _DIGITS),
        chroma=_mean(np.sqrt(a * a + b * b)),
        tint=grey[0],
        warmth=grey[1],
        black=int(np.count_nonzero(lab[0] < _BLACK)) / lab.shape[1],
        white=int(np.count_nonzero(lab[0] > _WHITE)) / lab.shape[1],
    )


def _grey(colors: Array, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels around the densest colour near neutral, by some steps of a mean shift that starts at neutral."""
    a, b = colors
    centre, reach = (0.0, 0.0), _REACH
    while True:
        square = (a - np.float32(centre[0])) ** 2 + (b - np.float32(centre[1])) ** 2
        if reach <= _NEAR:
            near: NDArray[np.bool_] = inside & (square < _NEAR**2)
            return near
        weights = np.maximum(1 - square / np.float32(reach * reach), 0) ** 2 * inside
        total, to_a, to_b = (int(_whole(row).sum()) for row in (weights, weights * a, weights * b))
        if total > 0:
            centre = (round(to_a / total, _DIGITS), round(to_b / total, _DIGITS))
        reach *= 0.8


def _tones(numbers: NDArray[np.uint8], change: Array) -> list[ToneChange]:
    """Shadows, midtones, highlights."""
    counts = np.bincount(numbers, minlength=4).tolist()
    sums = np.bincount(numbers, _whole(change), 4).tolist()
    return [
        ToneChange(n / change.size, round(s / _FINE / max(n, 1), _DIGITS))
        for n, s in zip(counts[:3], sums[:3], strict=True)
    ]


def _hues(numbers: NDArray[np.uint8], before: Array, after: Array) -> tuple[HueChange, ...]:
    chroma = [np.sqrt(lab[1] * lab[1] + lab[2] * lab[2]) for lab in (before, after)]
    columns = [before[1], before[2], after[1], after[2], *chroma, after[0] - before[0]]
    bins = len(HUES) + 1
    counts = np.bincount(numbers, minlength=bins).tolist()
    sums = np.stack([np.bincount(numbers, column, bins) for column in columns], 1).tolist()
    return tuple(
        _hue_change(count / numbers.size, [value / max(count, 1) for value in row])
        for count, row in zip(counts[:-1], sums[:-1], strict=True)
    )


def _thing(name: str, pixels: NDArray[np.bool_], before: Array, after: Array) -> ThingChange:
    first, second = before[:, pixels], after[:, pixels]
    chroma = [np.sqrt(lab[1] * lab[1] + lab[2] * lab[2]) for lab in (first, second)]
    share = int(np.count_nonzero(pixels)) / pixels.size
    return ThingChange(name, share, _mean(second[0] - first[0]), _mean(chroma[1] - chroma[0]))


def _hue_change(share: float, means: Sequence[float]) -> HueChange:
    a0, b0, a1, b1, chroma, chroma_after, lightness = means
    pale = min(a0 * a0 + b0 * b0, a1 * a1 + b1 * b1) < (LEAST_CHROMA / 2) ** 2  # a colour that has nearly no hue
    turn = 0.0 if pale else math.degrees(math.atan2(a0 * b1 - b0 * a1, a0 * a1 + b0 * b1))
    return HueChange(
        share, *(round(value, _DIGITS) + 0.0 for value in (turn, chroma_after - chroma, lightness, chroma))
    )
