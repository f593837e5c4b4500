"""Other views of a pair: a random part of it, perhaps mirrored, which tells the same edit.

What is drawn is a function of the example; kornia cuts whole batches on their device.
"""

import torch
from kornia.geometry.transform import crop_and_resize
from torch import Tensor

_LEAST = 0.6
"""Least share of a side that is seen."""


def draw_frame(generator: torch.Generator) -> Tensor:
    """Corners of a part of a picture, from what comes top left and clockwise, as shares of its sides: (4, 2)."""
    shares = torch.rand(2, 2, generator=generator)
    size = _LEAST + (1 - _LEAST) * shares[0]
    ends = torch.stack([shares[1] * (1 - size), shares[1] * (1 - size) + size])
    flips = torch.rand(2, generator=generator) < 0.5
    (left, top), (right, bottom) = torch.where(flips, ends.flip(0), ends).tolist()
    return torch.tensor([[left, top], [right, top], [right, bottom], [left, bottom]])


def framed(pairs: Tensor, frames: Tensor) -> Tensor:
    """Parts of pairs at their size, interpolated: (B, 6, S, S) and (B, 4, 2) to (B, 6, S, S)."""
    side = pairs.shape[-1]
    cut: Tensor = crop_and_resize(pairs, frames * (side - 1), (side, side))
    return cut
