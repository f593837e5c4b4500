"""Colour mixer: hue, saturation and luminance of eight hue bands that blend smoothly and leave neutrals alone.

The bands sit at the hues that their names have in HSV: red 0, orange 30, yellow 60, green 120, aqua 180, blue 240,
purple 270 and magenta 300 degrees. Raised-cosine weights between neighbouring bands add up to 1 at every hue.

* Hue: the eight sliders are speeds at the bands, blended by the weights, and hues flow along them for one unit of
  time. A flow cannot overtake itself, so every combination can be undone. Alone, +-100 carries a band's centre
  about two fifths of the way to its neighbour (plus: toward the next band in the list above).
* Saturation: s is multiplied by 3^(slider / 100) near grey. Plus keeps what is fully saturated, as vibrance does, so
  nothing leaves the gamut. Minus multiplies pure colours by 1 - 0.6 (-slider / 100)^3: 0.4 at -100, but 0.985 at -30,
  for undoing a moderate setting must not carry pure colours out of the gamut. A Moebius map joins the two ends.
* Luminance: the same map on luma, with slope 2.5^(slider / 100) for pure colours, less for paler ones, 1 for grey.

All three read the hue before the edit, so each band moves the colours that its name says.
"""

from functools import cache
from math import pi

import torch
from torch import Tensor

from operators.color_space import hsy_to_rgb, rgb_to_hsy
from operators.operator import Operator, sliders
from operators.saturation import moebius
from operators.tables import inverse_lookup, lookup

BANDS = ("Red", "Orange", "Yellow", "Green", "Aqua", "Blue", "Purple", "Magenta")

SEGMENTS = 384
"""Segments of the hue tables over one turn: 64 a sextant, so that every band's centre is a knot."""

STEP = 6.0 / SEGMENTS

HUE_SPEED = 0.5
SATURATION_STRENGTH = 3.0
PURE_LOSS = 0.6
LUMINANCE_STRENGTH = 2.5

_FLOW_STEPS = 8
_SPEED_SEGMENTS = 4096


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """Mix the bands. `parameters` (B, 24): eight hues, eight saturations, eight luminances."""
    hue_sliders, saturation_sliders, luminance_sliders = (parameters / 100).chunk(3, dim=1)
    hue, s, y = rgb_to_hsy(image)
    y = moebius(y, luminance_slope(luminance_sliders, hue, s))
    slope, factor = saturation_map(saturation_sliders, hue)
    s = moebius(s, slope) * factor
    hue = torch.remainder(lookup(hue, hue_table(hue_sliders), STEP), 6)
    return hsy_to_rgb(hue, s, y)


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """Undo `apply`: first the hue, whose value before the edit selects the bands, then saturation, then luma."""
    hue_sliders, saturation_sliders, luminance_sliders = (parameters / 100).chunk(3, dim=1)
    hue, s, y = rgb_to_hsy(image)
    hues = hue_table(hue_sliders)
    start = hues[:, :1]
    hue = inverse_lookup(start + torch.remainder(hue - start, 6), hues, STEP)
    slope, factor = saturation_map(saturation_sliders, hue)
    s = moebius(s / factor, 1 / slope)
    y = moebius(y, 1 / luminance_slope(luminance_sliders, hue, s))
    return hsy_to_rgb(hue, s, y)


def saturation_map(sliders: Tensor, hue: Tensor) -> tuple[Tensor, Tensor]:
    """Slope of the Moebius map at grey and the factor that follows it for each pixel, both (B, N)."""
    amount = lookup(hue, band_table(sliders), STEP)
    factor = 1 - PURE_LOSS * (-amount).clamp(min=0) ** 3
    return SATURATION_STRENGTH**amount / factor, factor


def luminance_slope(sliders: Tensor, hue: Tensor, saturation: Tensor) -> Tensor:
    """Slope of the luma map at black for each pixel, (B, N); 1 for neutrals."""
    return LUMINANCE_STRENGTH ** (lookup(hue, band_table(sliders), STEP) * color_weight(saturation))


def color_weight(saturation: Tensor) -> Tensor:
    """How much a pixel counts as coloured: s^2 (3 - 2 s), 0 for grey, 1 from saturation 1 on.

    Flat at grey, where hue is mostly noise: a steeper start turns that noise into grain.
    """
    inside = saturation.clamp(0, 1)
    return inside * inside * (3 - 2 * inside)


def band_table(sliders: Tensor) -> Tensor:
    """Blend (B, 8) band values into a table over hue, (B, SEGMENTS + 1)."""
    return sliders @ _weights(_position(_knots(sliders)))


def hue_table(sliders: Tensor) -> Tensor:
    """Where each hue goes, in sextants, (B, SEGMENTS + 1), strictly increasing; (B, 8) speeds in [-1, 1]."""
    position = _position(_knots(sliders)).expand(sliders.shape[0], -1)
    # The blended speeds are smooth: read from a fine table they err by 1e-6, and cost a tenth.
    speeds = HUE_SPEED * sliders @ _weight_table(sliders.dtype, sliders.device)

    def velocity(u: Tensor) -> Tensor:
        return lookup(torch.remainder(u, 8), speeds, 8 / _SPEED_SEGMENTS)

    step = 1.0 / _FLOW_STEPS
    for _ in range(_FLOW_STEPS):  # classical Runge-Kutta
        k1 = velocity(position)
        k2 = velocity(position + 0.5 * step * k1)
        k3 = velocity(position + 0.5 * step * k2)
        k4 = velocity(position + step * k3)
        position = position + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return _hue(position)


def _knots(like: Tensor) -> Tensor:
    return torch.linspace(0, 6, SEGMENTS + 1, dtype=like.dtype, device=like.device)


def _position(hue: Tensor) -> Tensor:
    """Hue in sextants, [0, 6], to a coordinate in which the eight bands lie one unit apart, [0, 8]."""
    return hue + hue.clamp(0, 1) + (hue - 4).clamp(0, 1)


def _hue(position: Tensor) -> Tensor:
    """The inverse of `_position`, continued over whole turns."""
    turns = torch.floor(position / 8)
    u = position - 8 * turns
    return 6 * turns + u - 0.5 * u.clamp(0, 2) - 0.5 * (u - 5).clamp(0, 2)


@cache
def _weight_table(dtype: torch.dtype, device: torch.device) -> Tensor:
    return _weights(torch.linspace(0, 8, _SPEED_SEGMENTS + 1, dtype=dtype, device=device))


def _weights(position: Tensor) -> Tensor:
    """Raised-cosine weights of the eight bands, (..., 8, K), at positions (..., K); they add up to 1."""
    centers = torch.arange(8, dtype=position.dtype, device=position.device).unsqueeze(-1)
    distance = torch.remainder(position.unsqueeze(-2) - centers + 4, 8) - 4
    return 0.5 * (1 + torch.cos(pi * distance.clamp(-1, 1)))


COLOR_MIXER = Operator(
    "color_mixer",
    sliders(
        "specific",
        *(f"{kind}Adjustment{band}" for kind in ("Hue", "Saturation", "Luminance") for band in BANDS),
    ),
    apply,
    invert,
)
