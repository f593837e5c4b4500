"""Sharpening: an unsharp mask, I + a (I - G), G the picture behind a Gaussian blur of one pixel. Spatial.

The mask is linear, with the response 1 + a (1 - g) >= 1, so dividing by it undoes the mask without raising noise.
Borders are mirrored.
"""

from torch import Tensor

from operators.operator import Operator
from operators.spectrum import filtered, gaussian_response
from schemas.recipe import ParameterSpec

SIGMA = 1.0
"""Pixels."""


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """Sharpen (B, 3, H, W). `parameters` (B, 1) in slider units, a in hundredths."""
    return filtered(image, _response(image, parameters))


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """Divide by the response."""
    return filtered(image, 1 / _response(image, parameters))


def _response(image: Tensor, parameters: Tensor) -> Tensor:
    return 1 + parameters[:, :, None, None] / 100 * (1 - gaussian_response(image, SIGMA))


SHARPENING = Operator(
    "sharpening", (ParameterSpec("Sharpness", "light", 0.0, 150.0, "slider"),), apply, invert, spatial=True
)
