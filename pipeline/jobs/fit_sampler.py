"""Estimating the Gaussian sampler: from recipes that experts used, or from how real unedited photos look."""

from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path

import torch
from torch import Tensor

from operators.process import Process
from pipeline.recipes.bank import load_bank
from pipeline.recipes.gaussian import table_gaussian
from pipeline.recipes.provider import SamplerError
from pipeline.recipes.steps import bounds
from pipeline.sources.photos import read_photos
from quality.realism.color_statistics import statistics_of_pixels
from quality.realism.likeness import Photographs, energy_distance, photographs
from schemas.sampler import GaussianSampler, SliderSpread

LEAST = 3
"""Least number of recipes that a sampler can be estimated from. A hundred give good correlations."""

TAIL = 0.05
"""Share of the recipes at each end of a slider that is winsorised before means and standard deviations are taken."""

_CONSISTENCY = 1.0967
"""Standard deviation of a normal variate divided by that of the same variate winsorised by 5 % at each end."""

PHOTO_PIXELS = 400
"""Number of pixels of each expert photo that `fit_to_photos` uses."""

INPUTS = 64
"""Least number of inputs that `fit_to_photos` makes. If there are fewer expert photos, each gives several inputs."""

STEPS = 60
"""Number of optimisation steps of `fit_to_photos`."""


def make_sampler(process: Process, bank: str | None, reference: str | None, experts: str | None) -> GaussianSampler:
    """Estimate a sampler from the recipes of a bank, or from finished photos and real unedited photos.

    Args:
        process: the process whose recipes the sampler draws.
        bank: folder or s3:// prefix of an expert bank; None if photos are given.
        reference: real unedited photos, a folder or another source; None if a bank is given.
        experts: finished photos, a folder or another source; None if a bank is given.

    Raises:
        SamplerError: neither a bank alone nor both kinds of photos alone are given, or the bank is too small.
        BankError: the bank cannot be used.
        ListingError: a source of photos does not exist, or holds no usable photo.
    """
    if bank is not None and reference is None and experts is None:
        values = load_bank(bank, process).values
        return fit_to_recipes(process, values, f"{len(values)} recipes of the expert bank {Path(bank).name}")
    if bank is None and reference is not None and experts is not None:
        real = photographs(read_photos(reference))
        return fit_to_photos(process, read_photos(experts, INPUTS), real, f"{len(real)} unedited photos")
    raise SamplerError("a sampler is fitted either to a bank, or to unedited photos (reference) from finished ones")


def fit_to_recipes(process: Process, values: Tensor, fitted_to: str) -> GaussianSampler:
    """Estimate a sampler from the means, robust standard deviations and correlations of recipes.

    Means and standard deviations are taken after each slider is winsorised at its 5th and 95th percentiles, so that a
    few bad fits do not dominate. The correlation matrix is shrunk toward independence by the share that minimises its
    expected squared error (Schaefer and Strimmer, 2005, target D). This makes it positive definite even if there are
    fewer recipes than sliders.

    Args:
        process: the process of the recipes.
        values: (n, P) recipes in the units of the sliders, n >= `LEAST`.
        fitted_to: human-readable description of the recipes.

    Raises:
        SamplerError: there are fewer than `LEAST` recipes.
    """
    if len(values) < LEAST:
        raise SamplerError(f"a sampler needs {LEAST} recipes or more; there are {fitted_to}")
    values = values.double()
    tails = torch.quantile(values, values.new_tensor([TAIL, 1 - TAIL]), dim=0)
    pulled = values.clamp(tails[0], tails[1])
    mean, sigma = pulled.mean(0), pulled.std(0) * _CONSISTENCY
    standard = (pulled - mean) / pulled.std(0).clamp(min=1e-9)
    return _record(process, fitted_to, mean, sigma, shrunk_correlation(standard))


