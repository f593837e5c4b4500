"""What a photo shows of the sliders of a process: which of them can be seen, and which look the same."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from operators.color_mixer import COLOR_MIXER
from operators.process import Process
from operators.renderer import Renderer
from pipeline.recipes.bands import band_shares
from pipeline.recipes.steps import rounded
from quality.measures import mean_differences
from schemas.config import Engine
from schemas.sampler import Aspect, SliderUse

LEAST_EFFECT = 0.35
"""Mean CIEDE2000 that a slider at its usual distance from neutral must make for it to show on a photo."""

LEAST_SHARE = 0.03
"""Share of the photo that a colour band must cover for its sliders to show."""


class Visibility(NamedTuple):
    """What a photo shows of the P sliders of a process.

    Attributes:
        shows: whether each slider can show on the photo.
        alike: (P, P) cosines of the effects of each two sliders, in [-1, 1].
        usual: the usual distance of each slider from neutral, with its sign, in its unit.
        raises: for each slider, what an edit by that distance adds to the mean and the standard deviation of luma and
            to the mean chroma, in 8-bit steps.
    """

    shows: Sequence[bool]
    alike: Sequence[Sequence[float]]
    usual: Sequence[float]
    raises: Sequence[Mapping[Aspect, float]]


def look(renderer: Renderer, pixels: Tensor, sliders: Sequence[SliderUse], limit: float, engine: Engine) -> Visibility:
    """Undo each slider at its usual distance from neutral on some pixels of a photo.

    Args:
        renderer: unrenders the process.
        pixels: uint8 (3, H, W), pixels of the photo.
        sliders: how edits use each slider of the process.
        limit: share of each slider's range that recipes use.
        engine: whether colour differences are compiled.
    """
    process = renderer.process
    neutral = torch.tensor(list(process.neutral.values()))
    usual = [
        rounded(spec, spec.neutral + (use.magnitude if use.positive >= 0.5 else -use.magnitude), limit) - spec.neutral
        for spec, use in zip(process.parameters, sliders, strict=True)
    ]
    alone = neutral + torch.diag(torch.tensor(usual))
    inputs, _ = renderer.unrender(pixels, alone)
    effects = mean_differences(inputs, pixels, engine)
    covered = _covered(process, pixels)
    # Dot products of 8-bit differences are integers, which float64 adds exactly in any order.
    moved = (inputs.double() - pixels.double()).flatten(1)
    dots = moved @ moved.T
    lengths = dots.diagonal().clamp(min=1).sqrt()
    return Visibility(
        [effect >= LEAST_EFFECT and seen for effect, seen in zip(effects, covered, strict=True)],
        (dots / (lengths[:, None] * lengths)).tolist(),
        usual,
        _raised(inputs, pixels),
    )


def _raised(inputs: Tensor, pixels: Tensor) -> list[dict[Aspect, float]]:
    """What leads from each input to the pixels: uint8 (P, 3, H, W) and (3, H, W)."""
    *before, after = _states(torch.cat([inputs, pixels[None]]))
    return [{aspect: after[aspect] - state[aspect] for aspect in after} for state in before]


def _states(pictures: Tensor) -> list[dict[Aspect, float]]:
    """Mean and standard deviation of luma (Rec. 601) and mean chroma, from whole numbers, whose sums are exact."""
    red, green, blue = pictures.flatten(2).int().unbind(1)
    luma = 299 * red + 587 * green + 114 * blue
    chroma = torch.maximum(torch.maximum(red, green), blue) - torch.minimum(torch.minimum(red, green), blue)
    count = luma.shape[1]
    columns = (luma.sum(1).tolist(), luma.long().square().sum(1).tolist(), chroma.sum(1).tolist())
    return [
        {
            "lightness": total / count / 1000,
            "contrast": math.sqrt(max(count * squares - total * total, 0)) / count / 1000,
            "chroma": colors / count,
        }
        for total, squares, colors in zip(*columns, strict=True)
    ]


def _covered(process: Process, pixels: Tensor) -> list[bool]:
    """For each slider, whether its colour band covers enough of the photo; true for sliders without a band."""
    shares = band_shares(pixels)
    return [
        spec not in COLOR_MIXER.parameters or shares[spec.name.rpartition("Adjustment")[2]] >= LEAST_SHARE
        for spec in process.parameters
    ]
