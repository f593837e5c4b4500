"""Saturation of RLPixTuner: f I + (1 - f) grey, f = 1 + p, grey of weights .2989, .587 and .114."""

from torch import Tensor

from operators.operator import Operator
from schemas.recipe import ParameterSpec

GREY_WEIGHTS = (0.2989, 0.587, 0.114)
"""As torchvision has them. They add up to .9999, so the blend moves grey by a hair, and the inverse knows it."""


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """Blend. `parameters` (B, 1): p."""
    f = 1 + parameters.unsqueeze(-1)
    return f * image + (1 - f) * _grey(image)


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """(I - (1 - f) grey) / f, f > 0, with the grey before the blend."""
    f = 1 + parameters.unsqueeze(-1)
    grey = _grey(image) / (f + (1 - f) * sum(GREY_WEIGHTS))
    return (image - (1 - f) * grey) / f


def _grey(image: Tensor) -> Tensor:
    red, green, blue = image.unbind(1)
    return (GREY_WEIGHTS[0] * red + GREY_WEIGHTS[1] * green + GREY_WEIGHTS[2] * blue).unsqueeze(1)


SATURATION_BLEND = Operator(
    "saturation_blend", (ParameterSpec("Saturation", "color", -1.0, 1.0, "share", safe=(-0.5, 0.6)),), apply, invert
)
