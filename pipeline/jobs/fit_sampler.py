"""Fitting the Gaussian sampler: to recipes that experts used, or to how real unedited photos look."""

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
"""Recipes that a sampler can be fitted to, at least; a hundred make good correlations."""

TAIL = 0.05
"""Share of the recipes at either end of a slider that is pulled in before means and spreads are taken."""

_CONSISTENCY = 1.0967
"""Standard deviation of a normal variate over that of the same with both tails of 5 % pulled in."""

PHOTO_PIXELS = 400
"""Pixels of an expert photo that the fit to photos looks at."""

INPUTS = 64
"""Inputs that the fit to photos makes: several of each expert photo where there are fewer."""

STEPS = 60
"""Steps of the fit to photos."""


def make_sampler(process: Process, bank: str | None, reference: str | None, experts: str | None) -> GaussianSampler:
    """The sampler fitted to a bank or, from finished photos, to a folder of real unedited ones.

    Raises:
        SamplerError: neither a bank nor both kinds of photos are given, or the bank is too small.
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
    """Means, robust spreads and correlations of recipes.

    Means and standard deviations are taken after each slider's tails are pulled in to its 5th and 95th percentile, so
    that a few bad fits do not count for more than they are. The correlation matrix is shrunk toward independence by
    the share that minimises its expected squared error (Schaefer and Strimmer, 2005, target D), which makes it
    positive definite also where there are fewer recipes than sliders.

    Args:
        process: whose recipes they are.
        values: (n, P) in the units of the sliders, n >= `LEAST`.
        fitted_to: what they are, for a person.

    Raises:
        SamplerError: there are fewer.
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
    """Correlations of standardised columns, (n, P) to (P, P), shrunk toward independence; 0 for constant columns."""
    count = len(standard)
    products = standard[:, :, None] * standard[:, None, :]
    mean = products.mean(0)
    correlation = mean * count / (count - 1)
    variance = (products - mean).square().sum(0) * count / (count - 1) ** 3
    off = ~torch.eye(standard.shape[1], dtype=torch.bool)
    total = correlation[off].square().sum()
    # At least a hundredth, so that columns that repeat each other still leave the matrix positive definite.
    share = (variance[off].sum() / total).clamp(0.01, 1) if total > 0 else total.new_tensor(1.0)
    return torch.where(off, (1 - share) * correlation.clamp(-1, 1), torch.ones_like(correlation))


def fit_to_photos(
    process: Process, experts: Sequence[Tensor], reference: Photographs, fitted_to: str, seed: int = 0
) -> GaussianSampler:
    """Move and scale the table's Gaussian until the inputs made from expert photos look like a reference.

    What is fitted is little, as a reference says nothing of single sliders: a factor on the spread of each of the
    three groups, and the means of the sliders of light and colour. The energy distance of the colour statistics falls
    by Adam through the process, on fixed draws, with a quadratic penalty that keeps what does not help at the table.

    Args:
        process: the process whose recipes are drawn.
        experts: finished photos, uint8 (3, H, W).
        reference: statistics of real unedited photos.
        fitted_to: what the reference is, for a person.
        seed: of the draws.
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
    """About `PHOTO_PIXELS` pixels of a photo on a regular grid, (3, PHOTO_PIXELS), encoded in [0, 1]."""
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
