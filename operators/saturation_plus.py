"""Saturation of Exposure (S+): blend toward s' = s + (1 - s) k in HSV, k = .8 (.5 - |.5 - v|), hue and value kept.

Chroma is c = s v, so the blend sends c to (1 - p k) c + p k v with no need of HSV. Grey has the hue of red there, and
so S+ makes grey reddish: the formula has a jump at grey. It reaches no colour with a saturation below p k, and undoing
it makes those grey.
"""

import torch
from torch import Tensor

from operators.operator import Operator
from schemas.recipe import ParameterSpec


def apply(image: Tensor, parameters: Tensor) -> Tensor:
    """Blend with share p. `parameters` (B, 1)."""
    value, chroma, direction = _parts(image)
    share = parameters * _strength(value)
    return _joined(value, (1 - share) * chroma + share * value, direction)


def invert(image: Tensor, parameters: Tensor) -> Tensor:
    """Take the blend back: c = (c' - p k v) / (1 - p k), at least 0."""
    value, chroma, direction = _parts(image)
    share = parameters * _strength(value)
    return _joined(value, ((chroma - share * value) / (1 - share)).clamp(min=0), direction)


def _parts(image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Value and chroma, (B, N), and the direction of the hue, (B, 3, N): 0 in the largest channel, 1 in the least."""
    value = image.amax(1)
    chroma = value - image.amin(1)
    grey = (chroma <= 0).unsqueeze(1)
    red = image.new_tensor([0.0, 1.0, 1.0]).view(1, 3, 1)
    divisor = torch.where(grey, 1.0, chroma.unsqueeze(1))
    return value, chroma, torch.where(grey, red, (value.unsqueeze(1) - image) / divisor)


def _joined(value: Tensor, chroma: Tensor, direction: Tensor) -> Tensor:
    return value.unsqueeze(1) - chroma.unsqueeze(1) * direction


def _strength(value: Tensor) -> Tensor:
    return 0.8 * (0.5 - (0.5 - value.clamp(0, 1)).abs())


SATURATION_PLUS = Operator(
    "saturation_plus", (ParameterSpec("SaturationPlus", "color", 0.0, 1.0, "share", safe=(0.0, 0.7)),), apply, invert
)
