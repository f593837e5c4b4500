"""Gaussian recipes: sliders drawn independently, each with the spread that experts' edits have."""

import random
from statistics import NormalDist

from operators.process import Process
from pipeline.seeds import choose, seed_of
from schemas.config import RecipesConfig
from schemas.recipe import ParameterSpec, Recipe

_BANDS = ("Red", "Orange", "Yellow", "Green", "Aqua", "Blue", "Purple", "Magenta")

SIGMAS = {
    "Exposure2012": 0.6543,
    "Contrast2012": 12.6789,
    "Highlights2012": 21.5888,
    "Shadows2012": 16.2265,
    "Whites2012": 16.4355,
    "Blacks2012": 15.5995,
    "ParametricShadows": 7.2495,
    "ParametricDarks": 15.8214,
    "ParametricLights": 7.6688,
    "ParametricHighlights": 9.1287,
    "IncrementalTemperature": 15.0,
    "IncrementalTint": 15.0,
    "Vibrance": 7.8137,
    "Saturation": 7.4315,
}
for _kind, _sigmas in {
    "Hue": (5.814, 8.3549, 15.1914, 8.4875, 19.8922, 11.8419, 10.1451, 19.0949),
    "Saturation": (19.8318, 9.6656, 18.2479, 17.7113, 7.4975, 15.6967, 21.7025, 27.8002),
    "Luminance": (10.0289, 13.4234, 16.2116, 28.3202, 17.125, 22.4162, 18.2913, 25.4936),
}.items():
    SIGMAS |= {f"{_kind}Adjustment{band}": sigma for band, sigma in zip(_BANDS, _sigmas, strict=True)}


def sample_recipe(process: Process, config: RecipesConfig, seed: int) -> Recipe:
    """Draw a recipe: which groups move, then a value for each of their sliders.

    Values are rounded as Lightroom stores them, to 0.01 EV and to whole slider units; the Gaussian is cut at
    `config.limit` of the range, where a value is drawn again. The recipe names every parameter of the process.
    """
    combination = choose(config.groups, seed, "groups")
    moving = {"light", "color", "specific"} if combination == "all" else set(combination.split("+"))
    generator = random.Random(seed_of(seed, "recipe"))  # noqa: S311 - not for secrets
    # All are drawn, whether they move or not, so that a group's values do not depend on which others move.
    drawn = {spec: _draw(spec, config, generator) for spec in process.parameters}
    values = {spec.name: value if spec.group in moving else spec.neutral for spec, value in drawn.items()}
    return Recipe(process=process.name, values=values)


def _draw(spec: ParameterSpec, config: RecipesConfig, generator: random.Random) -> float:
    spread = NormalDist(0, SIGMAS[spec.name] * config.sigma_scale)
    while True:
        probability = generator.random()
        # inv_cdf of a random() is the same on every platform and in every version of Python; gauss() need not be.
        value = round(spread.inv_cdf(probability), 2 if spec.unit == "EV" else 0) if probability > 0 else 0.0
        if abs(value) <= config.limit * spec.maximum:
            return value + 0.0  # turns -0.0 into 0.0
