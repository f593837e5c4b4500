"""The process aether/1 as one pass over 8-bit pixels.

What a recipe does to a pixel is a function of few numbers, so most of it is tabulated once per recipe:

* exposure, white balance and tone act on each channel alone: one table a channel;
* the colour mixer's sliders act through the hue alone: one table holds the new hue, the slope and the factor of
  saturation, and luminance. In the inverse it is read at the hue *after* the edit, so it takes the same single look-up.

Tables are read at the nearest knot. They are so fine that this stays within 1e-3 of the operators, which are the
reference; the tests hold them together. They are computed at every fourth knot and filled in between: the functions
are smooth, and a recipe's tables must not cost more than its pixels.

All of it is written twice: here in torch, which `torch.compile` fuses for GPUs, and in `tables.cpp` and `fused.cpp` for
processors. All functions of this file compute where their tensors are.
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


class Curves(NamedTuple):
    """What rendering and unrendering a recipe have in common; one row a recipe."""

    gains: Tensor
    """(B, 3, 1) factors on the linear channels."""
    tone: Tensor
    """(B, K) the tone curve, as of `operators.tone.curve`."""
    hue: Tensor
    """(B, K) where each hue goes, as of `operators.color_mixer.hue_table`."""
    saturations: Tensor
    """(B, 8) saturation sliders of the colour mixer, in [-1, 1]."""
    luminances: Tensor
    """(B, 8) luminance sliders of the colour mixer, in [-1, 1]."""
    vibrance: Tensor
    """(B, 1) slope of the vibrance map at grey."""
    saturation: Tensor
    """(B, 1) factor on saturation."""


class Tables(NamedTuple):
    """What `render_pixels` or `unrender_pixels` reads; one row a picture."""

    channels: Tensor
    """(B, 3, 256) by 8-bit value for rendering, (B, 3, LEVELS + 1) for unrendering."""
    edits: Tensor
    """(B, HUES + 1, 4) by hue: the new hue in sextants, [0, 6]; the slope of the saturation map at grey; the factor
    beside that map; the binary logarithm of the slope of the luma map for pure colours."""
    sliders: Tensor
    """(B, 2) slope of the vibrance map at grey, factor on saturation."""


def curves(process: Process, parameters: Tensor) -> Curves:
    """Curves of recipes, (B, P) of `process`, which must be aether/1."""
    exposure_ev, balance, tones, colors, mixer = process.split(parameters)
    hues, saturations, luminances = (mixer / 100).chunk(3, dim=1)
    return Curves(
        exposure.gain(exposure_ev) * white_balance.gains(balance),
        tone.curve(tones),
        color_mixer.hue_table(hues),
        saturations,
        luminances,
        saturation.vibrance_slope(colors),
        saturation.saturation_factor(colors),
    )


def render_tables(curves: Curves) -> Tables:
    """Tables for rendering."""
    values = torch.arange(256, dtype=curves.gains.dtype, device=curves.gains.device) / 255
    linear = linear_to_srgb(srgb_to_linear(values) * curves.gains)
    hue = _spread(0, 6, HUES, curves.hue)
    slope, factor = color_mixer.saturation_map(curves.saturations, hue)
    return Tables(
        lookup(linear.flatten(1), curves.tone, tone.STEP).view_as(linear),
        _edits(lookup(hue, curves.hue, color_mixer.STEP), slope, factor, _luminance(curves.luminances, hue)),
        torch.cat([curves.vibrance, curves.saturation], dim=1),
    )


def unrender_tables(curves: Curves) -> Tables:
    """Tables for unrendering; everything in them is inverted already."""
    before_tone = inverse_lookup(_spread(LOWEST, HIGHEST, LEVELS, curves.tone), curves.tone, tone.STEP)
    channels = linear_to_srgb(srgb_to_linear(before_tone).unsqueeze(1) / curves.gains)
    hue = _spread(0, 6, HUES, curves.hue)
    start = curves.hue[:, :1]
    at = start + torch.remainder(hue - start, 6)  # the same hue, within the turn that the table covers
    before = inverse_lookup(at, curves.hue, color_mixer.STEP)
    slope, factor = color_mixer.saturation_map(curves.saturations, before)
    return Tables(
        _filled(channels),
        _edits(before + (hue - at), 1 / slope, 1 / factor, -_luminance(curves.luminances, before)),
        1 / torch.cat([curves.vibrance, curves.saturation], dim=1),
    )


def render_pixels(pixels: Tensor, tables: Tables) -> list[Tensor]:
    """Recipes on 8-bit pixels: (B, 3, N) uint8 to red, green and blue, (B, N) float, not clipped."""
    hue, s, y = planes_to_hsy(*_read(tables.channels, [plane.long() for plane in pixels.unbind(1)]))
    vibrance, scale = tables.sliders.tensor_split(2, dim=1)
    s = moebius(s, vibrance) * scale
    new_hue, slope, factor, luminance = _read_edits(tables.edits, hue)
    y = moebius(y, torch.exp2(luminance * color_mixer.color_weight(s)))
    s = moebius(s, slope) * factor
    return hsy_to_planes(new_hue, s, y)


def unrender_pixels(pixels: Tensor, tables: Tables) -> list[Tensor]:
    """The inverse of `render_pixels`."""
    hue, s, y = planes_to_hsy(*(plane * (1 / 255) for plane in pixels.unbind(1)))
    new_hue, slope, factor, luminance = _read_edits(tables.edits, hue)
    s = moebius(s * factor, slope)
    y = moebius(y, torch.exp2(luminance * color_mixer.color_weight(s)))
    vibrance, scale = tables.sliders.tensor_split(2, dim=1)
    s = moebius(s * scale, vibrance)
    planes = hsy_to_planes(new_hue, s, y)
    return _read(tables.channels, [_nearest_level(plane) for plane in planes])


def _read(channels: Tensor, index: list[Tensor]) -> list[Tensor]:
    return [channels[:, c].gather(1, index[c]) for c in range(3)]


def _read_edits(edits: Tensor, hue: Tensor) -> list[Tensor]:
    at = (hue * (HUES / 6) + 0.5).to(torch.int32).clamp(0, HUES).long()
    return [edits[..., column].gather(1, at) for column in range(4)]


def _nearest_level(plane: Tensor) -> Tensor:
    level = (plane - LOWEST) * (LEVELS / (HIGHEST - LOWEST)) + 0.5
    return level.to(torch.int32).clamp(0, LEVELS).long()


def _spread(first: float, last: float, steps: int, like: Tensor) -> Tensor:
    """(B, steps / _FILL + 1) evenly spaced values, which `_filled` makes steps + 1."""
    values = torch.linspace(first, last, steps // _FILL + 1, dtype=like.dtype, device=like.device)
    return values.expand(len(like), -1)


def _filled(table: Tensor) -> Tensor:
    """(B, C, K + 1) with `_FILL` times as many segments, by linear interpolation."""
    size = (table.shape[-1] - 1) * _FILL + 1
    return F.interpolate(table, size=size, mode="linear", align_corners=True)


def _edits(hue: Tensor, slope: Tensor, factor: Tensor, luminance: Tensor) -> Tensor:
    filled = _filled(torch.stack([hue, slope, factor, luminance], dim=1))
    filled[:, 0].remainder_(6)  # now, not before: a line from 6 to 0 would pass through all hues
    return filled.transpose(1, 2).contiguous()


def _luminance(sliders: Tensor, at: Tensor) -> Tensor:
    strength = torch.tensor(color_mixer.LUMINANCE_STRENGTH, dtype=at.dtype, device=at.device).log2()
    return lookup(at, color_mixer.band_table(sliders), color_mixer.STEP) * strength
