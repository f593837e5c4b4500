"""Estimating a sampler: from recipes that experts used, or from how real unedited photos look."""

from collections.abc import Sequence
from math import ceil, exp, log, sqrt
from pathlib import Path
from statistics import NormalDist, fmean, median, pstdev
from typing import get_args

import torch
from torch import Tensor

from operators.process import Process
from pipeline.recipes.bank import load_bank
from pipeline.recipes.gaussian import table_gaussian
from pipeline.recipes.sampler_file import SamplerError
from pipeline.recipes.steps import bounds
from pipeline.sources.photos import read_photos
from quality.realism.color_statistics import statistics_of_pixels
from quality.realism.likeness import Photographs, energy_distance, photographs
from schemas.fit import Edit
from schemas.sampler import Aspect, EditSampler, GaussianSampler, SliderSpread, SliderUse

LEAST = 3
"""Least number of recipes that a sampler can be estimated from."""

PRIOR = 4.0
"""Number of recipes as which the mean of an operator's sliders counts for each of its sliders."""

MOST = 0.98
"""Largest share of a slider: none moves in every edit."""

USUAL = 0.1
"""Distance from neutral, as a share of the range, that is assumed for an operator that no recipe uses."""

SIZES = (4, 12)
"""Least and most sliders that a drawn edit moves."""

PHOTO_PIXELS = 400
"""Number of pixels of each expert photo that `fit_to_photos` uses."""

INPUTS = 64
"""Least number of inputs that `fit_to_photos` makes. If there are fewer expert photos, each gives several inputs."""

STEPS = 60
"""Number of optimisation steps of `fit_to_photos`."""


def make_sampler(
    process: Process, bank: str | None, reference: str | None, experts: str | None
) -> EditSampler | GaussianSampler:
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
        read = load_bank(bank, process)
        fitted_to = f"{len(read.keys)} recipes of the expert bank {Path(bank).name}"
        return fit_to_recipes(process, read.values, read.edits, fitted_to)
    if bank is None and reference is not None and experts is not None:
        real = photographs(read_photos(reference))
        return fit_to_photos(process, read_photos(experts, INPUTS), real, f"{len(real)} unedited photos")
    raise SamplerError("a sampler is fitted either to a bank, or to unedited photos (reference) from finished ones")


def fit_to_recipes(process: Process, values: Tensor, edits: Sequence[Edit], fitted_to: str) -> EditSampler:
    """Estimate how edits use each slider from the sparse recipes of experts.

    There are few real pairs and many sliders, so each figure of a slider is a weighted mean of its own and of that of
    its operator: the operator weighs as much as `PRIOR` recipes. Directions are drawn toward neither.

    Args:
        process: the process of the recipes.
        values: (n, P) recipes in the units of the sliders, n >= `LEAST`.
        edits: how the pictures of each pair differ.
        fitted_to: human-readable description of the recipes.

    Raises:
        SamplerError: there are fewer than `LEAST` recipes.
    """
    if len(values) < LEAST:
        raise SamplerError(f"a sampler needs {LEAST} recipes or more; there are {fitted_to}")
    offsets = values.double() - torch.tensor(list(process.neutral.values()), dtype=torch.float64)
    used = {
        spec.name: [x for x in column if x] for spec, column in zip(process.parameters, offsets.T.tolist(), strict=True)
    }
    spreads: list[float] = []
    sliders: dict[str, SliderUse] = {}
    for operator in process.operators:
        names = [spec.name for spec in operator.parameters]
        rate = sum(len(used[name]) for name in names) / (len(values) * len(names))
        logs = {s.name: [log(abs(x) / (s.maximum - s.minimum)) for x in used[s.name]] for s in operator.parameters}
        everything = [x for own in logs.values() for x in own]
        usual = fmean(everything) if everything else log(USUAL)
        for spec in operator.parameters:
            own, count = used[spec.name], len(used[spec.name])
            center = (sum(logs[spec.name]) + PRIOR * usual) / (count + PRIOR)
            spreads += [x - center for x in logs[spec.name]]
            sliders[spec.name] = SliderUse(
                name=spec.name,
                share=min(round((count + PRIOR * rate) / (len(values) + PRIOR), 4), MOST),
                positive=round((sum(x > 0 for x in own) + PRIOR / 2) / (count + PRIOR), 4),
                magnitude=round(exp(center) * (spec.maximum - spec.minimum), 4),
            )
    strengths = [log(edit.strength) for edit in edits]
    return EditSampler(
        process=process.name,
        fitted_to=fitted_to,
        sliders=[sliders[name] for name in process.index],
        sizes=_sizes((offsets != 0).sum(1).tolist(), len(sliders)),
        spread=round(pstdev(spreads), 4) if spreads else 0.0,
        strength=round(exp(median(strengths)), 4),
        strength_spread=round(pstdev(strengths), 4),
        raises={
            aspect: round((sum(getattr(edit, aspect) > 0 for edit in edits) + 1) / (len(edits) + 2), 4)
            for aspect in get_args(Aspect)
        },
    )


def _sizes(counts: Sequence[int], sliders: int) -> dict[int, float]:
    """Frequencies of sizes from `SIZES`, from a few counts: each is blurred by a Gaussian of 1.5 sliders."""
    low, high = (min(size, sliders) for size in SIZES)
    near = NormalDist(0, 1.5)
    inside = [min(max(count, low), high) for count in counts]
    weights = {size: sum(near.pdf(size - count) for count in inside) for size in range(low, high + 1)}
    total = sum(weights.values())
    return {size: round(weight / total, 4) for size, weight in weights.items()}


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
    return _record(process, fitted_to, mean.double(), spread.double())


def _grid(photo: Tensor) -> Tensor:
    """Pixels of a photo on a nearly regular grid: float32 (3, PHOTO_PIXELS), encoded sRGB in [0, 1]."""
    step = max(1, ceil(sqrt(photo.shape[1] * photo.shape[2] / PHOTO_PIXELS)))
    pixels = photo[:, ::step, ::step].flatten(1).float() / 255
    return pixels[:, torch.linspace(0, pixels.shape[1] - 1, PHOTO_PIXELS).long()]


def _record(process: Process, fitted_to: str, mean: Tensor, sigma: Tensor) -> GaussianSampler:
    count = len(process.parameters)
    return GaussianSampler(
        process=process.name,
        fitted_to=fitted_to,
        sliders=[
            SliderSpread(name=spec.name, mean=round(m, 4), sigma=round(s, 4))
            for spec, m, s in zip(process.parameters, mean.tolist(), sigma.tolist(), strict=True)
        ],
        correlation=[[float(row == column) for column in range(count)] for row in range(count)],
    )
