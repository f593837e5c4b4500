"""What a photo shows of the sliders of a process: which of them can be seen, and which look the same."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from operators.color_mixer import BANDS, COLOR_MIXER
from operators.process import Process
from operators.renderer import Renderer
from pipeline.recipes.steps import rounded
from quality.change import measure_change
from quality.measures import measure_pair
from schemas.config import Engine
from schemas.sampler import SliderUse

LEAST_EFFECT = 0.35
"""Mean CIEDE2000 that a slider at its usual distance from neutral must make for it to show on a photo."""

LEAST_SHARE = 0.03
"""Share of the photo that a colour band must cover for its sliders to show."""


class Visibility(NamedTuple):
    """What a photo shows of the P sliders of a process.

    Attributes:
        shows: whether each slider can show on the photo.
        alike: (P, P) float64 cosine of the effects of each two sliders, in [-1, 1].
    """

    shows: Sequence[bool]
    alike: Tensor


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
    alone = torch.tensor([list(process.neutral.values())] * len(sliders))
    for column, (spec, use) in enumerate(zip(process.parameters, sliders, strict=True)):
        distance = use.magnitude if use.positive >= 0.5 else -use.magnitude
        alone[column, column] = rounded(spec, spec.neutral + distance, limit)
    inputs, clipped = renderer.unrender(pixels, alone)
    effects = [measure.difference_de00 for measure in measure_pair(inputs, pixels, inputs, clipped, engine)]
    covered = _covered(process, pixels)
    # Dot products of 8-bit differences are integers, which float64 adds exactly in any order.
    moved = (inputs.double() - pixels.double()).flatten(1)
    dots = moved @ moved.T
    lengths = dots.diagonal().clamp(min=1).sqrt()
    return Visibility(
        [effect >= LEAST_EFFECT and seen for effect, seen in zip(effects, covered, strict=True)],
        dots / (lengths[:, None] * lengths),
    )


def _covered(process: Process, pixels: Tensor) -> list[bool]:
    """For each slider, whether its colour band covers enough of the photo; true for sliders without a band."""
    change = measure_change(pixels, pixels)
    shares = {band: color.share for band, color in zip(BANDS, change.colors, strict=True)}
    return [
        spec not in COLOR_MIXER.parameters or shares[spec.name.rpartition("Adjustment")[2]] >= LEAST_SHARE
        for spec in process.parameters
    ]
