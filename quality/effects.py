"""The effect of each slider of a recipe: how much a picture changes when that slider alone returns to neutral."""

from collections.abc import Sequence
from math import ceil, sqrt

import torch
from torch import Tensor

from operators.renderer import Renderer
from quality.measures import grid, mean_differences
from schemas.config import Engine
from schemas.recipe import Recipe

_PIXELS = 2000
"""Effects are measured on a regular grid of about this many pixels."""


def measure_effects(
    renderer: Renderer, inputs: Tensor, recipes: Sequence[Recipe], engine: Engine
) -> list[dict[str, float]]:
    """Measure the effects of the sliders of several recipes, each on its own input.

    Args:
        renderer: renders the recipes' process.
        inputs: uint8 (B, 3, H, W), the inputs.
        recipes: B recipes.
        engine: whether colour differences are compiled.

    Returns:
        For each recipe, the mean CIEDE2000 between its render and its render with one slider at neutral, by the names
        of the sliders that are not neutral, to three decimals.
    """
    stride = max(1, ceil(sqrt(inputs.shape[2] * inputs.shape[3] / _PIXELS)))
    parameters = renderer.process.vector(recipes)
    pixels = grid(inputs, stride)
    return [effects_on(renderer, *row, engine) for row in zip(pixels, parameters, strict=True)]


def effects_on(renderer: Renderer, pixels: Tensor, parameters: Tensor, engine: Engine) -> dict[str, float]:
    """The effects of one recipe's sliders on the given pixels.

    Args:
        renderer: renders the recipe's process.
        pixels: uint8 (3, H, W) of the input.
        parameters: (P,) values of the recipe.
        engine: whether colour differences are compiled.
    """
    process = renderer.process
    neutral = torch.tensor(list(process.neutral.values()))
    moved = (parameters != neutral).nonzero().flatten().tolist()
    if not moved:
        return {}
    without = parameters.repeat(len(moved), 1)
    without[range(len(moved)), moved] = neutral[moved]
    rows = torch.cat([parameters[None], without])
    rendered = renderer.render(pixels.expand(len(rows), -1, -1, -1), rows)
    differences = mean_differences(rendered[1:], rendered[:1], engine)
    names = list(process.index)
    return {names[column]: round(difference, 3) for column, difference in zip(moved, differences, strict=True)}
