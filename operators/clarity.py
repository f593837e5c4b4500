"""Clarity: local contrast, an unsharp mask of luma with a wide Gaussian. Spatial.

The same amount goes to all three channels, so differences of colour stay. The width follows the picture's long side:
a recipe means the same at every size. Luma is filtered with the response 1 + a (1 - g), which is at least .5.
Borders are mirrored.
"""

from torch import Tensor

from operators.color_space import luma
from operators.operator import Operator, sliders
from operators.spectrum import filtered, gaussian_response

WIDTH = 0.02
"""Sigma as a share of the long side."""

STRENGTH = 0.5
"""a at +100."""


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """Raise or soften local contrast of (B, 3, H, W). `parameters` (B, 1) in slider units."""
    return _with_filtered_luma(image, _response(image, parameters))


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """Divide luma by the response."""
    return _with_filtered_luma(image, 1 / _response(image, parameters))


def _with_filtered_luma(image: Tensor, response: Tensor) -> Tensor:
    before = luma(image).unsqueeze(1)
    return image + (filtered(before, response) - before)


def _response(image: Tensor, parameters: Tensor) -> Tensor:
    sigma = WIDTH * max(image.shape[2:])
    return 1 + STRENGTH * parameters[:, :, None, None] / 100 * (1 - gaussian_response(image, sigma))


CLARITY = Operator("clarity", sliders("light", "Clarity2012"), apply, invert, spatial=True)
