"""What is measured of every pair: how well its recipe explains it, and how different its pictures are."""

import math

import torch
from torch import Tensor

from quality.color_difference import ciede2000, srgb_to_lab
from schemas.sample import Measures

LARGEST_PSNR = 100.0
"""dB given to equal pictures, whose PSNR is infinite; one value in 150,000 that is off by one step gives as much."""


def measure_pair(
    input: Tensor, target: Tensor, rendered: Tensor, clipped: Tensor, difference_stride: int = 1
) -> list[Measures]:
    """Measure the variants of one target, from their stored bytes.

    Args:
        input: (B, 3, H, W) uint8, the stored inputs.
        target: (3, H, W) or (B, 3, H, W) uint8, the stored target.
        rendered: (B, 3, H, W) uint8, each recipe rendered on its stored input.
        clipped: (B,) share of each input's pixels that were clipped, in [0, 1].
        difference_stride: CIEDE2000 is taken on every n-th pixel of every n-th row, as `ScoresConfig` explains; PSNR
            always uses all of them.

    Returns:
        B measures.

    Raises:
        ValueError: pictures differ in shape, or are not uint8.
    """
    if target.ndim == 3:
        target = target[None]
    for name, picture in (("input", input), ("target", target), ("rendered", rendered)):
        if picture.dtype != torch.uint8:
            raise ValueError(f"measures are of stored pictures: {name} must be uint8, got {picture.dtype}")
    if input.ndim != 4 or rendered.shape != input.shape or target.shape not in (input.shape, (1, *input.shape[1:])):
        shapes = [tuple(picture.shape) for picture in (input, target, rendered)]
        raise ValueError(f"input, target and rendered must be pictures of one size, got {shapes}")

    lab_target = srgb_to_lab(_sample(target, difference_stride))
    cycle = ciede2000(srgb_to_lab(_sample(rendered, difference_stride)), lab_target)
    difference = ciede2000(srgb_to_lab(_sample(input, difference_stride)), lab_target)
    rank = math.ceil(0.95 * cycle.shape[1])
    columns = zip(
        psnr(rendered, target).tolist(),
        cycle.mean(1).tolist(),
        cycle.kthvalue(rank, dim=1).values.tolist(),
        psnr(input, target).tolist(),
        difference.mean(1).tolist(),
        clipped.tolist(),
        strict=True,
    )
    return [Measures(**dict(zip(Measures.model_fields, column, strict=True))) for column in columns]


def psnr(image: Tensor, reference: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of 8-bit pictures in dB, at most `LARGEST_PSNR`.

    Args:
        image: (B, 3, H, W) uint8.
        reference: (B, 3, H, W) or (1, 3, H, W) uint8.

    Returns:
        (B,) float64.
    """
    square = torch.stack([_squared_error(a, b) for a, b in zip(image, reference.expand_as(image), strict=True)])
    return (10 * torch.log10(255**2 * image[0].numel() / square)).clamp(max=LARGEST_PSNR)


def _squared_error(image: Tensor, reference: Tensor) -> Tensor:
    # Some values at a time stay in the cache; `sum` adds in pairs, so float32 is exact to eight digits.
    parts = zip(*(torch.split(picture.flatten(), _BLOCK) for picture in (image, reference)), strict=True)
    differences = (a.float() - b.float() for a, b in parts)
    return torch.stack([part.square_().sum() for part in differences]).double().sum()


_BLOCK = 65536


def _sample(image: Tensor, stride: int) -> Tensor:
    """(B, 3, H, W) to (B, 3, N): every n-th pixel of every n-th row, from the middle of the first cell."""
    height, width = image.shape[2:]
    row, column = (min(stride // 2, (side - 1) // 2) for side in (height, width))
    return image[:, :, row::stride, column::stride].flatten(2)
