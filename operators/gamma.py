"""Gamma of Exposure: max(I, .001)^g. A g above 1 darkens.

The floor is the paper's. It lifts what is darker than .001, even at g = 1, so that much of the shadows is lost: in
linear light, all below 3.3 of 255 encoded steps. `operators.levels` has a gamma without a floor.
"""

import torch
from torch import Tensor

from operators.operator import Operator
from schemas.recipe import ParameterSpec

FLOOR = 0.001


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """max(I, .001)^g. `parameters` (B, 1)."""
    return image.clamp(min=FLOOR) ** parameters.unsqueeze(-1)


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """I^(1/g) above .001^g, and .001 below."""
    exponent = parameters.unsqueeze(-1)
    return torch.maximum(image, FLOOR**exponent) ** (1 / exponent)


GAMMA = Operator(
    "gamma", (ParameterSpec("Gamma", "light", 1 / 3, 3.0, "factor", neutral=1.0, safe=(0.5, 2.0)),), apply, invert
)
