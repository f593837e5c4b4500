"""What may be said of a pair: the aspects of an edit on which its recipe and its pixels agree.

The pixels speak through `measure_change`. The recipe speaks through its *push*: every parameter, moved a little, is
rendered on a test chart of greys and hues, and its effect is measured on the chart as on any pair. A recipe's push on
an aspect adds up the effects of the parameters of that aspect's group, so "lift the shadows" rests on what Exposure,
Shadows, Blacks and the others together do to dark tones. An aspect is claimed only where push and pixels have one
direction and both are visible; its size is the smaller of the two, so words never claim more than either shows.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from operators.catalogue import PROCESSES
from operators.color_mixer import BANDS
from operators.color_space import hsy_to_rgb
from operators.process import Process
from operators.quantization import quantize
from quality.change import Change, measure_change
from schemas.recipe import Group, Recipe

Level = Literal[0, 1, 2]
"""Slight, clear, strong."""

MIN_TONE_SHARE = 0.05
MIN_COLOR_SHARE = 0.03
"""Shares of the picture that a tone band or a hue band must cover to be spoken of."""


class Aspect(NamedTuple):
    """Something that an edit can change in one of two directions.

    `levels` are the sizes, in the units of `Change`, from which a change is slight, clear and strong.
    """

    name: str
    group: Group
    levels: tuple[float, float, float]
    band: str | None = None


class Claim(NamedTuple):
    """An aspect, the direction of its change, its size in units of `Change`, and how strong that is."""

    aspect: Aspect
    sign: Literal[-1, 1]
    size: float
    level: Level

    @property
    def strength(self) -> float:
        """Size relative to what is just visible; comparable between aspects."""
        return self.size / self.aspect.levels[0]


_LUMA = (0.02, 0.06, 0.13)

ASPECTS: Mapping[str, Aspect] = MappingProxyType(
    {
        aspect.name: aspect
        for aspect in (
            Aspect("brightness", "light", _LUMA),
            Aspect("shadows", "light", _LUMA),
            Aspect("midtones", "light", _LUMA),
            Aspect("highlights", "light", _LUMA),
            Aspect("contrast", "light", (0.05, 0.15, 0.35)),
            Aspect("warmth", "color", (0.04, 0.10, 0.22)),
            Aspect("tint", "color", (0.03, 0.07, 0.15)),
            Aspect("colorfulness", "color", (0.08, 0.2, 0.45)),
            *(Aspect(f"{band.lower()}_hue", "specific", (2.5, 6.0, 12.0), band) for band in BANDS),
            *(Aspect(f"{band.lower()}_saturation", "specific", (0.08, 0.22, 0.45), band) for band in BANDS),
            *(Aspect(f"{band.lower()}_luminance", "specific", (0.015, 0.04, 0.09), band) for band in BANDS),
        )
    }
)
"""Every aspect by name. A positive change is brighter, of more contrast, warmer, more magenta, more colourful; a
positive hue goes toward the next band (red, orange, yellow, green, aqua, blue, purple, magenta, red)."""


def measured(change: Change) -> dict[str, float]:
    """The change of every aspect; 0 where too little of the picture shows it."""
    values = {
        "brightness": change.brightness,
        "contrast": change.contrast,
        "warmth": change.warmth,
        "tint": change.tint,
        "colorfulness": change.colorfulness,
    }
    for name, tone in (
        ("shadows", change.shadows),
        ("midtones", change.midtones),
        ("highlights", change.highlights),
    ):
        values[name] = tone.luma if tone.share >= MIN_TONE_SHARE else 0.0
    for band, color in zip(BANDS, change.colors, strict=True):
        seen = color.share >= MIN_COLOR_SHARE
        values[f"{band.lower()}_hue"] = color.hue if seen else 0.0
        values[f"{band.lower()}_saturation"] = color.saturation if seen else 0.0
        values[f"{band.lower()}_luminance"] = color.luma if seen else 0.0
    return values


def push(recipe: Recipe) -> dict[str, float]:
    """What the recipe does to each aspect of a test chart, to first order, in units of `Change`."""
    effects, neutral = _effects(recipe.process), PROCESSES[recipe.process].neutral
    total = dict.fromkeys(ASPECTS, 0.0)
    for name, value in recipe.values.items():
        if value != neutral[name]:
            for aspect, effect in effects[name].items():
                total[aspect] += effect * (value - neutral[name])
    return total


def supported(recipe: Recipe, change: Change) -> dict[str, Claim]:
    """Every claim that recipe and pixels support together, by name of its aspect."""
    pixels, pushes = measured(change), push(recipe)
    claims = {}
    for name, aspect in ASPECTS.items():
        size = min(abs(pixels[name]), abs(pushes[name]))
        if pixels[name] * pushes[name] > 0 and size >= aspect.levels[0]:
            level: Level = 2 if size >= aspect.levels[2] else 1 if size >= aspect.levels[1] else 0
            claims[name] = Claim(aspect, 1 if pixels[name] > 0 else -1, size, level)
    return claims


def moves(change: Change, group: Group) -> bool:
    """Whether pixels plainly changed on a group's side, whatever the cause: an exposure moves saturation too."""
    values = measured(change)
    return any(abs(values[a.name]) >= 2 * a.levels[0] for a in ASPECTS.values() if a.group == group)


