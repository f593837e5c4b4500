"""The measured change of a pair: what an edit did to tones, to neutrals and to each band of colours.

Averages over a whole picture mislead: clipped pixels hold still and neutrals dilute colour. So tones are measured in
three bands, casts on what is nearly grey, and colours in the eight bands of the colour mixer, each with the share of
the picture that it covers.

Bands follow the *input*: words speak of the picture that a person has in front of them, and "lift the shadows" is
true when what looks like shadow there becomes brighter. Chroma, which decides what is grey and what is coloured, is
the mean over both pictures, so that neither a cast of the input nor a colour that the edit brings out picks the pixels.
"""

from dataclasses import dataclass
from functools import cache
from math import ceil, log2, sqrt

import torch
from torch import Tensor

from operators.color_mixer import BANDS, STEP, band_table
from operators.color_space import rgb_to_hsy

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
    if input.shape != target.shape or input.ndim != 3 or input.shape[0] != 3 or input.numel() == 0:
        raise ValueError(
            f"need two pictures of one shape (3, H, W), got {tuple(input.shape)} and {tuple(target.shape)}"
        )
    if input.dtype != torch.uint8 or target.dtype != torch.uint8:
        raise ValueError(f"need uint8 pictures, got {input.dtype} and {target.dtype}")
    step = max(1, ceil(sqrt(input.shape[1] * input.shape[2] / GRID_PIXELS)))
    pair = torch.stack([input[:, ::step, ::step], target[:, ::step, ::step]]).flatten(2).float() / 255
    hue, saturation, luma = rgb_to_hsy(pair)
    lowest, highest = pair.amin(1), pair.amax(1)
    chroma = (highest - lowest).mean(0)

    tones = _tones(luma)
    warmth, tint = _casts(pair, chroma, lowest, highest)
    colored = ((chroma - 0.05) / 0.15).clamp(0, 1)
    colorful = (saturation @ colored / colored.sum().clamp(min=1e-6)).tolist()
    spread = luma.std(1, correction=0).tolist()
    mean = luma.mean(1).tolist()
    return Change(
        brightness=mean[1] - mean[0],
        shadows=tones[0],
        midtones=tones[1],
        highlights=tones[2],
        contrast=_log_ratio([spread[0] / (mean[0] + 0.02), spread[1] / (mean[1] + 0.02)], 0.01),
        colorfulness=_log_ratio(colorful, 0.02),
        warmth=warmth[1] - warmth[0],
        tint=tint[1] - tint[0],
        colors=_colors(hue, saturation, luma, colored),
        input=InputState(
            luma=mean[0],
            spread=spread[0],
            colorfulness=colorful[0],
            warmth=warmth[0],
            tint=tint[0],
            black=float((highest[0] < 2.5 / 255).float().mean()),
            white=float((lowest[0] > 252.5 / 255).float().mean()),
        ),
    )


def _tones(luma: Tensor) -> list[ToneChange]:
    before, change = luma[0], luma[1] - luma[0]
    open_ends = (before > 0.01) & (before < 0.99)  # clipped pixels hold still whatever the edit does
    low, high = TONE_EDGES
    bands = torch.stack([before < low, (before >= low) & (before < high), before >= high]) & open_ends
    weights = bands.float()
    counts = weights.sum(1)
    shares, changes = (counts / before.numel()).tolist(), (weights @ change / counts.clamp(min=1)).tolist()
    return [ToneChange(share, value) for share, value in zip(shares, changes, strict=True)]


def _casts(pair: Tensor, chroma: Tensor, lowest: Tensor, highest: Tensor) -> tuple[list[float], list[float]]:
    """Warmth and tint of what is nearly grey and not clipped, for input and target."""
    inside = (lowest.amin(0) > 0.02) & (highest.amax(0) < 0.99)
    weights = (1 - chroma / 0.2).clamp(min=0) ** 2 * inside
    if float(weights.mean()) < 0.005:
        return [0.0, 0.0], [0.0, 0.0]
    red, green, blue = ((pair + _LOG_OFFSET).log2() @ weights / weights.sum()).unbind(1)
    return (red - blue).tolist(), ((red + blue) / 2 - green).tolist()


def _colors(hue: Tensor, saturation: Tensor, luma: Tensor, colored: Tensor) -> tuple[ColorChange, ...]:
    weights = _band_weights()[:, (hue[0] / STEP).round().long()] * colored
    turn = torch.remainder(hue[1] - hue[0] + 3, 6) - 3
    columns = torch.stack([torch.ones_like(turn), turn * 60, saturation[0], saturation[1], luma[1] - luma[0]], dim=1)
    sums = weights @ columns
    shares = (sums[:, 0] / turn.numel()).tolist()
    means = (sums[:, 1:] / sums[:, :1].clamp(min=1e-6)).tolist()
    return tuple(
        ColorChange(share, turned, _log_ratio([before, after], 0.01), lighter)
        for share, (turned, before, after, lighter) in zip(shares, means, strict=True)
    )


def _log_ratio(values: list[float], offset: float) -> float:
    return log2((values[1] + offset) / (values[0] + offset))


@cache
def _band_weights() -> Tensor:
    """Weight of each band at each knot of the mixer's hue tables, (8, K)."""
    return band_table(torch.eye(len(BANDS)))
