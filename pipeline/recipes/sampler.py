"""Drawing recipes from a Gaussian, as a function of a seed."""

import random
from statistics import NormalDist

from operators.process import Process
from pipeline.recipes.gaussian import Gaussian, table_gaussian
from pipeline.recipes.seeds import choose, seed_of
from pipeline.recipes.steps import bounds, rounded
from schemas.config import RecipesConfig
from schemas.recipe import Recipe


def sample_recipe(process: Process, config: RecipesConfig, seed: int, gaussian: Gaussian | None = None) -> Recipe:
    """Draw a recipe: first which groups move, then a value for each of their sliders.

    Values lie within the share `config.limit` of the range. They are rounded as Lightroom stores them: to 0.01 EV and
    to whole slider units. The recipe names every parameter of the process.

    Args:
        process: the process of the recipe.
        config: groups, limit, and the factor on all standard deviations.
        seed: determines every draw.
        gaussian: a Gaussian over the parameters of this process; `table_gaussian` by default.
    """
    moving = moving_groups(config, seed)
    drawn = draw_gaussian(process, config, gaussian or table_gaussian(process), seed)
    return Recipe(
        process=process.name,
        values={
            spec.name: value if spec.group in moving else spec.neutral
            for spec, value in zip(process.parameters, drawn, strict=True)
        },
    )


def moving_groups(config: RecipesConfig, seed: int) -> set[str]:
    """Draw the parameter groups that a recipe may move."""
    combination = choose(config.groups, seed, "groups")
    return {"light", "color", "specific"} if combination == "all" else set(combination.split("+"))


def draw_gaussian(process: Process, config: RecipesConfig, gaussian: Gaussian, seed: int) -> list[float]:
    """Draw one value for each parameter, in the order of the process.

    Each slider is drawn from its Gaussian conditional on the sliders before it, truncated at the bounds. Its value is
    the inverse of the truncated distribution function at one uniform number (as in Genz, 1992), so no draw is ever
    repeated.

    Args:
        process: the process of the values.
        config: limit, and the factor on all standard deviations.
        gaussian: a Gaussian over the parameters of this process.
        seed: determines every draw.
    """
    # Every slider is drawn, even if its group does not move, so that no group's values depend on which others move.
    generator = random.Random(seed_of(seed, "recipe"))
    values: list[float] = []
    steps: list[float] = []
    for spec, mean, sigma, row in zip(
        process.parameters, gaussian.means, gaussian.sigmas, gaussian.factor, strict=True
    ):
        spread = sigma * config.sigma_scale
        center = mean + spread * sum(weight * step for weight, step in zip(row, steps, strict=False))
        value, step = _cut_normal(center, spread * row[-1], bounds(spec, config.limit), generator.random())
        values.append(rounded(spec, value, config.limit))
        steps.append(step)
    return values


def _cut_normal(center: float, spread: float, interval: tuple[float, float], uniform: float) -> tuple[float, float]:
    """A normal variate truncated to an interval, and its distance from the centre in standard deviations."""
    low, high = interval
    if spread == 0:
        return min(max(center, low), high), 0.0
    normal = NormalDist(center, spread)
    first, last = normal.cdf(low), normal.cdf(high)
    probability = first + uniform * (last - first)
    # If the centre lies far outside the interval, the probability rounds to 0 or 1; clamping gives the nearest bound.
    value = normal.inv_cdf(probability) if 0 < probability < 1 else center
    value = min(max(value, low), high)
    return value, (value - center) / spread
