"""Linear filters by their frequency response, with mirrored borders.

A picture that is mirrored at its right and lower edge repeats without a seam, so a symmetric filter multiplies each
frequency of the mirrored picture by a number: its response. To undo the filter is to divide by the response.
"""

from math import pi

import torch
from torch import Tensor


def gaussian_response(image: Tensor, sigma: float) -> Tensor:
    """Response of a Gaussian blur for `filtered(image, ...)`, (2 H, W + 1), in (0, 1]; sigma in pixels."""
    height, width = image.shape[-2:]
    rows = torch.fft.fftfreq(2 * height, dtype=image.dtype, device=image.device)
    columns = torch.fft.rfftfreq(2 * width, dtype=image.dtype, device=image.device)
    return torch.exp(-2 * (pi * sigma) ** 2 * (rows[:, None] ** 2 + columns**2))


def filtered(image: Tensor, response: Tensor) -> Tensor:
    """Filter (..., H, W) with a real response (..., 2 H, W + 1); differentiable in both."""
    height, width = image.shape[-2:]
    mirrored = torch.cat([image, image.flip(-1)], dim=-1)
    mirrored = torch.cat([mirrored, mirrored.flip(-2)], dim=-2)
    spectrum = torch.fft.rfft2(mirrored) * response
    whole: Tensor = torch.fft.irfft2(spectrum, s=(2 * height, 2 * width))
    return whole[..., :height, :width]
