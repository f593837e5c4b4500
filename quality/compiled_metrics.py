"""What is measured of every pair, compiled: many times as fast on a processor as the libraries' forms.

PSNR, SSIM and PIQE are pyiqa's metrics of these names. They take 8-bit pictures, (1, 3, H, W) uint8, and return one
number. What they differ from pyiqa's by comes from the order of additions, which moves a luma to the neighbouring 8-bit
value or a block over a threshold: 1e-5 of SSIM, and of PIQE 0.03 on average.

CIEDE2000 is that of `quality.color_difference`, within 1e-3; where hues are opposite, and their mean is arbitrary, it
may take the other one.
"""

import math
from collections.abc import Callable
from ctypes import c_double
from typing import Any

import torch
from torch import Tensor

from operators.native import call, load_library
from quality.arithmetic import decibels

_SSIM_WINDOW = 11
_PIQE_BLOCK = 16


def delta_e00(image: Tensor, reference: Tensor) -> Tensor:
    """CIEDE2000 of 8-bit pictures: uint8 (B, 3, H, W) twice to (B, H, W) float32.

    Raises:
        ValueError: the pictures are not 8-bit ones of one shape.
    """
    if image.shape != reference.shape or image.ndim != 4 or image.shape[1] != 3:
        raise ValueError(f"need pictures of one shape, got {tuple(image.shape)} and {tuple(reference.shape)}")
    if image.dtype != torch.uint8 or reference.dtype != torch.uint8:
        raise ValueError(f"need uint8 pictures, got {image.dtype} and {reference.dtype}")
    pixels, others = (picture.permute(0, 2, 3, 1).contiguous() for picture in (image, reference))
    differences = torch.empty(pixels.shape[:3])
    call(_function("ciede2000", None), pixels, others, differences, differences.numel())
    return differences


def psnr(image: Tensor, reference: Tensor) -> float:
    """PSNR in dB; 80 for equal pictures, since pyiqa adds 1e-8 to the error.

    Raises:
        ValueError: the pictures have not one size.
    """
    pixels, others = _plain(image), _plain(reference)
    if pixels.shape != others.shape:
        raise ValueError(f"psnr needs two pictures of one size, got {tuple(pixels.shape)} and {tuple(others.shape)}")
    error = call(_function("mean_squared_error"), pixels, others, pixels.numel())
    return decibels(1 / (error / 255**2 + 1e-8))


def ssim(image: Tensor, reference: Tensor) -> float:
    """SSIM in [0, 1].

    Raises:
        ValueError: the pictures have not one size, or a side shorter than the window's 11 pixels.
    """
    pixels, others = _plain(image), _plain(reference)
    height, width = pixels.shape[:2]
    if pixels.shape != others.shape or min(height, width) < _SSIM_WINDOW:
        raise ValueError(f"ssim needs {_SSIM_WINDOW} pixels on each side of two pictures, got {height} x {width}")
    similarity: float = call(_function("ssim"), pixels, others, height, width)
    return similarity


def piqe(image: Tensor) -> float:
    """PIQE: 0 best, 100 worst, not a number for a black picture.

    Raises:
        ValueError: a side is too short for one block.
    """
    pixels = _plain(image)
    height, width = pixels.shape[:2]
    if min(height, width) < _PIQE_BLOCK / 2:
        raise ValueError(f"piqe needs {_PIQE_BLOCK // 2} pixels on each side, got {height} x {width}")
    if not pixels.any():
        return math.nan
    score: float = call(_function("piqe"), pixels, height, width)
    return score


def _plain(image: Tensor) -> Tensor:
    """(1, 3, H, W) uint8 as (H, W, 3), contiguous; no copy where the channels come last in memory already."""
    if image.dtype != torch.uint8 or image.ndim != 4 or image.shape[:2] != (1, 3):
        raise ValueError(f"need one picture, uint8 (1, 3, H, W), got {image.dtype} {tuple(image.shape)}")
    return image[0].permute(1, 2, 0).contiguous()


def _function(name: str, result: type[c_double] | None = c_double) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(load_library(), name)
    function.restype = result  # type: ignore[attr-defined]  # a function of ctypes, called like any other
    return function
