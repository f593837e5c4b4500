"""What of a recipe shows on a photo."""

from math import ceil, sqrt

from torch import Tensor

from operators.renderer import Renderer
from quality.effects import effects_on
from quality.measures import grid, mean_differences
from schemas.recipe import Recipe

UNSEEN = 0.12
"""Mean CIEDE2000 up to which two renders count as one; data sets have no slider of a smaller effect."""

_PIXELS = 2000


def visible_part(renderer: Renderer, picture: Tensor, recipe: Recipe) -> Recipe:
    """The recipe without its faintest sliders: as many as can go together while the render looks the same.

    Args:
        renderer: renders the recipe's process.
        picture: uint8 (3, H, W); about 2,000 of its pixels are looked at.
        recipe: what is rendered on it.
    """
    pixels = grid(picture, max(1, ceil(sqrt(picture[0].numel() / _PIXELS))))
    values = renderer.process.vector([recipe])
    effects = effects_on(renderer, pixels, values[0], "compiled")
    faintest_first = sorted(effects, key=effects.__getitem__)
    neutral = renderer.process.neutral
    rows = values.repeat(len(effects) + 1, 1)
    for count, name in enumerate(faintest_first, start=1):
        rows[count:, renderer.process.index[name]] = neutral[name]
    rendered = renderer.render(pixels.expand(len(rows), -1, -1, -1), rows)
    differences = mean_differences(rendered, rendered[:1])
    most = max(count for count, difference in enumerate(differences) if difference <= UNSEEN)
    unseen = {name: neutral[name] for name in faintest_first[:most]}
    return Recipe(process=recipe.process, values={**recipe.values, **unseen})
