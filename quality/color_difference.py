"""Colour difference as people see it: CIELAB of sRGB pictures and CIEDE2000 between them.

The formula is that of Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula: implementation notes,
supplementary test data, and mathematical observations", Color Research and Application 30 (2005), with all three
parametric factors 1.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from operators.color_space import srgb_to_linear

_RGB_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
"""Linear sRGB to XYZ under D65 (IEC 61966-2-1 primaries); its row sums are the white point."""

_LAB = torch.tensor([[0.0, 116, 0], [500, -500, 0], [0, 200, -200]])
_LAB_OFFSET = torch.tensor([[-16.0], [0], [0]])

_FULL_TURN = 2 * math.pi
_TO_TURNS = 1 / (2 * math.pi + 2e-6)
"""Half a turn times this rounds to 0, more to 1; the margin keeps opposite hues together in float32."""

_TINY = 1e-30
"""Keeps square roots and their slopes finite at 0; its root, 1e-15, stands for no difference."""

_BLOCK = 32768
"""Pixels worked on at a time. Their temporaries stay in the cache: three to five times as fast as whole pictures."""


def srgb_to_lab(rgb: Tensor) -> Tensor:
    """Convert encoded sRGB to CIELAB under D65.

    Args:
        rgb: (B, 3, ...) in [0, 1], or uint8 in [0, 255].

    Returns:
        (B, 3, ...) L* in [0, 100], a* and b*, float32 for uint8; neutral colours have a* = b* = 0 up to rounding.
    """
    return _in_blocks(_srgb_to_lab, rgb.flatten(2)).reshape(rgb.shape)


def ciede2000(lab_a: Tensor, lab_b: Tensor) -> Tensor:
    """CIEDE2000 of two sets of CIELAB colours, pixel by pixel.

    Args:
        lab_a: (B, 3, ...) floating point.
        lab_b: the same shape, or one that broadcasts to it over B.

    Returns:
        (B, ...) differences, at least 1e-15. Differentiable; slopes are finite, also at equal and neutral colours.
    """
    lab_b = lab_b.expand_as(lab_a)
    difference = _in_blocks(_ciede2000, lab_a.flatten(2), lab_b.flatten(2))
    return difference.reshape(lab_a.shape[0], *lab_a.shape[2:])


def delta_e00(image_a: Tensor, image_b: Tensor) -> Tensor:
    """CIEDE2000 of two pictures: (B, 3, H, W) encoded sRGB in [0, 1] or uint8, to (B, H, W)."""
    return ciede2000(srgb_to_lab(image_a), srgb_to_lab(image_b))


def _in_blocks(function: Callable[..., Tensor], *colors: Tensor) -> Tensor:
    """Apply a pixelwise function to (B, 3, N) tensors, some pixels at a time, and join the results along N."""
    size = max(_BLOCK // colors[0].shape[0], 1)
    blocks = zip(*(torch.split(color, size, dim=2) for color in colors), strict=True)
    return torch.cat([function(*block) for block in blocks], dim=-1)


def _srgb_to_lab(rgb: Tensor) -> Tensor:
    """(B, 3, N) to (B, 3, N)."""
    if rgb.dtype == torch.uint8:
        codes = srgb_to_linear(torch.arange(256, device=rgb.device) / 255)
        linear = codes.index_select(0, rgb.flatten().int()).view(rgb.shape)
    else:
        linear = srgb_to_linear(rgb)
    white = torch.tensor(_RGB_TO_XYZ, dtype=torch.float64)
    relative = (white / white.sum(1, keepdim=True)).to(linear)
    return _LAB.to(linear) @ _lab_response(relative @ linear) + _LAB_OFFSET.to(linear)


def _lab_response(t: Tensor) -> Tensor:
    """The cube root of CIE 15:2004, below (6 / 29)^3 its tangent there, which is nowhere below the root."""
    toe = 6 / 29
    root = (t.clamp(min=toe**3).log() / 3).exp()  # twice as fast as a power
    return torch.minimum(root, t / (3 * toe**2) + 4 / 29)


def _ciede2000(lab_a: Tensor, lab_b: Tensor) -> Tensor:
    """(B, 3, N) twice to (B, N). Numbers in brackets are the equations of the paper; angles are in radians."""
    lightness_1, a_1, b_1 = lab_a.unbind(1)
    lightness_2, a_2, b_2 = lab_b.unbind(1)

    # Chroma and hue in [0, 2 pi], after a* is stretched near the neutral axis [2-7].
    square_1, square_2 = b_1 * b_1 + _TINY, b_2 * b_2 + _TINY
    chroma = ((a_1 * a_1 + square_1).sqrt() + (a_2 * a_2 + square_2).sqrt()) / 2
    stretch = 1.5 - 0.5 * _chroma_weight(chroma)
    a_1, a_2 = a_1 * stretch, a_2 * stretch
    chroma_1, chroma_2 = (a_1 * a_1 + square_1).sqrt(), (a_2 * a_2 + square_2).sqrt()
    hue_1, hue_2 = _angle(a_1, b_1), _angle(a_2, b_2)

    # Differences [8-11] and means [12-14]; hues are taken along the shorter arc.
    turn = hue_2 - hue_1
    half_turn = (turn - (turn * _TO_TURNS).round() * _FULL_TURN) / 2
    d_hue = 2 * (chroma_1 * chroma_2).sqrt() * torch.sin(half_turn)
    d_chroma = chroma_2 - chroma_1
    d_lightness = lightness_2 - lightness_1
    chroma = (chroma_1 + chroma_2) / 2
    hue = hue_1 + half_turn

    # Weights [15, 18-20].
    hue_weight = (
        1
        - 0.17 * torch.cos(hue - math.radians(30))
        + 0.24 * torch.cos(2 * hue)
        + 0.32 * torch.cos(3 * hue + math.radians(6))
        - 0.20 * torch.cos(4 * hue - math.radians(63))
    )
    offset = ((lightness_1 + lightness_2) / 2 - 50).square()
    d_lightness = d_lightness / (1 + 0.015 * offset / (20 + offset).sqrt())
    d_chroma = d_chroma / (1 + 0.045 * chroma)
    d_hue = d_hue / (1 + 0.015 * chroma * hue_weight)

    # Rotation in the blues [16, 17, 21], and all together [22].
    from_blue = (hue - (hue / _FULL_TURN).floor() * _FULL_TURN - math.radians(275)) / math.radians(25)
    rotation = -2 * _chroma_weight(chroma) * torch.sin(math.radians(60) * torch.exp(-from_blue.square()))
    square = d_lightness.square() + d_chroma.square() + d_hue.square() + rotation * d_chroma * d_hue
    return square.clamp(min=_TINY).sqrt()


def _angle(x: Tensor, y: Tensor) -> Tensor:
    """In [0, 2 pi]: the opposite direction's in [-pi, pi], and half a turn."""
    return torch.atan2(-y, -x) + math.pi


def _chroma_weight(chroma: Tensor) -> Tensor:
    """sqrt(C^7 / (C^7 + 25^7)), factored so that nothing overflows or vanishes in float32."""
    ratio = chroma / 25
    cube = ratio * ratio * ratio
    return cube * (ratio / (1 + cube * cube * ratio)).sqrt()
