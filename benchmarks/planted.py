"""Sparse recipes planted on photos, and how many of their sliders a fit finds again."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from operators.catalogue import AETHER_1
from pipeline.fitting.effects import effects
from pipeline.fitting.pair import fit_pair, render
from pipeline.fitting.sample import Sample
from pipeline.images.decode import decode
from pipeline.recipes.gaussian import SIGMAS
from pipeline.storage.fetch import read_bytes
from schemas.config import ImageConfig
from schemas.recipe import Recipe

SLIDERS, PHOTOS = 6, 24
VISIBLE = 0.1
"""Mean CIEDE2000 of a slider that counts as visible on a photo."""

_IMAGE = ImageConfig(long_side=512, min_short_side=16)


@dataclass(frozen=True)
class Recovery:
    """What fits found of planted recipes.

    Attributes:
        recall: share of the planted sliders visible in their recipe that the fits use.
        recall_of_all: the same of all planted sliders.
        precision: share of the sliders that the fits use that were planted.
        error: median error of the values of planted sliders that were found, as a share of the range.
        sliders: median number of sliders that a fit uses.
    """

    recall: float
    recall_of_all: float
    precision: float
    error: float
    sliders: float


def read_planted(folder: Path) -> list[Tensor]:
    """`PHOTOS` pictures spread over a folder in order of name, uint8 (3, H, W) with a long side of 512 pixels."""
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    chosen = [paths[i * len(paths) // PHOTOS] for i in range(PHOTOS)] if len(paths) > PHOTOS else paths
    return [decode(read_bytes(str(path)), str(path), _IMAGE).pixels for path in chosen]


def recover(photos: Sequence[Tensor], visible: bool) -> Recovery:
    """Plant a recipe on each photo, fit it, and compare.

    Args:
        visible: plant only sliders that are visible on the photo when they alone are set, or any.
    """
    seen = planted = hit = hit_of_all = used = 0
    errors, counts = [], []
    for seed, photo in enumerate(photos):
        values = _draw(photo, visible, random.Random(seed))
        recipe = Recipe(process=AETHER_1.name, values=values)
        fit = fit_pair(photo, render(AETHER_1, photo, AETHER_1.vector([recipe])), AETHER_1)
        found = {name: value for name, value in (fit.recipe.values if fit.recipe else {}).items() if value}
        shown = set(_visible(photo, values))
        seen, planted = seen + len(shown), planted + len(values)
        hit, hit_of_all = hit + len(shown & found.keys()), hit_of_all + len(values.keys() & found.keys())
        used += len(found)
        counts.append(len(found))
        errors += [abs(found[name] - values[name]) / _range(name) for name in values.keys() & found.keys()]
    return Recovery(hit / seen, hit_of_all / planted, hit_of_all / used, median(errors), median(counts))


def _draw(photo: Tensor, visible: bool, chance: random.Random) -> dict[str, float]:
    names = list(AETHER_1.index)
    chance.shuffle(names)
    drawn: dict[str, float] = {}
    for name, value in _values(names, chance):
        if not visible or _visible(photo, {name: value}):
            drawn[name] = value
        if len(drawn) == SLIDERS:
            break
    return drawn


def _values(names: Sequence[str], chance: random.Random) -> Iterator[tuple[str, float]]:
    """Each name with one to two standard deviations in either direction, in steps."""
    for name in names:
        spec = AETHER_1.parameters[AETHER_1.index[name]]
        value = chance.choice((-1, 1)) * chance.uniform(1, 2) * SIGMAS[name]
        yield name, spec.stepped(value, spec.minimum, spec.maximum)


def _visible(photo: Tensor, values: dict[str, float]) -> list[str]:
    """The sliders of a recipe that make a difference on a photo, each beside the others."""
    image = photo[:, 3::7, 3::7].double() / 255
    sample = Sample(image, image, torch.ones(image.shape[1:]))
    vector = AETHER_1.vector([Recipe(process=AETHER_1.name, values=values)], torch.float64)[0]
    made = effects(AETHER_1, sample, vector)
    return [name for name in values if made[AETHER_1.index[name]] >= VISIBLE]


def _range(name: str) -> float:
    spec = AETHER_1.parameters[AETHER_1.index[name]]
    return spec.maximum - spec.minimum
