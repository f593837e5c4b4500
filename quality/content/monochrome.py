"""Without colour."""

import numpy as np

from quality.content.planes import Planes, share

_GREY = 12


def monochrome(picture: Planes) -> float:
    """Share of the pixels that are grey, or nearly: their channels lie within 12 steps."""
    high = np.maximum(np.maximum(picture.red, picture.green), picture.blue)
    low = np.minimum(np.minimum(picture.red, picture.green), picture.blue)
    return share(high - low <= _GREY)
