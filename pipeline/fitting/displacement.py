"""By how much two pictures of a pair are displaced, window by window, and the line through what the windows say.

Each window is compared through the directions of its edges: the slope of luma as a complex number of length 1 where
there is an edge. No edit of tone or colour turns an edge (but an inverted curve), so brightness does not matter. The
displacement is where the cross-correlation of the two, by the Fourier transform, is greatest; between pixels, where a
parabola through the peak and its neighbours is. That is drawn toward 0, so pictures are to be moved and measured again.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from operators.color_space import luma

_WINDOW, _SMALLEST = 256, 32
"""Largest and smallest side of a window."""

_EDGE = 0.01
"""Slope of luma, of the full range a pixel, that counts half as an edge."""

_CLEAR = 0.3
"""Agreement of edges from which a window has a say."""

_SHARE = 0.5
"""Least share of the windows that must have one, and of their weight that must lie on the line."""

_NEAR = 0.5
"""Pixels from the line up to which a window lies on it."""

_ROUNDS = 8


class Moves(NamedTuple):
    """Windows with a say: (n, 2) centres, displacements and weights along y and x, in pixels.

    What the picture after shows at a place, the picture before shows at that place plus the displacement. A weight is
    the curvature of the correlation at its peak: large where there are many sharp edges across the axis.
    """

    centers: Tensor
    moves: Tensor
    weights: Tensor


def displacements(before: Tensor, after: Tensor) -> Moves | None:
    """Displacements of a pair, uint8 (3, H, W) of one size; None where too few windows agree on anything."""
    edges = [_edges(picture) for picture in (before, after)]
    shape = edges[0].shape
    side = min(_WINDOW, min(shape) // 2)
    if side < _SMALLEST:
        return None
    tops, lefts = (_places(length, side) for length in shape)
    hann = torch.hann_window(side + 2, periodic=False)[1:-1]
    taper = hann[:, None] * hann
    windows = [torch.stack([plane[y : y + side, x : x + side] * taper for y in tops for x in lefts]) for plane in edges]
    first, second = (torch.fft.fft2(window) for window in windows)
    correlation = torch.fft.ifft2(first * second.conj()).real
    energy = torch.stack([window.abs().square().sum((1, 2)) for window in windows]).prod(0).sqrt()
    peaks = correlation.flatten(1).argmax(1)
    agreement = correlation.flatten(1).amax(1) / energy.clamp(min=1e-6)
    moves, weights = _between(correlation, peaks // side, peaks % side)
    half = side / 2 + 1  # the edges lack the outermost pixels
    centers = torch.tensor([(y + half, x + half) for y in tops for x in lefts])
    clear = agreement > _CLEAR
    if float(clear.float().mean()) < _SHARE:
        return None
    return Moves(centers[clear], moves[clear], weights[clear])


def steady_line(places: Tensor, moves: Tensor, weights: Tensor) -> tuple[float, float] | None:
    """Displacement at 0 and its growth a pixel, through (n,) displacements at (n,) places along an axis.

    Least squares, in which windows off the line count less and less; None where too little weight lies on it.
    """
    weights = (weights / weights.sum()).double()
    design = torch.stack([torch.ones_like(places), places / 1000], dim=1).double()
    moves, kept = moves.double(), weights
    line = torch.zeros(2, dtype=torch.float64)
    for _ in range(_ROUNDS):
        weighted = design * kept[:, None]
        # A trace of damping: one window, or a column of them, has no growth.
        line = torch.linalg.solve(weighted.T @ design + 1e-6 * torch.eye(2), weighted.T @ moves)
        missed = (design @ line - moves).abs()
        kept = weights / (1 + (missed / _NEAR) ** 2) ** 2
    if float(weights[missed <= _NEAR].sum()) < _SHARE:
        return None
    return float(line[0]), float(line[1]) / 1000


def _edges(picture: Tensor) -> Tensor:
    """Directions of the edges of luma of uint8 (3, H, W), complex (H - 2, W - 2), at most 1 long."""
    plane = luma(picture[None].float() / 255)[0]
    slope = torch.complex(plane[1:-1, 2:] - plane[1:-1, :-2], plane[2:, 1:-1] - plane[:-2, 1:-1]) / 2
    return slope / (slope.abs() + _EDGE)


def _places(length: int, side: int) -> list[int]:
    """Where windows begin that cover a length and overlap by half."""
    count = -(-(length - side) // (side // 2)) + 1
    return [round((length - side) * i / max(1, count - 1)) for i in range(count)]


def _between(correlation: Tensor, rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """Peaks of (n, side, side) at rows and columns as signed displacements between the pixels, and their curvature,
    (n, 2) both."""
    side, index = correlation.shape[1], torch.arange(len(rows))
    moves, weights = [], []
    for at, step in ((rows, (1, 0)), (columns, (0, 1))):
        low, middle, high = (
            correlation[index, (rows + sign * step[0]) % side, (columns + sign * step[1]) % side] for sign in (-1, 0, 1)
        )
        curvature = (2 * middle - low - high).clamp(min=1e-9)
        signed = torch.where(at > side // 2, at - side, at)
        moves.append(signed + ((high - low) / (2 * curvature)).clamp(-0.5, 0.5))
        weights.append(curvature)
    return torch.stack(moves, dim=1), torch.stack(weights, dim=1)
