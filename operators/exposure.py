"""Exposure: a gain in linear light, in EV."""

from torch import Tensor

from operators.color_space import linear_to_srgb, srgb_to_linear
from operators.operator import Operator
from schemas.recipe import ParameterSpec


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """I * 2^E in linear light. `parameters` (B, 1) in EV."""
    return linear_to_srgb(srgb_to_linear(image) * gain(parameters))


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """I / 2^E in linear light."""
    return linear_to_srgb(srgb_to_linear(image) / gain(parameters))


def gain(parameters: Tensor) -> Tensor:
    """The factor on linear light, (B, 1, 1)."""
    return (2.0**parameters).unsqueeze(-1)


EXPOSURE = Operator("exposure", (ParameterSpec("Exposure2012", "light", -5.0, 5.0, "EV"),), apply, invert)
