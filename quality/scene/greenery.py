"""Leaves and grass: green that leans to yellow, and is textured at two scales."""

import numpy as np

from quality.scene.evidence import along_the_edges, box, mean, opened, ramp, relief, share
from quality.scene.grid import Grid, Mask


def green_cells(grid: Grid) -> Mask:
    """The cells that could be leaves or grass."""
    light, green_red, blue_yellow = grid.light, grid.green_red, grid.blue_yellow
    # Leaves lie between these two hues; paint and jerseys are often bluer, dry grass and sand redder.
    hue = (blue_yellow > -0.8 * green_red) & (green_red < -0.22 * blue_yellow)
    coloured = hue & (green_red < -5) & (grid.chroma > 14) & (light > 8) & (light < 88)
    return opened(coloured & (box(grid.texture) > 3))


def find_greenery(grid: Grid, mask: Mask, sky: float) -> float:
    """Confidence in [0, 1] that a photo shows greenery.

    Args:
        grid: the photo.
        mask: its green cells.
        sky: confidence in [0, 1] that it shows a sky. Under one, hardly anything green and rough is no greenery.
    """
    light, green_red = grid.light, grid.green_red
    # Shells, fur, stone and haze look green too, but hardly: their colour is weak, and yellow rather than green.
    colour = mean(grid.chroma, mask) + 30 * mean((green_red < -10).astype(np.float64), mask)
    alone = min(
        ramp(share(mask), 0.06, 0.2),
        ramp(colour, 46, 58),
        # Lizards, fruit and bags lie inside the frame; plants run out of it.
        ramp(along_the_edges(mask), 0.15, 0.36),
    )
    under_sky = min(ramp(share(mask), 0.05, 0.16), ramp(colour, 30, 42), sky)
    return min(
        max(alone, under_sky),
        # A green wall or court has little texture, or texture of one scale alone.
        ramp(mean(grid.texture, mask), 4, 9),
        ramp(mean(relief(light), mask), 2.3, 3.9),
        # Where even whites are green, as under water or on old film, green tells nothing.
        ramp(mean(green_red, (light > 50) & (grid.chroma < 18)), -14, -10),
        ramp(mean(light, mask), 80, 64),
        # Drawings are flat; photographs have noise.
        ramp(mean((grid.texture < 0.2).astype(np.float64), mask), 0.2, 0.05),
    )
