"""Inverses of rising functions that have no closed form: a table to start from, then Newton's method.

Unlike `operators.tables`, where the table *is* the function, these invert the formula itself.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from operators.tables import inverse_lookup

Curve = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""(positions (B, N), parameters (B, P)) to values and slopes, each (B, N)."""

SEGMENTS = 1024

MIN_SLOPE = 1e-4
"""Newton steps divide by no less: it takes more of them where a curve is nearly flat, but none runs away."""

_STEPS = 3


def solve(curve: Curve, y: Tensor, parameters: Tensor) -> Tensor:
    """Find x with curve(x) = y.

    Args:
        curve: rises on all real numbers; outside [0, 1] it goes on as a straight line.
        y: (B, N) values.
        parameters: (B, P) of the curve.

    Returns:
        (B, N) positions; differentiable in `y` and `parameters` by the implicit function theorem.
    """
    with torch.no_grad():
        knots = torch.linspace(0, 1, SEGMENTS + 1, dtype=y.dtype, device=y.device).expand(len(y), -1)
        x = inverse_lookup(y, curve(knots, parameters)[0], 1 / SEGMENTS)
        segment = (x * SEGMENTS).floor()
        # The table brackets the root: a step that leaves the segment in [0, 1] overshoots.
        low = torch.where(x < 0, -torch.inf, segment / SEGMENTS)
        high = torch.where(x > 1, torch.inf, (segment + 1) / SEGMENTS)
        for _ in range(_STEPS):
            x = torch.clamp(_newton_step(curve, x, y, parameters), low, high)
    return _newton_step(curve, x, y, parameters)


def _newton_step(curve: Curve, x: Tensor, y: Tensor, parameters: Tensor) -> Tensor:
    value, slope = curve(x, parameters)
    return x + (y - value) / slope.detach().clamp(min=MIN_SLOPE)
