"""A border or frame: bands of one colour along opposite sides, whose inner edge is straight."""

import numpy as np

from quality.content.planes import Plane, Planes

_ALIKE = 8

Color = list[np.int16]


def border(picture: Planes) -> float:
    """How sharply bands along two opposite sides end: the share of their inner edge at which the colour jumps.

    A band is at least 0.5 % and at most a third of the picture. A plain background, such as a sky, ends where its
    subject begins, not along a line. Of a pair of sides the lower counts; of the two pairs, the higher.
    """
    channels = [picture.red, picture.green, picture.blue]
    turned = [channel.T for channel in channels]
    return max(min(_edge(side), _edge([channel[::-1] for channel in side])) for side in (channels, turned))


def _edge(channels: list[Plane]) -> float:
    """The share of the inner edge of a band along the first rows at which the colour jumps; 0 without a band."""
    height, width = channels[0].shape
    color = [np.int16(np.median(channel[0])) for channel in channels]
    if not _quiet(channels, color, 0):
        return 0.0
    end = next((row for row in range(1, height // 3 + 1) if not _quiet(channels, color, row)), None)
    if end is None or 200 * end < height:
        return 0.0
    after = min(end + 1, height - 1)  # the row at the edge itself may be a blend
    jumps = int(np.count_nonzero(_distance(channels, color, after) > _ALIKE))
    return jumps / int(width)


def _quiet(channels: list[Plane], color: Color, row: int) -> bool:
    far = np.count_nonzero(_distance(channels, color, row) > _ALIKE)
    return bool(50 * far <= channels[0].shape[1])


def _distance(channels: list[Plane], color: Color, row: int) -> Plane:
    """How far the pixels of a row are from a colour."""
    far: Plane = np.maximum.reduce(
        [np.abs(channel[row] - level) for channel, level in zip(channels, color, strict=True)]
    )
    return far
