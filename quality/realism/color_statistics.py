"""What a picture's colours are, in few numbers: the space in which sets of photographs are compared."""

from math import ceil, sqrt

import torch
from torch import Tensor

from quality.color_difference import srgb_to_lab

GRID_PIXELS = 10_000
"""Pictures are read on a regular grid of about this many pixels: a mean over them errs by a hundredth of the spread."""

LIGHTNESS_QUANTILES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
CHROMA_QUANTILES = (0.5, 0.95)

NAMES = (
    *(f"lightness_p{round(100 * q)}" for q in LIGHTNESS_QUANTILES),
    "a_mean", "b_mean", "a_spread", "b_spread",
    *(f"chroma_p{round(100 * q)}" for q in CHROMA_QUANTILES),
    "black", "white",
)  # fmt: skip
"""What the columns of `color_statistics` are."""

_HALF_STEP = 0.5 / 255


def color_statistics(image: Tensor) -> Tensor:
    """Statistics of one picture, uint8 (3, H, W) to float32 (15,); see `statistics_of_pixels`."""
    step = max(1, ceil(sqrt(image.shape[1] * image.shape[2] / GRID_PIXELS)))
    return statistics_of_pixels(image[None, :, ::step, ::step].flatten(2).float() / 255)[0]


def statistics_of_pixels(pixels: Tensor) -> Tensor:
    """Statistics of the colours of pictures, differentiable almost everywhere.

    Quantiles of CIELAB lightness; means and standard deviations of a* and b*; quantiles of chroma; shares of pixels
    whose largest channel is black and whose smallest is white, in percent. All are in units of CIELAB or percent, and
    so of like size: the Euclidean distance of two pictures needs no scaling that would depend on the pictures at hand.

    Args:
        pixels: (B, 3, N) encoded sRGB in [0, 1].

    Returns:
        (B, 15) in the order of `NAMES`.
    """
    lab = srgb_to_lab(pixels)
    lightness, a, b = lab.unbind(1)
    chroma = (a.square() + b.square() + 1e-12).sqrt()
    return torch.cat(
        [
            _quantiles(lightness, LIGHTNESS_QUANTILES),
            torch.stack([a.mean(1), b.mean(1), _spread(a), _spread(b)], dim=1),
            _quantiles(chroma, CHROMA_QUANTILES),
            100 * (pixels.amax(1) < _HALF_STEP).float().mean(1, keepdim=True),
            100 * (pixels.amin(1) > 1 - _HALF_STEP).float().mean(1, keepdim=True),
        ],
        dim=1,
    )


def _quantiles(values: Tensor, shares: tuple[float, ...]) -> Tensor:
    return torch.quantile(values, values.new_tensor(shares), dim=1).T


def _spread(values: Tensor) -> Tensor:
    return (values.var(1, correction=0) + 1e-12).sqrt()
