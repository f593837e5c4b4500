"""Blown out, and too dark."""

import numpy as np

from quality.content.planes import Planes, share

_WHITE, _BLACK = 252, 8


def blown(picture: Planes) -> float:
    """Share of the pixels that are white in every channel."""
    return share(np.minimum(np.minimum(picture.red, picture.green), picture.blue) >= _WHITE)


def dark(picture: Planes) -> float:
    """Share of the pixels that are black, or nearly."""
    return share(picture.luma <= _BLACK)
