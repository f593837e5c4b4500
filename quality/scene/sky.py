"""The sky: smooth, at the top edge, and unlike a wall in how its light and colour change toward the horizon."""

import numpy as np

from quality.scene.evidence import from_the_top, mean, opened, ramp, relief, share, slope
from quality.scene.grid import Grid, Mask


def find_blue_sky(grid: Grid) -> tuple[float, Mask]:
    """Confidence in [0, 1] that the photo shows a blue sky, and its blue cells."""
    light, green_red, blue_yellow = grid.light, grid.green_red, grid.blue_yellow
    blue = (blue_yellow < -5) & (np.abs(green_red) < 2 - blue_yellow) & (grid.texture < 14) & (light > 20)
    # Horizons and clouds are edges: without them, blue hills, sea and walls in shade do not join the sky.
    mask = from_the_top(blue & (relief(light) < 4), 0.1)
    confidence = min(
        ramp(share(mask), 0.03, 0.13),
        ramp(share(mask[:1]), 0.2, 0.6),
        ramp(mean(light, mask), 30, 50),
        # Stage light and painted walls are more purple than any sky by day.
        ramp(mean(green_red, mask), 11, 5),
        ramp(mean(blue_yellow, mask), -5, -10),
        # A sky may lean to green where it is bright; dark teal is water or a backdrop.
        ramp(mean(light, mask) + 2 * mean(green_red, mask), 33, 41),
        # What fills the frame down to the bottom edge is a background.
        ramp(share(mask[-1:]), 1, 0.8),
        # A clear sky becomes brighter and paler toward the horizon; backdrops, walls and water become neither.
        ramp(slope(light, mask), 0, 10),
        ramp(slope(blue_yellow, mask), 0, 6),
    )
    return confidence, mask


def find_pale_sky(grid: Grid, greenery: float) -> tuple[float, Mask]:
    """Confidence that the photo shows a white, grey or pale sky, and its cells.

    Nothing tells a white sky from a white wall but what is beside it, so it is named only above greenery, or where a
    bluish one lies over the whole width.

    Args:
        grid: the photo.
        greenery: the share of cells that look like greenery.
    """
    light, green_red, blue_yellow = grid.light, grid.green_red, grid.blue_yellow
    pale = (np.abs(green_red) < 7) & (blue_yellow < 8) & (blue_yellow > -30) & (grid.texture < 8) & (light > 55)
    mask = from_the_top(pale, 0.1)
    width = share(mask[:1])
    above_greenery = min(ramp(width, 0.3, 0.7), ramp(greenery, 0.02, 0.12))
    bluish = min(ramp(width, 0.6, 1.1), ramp(mean(blue_yellow, mask), -2, -6), ramp(share(mask), 0.1, 0.26))
    confidence = min(
        max(above_greenery, bluish),
        ramp(share(mask), 0.03, 0.11),
        # What is below is darker and rougher than a sky; in a white room or on a white table it often is neither. A
        # clipped white is brighter than anything, so it has to be much brighter.
        ramp(mean(light, mask) - mean(light, ~mask) - 20 * ramp(mean(light, mask), 96, 98), 10, 30),
        ramp(mean(grid.texture, ~mask), 6, 13),
        ramp(share(mask[-1:]), 0.1, 0),
        ramp(mean(green_red, mask), 5, 2),
    )
    return confidence, mask


def find_sunset_sky(grid: Grid) -> tuple[float, Mask]:
    """Confidence that the photo shows a sky that is blue or violet above and red or yellow toward the horizon."""
    light, green_red, blue_yellow = grid.light, grid.green_red, grid.blue_yellow
    warm = (green_red > 4) & (blue_yellow > -6) & (blue_yellow < 40) & (light > 40) & (grid.chroma > 8)
    cool = (blue_yellow < -4) & (green_red < 22) & (green_red > -8) & (light > 25)
    pale = (np.abs(green_red) <= 4) & (blue_yellow >= -4) & (blue_yellow < 12) & (light > 55)
    mask = from_the_top(opened((warm | cool | pale) & (grid.texture < 10)), 0.15)
    inside = max(share(mask), 1 / mask.size)
    confidence = min(
        ramp(inside, 0.1, 0.3),
        ramp(share(mask[:1]), 0.3, 0.7),
        ramp(min(share(mask[:, :1]), share(mask[:, -1:])), 0.1, 0.3),
        # One colour alone may be a wall, and so may two that lie side by side.
        ramp(share(mask & warm) / inside, 0.05, 0.25),
        ramp(share(mask & cool) / inside, 0.02, 0.22),
        ramp(slope(green_red, mask), 4, 16),
        ramp(slope(blue_yellow, mask), 10, 40),
    )
    return confidence, mask
