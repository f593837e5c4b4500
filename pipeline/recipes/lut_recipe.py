"""The recipe that comes closest to a LUT, on colours that are distributed like those of photographs."""

import torch
from torch import Tensor

from operators.color_space import hsy_to_rgb
from operators.process import Process
from operators.quantization import quantize
from operators.solver import round_to_steps
from operators.threads import one_thread
from pipeline.fitting.pair import solve
from pipeline.fitting.sample import Sample
from pipeline.presets.cube import CubeLut
from quality.measures import psnr
from schemas.fit import FitConfig
from schemas.recipe import Recipe

_SIDE = 55
"""Side, in pixels, of the square on which the colours lie."""

_TILE = 3
"""Side, in pixels, of the uniform patch that a spatial process gets for each colour. Only the centre of a patch counts,
so no neighbour has another colour."""


@one_thread()
def fit_lut(lut: CubeLut, process: Process) -> tuple[Recipe, float]:
    """Fit the recipe of a process that comes closest to a LUT, with as many sliders as that takes.

    Returns:
        The recipe, which names every parameter in the steps in which recipes are stored, and the PSNR in dB between
        the colours that the recipe renders and the colours that the LUT renders.
    """
    colors = photographic_colors()
    looked_up = lut.apply(colors[None]).clamp(0, 1)[0]
    sample = _sample(colors, looked_up, process)
    config = FitConfig()
    solution = solve(process, sample, config)
    parameters = round_to_steps(process, *sample, config.solver, solution.parameters)
    recipe = Recipe(process=process.name, values=dict(zip(process.index, parameters.tolist(), strict=True)))
    rendered = process.render(sample.image[None], process.vector([recipe]))[:, :, sample.weights > 0]
    return recipe, float(psnr(quantize(rendered), quantize(looked_up.flatten(1)[None])))


def photographic_colors() -> Tensor:
    """A fixed sample of colours that are distributed like those of photographs.

    Three quarters of the colours have uniform hue and luma. Their gamut-relative saturation is the product of two
    uniform numbers, so that greys are common and vivid colours are rare. The other quarter is uniform over the RGB
    cube, so that no region is missing. On ten photographs and five looks, recipes fitted to these colours came 0 to 5
    dB less close than recipes fitted to the photograph itself. Recipes fitted to colours spread evenly over the cube
    lost up to 8 dB more.

    Returns:
        float32 (3, 55, 55) encoded sRGB in [0, 1], the same in every call.
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
