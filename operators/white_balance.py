"""White balance: gains on the three channels in linear light, along the daylight locus and across it.

A step of `IncrementalTemperature` is one mired (a millionth of a reciprocal kelvin) along the tangent of the CIE
daylight locus at D65; a step of `IncrementalTint` moves the same distance in CIE 1960 (u, v) at a right angle to it,
toward magenta. The logarithms of the gains are linear in both sliders, so settings add up and 0 to -p undoes 0 to p.
All lights are taken at equal luminance, so a neutral grey keeps its luminance to first order: within 6 % with one
slider at its end, 14 % with both.
"""

from functools import cache

import numpy as np
from torch import Tensor

from operators.color_space import linear_to_srgb, srgb_to_linear
from operators.operator import Operator, sliders

_XYZ_TO_LINEAR_SRGB = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
)
_D65_MIRED = 1e6 / 6504


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """Multiply linear light by `gains`. `parameters` (B, 2): temperature, tint."""
    return linear_to_srgb(srgb_to_linear(image) * gains(parameters))


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """Divide linear light by `gains`."""
    return linear_to_srgb(srgb_to_linear(image) / gains(parameters))


def gains(parameters: Tensor) -> Tensor:
    """Channel factors on linear light, (B, 3, 1); warmer and more magenta for positive sliders."""
    return (parameters @ parameters.new_tensor(_log_gains_per_step())).exp().unsqueeze(-1)


@cache
def _log_gains_per_step() -> list[list[float]]:
    """Logarithms of the gains for one step of temperature and one of tint, 2 x 3.

    CIE 15:2004, section 3.1 gives the daylight locus. A picture is *warmed* by rendering its white as a light of
    a lower colour temperature.
    """
    white = _uv_of_daylight(_D65_MIRED)
    tangent = _uv_of_daylight(_D65_MIRED + 0.5) - _uv_of_daylight(_D65_MIRED - 0.5)
    toward_magenta = np.array([tangent[1], -tangent[0]])
    steps = []
    for direction in (tangent, toward_magenta):
        ratio = _linear_srgb_of_uv(white + direction) / _linear_srgb_of_uv(white - direction)
        steps.append((np.log(ratio) / 2).tolist())
    return steps


def _uv_of_daylight(mired: float) -> np.ndarray:
    """CIE 1960 (u, v) of a CIE daylight illuminant of 4000 to 7000 K."""
    t = mired * 1e-3  # 1000 / kelvin
    x = 0.244063 + 0.09911 * t + 2.9678 * t**2 - 4.6070 * t**3
    y = -3.000 * x**2 + 2.870 * x - 0.275
    return np.array([4 * x, 6 * y]) / (-2 * x + 12 * y + 3)


def _linear_srgb_of_uv(uv: np.ndarray) -> np.ndarray:
    """Linear sRGB of a light with CIE 1960 (u, v) and luminance 1."""
    u, v = uv
    x, y = np.array([3 * u, 2 * v]) / (2 * u - 8 * v + 4)
    linear: np.ndarray = _XYZ_TO_LINEAR_SRGB @ np.array([x / y, 1.0, (1 - x - y) / y])
    return linear


WHITE_BALANCE = Operator("white_balance", sliders("color", "IncrementalTemperature", "IncrementalTint"), apply, invert)
