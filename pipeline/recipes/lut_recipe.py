"""The recipe that comes closest to a LUT, on colours that are spread like those of photographs."""

import torch
from torch import Tensor

from operators.color_space import hsy_to_rgb
from operators.process import Process
from operators.quantization import quantize
from operators.threads import one_thread
from pipeline.fitting.pair import solve
from pipeline.fitting.sample import Sample
from pipeline.presets.cube import CubeLut
from quality.measures import psnr
from schemas.fit import FitConfig
from schemas.recipe import Recipe

_SIDE = 55
"""The colours lie on a square of so many a side."""

_TILE = 3
"""Side of the patch of one colour that a spatial process is given, so that none has a neighbour of another."""


@one_thread()
def fit_lut(lut: CubeLut, process: Process) -> tuple[Recipe, float]:
    """Fit a process to a LUT.

    Returns:
        A recipe that names every parameter, in the steps in which recipes are stored, and the PSNR in dB between what
        it and the LUT make of the colours.
    """
    colors = photographic_colors()
    looked_up = lut.apply(colors[None]).clamp(0, 1)[0]
    sample = _sample(colors, looked_up, process)
    solution = solve(process, sample, FitConfig())
    recipe = Recipe(process=process.name, values=dict(zip(process.index, solution.parameters.tolist(), strict=True)))
    rendered = process.render(sample.image[None], process.vector([recipe]))[:, :, sample.weights > 0]
    return recipe, float(psnr(quantize(rendered), quantize(looked_up.flatten(1)[None])))


def photographic_colors() -> Tensor:
    """Colours in [0, 1], (3, 55, 55), always the same.

    Three quarters have a uniform hue and luma and a gamut-relative saturation that is the product of two uniform
    numbers, so that greys are common and vivid colours rare; the rest are spread over the cube, so that none is
    missing. On ten photographs and five looks, recipes fitted to these colours came 0 to 5 dB less close than recipes
    fitted to the photograph itself; fitted to the even cube they lost up to 8 dB more.
    """
    generator = torch.Generator().manual_seed(0)
    count = _SIDE * _SIDE
    natural = 3 * count // 4
    hue, first, second, luma = torch.rand(4, 1, natural, generator=generator)
    muted = hsy_to_rgb(6 * hue, first * second, luma).clamp(0, 1)[0]
    even = torch.rand(3, count - natural, generator=generator)
    return torch.cat([muted, even], dim=1).view(3, _SIDE, _SIDE)


def _sample(colors: Tensor, looked_up: Tensor, process: Process) -> Sample:
    if not process.spatial:
        return Sample(colors.view(3, 1, -1), looked_up.view(3, 1, -1), torch.ones(1, _SIDE * _SIDE))
    image, target = (part.repeat_interleave(_TILE, 1).repeat_interleave(_TILE, 2) for part in (colors, looked_up))
    weights = torch.zeros(image.shape[1:])
    weights[_TILE // 2 :: _TILE, _TILE // 2 :: _TILE] = 1
    return Sample(image, target, weights)
