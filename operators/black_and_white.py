"""Black and white of Exposure: blend toward luminance, I + p (L - I)."""

from torch import Tensor

from operators.luminance import luminance
from operators.operator import Operator
from schemas.recipe import ParameterSpec


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """Blend with share p. `parameters` (B, 1)."""
    grey = luminance(image).unsqueeze(1)
    return image + parameters.unsqueeze(-1) * (grey - image)


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """(I - p L) / (1 - p), p < 1: the blend keeps luminance, so L is still there to subtract."""
    share = parameters.unsqueeze(-1)
    return (image - share * luminance(image).unsqueeze(1)) / (1 - share)


BLACK_AND_WHITE = Operator(
    "black_and_white", (ParameterSpec("BlackAndWhite", "color", 0.0, 1.0, "share", safe=(0.0, 0.7)),), apply, invert
)
