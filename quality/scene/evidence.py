"""What rules about regions are made of: soft thresholds, and measures of a mask on the grid."""

import numpy as np
from scipy import ndimage

from quality.scene.grid import Cells, Mask, rounded


def ramp(value: float, never: float, surely: float) -> float:
    """0 at `never` and beyond, 1 at `surely` and beyond, straight between; either may be the larger."""
    return min(max((value - never) / (surely - never), 0.0), 1.0)


def share(mask: Mask) -> float:
    """The share of cells that are set."""
    return int(mask.sum()) / mask.size


def mean(values: Cells, mask: Mask) -> float:
    """Mean over the cells of a mask, 0 if there are none."""
    inside = values[mask]
    return float(inside.sum()) / inside.size if inside.size else 0.0


def slope(values: Cells, mask: Mask) -> float:
    """How much values rise from the top of the frame to its bottom, by the line fitted to the cells of a mask."""
    rows, inside = np.nonzero(mask)[0], values[mask]
    count, total = int(rows.size), int(rows.sum())
    spread = count * int((rows * rows).sum()) - total * total
    if spread == 0:
        return 0.0
    product = count * float((rows * inside).sum()) - total * float(inside.sum())
    return product / spread * int(mask.shape[0])


def along_the_edges(mask: Mask) -> float:
    """The mean share of the four edges of the frame that a mask covers."""
    return sum(share(edge) for edge in (mask[:1], mask[-1:], mask[:, :1], mask[:, -1:])) / 4


def from_the_top(mask: Mask, least: float) -> Mask:
    """The connected parts of a mask that each hold at least this share of the cells at the top edge."""
    parts, count = ndimage.label(mask)
    touching = np.bincount(parts[0], minlength=count + 1) >= least * mask.shape[1]
    touching[0] = False
    return np.asarray(touching[parts])


def opened(mask: Mask) -> Mask:
    """A mask without what is narrower than three cells; beyond the frame's edges it counts as set."""
    core = np.pad(mask, 1, constant_values=True)
    core = core[1:-1, 1:-1] & core[:-2, 1:-1] & core[2:, 1:-1] & core[1:-1, :-2] & core[1:-1, 2:]
    core = np.pad(core, 1)
    return np.asarray(core[1:-1, 1:-1] | core[:-2, 1:-1] | core[2:, 1:-1] | core[1:-1, :-2] | core[1:-1, 2:])


def box(values: Cells) -> Cells:
    """Means over 3 x 3 cells; at the edges, cells repeat."""
    padded = np.pad(values, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return np.asarray((rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9)


def relief(values: Cells) -> Cells:
    """Standard deviation over 3 x 3 cells: the texture that is coarser than a cell."""
    means = box(values)
    return rounded(np.sqrt(np.maximum(box(values * values) - means * means, 0)))
