"""What an operator is: two pure functions and the specs of the parameters that both take."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor

from schemas.recipe import Group, ParameterSpec

ImageFunction = Callable[[Tensor, Tensor], Tensor]
"""(image, parameters) to image: float (B, 3, N), or (B, 3, H, W) if spatial, and float (B, P) parameter values."""


@dataclass(frozen=True)
class Operator:
    """One retouching operator.

    `apply(image, parameters)` renders in the retouch direction and `invert(image, parameters)` undoes it. Both take
    encoded sRGB (linear light between `DECODE` and `ENCODE`), nominally in [0, 1] but defined on all real numbers,
    and one row of values a picture, (B, P) in the order and the units of `parameters`. Both are differentiable in
    both arguments. All parameters at neutral give the picture back. Neither clips, except where a formula of the
    literature does; there `invert` takes back all that `apply` did not clip.

    A pointwise operator takes pixels, (B, 3, N). A spatial one also looks at neighbours and takes (B, 3, H, W).
    """

    name: str
    parameters: tuple[ParameterSpec, ...]
    apply: ImageFunction
    invert: ImageFunction
    spatial: bool = False


def sliders(group: Group, *names: str) -> tuple[ParameterSpec, ...]:
    """Specs of sliders that run from -100 to 100."""
    return tuple(ParameterSpec(name, group, -100.0, 100.0, "slider") for name in names)


def clipped(operator: Operator) -> Operator:
    """The operator followed by a clip to [0, 1]. Its inverse is the operator's own: a clip cannot be undone."""

    def apply(image: Tensor, parameters: Tensor) -> Tensor:
        return operator.apply(image, parameters).clamp(0, 1)

    return replace(operator, apply=apply)