def is_zero(recipe: Recipe, group: Group) -> bool:
    """Whether a group of the recipe leaves the picture alone: the group mask of VeraRetouch is 0."""
    specs = PROCESSES[recipe.process].parameters
    return all(s.normalized(recipe.values.get(s.name, s.neutral)) == 0 for s in specs if s.group == group)


@cache
def _effects(process_name: str) -> dict[str, dict[str, float]]:
    """Effect of one unit of each parameter on each aspect of its group, by differences on the chart around neutral."""
    process = PROCESSES[process_name]
    neutral, above, below = _around_neutral(process)
    plus, minus = (_rendered_chart(process, neutral + torch.diag(shift)) for shift in (above, -below))
    before = quantize(_rendered_chart(process, neutral[None])[0])
    effects = {}
    spans = (above + below).tolist()
    for spec, span, raised, lowered in zip(process.parameters, spans, plus, minus, strict=True):
        up, down = (
            measured(measure_change(before, quantize(raised))),
            measured(measure_change(before, quantize(lowered))),
        )
        slopes = {name: (up[name] - down[name]) / span for name in ASPECTS}
        visible = {
            name: abs(slopes[name]) / aspect.levels[0] for name, aspect in ASPECTS.items() if aspect.group == spec.group
        }
        # A parameter speaks for what it moves most; its faint side effects are left to the pixels.
        most = max(visible.values())
        effects[spec.name] = {name: slopes[name] for name, seen in visible.items() if seen >= most / 4}
    return effects


def _around_neutral(process: Process) -> tuple[Tensor, Tensor, Tensor]:
    """Neutral, and a tenth of the way from there to the maximum and to the minimum; each (P,) float64."""
    neutral = torch.tensor(list(process.neutral.values()), dtype=torch.float64)
    ends = torch.tensor([[spec.maximum, spec.minimum] for spec in process.parameters], dtype=torch.float64)
    return neutral, 0.1 * (ends[:, 0] - neutral), 0.1 * (neutral - ends[:, 1])


def _rendered_chart(process: Process, parameters: Tensor) -> Tensor:
    """The chart by recipes: (B, P) float64 to (B, 3, 1, N) float64.

    In float64, since its last bits are those of a processor: rounding to 8 bits leaves none of them, unless a value
    lies within 1e-9 of the middle between two steps. None does, as tests show.
    """
    return process.render(_chart().expand(len(parameters), -1, -1, -1), parameters)


def _chart() -> Tensor:
    """Greys and evenly spaced hues of three saturations and three lumas, (1, 3, 1, N) float64."""
    greys = torch.linspace(0.04, 0.96, 240, dtype=torch.float64)
    steps = torch.tensor([0.3, 0.5, 0.7], dtype=torch.float64)
    hues, saturations, lumas = torch.meshgrid(torch.arange(96).double() / 16, steps, steps, indexing="ij")
    colors = hsy_to_rgb(hues.reshape(1, -1), saturations.reshape(1, -1), lumas.reshape(1, -1))
    return torch.cat([greys.expand(1, 3, -1), colors], dim=2).unsqueeze(2)
