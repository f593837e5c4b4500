"""Tone: nine sliders that bend one curve, the same for the three channels of encoded sRGB.

Every slider displaces tones by `amount * shape(x)`, and each shape is so flat that x + amount * shape(x) rises
for every amount in [-1, 1]. The tone curve is their composition, one after the other; a composition of rising
curves rises, so every combination of sliders can be undone. The bands are where a photographer expects them:

* contrast pivots at middle grey and holds black and white;
* highlights and shadows lift or lower a broad band around 3/4 and 1/4 and hold both ends;
* whites and blacks move the ends themselves, where tones clip;
* the parametric bands are the four quarters of Lightroom's parametric curve, with its splits at 25, 50 and 75.
"""

from collections.abc import Callable
from math import pi

import torch
from torch import Tensor

from operators.operator import Operator, sliders
from operators.tables import inverse_lookup, lookup

SEGMENTS = 512
"""The curve is sampled on this many equal segments of [0, 1] and goes on as a straight line outside."""

STEP = 1.0 / SEGMENTS


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """Send every channel through the tone curve. `parameters` (B, 9) in slider units."""
    return lookup(image.flatten(1), curve(parameters), STEP).view_as(image)


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """Send every channel back through the tone curve."""
    return inverse_lookup(image.flatten(1), curve(parameters), STEP).view_as(image)


def curve(parameters: Tensor) -> Tensor:
    """The tone curve at k / SEGMENTS, (B, SEGMENTS + 1), strictly increasing; (B, 9) slider values to table."""
    knots = torch.linspace(0, 1, SEGMENTS + 1, dtype=parameters.dtype, device=parameters.device)
    y = knots.expand(parameters.shape[0], -1)
    for amount, shape in zip((parameters / 100).chunk(len(_SHAPES), dim=1), _SHAPES, strict=True):
        y = y + amount * shape(y)
    return y


def _contrast(x: Tensor) -> Tensor:
    inside = -0.5 / (2 * pi) * torch.sin(2 * pi * x.clamp(0, 1))
    return inside - 0.5 * (x - x.clamp(0, 1))


def _band(low: float, center: float, high: float, height: float) -> Callable[[Tensor], Tensor]:
    """A smooth bump: 0 outside (low, high), `height` at its centre."""

    def shape(x: Tensor) -> Tensor:
        rising = ((x - low) / (center - low)).clamp(0, 1)
        falling = ((high - x) / (high - center)).clamp(0, 1)
        return height * 0.5 * (1 - torch.cos(pi * torch.minimum(rising, falling)))

    return shape


def _white_end(x: Tensor) -> Tensor:
    return 0.15 * ((x.clamp(max=1) - 0.4) / 0.6).clamp(min=0) ** 2 + 0.5 * (x - x.clamp(max=1))


def _black_end(x: Tensor) -> Tensor:
    return 0.10 * ((0.4 - x.clamp(min=0)) / 0.4).clamp(min=0) ** 2 - 0.5 * (x - x.clamp(min=0))


_SHAPES: tuple[Callable[[Tensor], Tensor], ...] = (
    _contrast,
    _band(0.30, 0.72, 1.0, 0.11),  # highlights
    _band(0.0, 0.28, 0.70, 0.11),  # shadows
    _white_end,
    _black_end,
    _band(0.0, 0.125, 0.375, 0.045),  # parametric shadows, darks, lights, highlights
    _band(0.125, 0.375, 0.625, 0.07),
    _band(0.375, 0.625, 0.875, 0.07),
    _band(0.625, 0.875, 1.0, 0.045),
)

TONE = Operator(
    "tone",
    sliders(
        "light",
        "Contrast2012",
        "Highlights2012",
        "Shadows2012",
        "Whites2012",
        "Blacks2012",
        "ParametricShadows",
        "ParametricDarks",
        "ParametricLights",
        "ParametricHighlights",
    ),
    apply,
    invert,
)
