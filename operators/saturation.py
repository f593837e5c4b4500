"""Vibrance and saturation: two sliders on gamut-relative saturation, hue and luma unchanged.

Vibrance sends s in [0, 1] through the Moebius map s' = q s / (1 + (q - 1) s), q = 2.5^(slider / 100). Near grey it
multiplies by q; what is fully saturated stays; nothing leaves the gamut; its inverse is the map with 1 / q.
Saturation scales: 0.2 at -100 (a trace of colour stays, or the edit could not be undone), 1 at 0, 2 at +100.
"""

from torch import Tensor

from operators.color_space import hsy_to_rgb, rgb_to_hsy
from operators.operator import Operator, sliders

VIBRANCE_STRENGTH = 2.5


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """Vibrance, then saturation. `parameters` (B, 2): vibrance, saturation."""
    hue, s, y = rgb_to_hsy(image)
    s = moebius(s, vibrance_slope(parameters)) * saturation_factor(parameters)
    return hsy_to_rgb(hue, s, y)


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """Undo saturation, then vibrance."""
    hue, s, y = rgb_to_hsy(image)
    s = moebius(s / saturation_factor(parameters), 1 / vibrance_slope(parameters))
    return hsy_to_rgb(hue, s, y)


def moebius(x: Tensor, slope: Tensor) -> Tensor:
    """The Moebius map of [0, 1] onto itself with the given slope at 0; other values are left as they are."""
    inside = x.clamp(0, 1)
    return slope * inside / (1 + (slope - 1) * inside) + (x - inside)


def vibrance_slope(parameters: Tensor) -> Tensor:
    """Slope of the vibrance map at grey, (B, 1)."""
    return VIBRANCE_STRENGTH ** (parameters[:, :1] / 100)


def saturation_factor(parameters: Tensor) -> Tensor:
    """Factor on saturation, (B, 1): 0.2, 1 and 2 at -100, 0 and 100."""
    amount = parameters[:, 1:] / 100
    return 1 + amount * (0.9 + 0.1 * amount)


SATURATION = Operator("saturation", sliders("color", "Vibrance", "Saturation"), apply, invert)
