"""One-dimensional tables with linear interpolation, and their exact inverses.

Tone curves and hue maps are functions of one variable that depend on a few sliders but are evaluated on
millions of pixels. Each is sampled once per recipe on evenly spaced knots; linear interpolation between the
knots then *is* the operator. A table that rises strictly has an exact inverse: swap knots and values.
"""

import torch
from torch import Tensor


def lookup(x: Tensor, table: Tensor, step: float) -> Tensor:
    """Read `table` at `x`, extending the first and the last segment as straight lines.

    Args:
        x: (B, N) positions; knot k lies at k * step.
        table: (B, K) values at the knots, K >= 2.
        step: distance between neighbouring knots, in the units of `x`.

    Returns:
        (B, N) interpolated values; differentiable in `x` and in `table`.
    """
    position = x / step
    index = position.detach().floor().long().clamp_(0, table.shape[1] - 2)
    left = table.gather(1, index)
    right = table.gather(1, index + 1)
    return left + (position - index) * (right - left)


def inverse_lookup(y: Tensor, table: Tensor, step: float) -> Tensor:
    """Find the position `x` at which `lookup(x, table, step)` equals `y`.

    Args:
        y: (B, N) values.
        table: (B, K) strictly increasing values, K >= 2.
        step: distance between neighbouring knots.

    Returns:
        (B, N) positions; differentiable in `y` and in `table`.
    """
    index = torch.searchsorted(table.detach().contiguous(), y.detach().contiguous(), right=True)
    index = (index - 1).clamp_(0, table.shape[1] - 2)
    left = table.gather(1, index)
    right = table.gather(1, index + 1)
    return (index + (y - left) / (right - left)) * step
