"""Sampling recipes from a Gaussian, as a function of a seed."""

import random
from statistics import NormalDist

from operators.process import Process
from pipeline.recipes.gaussian import Gaussian, table_gaussian
from pipeline.recipes.seeds import choose, seed_of
from pipeline.recipes.steps import bounds, rounded
from schemas.config import RecipesConfig
from schemas.recipe import Recipe


def sample_recipe(process: Process, config: RecipesConfig, seed: int, gaussian: Gaussian | None = None) -> Recipe:
    """Draw a recipe: which groups move, then a value for each of their sliders.

    Values are rounded as Lightroom stores them, to 0.01 EV and to whole slider units, and lie within `config.limit` of
    the range. The recipe names every parameter of the process.

    Args:
        process: the process to draw for.
        config: groups, limit and the factor on all spreads.
        seed: the recipe is a function of it.
        gaussian: of this process; `table_gaussian` by default.
    """
    combination = choose(config.groups, seed, "groups")
    moving = {"light", "color", "specific"} if combination == "all" else set(combination.split("+"))
    # All are drawn, whether they move or not, so that a group's values do not depend on which others move.
    generator = random.Random(seed_of(seed, "recipe"))
    drawn = draw(process, config, gaussian or table_gaussian(process), generator)
    return Recipe(
        process=process.name,
        values={
            spec.name: value if spec.group in moving else spec.neutral
            for spec, value in zip(process.parameters, drawn, strict=True)
        },
    )


def draw(process: Process, config: RecipesConfig, gaussian: Gaussian, generator: random.Random) -> list[float]:
    """One value for each parameter, in the order of the process.

    Each slider is drawn from its Gaussian given those before it, cut at the bounds: from the inverse of the cut
    distribution function at one uniform number (as in Genz, 1992), so there is nothing to draw again.
    """
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
    """A normal variate cut to an interval, and how many spreads it lies from the centre."""
    low, high = interval
    if spread == 0:
        return min(max(center, low), high), 0.0
    normal = NormalDist(center, spread)
    first, last = normal.cdf(low), normal.cdf(high)
    probability = first + uniform * (last - first)
    # A centre far outside leaves no probability inside: the nearest bound is then all there is.
    value = normal.inv_cdf(probability) if 0 < probability < 1 else center
    value = min(max(value, low), high)
    return value, (value - center) / spread
