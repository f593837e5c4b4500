"""What a person sees change in a pair, measured in CIELAB by measures of its own.

Pictures are (H, W, 3) uint8, sRGB. Everything is in units of CIELAB (D65).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, sqrt
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

Array = NDArray[np.float64]

_PIXELS = 40_000
_COLORED = 8.0
"""Chroma from which a pixel is of a hue that one would name."""

_BLACK = 6.0
"""L* up to which a pixel is black, whatever its hue."""

_NEUTRAL, _NEAR = 12.0, 5.0
"""How far from neutral the densest colour may lie that counts as the picture's grey, and how far from it its pixels.
What lies further is a pale colour: a change of its saturation would look like one of a cast."""

_LEAST_NEUTRAL = 0.02
"""Share of the frame that the picture's grey must cover to show a cast."""

# Hue angles of CIELAB, in degrees, of what people call by these names: sRGB's red lies at 40, skin at 45 to 65, its
# yellow at 103, leaves at 110 to 135, its cyan at 196, skies at 230 to 280, its blue at 306, its magenta at 328.
HUE_ANGLES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "red": (5, 48),
        "orange": (45, 78),
        "yellow": (75, 108),
        "green": (105, 172),
        "aqua": (168, 238),
        "blue": (222, 308),
        "purple": (295, 330),
        "magenta": (318, 370),
    }
)
"""Neighbours overlap, for people do not agree on borders: a pixel may be of two names."""


@dataclass(frozen=True)
class Pixels:
    """Measures of a pair.

    Attributes:
        lightness: change of mean L*.
        spread: change of the standard deviation of L*.
        chroma: mean chroma of input and of target, each from the picture's own grey where it has one: a cast makes no
            colours vivid.
        casts: a* and b* of what is nearly grey, of input and of target; None where nothing is.
        hues: share of the frame of each named hue.
        colored: share of the frame that is of any.
    """

    lightness: float
    spread: float
    chroma: tuple[float, float]
    casts: tuple[tuple[float, float], tuple[float, float]] | None
    hues: Mapping[str, float]
    colored: float


def measure(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Pixels:
    """Measure a pair of pictures of one shape."""
    first, second = _lab(before), _lab(after)
    casts = _casts(first, second)
    greys = casts or ((0.0, 0.0), (0.0, 0.0))
    hues, colored = _hues(first, second)
    return Pixels(
        lightness=float(second[:, 0].mean() - first[:, 0].mean()),
        spread=float(second[:, 0].std() - first[:, 0].std()),
        chroma=(_chroma(first, greys[0]), _chroma(second, greys[1])),
        casts=casts,
        hues=hues,
        colored=colored,
    )


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean CIEDE2000 between two pictures."""
    return float(deltaE_ciede2000(_lab(one), _lab(other)).mean())  # type: ignore[no-untyped-call]  # skimage has no types


def _lab(picture: NDArray[np.uint8]) -> Array:
    """Pixels on a regular grid, (N, 3)."""
    step = max(1, ceil(sqrt(picture.shape[0] * picture.shape[1] / _PIXELS)))
    lab: Array = rgb2lab(picture[::step, ::step].astype(np.float64) / 255).reshape(-1, 3)
    return lab


def _casts(before: Array, after: Array) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Median a* and b* of the pixels around the densest colour near neutral.

    Density is taken of the mean of both pictures, so that neither of them picks the pixels. It is weighted by nearness
    to neutral, or a beige wall would count as a grey one with a cast.
    """
    middle = (before + after) / 2
    open_ends = (np.minimum(before[:, 0], after[:, 0]) > 8) & (np.maximum(before[:, 0], after[:, 0]) < 97)
    edges = np.arange(-_NEUTRAL - 1, _NEUTRAL + 2, 2)
    counts, _, _ = np.histogram2d(middle[open_ends, 1], middle[open_ends, 2], bins=[edges, edges])
    centres = (edges[:-1] + edges[1:]) / 2
    distance = np.hypot(*np.meshgrid(centres, centres, indexing="ij"))
    density = counts * np.exp(-0.5 * (distance / 6) ** 2)
    peak = centres[list(np.unravel_index(int(density.argmax()), density.shape))]
    chosen = open_ends & (np.hypot(middle[:, 1] - peak[0], middle[:, 2] - peak[1]) < _NEAR)
    if chosen.mean() < _LEAST_NEUTRAL:
        return None
    (a0, b0), (a1, b1) = (np.median(picture[chosen, 1:], axis=0).tolist() for picture in (before, after))
    return (a0, b0), (a1, b1)


def _chroma(lab: Array, grey: tuple[float, float]) -> float:
    return float(np.hypot(lab[:, 1] - grey[0], lab[:, 2] - grey[1]).mean())


def _hues(before: Array, after: Array) -> tuple[dict[str, float], float]:
    """Shares of the frame that are of each named hue, and of any, in one picture or the other."""
    angles = [np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360 for lab in (before, after)]
    colored = [(np.hypot(lab[:, 1], lab[:, 2]) >= _COLORED) & (lab[:, 0] > _BLACK) for lab in (before, after)]
    shares = {}
    for name, (low, high) in HUE_ANGLES.items():
        within = [seen & ((angle - low) % 360 < high - low) for seen, angle in zip(colored, angles, strict=True)]
        shares[name] = float((within[0] | within[1]).mean())
    return shares, float((colored[0] | colored[1]).mean())
