"""Screenshots and other drawn pages: plain areas of few colours, and sharp edges in what is left."""

import numpy as np

from quality.content.planes import Plane, Planes

_BLOCK = 8
_FLAT = 3
_COLORS = 4
_EDGE = 40


def screenshot(picture: Planes) -> float:
    """How much a picture is like a drawn page: 1 where half of it is plain, in four colours, and the rest has edges.

    It is the product of three parts, each at most 1: twice the share of blocks of 8 x 8 pixels that are plain; the
    share of these that have one of the four most frequent colours; four times the density of strong edges in the rest.
    """
    channels = (picture.red, picture.green, picture.blue)
    if min(picture.luma.shape) < _BLOCK:
        return 0.0
    ranges = [(_blocks(channel, np.maximum), _blocks(channel, np.minimum)) for channel in channels]
    flat = np.maximum.reduce([high - low for high, low in ranges]) <= _FLAT
    plain = int(np.count_nonzero(flat))
    if plain == 0:
        return 0.0
    red, green, blue = (low[flat].astype(np.int64) // _BLOCK for _, low in ranges)
    colors = np.sort(np.bincount(red * 1024 + green * 32 + blue))[-_COLORS:]
    luma = picture.luma
    steps = np.maximum(np.abs(luma[:-1, 1:] - luma[:-1, :-1]), np.abs(luma[1:, :-1] - luma[:-1, :-1]))
    edges: float = int(np.count_nonzero(steps >= _EDGE)) / steps.size
    plain_share: float = plain / flat.size
    rest = 1.0 - plain_share
    density = min(1.0, 4 * edges / rest) if rest > 0 else 0.0
    return min(1.0, 2 * plain_share) * (int(colors.sum()) / plain) * density


def _blocks(plane: Plane, pick: np.ufunc) -> Plane:
    """Reduce whole blocks to their largest or smallest value."""
    rows, columns = (side // _BLOCK for side in plane.shape)
    strips = pick.reduce(plane[: rows * _BLOCK].reshape(rows, _BLOCK, -1), axis=1)
    blocks: Plane = pick.reduce([strips[:, i : columns * _BLOCK : _BLOCK] for i in range(_BLOCK)])
    return blocks
