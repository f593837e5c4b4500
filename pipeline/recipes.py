"""Gaussian recipes: sliders drawn with the spread that experts' edits have, one by one or as a fitted sampler says."""

import random
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from operators.catalogue import AETHER_1
from operators.process import Process
from pipeline.seeds import choose, seed_of
from schemas.config import RecipesConfig
from schemas.recipe import ParameterSpec, Recipe
from schemas.sampler import GaussianSampler

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


@dataclass(frozen=True)
class Gaussian:
    """A Gaussian over the parameters of a process, in its order.

    `factor` is the lower triangle of the correlation matrix's Cholesky factor, row i with i + 1 entries.
    """

    means: tuple[float, ...]
    sigmas: tuple[float, ...]
    factor: tuple[tuple[float, ...], ...]


def table_gaussian(process: Process) -> Gaussian:
    """Independent sliders around neutral, with the table's spread.

    The parameters of other processes than aether/1, which the table does not know, spread by a quarter of the way
    from neutral to the nearer end of the range in which they can be undone.
    """
    sigmas = tuple(SIGMAS[spec.name] if spec in AETHER_1.parameters else _quarter(spec) for spec in process.parameters)
    factor = tuple((0.0,) * i + (1.0,) for i in range(len(sigmas)))
    return Gaussian(tuple(process.neutral.values()), sigmas, factor)


def fitted_gaussian(sampler: GaussianSampler) -> Gaussian:
    """The Gaussian of a sampler's record."""
    factor = np.linalg.cholesky(np.array(sampler.correlation)).tolist()
    return Gaussian(
        tuple(slider.mean for slider in sampler.sliders),
        tuple(slider.sigma for slider in sampler.sliders),
        tuple(tuple(row[: i + 1]) for i, row in enumerate(factor)),
    )


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


def bounds(spec: ParameterSpec, limit: float) -> tuple[float, float]:
    """Smallest and largest value of a drawn slider: `limit` of the way from neutral to the ends of its safe range."""
    low, high = spec.safe or (spec.minimum, spec.maximum)
    return spec.neutral + limit * (low - spec.neutral), spec.neutral + limit * (high - spec.neutral)


def rounded(spec: ParameterSpec, value: float, limit: float) -> float:
    """The value as it is stored: within `bounds` and in steps."""
    return stepped(spec, value, *bounds(spec, limit))


def stepped(spec: ParameterSpec, value: float, low: float, high: float) -> float:
    """The value within an interval and in steps of 0.01, of 1 for sliders and degrees."""
    digits = 0 if spec.unit in {"slider", "degree"} else 2
    value = round(min(max(value, low), high), digits)
    if not low <= value <= high:  # rounding went beyond the bound
        value = round(value - 10.0**-digits if value > high else value + 10.0**-digits, digits)
    return value + 0.0  # turns -0.0 into 0.0


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


def _quarter(spec: ParameterSpec) -> float:
    low, high = spec.safe or (spec.minimum, spec.maximum)
    return min(spec.neutral - low, high - spec.neutral) / 4 or (high - low) / 8