def shrunk_correlation(standard: Tensor) -> Tensor:
    """Correlation matrix of standardised columns, shrunk toward independence.

    Args:
        standard: (n, P) columns of mean 0 and standard deviation 1; a constant column is all 0.

    Returns:
        (P, P), with correlation 0 between a constant column and any other.
    """
    count = len(standard)
    products = standard[:, :, None] * standard[:, None, :]
    mean = products.mean(0)
    correlation = mean * count / (count - 1)
    variance = (products - mean).square().sum(0) * count / (count - 1) ** 3
    off = ~torch.eye(standard.shape[1], dtype=torch.bool)
    total = correlation[off].square().sum()
    # At least a hundredth, so that the matrix stays positive definite even if columns repeat each other.
    share = (variance[off].sum() / total).clamp(0.01, 1) if total > 0 else total.new_tensor(1.0)
    return torch.where(off, (1 - share) * correlation.clamp(-1, 1), torch.ones_like(correlation))


def fit_to_photos(
    process: Process, experts: Sequence[Tensor], reference: Photographs, fitted_to: str, seed: int = 0
) -> GaussianSampler:
    """Shift and scale the table's Gaussian until inputs made from expert photos look like a reference.

    A reference says nothing about single sliders, so only a few numbers are estimated: a factor on the standard
    deviation of each of the three groups, and the means of the sliders of light and colour. Adam minimises the energy
    distance of the colour statistics, with gradients through the process, on fixed draws. A quadratic penalty keeps
    numbers that do not help at the table's values.

    Args:
        process: the process whose recipes are drawn.
        experts: finished photos, uint8 (3, H, W).
        reference: statistics of real unedited photos.
        fitted_to: human-readable description of the reference.
        seed: seed of the draws.
    """
    table = table_gaussian(process)
    neutral, sigma = (torch.tensor(values) for values in (table.means, table.sigmas))
    low, high = torch.tensor([bounds(spec, 0.8) for spec in process.parameters]).T
    groups = torch.tensor([("light", "color", "specific").index(spec.group) for spec in process.parameters])
    pixels = torch.stack([_grid(photo) for photo in experts]).repeat(ceil(INPUTS / len(experts)), 1, 1)
    noise = torch.randn(len(pixels), len(sigma), generator=torch.Generator().manual_seed(seed))
    shift = torch.zeros_like(sigma, requires_grad=True)
    scale = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.Adam([shift, scale], lr=0.06)

    def moments() -> tuple[Tensor, Tensor]:
        return neutral + sigma * shift * (groups < 2), sigma * scale.exp()[groups]

    for _ in range(STEPS):
        mean, spread = moments()
        values = torch.maximum(torch.minimum(mean + spread * noise, high), low)
        inputs = process.unrender(pixels[..., None], values).squeeze(-1).clamp(0, 1)
        distance = energy_distance(statistics_of_pixels(inputs), reference.colors)
        loss = distance + 0.05 * shift.square().sum() + 0.2 * scale.square().sum()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    mean, spread = (values.detach() for values in moments())
    return _record(process, fitted_to, mean.double(), spread.double(), torch.eye(len(sigma), dtype=torch.float64))


def _grid(photo: Tensor) -> Tensor:
    """Pixels of a photo on a nearly regular grid: float32 (3, PHOTO_PIXELS), encoded sRGB in [0, 1]."""
    step = max(1, ceil(sqrt(photo.shape[1] * photo.shape[2] / PHOTO_PIXELS)))
    pixels = photo[:, ::step, ::step].flatten(1).float() / 255
    return pixels[:, torch.linspace(0, pixels.shape[1] - 1, PHOTO_PIXELS).long()]


def _record(process: Process, fitted_to: str, mean: Tensor, sigma: Tensor, correlation: Tensor) -> GaussianSampler:
    return GaussianSampler(
        process=process.name,
        fitted_to=fitted_to,
        sliders=[
            SliderSpread(name=spec.name, mean=round(m, 4), sigma=round(s, 4))
            for spec, m, s in zip(process.parameters, mean.tolist(), sigma.tolist(), strict=True)
        ],
        correlation=[[round(value, 6) for value in row] for row in correlation.tolist()],
    )
