"""The process aether/1 as one pass over 8-bit pixels.

What a recipe does to a pixel is a function of few numbers, so most of it is tabulated once per recipe:

* exposure, white balance and tone act on each channel alone: one table a channel;
* the colour mixer's sliders act through the hue alone: one table each for hue, saturation slope, saturation factor and
  luminance. In the inverse they are read at the hue *after* the edit, so it takes the same single look-up.

Tables are read at the nearest knot. They are so fine that this stays within 1e-3 of the operators, which are the
reference; the tests hold them together. The kernels are pure functions of pixels and tables: `operators.engine`
compiles them.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from operators import color_mixer, exposure, saturation, tone, white_balance
from operators.color_space import hsy_to_rgb, linear_to_srgb, rgb_to_hsy, srgb_to_linear
from operators.process import Process
from operators.saturation import moebius
from operators.tables import inverse_lookup, lookup

HUES = 16384
"""Steps of the hue tables over one turn."""

LEVELS = 16384
"""Steps of the inverse channel tables over [LOWEST, HIGHEST]."""

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
        torch.remainder(lookup(at, color_mixer.hue_table(hues), color_mixer.STEP), 6),
        slope,
        factor,
        _luminance(luminances, at),
        saturation.vibrance_slope(colors),
        saturation.saturation_factor(colors),
    )


def unrender_tables(process: Process, parameters: Tensor) -> Tables:
    """Tables for unrendering recipes; everything in them is inverted already."""
    exposure_ev, balance, tones, colors, mixer = process.split(parameters)
    values = torch.linspace(LOWEST, HIGHEST, LEVELS + 1, dtype=parameters.dtype).expand(len(parameters), -1)
    gains = exposure.gain(exposure_ev) * white_balance.gains(balance)
    before_tone = inverse_lookup(values, tone.curve(tones), tone.STEP)
    channels = linear_to_srgb(srgb_to_linear(before_tone).unsqueeze(1) / gains)
    hues, saturations, luminances = (mixer / 100).chunk(3, dim=1)
    table = color_mixer.hue_table(hues)
    start = table[:, :1]
    at = start + torch.remainder(_hues(parameters) - start, 6)
    before = torch.remainder(inverse_lookup(at, table, color_mixer.STEP), 6)
    slope, factor = color_mixer.saturation_map(saturations, before)
    return Tables(
        channels,
        before,
        1 / slope,
        1 / factor,
        -_luminance(luminances, before),
        1 / saturation.vibrance_slope(colors),
        1 / saturation.saturation_factor(colors),
    )


def render_pixels(pixels: Tensor, tables: Tables) -> Tensor:
    """Recipes on 8-bit pixels, (B, 3, N) uint8 to (B, 3, N) float, not clipped."""
    hue, s, y = rgb_to_hsy(torch.stack(_read(tables.channels, pixels.long()), dim=1))
    s = moebius(s, tables.vibrance) * tables.saturation
    at = _nearest_hue(hue)
    y = moebius(y, torch.exp2(tables.luminance.gather(1, at) * color_mixer.color_weight(s)))
    s = moebius(s, tables.slope.gather(1, at)) * tables.factor.gather(1, at)
    return hsy_to_rgb(tables.hue.gather(1, at), s, y)


def unrender_pixels(pixels: Tensor, tables: Tables) -> Tensor:
    """The inverse of `render_pixels`: (B, 3, N) uint8 to (B, 3, N) float, not clipped."""
    hue, s, y = rgb_to_hsy(pixels * (1 / 255))
    at = _nearest_hue(hue)
    s = moebius(s * tables.factor.gather(1, at), tables.slope.gather(1, at))
    y = moebius(y, torch.exp2(tables.luminance.gather(1, at) * color_mixer.color_weight(s)))
    s = moebius(s * tables.saturation, tables.vibrance)
    image = hsy_to_rgb(tables.hue.gather(1, at), s, y)
    level = ((image - LOWEST) * (LEVELS / (HIGHEST - LOWEST)) + 0.5).to(torch.int32)
    return torch.stack(_read(tables.channels, level.clamp(0, LEVELS).long()), dim=1)


def _read(channels: Tensor, index: Tensor) -> list[Tensor]:
    return [channels[:, c].gather(1, index[:, c]) for c in range(3)]


def _nearest_hue(hue: Tensor) -> Tensor:
    return (hue * (HUES / 6) + 0.5).to(torch.int32).clamp(0, HUES).long()


def _hues(parameters: Tensor) -> Tensor:
    return torch.linspace(0, 6, HUES + 1, dtype=parameters.dtype).expand(len(parameters), -1)


def _luminance(sliders: Tensor, at: Tensor) -> Tensor:
    strength = torch.tensor(color_mixer.LUMINANCE_STRENGTH, dtype=at.dtype).log2()
    return lookup(at, color_mixer.band_table(sliders), color_mixer.STEP) * strength
