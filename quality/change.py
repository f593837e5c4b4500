"""The measured change of a pair: what an edit did to tones, to neutrals and to each band of colours.

Averages over a whole picture mislead: clipped pixels hold still and neutrals dilute colour. So tones are measured in
three bands, casts on what is nearly grey, and colours in the eight bands of the colour mixer, each with the share of
the picture that it covers.

Bands follow the *input*: words speak of the picture that a person has in front of them, and "lift the shadows" is
true when what looks like shadow there becomes brighter. Chroma, which decides what is grey and what is coloured, is
the mean over both pictures, so that neither a cast of the input nor a colour that the edit brings out picks the pixels.

Words hang on these numbers, so they are the same on every processor: pixels go through plain arithmetic, sums are added
in order, and logarithms come from `quality.arithmetic`.
"""

from dataclasses import dataclass
from functools import cache
from math import ceil, sqrt

import numpy as np
import torch
from torch import Tensor

from operators.color_mixer import BANDS, SEGMENTS, STEP, band_table
from operators.color_space import rgb_to_hsy
from quality.arithmetic import log2, ordered_sum

GRID_PIXELS = 8_000
"""Pictures are read on a regular grid of at most this many pixels."""

TONE_EDGES = (1 / 3, 2 / 3)
"""Luma of the input between shadows and midtones, and between midtones and highlights."""

_LOG_OFFSET = 0.05
"""Added before logarithms of channel ratios, so that 8-bit steps in deep shadows do not count as casts."""


@dataclass(frozen=True)
class ToneChange:
    """A tone band: the share of the picture in it, in [0, 1], and the change of its mean luma, in [-1, 1]."""

    share: float
    luma: float


@dataclass(frozen=True)
class ColorChange:
    """A hue band: the share of the picture in it, and the changes of the colours there.

    `hue` in degrees (positive toward the next band of `BANDS`), `saturation` as log2 of the ratio of mean
    gamut-relative saturations, `luma` as a difference in [-1, 1].
    """

    share: float
    hue: float
    saturation: float
    luma: float


@dataclass(frozen=True)
class InputState:
    """How the input looks before the edit.

    `luma` mean and `spread` standard deviation of luma; `colorfulness` mean saturation, in [0, 1], of what is not
    grey; `warmth` and `tint` of what is nearly grey, as in `Change`; `black` and `white` the shares of pixels clipped
    at either end.
    """

    luma: float
    spread: float
    colorfulness: float
    warmth: float
    tint: float
    black: float
    white: float


@dataclass(frozen=True)
class Change:
    """What changed from input to target.

    `brightness`: mean luma, difference in [-1, 1]. `contrast`: log2 of the ratio of (standard deviation
    over mean of luma), which a plain gain leaves alone. `colorfulness`: log2 of the ratio of mean saturations of what
    is not grey. `warmth`: log2 of red over blue, and `tint`: log2 of magenta (geometric mean of red and blue) over
    green, both as differences, in encoded values of what is nearly grey; 0 where the picture holds nothing of the
    kind. `colors` in the order of `BANDS`.
    """

    brightness: float
    shadows: ToneChange
    midtones: ToneChange
    highlights: ToneChange
    contrast: float
    colorfulness: float
    warmth: float
    tint: float
    colors: tuple[ColorChange, ...]
    input: InputState


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
    step = max(1, ceil(sqrt(target.shape[1] * target.shape[2] / GRID_PIXELS)))
    pixels = torch.cat([inputs[:, :, ::step, ::step], target[None, :, ::step, ::step]]).flatten(2)
    rgb = pixels.float() / 255
    hue, saturation, luma = rgb_to_hsy(rgb)
    lowest, highest = rgb.amin(1), rgb.amax(1)
    chroma = highest - lowest
    chroma = (chroma[:-1] + chroma[-1]) / 2
    count = rgb.shape[2]

    casts = _casts(pixels, chroma, lowest, highest)
    colored = ((chroma - 0.05) / 0.15).clamp(0, 1)
    total = ordered_sum(colored).clamp(min=1e-6)
    sums = [ordered_sum(part * colored) for part in (saturation[:-1], saturation[-1])]
    colorful = torch.stack([part / total for part in sums], 1).tolist()
    means = ordered_sum(luma) / count
    mean, variance = means.tolist(), (ordered_sum((luma - means[:, None]).square()) / count).tolist()
    spread = [sqrt(value) for value in variance]
    black, white = ((clipped.sum(1) / count).tolist() for clipped in (highest < 2.5 / 255, lowest > 252.5 / 255))
    tones = _tones(luma)
    colors = _colors(hue, saturation, luma, colored)
    return [
        Change(
            brightness=mean[-1] - mean[i],
            shadows=tones[i][0],
            midtones=tones[i][1],
            highlights=tones[i][2],
            contrast=_log_ratio([spread[i] / (mean[i] + 0.02), spread[-1] / (mean[-1] + 0.02)], 0.01),
            colorfulness=_log_ratio(colorful[i], 0.02),
            warmth=warmth[1] - warmth[0],
            tint=tint[1] - tint[0],
            colors=colors[i],
            input=InputState(
                luma=mean[i],
                spread=spread[i],
                colorfulness=colorful[i][0],
                warmth=warmth[0],
                tint=tint[0],
                black=black[i],
                white=white[i],
            ),
        )
        for i, (warmth, tint) in enumerate(casts)
    ]


