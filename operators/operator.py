"""What an operator is: two pure functions and the specs of the parameters that both take."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from schemas.recipe import Group, ParameterSpec

ImageFunction = Callable[[Tensor, Tensor], Tensor]
"""(image, parameters) to image: float (B, 3, N) encoded sRGB and float (B, P) slider values."""


@dataclass(frozen=True)
class Operator:
    """One retouching operator.

    `apply(image, parameters)` renders in the retouch direction and `invert(image, parameters)` undoes it. Both take
    encoded sRGB of shape (B, 3, N), nominally in [0, 1] but defined on all real numbers, and one row of slider
    values a picture, (B, P) in the order and the units of `parameters`. Neither clips; both are differentiable in
    both arguments, and all sliders at 0 give the picture back.
    """

    name: str
    parameters: tuple[ParameterSpec, ...]
    apply: ImageFunction
    invert: ImageFunction


def sliders(group: Group, *names: str) -> tuple[ParameterSpec, ...]:
    """Specs of sliders that run from -100 to 100."""
    return tuple(ParameterSpec(name, group, -100.0, 100.0, "slider") for name in names)
