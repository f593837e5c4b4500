"""Highlights and shadows of RLPixTuner: curves on HSV value, hue and saturation kept. s is the logistic function.

* Highlights: v' = 1 - (1 - v) (1 - 13 p s(13 (v - 1)))
* Shadows: v' = v (1 + 12 p (1 - s(12 v)))

Outside [0, 1] the curves go on as straight lines. They rise for p in [-.77, 2/13] and [-.166, .834]; at those ends they
are nearly flat somewhere (slopes of 6e-4), so both directions compute in float64 and round once.
"""

import torch
from torch import Tensor

from operators.monotone import MIN_SLOPE, Curve, solve
from operators.operator import Operator
from schemas.recipe import ParameterSpec


def _highlights(v: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
    near_white = torch.sigmoid(13 * (v - 1))
    kept = 1 - 13 * p * near_white
    return 1 - (1 - v) * kept, kept + (1 - v) * 169 * p * near_white * (1 - near_white)


def _shadows(v: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
    far = torch.sigmoid(12 * v)
    factor = 1 + 12 * p * (1 - far)
    return v * factor, factor - v * 144 * p * far * (1 - far)


def _on_value(name: str, curve: Curve, safe: tuple[float, float]) -> Operator:
    """The operator that sends HSV value through a curve on [0, 1]. `parameters` (B, 1): p."""

    def extended(v: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
        inside = v.clamp(0, 1)
        value, slope = curve(inside, p)
        return value + (v - inside) * slope.clamp(min=MIN_SLOPE), slope

    def apply(image: Tensor, parameters: Tensor) -> Tensor:
        value = image.amax(1).double()
        return _with_value(image, value, extended(value, parameters.double())[0])

    def invert(image: Tensor, parameters: Tensor) -> Tensor:
        value = image.amax(1).double()
        return _with_value(image, value, solve(extended, value, parameters.double()))

    spec = ParameterSpec(name, "light", -1.0, 1.0, "share", safe=safe)
    return Operator(name.lower(), (spec,), apply, invert)


def _with_value(image: Tensor, old: Tensor, new: Tensor) -> Tensor:
    """Scale colours from one HSV value to another. Black has no hue to keep and becomes grey."""
    coloured = (old > 0) & (new > 0)
    factor = torch.where(coloured, new / torch.where(coloured, old, 1.0), 1.0)
    return (image * factor.unsqueeze(1) + torch.where(coloured, 0.0, new - old).unsqueeze(1)).to(image.dtype)


HIGHLIGHTS = _on_value("Highlights", _highlights, safe=(-0.77, 0.1538))

SHADOWS = _on_value("Shadows", _shadows, safe=(-0.166, 0.834))
