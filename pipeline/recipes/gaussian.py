"""Gaussians over the sliders of a process: the published table, and Gaussians estimated from recipes or photos."""

from dataclasses import dataclass

import numpy as np

from operators.catalogue import AETHER_1
from operators.color_mixer import BANDS
from operators.process import Process
from schemas.recipe import ParameterSpec
from schemas.sampler import GaussianSampler

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
    SIGMAS |= {f"{_kind}Adjustment{band}": sigma for band, sigma in zip(BANDS, _sigmas, strict=True)}
"""Standard deviations of the 38 sliders in AetherRetouch's parameter task: exposure in EV, the rest in slider units."""


@dataclass(frozen=True)
class Gaussian:
    """A Gaussian over the parameters of a process.

    Attributes:
        means: mean of each parameter in its unit, in the order of the process.
        sigmas: standard deviation of each parameter in its unit, in the same order.
        factor: lower triangle of the Cholesky factor of the correlation matrix; row i has i + 1 entries.
    """

    means: tuple[float, ...]
    sigmas: tuple[float, ...]
    factor: tuple[tuple[float, ...], ...]


def table_gaussian(process: Process) -> Gaussian:
    """The Gaussian of the published table: independent sliders around neutral.

    The table covers the parameters of aether/1. For any other parameter, the standard deviation is a quarter of the
    distance from neutral to the nearer end of the range in which the parameter can be undone, or an eighth of that
    range if neutral lies at its end.
    """
    sigmas = tuple(SIGMAS[spec.name] if spec in AETHER_1.parameters else _quarter(spec) for spec in process.parameters)
    factor = tuple((0.0,) * i + (1.0,) for i in range(len(sigmas)))
    return Gaussian(tuple(process.neutral.values()), sigmas, factor)


def fitted_gaussian(sampler: GaussianSampler) -> Gaussian:
    """The Gaussian that a sampler's record describes."""
    factor = np.linalg.cholesky(np.array(sampler.correlation)).tolist()
    return Gaussian(
        tuple(slider.mean for slider in sampler.sliders),
        tuple(slider.sigma for slider in sampler.sliders),
        tuple(tuple(row[: i + 1]) for i, row in enumerate(factor)),
    )


def _quarter(spec: ParameterSpec) -> float:
    low, high = spec.safe or (spec.minimum, spec.maximum)
    return min(spec.neutral - low, high - spec.neutral) / 4 or (high - low) / 8
