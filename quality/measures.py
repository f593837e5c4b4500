"""What is measured of every pair: how well its recipe explains it, and how different its pictures are."""

import math

import torch
from torch import Tensor

from quality import compiled_metrics
from quality.arithmetic import decibels, ordered_sum
from quality.color_difference import delta_e00
from schemas.config import Engine
from schemas.sample import Measures

LARGEST_PSNR = 100.0
"""dB given to equal pictures, whose PSNR is infinite; one value in 150,000 that is off by one step gives as much."""


def measure_pair(
    input: Tensor, target: Tensor, rendered: Tensor, clipped: Tensor, engine: Engine = "compiled"
) -> list[Measures]:
    """Measure the variants of one target, from their stored bytes.

    All pixels that are given count alike: whole pictures, or what `grid` takes of them.

    Args:
        input: (B, 3, H, W) uint8, the stored inputs.
        target: (3, H, W) or (B, 3, H, W) uint8, the stored target.
        rendered: (B, 3, H, W) uint8, each recipe rendered on its stored input.
        clipped: (B,) share of each input's pixels that were clipped, in [0, 1].
        engine: whether colour differences are compiled or torch's.

    Returns:
        B measures.

    Raises:
        NoCompilerError: they are wanted compiled, and were not when the package was installed.
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

    differ = compiled_metrics.delta_e00 if engine == "compiled" else delta_e00
    cycle, difference = (differ(picture, target.expand_as(picture)).flatten(1) for picture in (rendered, input))
    rank = math.ceil(0.95 * cycle.shape[1])
    columns = zip(
        psnr(rendered, target).tolist(),
        (ordered_sum(cycle) / cycle.shape[1]).tolist(),
        cycle.kthvalue(rank, dim=1).values.tolist(),
        psnr(input, target).tolist(),
        (ordered_sum(difference) / difference.shape[1]).tolist(),
        clipped.tolist(),
        strict=True,
    )
    return [Measures(**dict(zip(Measures.model_fields, column, strict=True))) for column in columns]


def mean_differences(images: Tensor, references: Tensor, engine: Engine = "compiled") -> list[float]:
    """Mean CIEDE2000 of 8-bit pictures.

    Args:
        images: (B, 3, H, W) uint8.
        references: (B, 3, H, W), (1, 3, H, W) or (3, H, W) uint8.
        engine: whether colour differences are compiled or torch's.
    """
    differ = compiled_metrics.delta_e00 if engine == "compiled" else delta_e00
    differences = differ(images, references.expand_as(images)).flatten(1)
    means: list[float] = (ordered_sum(differences) / differences.shape[1]).tolist()
    return means


def grid(image: Tensor, stride: int) -> Tensor:
    """Every n-th pixel of every n-th row, from the middle of the first cell: (..., 3, H, W) to (..., 3, h, w).

    Channels come last in memory, as in what is decoded. `ScoresConfig.difference_stride` says how well the pixels of a
    grid stand for all of them.
    """
    row, column = (min(stride // 2, (side - 1) // 2) for side in image.shape[-2:])
    channels_last = image.movedim(-3, -1)[..., row::stride, column::stride, :].contiguous()
    return channels_last.movedim(-1, -3)


def psnr(image: Tensor, reference: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of 8-bit pictures in dB, at most `LARGEST_PSNR`.

    Args:
        image: (B, 3, H, W) uint8.
        reference: (B, 3, H, W) or (1, 3, H, W) uint8.

    Returns:
        (B,) float64.
    """
    pairs = zip(image, reference.expand_as(image), strict=True)
    squares = [int((one.int() - other.int()).square().sum()) for one, other in pairs]  # whole numbers: exact
    peak = 255**2 * image[0].numel()
    ratios = [min(decibels(peak / square), LARGEST_PSNR) if square else LARGEST_PSNR for square in squares]
    return torch.tensor(ratios, dtype=torch.float64)
