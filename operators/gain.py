"""Gains: exposure, white balance and colour balance multiply the channels in whatever space a process works in."""

from math import exp

from torch import Tensor

from operators.luminance import luminance
from operators.operator import Operator
from schemas.recipe import ParameterSpec


def apply_exposure(image: Tensor, parameters: Tensor) -> Tensor:
    """I * 2^E. `parameters` (B, 1) in EV."""
    return image * (2.0**parameters).unsqueeze(-1)


def invert_exposure(image: Tensor, parameters: Tensor) -> Tensor:
    """I / 2^E."""
    return image / (2.0**parameters).unsqueeze(-1)


def exposure_gain(limit: float) -> Operator:
    """Exposure from -limit to limit EV, without a change of space. Safe within 1.5 EV: beyond, too much would clip."""
    spec = ParameterSpec("Exposure", "light", -limit, limit, "EV", safe=(-1.5, 1.5))
    return Operator("exposure_gain", (spec,), apply_exposure, invert_exposure)


def apply_white_gains(image: Tensor, parameters: Tensor) -> Tensor:
    """Multiply by the factors (B, 3), divided by the luminance of the colour that they make of white."""
    return image * _white_gains(parameters)


def invert_white_gains(image: Tensor, parameters: Tensor) -> Tensor:
    """Divide by the same gains."""
    return image / _white_gains(parameters)


def _white_gains(parameters: Tensor) -> Tensor:
    factors = parameters.unsqueeze(-1)
    return factors / luminance(factors).unsqueeze(1)


def apply_balance(image: Tensor, parameters: Tensor) -> Tensor:
    """I * exp(a / 2) for every channel. `parameters` (B, 3)."""
    return image * (0.5 * parameters).exp().unsqueeze(-1)


def invert_balance(image: Tensor, parameters: Tensor) -> Tensor:
    """I / exp(a / 2) for every channel."""
    return image / (0.5 * parameters).exp().unsqueeze(-1)


_CHANNELS = ("Red", "Green", "Blue")

WHITE_GAINS = Operator(
    "white_gains",
    tuple(
        ParameterSpec(f"Gain{channel}", "color", exp(-0.5), exp(0.5), "factor", neutral=1.0) for channel in _CHANNELS
    ),
    apply_white_gains,
    invert_white_gains,
)
"""White balance of Exposure: factors exp(-.5) to exp(.5) that keep the luminance of grey.

One common factor for all three channels changes nothing, so only two of the three matter.
"""

COLOR_BALANCE = Operator(
    "color_balance",
    tuple(ParameterSpec(f"Balance{channel}", "color", -1.0, 1.0, "share") for channel in _CHANNELS),
    apply_balance,
    invert_balance,
)
"""Colour balance of RLPixTuner."""