def _tones(luma: Tensor) -> list[list[ToneChange]]:
    before, change = luma[:-1], luma[-1] - luma[:-1]
    open_ends = (before > 0.01) & (before < 0.99)  # clipped pixels hold still whatever the edit does
    low, high = TONE_EDGES
    bands = [band & open_ends for band in (before < low, (before >= low) & (before < high), before >= high)]
    counts = torch.stack([band.sum(1) for band in bands], 1)
    sums = torch.stack([ordered_sum(band * change) for band in bands], 1)
    shares, means = (counts / luma.shape[1]).tolist(), (sums / counts.clamp(min=1)).tolist()
    return [[ToneChange(*band) for band in zip(*row, strict=True)] for row in zip(shares, means, strict=True)]


def _casts(
    pixels: Tensor, chroma: Tensor, lowest: Tensor, highest: Tensor
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Warmth and tint, each of input and target, of what is nearly grey and not clipped in either."""
    inside = (torch.minimum(lowest[:-1], lowest[-1]) > 0.02) & (torch.maximum(highest[:-1], highest[-1]) < 0.99)
    weights = (1 - chroma / 0.2).clamp(min=0) ** 2 * inside
    logs = _logarithms().index_select(0, pixels.flatten().int()).view(pixels.shape)
    total = ordered_sum(weights)[:, None]
    seen = total / pixels.shape[2] >= 0.005
    before, after = (ordered_sum(part * weights[:, None]) / total for part in (logs[:-1], logs[-1]))
    means = torch.stack([before, after], dim=2).where(seen[..., None], torch.zeros((), dtype=total.dtype))
    red, green, blue = means.unbind(1)
    warmth, tint = (red - blue).tolist(), ((red + blue) / 2 - green).tolist()
    return [((w[0], w[1]), (t[0], t[1])) for w, t in zip(warmth, tint, strict=True)]


def _colors(hue: Tensor, saturation: Tensor, luma: Tensor, colored: Tensor) -> list[tuple[ColorChange, ...]]:
    knots = (hue[:-1] / STEP).round().long()
    turn = torch.remainder(hue[-1] - hue[:-1] + 3, 6) - 3
    columns = [torch.ones_like(turn), turn * 60, saturation[:-1], saturation[-1].expand_as(turn), luma[-1] - luma[:-1]]
    weighted = torch.stack([column * colored for column in columns], dim=1)
    by_knot = torch.stack([_sums_by_knot(*row) for row in zip(knots, weighted, strict=True)])
    sums = ordered_sum(by_knot[:, None] * _band_weights()[:, None])
    shares = (sums[..., 0] / turn.shape[1]).tolist()
    means = (sums[..., 1:] / sums[..., :1].clamp(min=1e-6)).tolist()
    return [
        tuple(
            ColorChange(share, turned, _log_ratio([before, after], 0.01), lighter)
            for share, (turned, before, after, lighter) in zip(*row, strict=True)
        )
        for row in zip(shares, means, strict=True)
    ]


def _log_ratio(values: list[float], offset: float) -> float:
    return log2((values[1] + offset) / (values[0] + offset))


def _sums_by_knot(knots: Tensor, values: Tensor) -> Tensor:
    """Sums of the values at each knot of the hue tables, one value after the other: (N,) and (C, N) to (C, K)."""
    sums = [np.bincount(knots.numpy(), row.numpy(), SEGMENTS + 1) for row in values]
    return torch.from_numpy(np.stack(sums))


@cache
def _band_weights() -> Tensor:
    """Weight of each band at each knot of the mixer's hue tables, (8, K), rounded to what is the same everywhere."""
    return band_table(torch.eye(len(BANDS), dtype=torch.float64)).float()


@cache
def _logarithms() -> Tensor:
    """Binary logarithms of the 256 values of a channel, float32."""
    return torch.tensor([log2(value / 255 + _LOG_OFFSET) for value in range(256)], dtype=torch.float32)
