"""Sums and logarithms with the same last bit on every processor, in plain steps that IEEE 754 fixes.

Torch and NumPy add in an order that depends on how long the processor's vectors are, and the C library chooses among
variants of its logarithm.
"""

import math

import numpy as np
import torch
from torch import Tensor

_HALF_ROOT = math.sqrt(0.5)
_LN_2 = 0.6931471805599453
_TO_BINARY = 2.8853900817779268  # 2 / ln 2
_TO_DECIBELS = 3.0102999566398120  # 10 log10(2)


def ordered_sum(values: Tensor) -> Tensor:
    """Sums over the last dimension, (..., N) to (...) float64: one half is added to the other, until one is left."""
    sums = np.array(values.numpy(), dtype=np.float64)
    count = sums.shape[-1]
    while count > 1:
        half = (count + 1) // 2
        sums[..., : count - half] += sums[..., half:count]
        count = half
    return torch.from_numpy(sums[..., 0].copy())


def log2(value: float) -> float:
    """The binary logarithm of a positive number, within 1e-15 of its size: the series of the area tangent."""
    mantissa, exponent = math.frexp(value)
    if mantissa < _HALF_ROOT:
        mantissa, exponent = 2 * mantissa, exponent - 1
    ratio = (mantissa - 1) / (mantissa + 1)
    square, series = ratio * ratio, 0.0
    for term in range(21, 0, -2):
        series = series * square + 1 / term
    return exponent + _TO_BINARY * ratio * series


def exp2(value: float) -> float:
    """2 to the power of a number in [-64, 64], within 1e-15 of its size: a series around the nearest whole number."""
    whole = round(value)
    part, series = (value - whole) * _LN_2, 1.0
    for term in range(17, 0, -1):
        series = 1 + part / term * series
    return math.ldexp(series, whole)


def decibels(ratio: float) -> float:
    """10 log10 of a positive number."""
    return _TO_DECIBELS * log2(ratio)
