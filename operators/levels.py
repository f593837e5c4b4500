"""Levels: a black point, a white point and a gamma, as ((I - black) / (white - black))^(1 / gamma).

A gamma above 1 brightens. Below a small floor the power goes on as a straight line through 0, so that nothing is lost
under the black point.
"""

import torch
from torch import Tensor

from operators.operator import Operator
from schemas.recipe import ParameterSpec

FLOOR = 0.001


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """Stretch, then bend. `parameters` (B, 3): black, white, gamma."""
    black, white, gamma = parameters.unsqueeze(-1).unsqueeze(-1).unbind(1)
    return _power((image - black) / (white - black), 1 / gamma, image.new_tensor(FLOOR))


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """Bend back, then squeeze."""
    black, white, gamma = parameters.unsqueeze(-1).unsqueeze(-1).unbind(1)
    return black + (white - black) * _power(image, gamma, FLOOR ** (1 / gamma))


def _power(x: Tensor, exponent: Tensor, floor: Tensor) -> Tensor:
    """x^exponent, extended by the line from 0 to the point at the floor; inverse: 1 / exponent, floor^exponent."""
    return torch.where(x > floor, torch.maximum(x, floor) ** exponent, x * floor ** (exponent - 1))


LEVELS = Operator(
    "levels",
    (
        ParameterSpec("LevelsBlack", "light", -0.25, 0.25, "share"),
        ParameterSpec("LevelsWhite", "light", 0.75, 1.25, "share", neutral=1.0),
        ParameterSpec("LevelsGamma", "light", 1 / 3, 3.0, "factor", neutral=1.0),
    ),
    apply,
    invert,
)
