"""PIQE, blind quality from perception-based features, as pyiqa's metric `piqe` computes it, twenty times as fast.

N. Venkatanath, D. Praneeth, M. C. Bh, S. S. Channappayya, S. S. Medasani, "Blind image quality evaluation using
perception based features", National Conference on Communications (2015). Local contrast is normalised; of the 16 x 16
blocks that show activity, those with a flat segment on an edge (blocking, blur) and those with noise add to the score.
"""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from quality.gaussian import gaussian_mean

_WINDOW = 7
_SIGMA = 7 / 6
_BLOCK = 16
_SEGMENT = 6
_ACTIVE_VARIANCE = 0.1
_FLAT_VARIANCE = 0.1**2
_CENTER = slice(7, 9)
_NOT_SURROUND = slice(7, 10, 2)
"""pyiqa takes column 7 out of the surround and then column 8 of what is left, as the authors' own program does."""


def piqe(luma: Tensor) -> Tensor:
    """PIQE of one picture: 0 best, 100 worst; not a number for a black picture.

    Args:
        luma: (H, W) float32 in any unit: its largest value counts as white.

    Returns:
        A scalar. It is pyiqa's but for blocks that are within float32 rounding of a threshold.

    Raises:
        ValueError: a side is too short for one block.
    """
    if min(luma.shape) < _BLOCK / 2:
        raise ValueError(f"piqe needs {_BLOCK // 2} pixels on each side, got {tuple(luma.shape)}")
    contrast = _contrast(luma)
    rows, columns = (side // _BLOCK for side in contrast.shape)
    blocks = contrast[: rows * _BLOCK, : columns * _BLOCK].view(rows, _BLOCK, columns * _BLOCK)

    # Over the columns of each block, from which come variances of a whole block, its center and its surround.
    sums = torch.stack([blocks.sum(1), blocks.square().sum(1)]).view(2, rows, columns, _BLOCK)
    whole = sums.sum(3)
    variance = _variance(whole, _BLOCK * _BLOCK)
    center = _variance(sums[..., _CENTER].sum(3), 2 * _BLOCK)
    surround = _variance(whole - sums[..., _NOT_SURROUND].sum(3), 14 * _BLOCK)
    deviation, ratio = variance.sqrt(), (center / surround).sqrt_().nan_to_num_()
    noisy = deviation > 2 * (deviation - ratio).abs() / torch.maximum(deviation, ratio)

    active = variance > _ACTIVE_VARIANCE
    distortion = _has_flat_edge(blocks, columns) * (1 - variance) + noisy * variance
    return 100 * ((distortion * active).sum() + 1) / (active.sum() + 1)


def _contrast(luma: Tensor) -> Tensor:
    """Luma less its local mean, over its local deviation: (H, W) to (H + H % 16, W + W % 16), mirrored there."""
    luma = (luma * (255 / luma.amax())).round_().sub_(128)  # around 0, squares lose less to rounding
    for dim in (0, 1):
        if extra := luma.shape[dim] % _BLOCK:
            luma = torch.cat([luma, luma.narrow(dim, luma.shape[dim] - extra, extra).flip(dim)], dim)
    framed = F.pad(luma[None], (_WINDOW // 2,) * 4, mode="replicate")[0]
    mean = gaussian_mean(framed, _WINDOW, _SIGMA)
    deviation = gaussian_mean(framed.square_(), _WINDOW, _SIGMA).addcmul_(mean, mean, value=-1).abs_().sqrt_()
    return luma.sub_(mean).div_(deviation.add_(1))


def _variance(sums: Tensor, count: int) -> Tensor:
    """Unbiased variance from a sum and a sum of squares: (2, ...) to (...)."""
    return (sums[1] - sums[0].square() / count).div_(count - 1).clamp_(min=0)


def _has_flat_edge(blocks: Tensor, columns: int) -> Tensor:
    """Whether a segment of 6 along an edge of a block hardly varies: (R, 16, C * 16) to (R, C)."""
    cells = blocks.view(len(blocks), _BLOCK, columns, _BLOCK)
    horizontal = [cells[:, row].permute(2, 0, 1) for row in (0, -1)]
    vertical = [cells[..., column].transpose(0, 1) for column in (0, -1)]
    edges = torch.stack(horizontal + vertical, 1)
    sums = _segments(blocks.device) @ torch.stack([edges, edges.square()], 1).flatten(1)
    variance = _variance(sums.view(len(sums), 2, -1).transpose(0, 1), _SEGMENT)
    return variance.amin(0).view(4, -1, columns).amin(0) < _FLAT_VARIANCE


@cache
def _segments(device: torch.device) -> Tensor:
    """(11, 16): row i marks the segment that starts at i."""
    offsets = torch.arange(_BLOCK) - torch.arange(_BLOCK - _SEGMENT + 1)[:, None]
    return ((offsets >= 0) & (offsets < _SEGMENT)).float().to(device)
