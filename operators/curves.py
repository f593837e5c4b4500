"""Curves of Exposure: eight straight segments of slopes t_i over sum(t) / 8, for all channels or for each one.

The formula, (8 / sum t) * sum_i clip(I - i/8, 0, 1/8) t_i, clips its input to [0, 1] and maps 0 to 0 and 1 to 1. Only
the ratios of the slopes matter. The inverse swaps knots and values, and goes on as a straight line outside [0, 1].
"""

import torch
from torch import Tensor

from operators.operator import Operator
from operators.tables import inverse_lookup, lookup
from schemas.recipe import Group, ParameterSpec

SEGMENTS = 8

STEP = 1.0 / SEGMENTS


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """Send channels through their curves. `parameters` (B, 8) for one curve or (B, 24): red, green, blue."""
    tables = curves(parameters)
    return lookup(_split(image.clamp(0, 1), tables), tables, STEP).view_as(image)


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """Send channels back through their curves."""
    tables = curves(parameters)
    return inverse_lookup(_split(image, tables), tables, STEP).view_as(image)


def curves(slopes: Tensor) -> Tensor:
    """Slopes (B, C * 8) to the values of each curve at k / 8, (B * C, 9), rising from 0 to 1."""
    sums = slopes.reshape(-1, SEGMENTS).cumsum(1)
    return torch.cat([torch.zeros_like(sums[:, :1]), sums / sums[:, -1:]], dim=1)


def _split(image: Tensor, tables: Tensor) -> Tensor:
    """(B, 3, N) to one row a curve."""
    return image.reshape(len(tables), -1)


def _slopes(prefix: str, group: Group, low: float, high: float) -> tuple[ParameterSpec, ...]:
    return tuple(
        ParameterSpec(f"{prefix}{segment}", group, low, high, "factor", neutral=1.0)
        for segment in range(1, SEGMENTS + 1)
    )


TONE_CURVE = Operator("tone_curve", _slopes("ToneCurve", "light", 0.5, 2.0), apply, invert)

COLOR_CURVE = Operator(
    "color_curve",
    tuple(spec for channel in ("Red", "Green", "Blue") for spec in _slopes(f"ColorCurve{channel}", "color", 0.9, 1.1)),
    apply,
    invert,
)
