"""The process aether/1 as one pass over 8-bit pixels.

What a recipe does to a pixel is a function of few numbers, so most of it is tabulated once per recipe:

* exposure, white balance and tone act on each channel alone: one table a channel;
* the colour mixer's sliders act through the hue alone: one table each for hue, saturation slope, saturation factor and
  luminance. In the inverse they are read at the hue *after* the edit, so it takes the same single look-up.

Tables are read at the nearest knot. They are so fine that this stays within 1e-3 of the operators, which are the
reference; the tests hold them together. They are computed at every fourth knot and filled in between: the functions
are smooth, and a recipe's tables must not cost more than its pixels.

The kernels are pure functions of pixels and tables: `operators.engine` compiles them.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from operators import color_mixer, exposure, saturation, tone, white_balance
from operators.color_space import hsy_to_planes, linear_to_srgb, planes_to_hsy, srgb_to_linear
from operators.process import Process
from operators.saturation import moebius
from operators.tables import inverse_lookup, lookup

HUES = 16384
"""Steps of the hue tables over one turn."""

LEVELS = 16384
"""Steps of the inverse channel tables over [LOWEST, HIGHEST]."""

_FILL = 4

LOWEST, HIGHEST = -0.25, 1.25
"""Values that reach the inverse channel tables. What lies beyond is clipped in any case: no tone slider moves black
below -0.1 or white above 1.15."""


class Tables(NamedTuple):
    """What `render_pixels` or `unrender_pixels` reads; one row a picture."""

    channels: Tensor
    """(B, 3, 256) by 8-bit value for rendering, (B, 3, LEVELS + 1) for unrendering."""
    hue: Tensor
    """(B, HUES + 1) new hue in sextants, [0, 6]."""
    slope: Tensor
    """(B, HUES + 1) slope of the saturation map at grey."""
    factor: Tensor
    """(B, HUES + 1) factor beside the saturation map."""
    luminance: Tensor
    """(B, HUES + 1) binary logarithm of the slope of the luma map for pure colours."""
    vibrance: Tensor
    """(B, 1) slope of the vibrance map at grey."""
    saturation: Tensor
    """(B, 1) factor on saturation."""


def render_tables(process: Process, parameters: Tensor) -> Tables:
    """Tables for rendering recipes, (B, P) of `process`, which must be aether/1."""
    exposure_ev, balance, tones, colors, mixer = process.split(parameters)
    values = torch.arange(256, dtype=parameters.dtype) / 255
    gains = exposure.gain(exposure_ev) * white_balance.gains(balance)
    channels = tone.apply(linear_to_srgb(srgb_to_linear(values) * gains), tones)
    hues, saturations, luminances = (mixer / 100).chunk(3, dim=1)
    at = _hues(parameters)
    slope, factor = color_mixer.saturation_map(saturations, at)
    return Tables(
        channels,
        torch.remainder(_filled(lookup(at, color_mixer.hue_table(hues), color_mixer.STEP)), 6),
        _filled(slope),
        _filled(factor),
        _filled(_luminance(luminances, at)),
        saturation.vibrance_slope(colors),
        saturation.saturation_factor(colors),
    )


def unrender_tables(process: Process, parameters: Tensor) -> Tables:
    """Tables for unrendering recipes; everything in them is inverted already."""
    exposure_ev, balance, tones, colors, mixer = process.split(parameters)
    values = torch.linspace(LOWEST, HIGHEST, LEVELS // _FILL + 1, dtype=parameters.dtype).expand(len(parameters), -1)
    gains = exposure.gain(exposure_ev) * white_balance.gains(balance)
    before_tone = inverse_lookup(values, tone.curve(tones), tone.STEP)
    channels = linear_to_srgb(srgb_to_linear(before_tone).unsqueeze(1) / gains)
    hues, saturations, luminances = (mixer / 100).chunk(3, dim=1)
    table = color_mixer.hue_table(hues)
    start = table[:, :1]
    hue = _hues(parameters)
    at = start + torch.remainder(hue - start, 6)  # the same hue, within the turn that the table covers
    before = inverse_lookup(at, table, color_mixer.STEP)
    slope, factor = color_mixer.saturation_map(saturations, before)
    return Tables(
        _filled(channels),
        torch.remainder(_filled(before + (hue - at)), 6),
        _filled(1 / slope),
        _filled(1 / factor),
        _filled(-_luminance(luminances, before)),
        1 / saturation.vibrance_slope(colors),
        1 / saturation.saturation_factor(colors),
    )


def render_pixels(pixels: Tensor, tables: Tables) -> list[Tensor]:
    """Recipes on 8-bit pixels: (B, 3, N) uint8 to red, green and blue, (B, N) float, not clipped."""
    hue, s, y = planes_to_hsy(*_read(tables.channels, [plane.long() for plane in pixels.unbind(1)]))
    s = moebius(s, tables.vibrance) * tables.saturation
    at = _nearest_hue(hue)
    y = moebius(y, torch.exp2(tables.luminance.gather(1, at) * color_mixer.color_weight(s)))
    s = moebius(s, tables.slope.gather(1, at)) * tables.factor.gather(1, at)
    return hsy_to_planes(tables.hue.gather(1, at), s, y)


def unrender_pixels(pixels: Tensor, tables: Tables) -> list[Tensor]:
    """The inverse of `render_pixels`."""
    hue, s, y = planes_to_hsy(*(plane * (1 / 255) for plane in pixels.unbind(1)))
    at = _nearest_hue(hue)
    s = moebius(s * tables.factor.gather(1, at), tables.slope.gather(1, at))
    y = moebius(y, torch.exp2(tables.luminance.gather(1, at) * color_mixer.color_weight(s)))
    s = moebius(s * tables.saturation, tables.vibrance)
    planes = hsy_to_planes(tables.hue.gather(1, at), s, y)
    return _read(tables.channels, [_nearest_level(plane) for plane in planes])


def _read(channels: Tensor, index: list[Tensor]) -> list[Tensor]:
    return [channels[:, c].gather(1, index[c]) for c in range(3)]


def _nearest_level(plane: Tensor) -> Tensor:
    level = (plane - LOWEST) * (LEVELS / (HIGHEST - LOWEST)) + 0.5
    return level.to(torch.int32).clamp(0, LEVELS).long()


def _nearest_hue(hue: Tensor) -> Tensor:
    return (hue * (HUES / 6) + 0.5).to(torch.int32).clamp(0, HUES).long()


def _hues(parameters: Tensor) -> Tensor:
    return torch.linspace(0, 6, HUES // _FILL + 1, dtype=parameters.dtype).expand(len(parameters), -1)


def _filled(table: Tensor) -> Tensor:
    """A table with `_FILL` times as many segments, by linear interpolation: (B, K + 1) or (B, C, K + 1)."""
    channels = table if table.ndim == 3 else table[:, None]
    size = (table.shape[-1] - 1) * _FILL + 1
    fine = F.interpolate(channels, size=size, mode="linear", align_corners=True)
    return fine.view(*table.shape[:-1], size)


def _luminance(sliders: Tensor, at: Tensor) -> Tensor:
    strength = torch.tensor(color_mixer.LUMINANCE_STRENGTH, dtype=at.dtype).log2()
    return lookup(at, color_mixer.band_table(sliders), color_mixer.STEP) * strength
