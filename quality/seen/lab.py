"""CIELAB of 8-bit pictures with the same last bit on every processor: tables, sums and products, nothing else.

`quality.color_difference` converts faster and to the last digit; its logarithms are those of a processor. Words hang on
the colours of this module, which are within 0.05 of it.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from quality.arithmetic import exp2, log2

Array = NDArray[np.float32]

_STEPS = 1 << 16
"""Steps of the table of cube roots."""

_WHITE = (0.9504700, 1.0, 1.0888300)
_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
"""Linear sRGB to XYZ under D65 (IEC 61966-2-1); its row sums are the white point."""


def lab_of(codes: NDArray[np.uint8]) -> Array:
    """CIELAB under D65 of sRGB codes.

    Args:
        codes: (..., 3, N) in [0, 255].

    Returns:
        (..., 3, N): L* in [0, 100], a* and b*.
    """
    linear = _linear()[codes]
    red, green, blue = linear[..., 0, :], linear[..., 1, :], linear[..., 2, :]
    x, y, z = (
        _roots()[(np.minimum(red * r + green * g + blue * b, 1) * np.float32(_STEPS - 1) + np.float32(0.5)).astype(int)]
        for r, g, b in _relative()
    )
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-2)


@cache
def _linear() -> Array:
    """Linear light of the 256 codes (IEC 61966-2-1)."""
    values = [code / 255 for code in range(256)]
    return np.array([v / 12.92 if v <= 0.04045 else exp2(2.4 * log2((v + 0.055) / 1.055)) for v in values], np.float32)


@cache
def _relative() -> tuple[tuple[np.float32, ...], ...]:
    """Linear sRGB to XYZ over that of white."""
    return tuple(tuple(np.float32(value / white) for value in row) for row, white in zip(_TO_XYZ, _WHITE, strict=True))


@cache
def _roots() -> Array:
    """The lightness response of CIE 15:2004 at equal steps of [0, 1]: cube roots, and a line in the dark."""
    t = np.arange(_STEPS) / (_STEPS - 1)
    root = np.ones(_STEPS)
    for _ in range(24):  # Newton's steps from 1 fall to the root from above, and stay there
        root = root - (root - np.maximum(t, 1e-6) / (root * root)) / 3
    return np.where(t > (6 / 29) ** 3, root, t * (29 / 6) ** 2 / 3 + 4 / 29).astype(np.float32)
