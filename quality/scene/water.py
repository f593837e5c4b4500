"""Water up to a straight horizon or shore: blue-green, over the whole width, down to the bottom edge."""

import numpy as np
from scipy import ndimage

from quality.scene.evidence import mean, opened, ramp, share
from quality.scene.grid import Grid, Mask


def find_water(grid: Grid, sky: Mask) -> tuple[float, Mask]:
    """Confidence in [0, 1] that the photo shows open water, and its cells.

    Args:
        grid: the photo.
        sky: the cells of its sky, which often is as blue as the water that it touches.
    """
    light, green_red, blue_yellow = grid.light, grid.green_red, grid.blue_yellow
    blue = (blue_yellow < -5) & (green_red < 8) & (green_red > -25)
    teal = (green_red < -8) & (blue_yellow < 2) & (blue_yellow > -30)
    parts, count = ndimage.label(opened((blue | teal) & (light > 12) & (light < 88) & ~sky))
    touching = np.bincount(parts[-1], minlength=count + 1)
    touching[0] = 0
    if touching.max() == 0:
        return 0.0, np.zeros_like(grid.light, dtype=np.bool_)
    mask: Mask = np.asarray(parts == touching.argmax())
    columns = np.flatnonzero(mask.any(axis=0))
    if columns.size < 0.9 * mask.shape[1]:
        return 0.0, mask
    shore = np.sort(mask[:, columns].argmax(axis=0)) / mask.shape[0]
    middle = float(shore[shore.size // 2])
    bend = float(np.sort(np.abs(shore - middle))[shore.size // 2])
    return min(
        ramp(share(mask), 0.1, 0.25),
        ramp(share(mask[-1:]), 0.7, 0.95),
        ramp(middle, 0.15, 0.3),
        # Hills, jeans and folds have no straight edge.
        ramp(bend, 0.03, 0.01),
        ramp(share(mask) / max(1 - middle, 0.01), 0.65, 0.85),
        # Roads and courts reflect the blue of the sky, but not as strongly, and water adds green to it.
        ramp(mean(blue_yellow, mask), -5, -10),
        ramp(mean(green_red, mask), 0, -3),
    ), mask
