"""Luminance, contrast and saturation of patches, as the Exposure paper compares sets of photographs.

Hu et al., "Exposure: A White-Box Photo Post-Processing Framework" (2018), section 5, with the choices of its code:
contrast is twice the standard deviation of luminance, not its variance.
"""

import random

import torch
import torch.nn.functional as F
from torch import Tensor

from operators.luminance import luminance

SQUARES = 4
"""Square crops of a picture, each as wide as its shorter side, then reduced to SQUARE pixels."""
SQUARE = 80
PATCHES = 4
"""Patches of each square, PATCH pixels wide."""
PATCH = 64

NAMES = ("luminance", "contrast", "saturation")


def patch_statistics(image: Tensor, seed: int) -> Tensor:
    """Mean luminance, contrast (twice luminance's standard deviation) and mean HSL saturation of 16 random patches.

    The picture is reduced first and the squares are cut out of it after, which is the same up to rounding. That takes
    most of the time, 4 ms for a picture of 512 pixels.

    Args:
        image: uint8 (3, H, W), encoded sRGB.
        seed: of the places of the crops.

    Returns:
        float32 (16, 3) in [0, 1].
    """
    reduced = _reduce(image)
    generator = random.Random(seed)
    patches = []
    for _ in range(SQUARES):
        top = generator.randrange(reduced.shape[1] - SQUARE + 1)
        left = generator.randrange(reduced.shape[2] - SQUARE + 1)
        for _ in range(PATCHES):
            y, x = (start + generator.randrange(SQUARE - PATCH + 1) for start in (top, left))
            patches.append(reduced[:, y : y + PATCH, x : x + PATCH])
    pixels = torch.stack(patches).flatten(2)
    light = luminance(pixels)
    contrast = 2 * light.std(1, correction=0)
    return torch.stack([light.mean(1), contrast, hsl_saturation(pixels).mean(1)], dim=1).clamp(0, 1)


def hsl_saturation(rgb: Tensor) -> Tensor:
    """Saturation of HSL: (B, 3, ...) in [0, 1] to (B, ...) in [0, 1]; 0 for black, white and grey."""
    highest, lowest = rgb.amax(1), rgb.amin(1)
    total = highest + lowest
    room = torch.minimum(total, 2 - total)
    return torch.where(room > 0, (highest - lowest) / room.clamp(min=1e-6), torch.zeros_like(room))


def _reduce(image: Tensor) -> Tensor:
    """The picture in [0, 1] with its shorter side at SQUARE pixels, by averages over areas."""
    height, width = image.shape[1:]
    shortest = min(height, width)
    size = [max(SQUARE, round(side * SQUARE / shortest)) for side in (height, width)]
    return F.interpolate(image[None].float() / 255, size, mode="area")[0]
