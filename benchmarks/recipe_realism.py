"""How real inputs look by where their recipes come from: `python -m benchmarks.recipe_realism PAIRS [--photos FOLDER]`.

PAIRS is a list as `unretouch fit --list` takes it, or a folder of NAME_before.EXT and NAME_after.EXT. Their pictures
before the edit are the reference. Inputs are made from the pictures after it, each with recipes that were fitted to the
*other* pairs alone, and from other finished photos.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from rich.table import Table
from torch import Tensor

from benchmarks.fit import find_pairs
from benchmarks.report import wide_console
from operators.catalogue import PROCESSES
from operators.process import Process
from operators.quantization import quantize
from operators.resize import resize
from pipeline.fitting.files import read_pictures
from pipeline.fitting.pair import fit_pair
from pipeline.jobs.fit_sampler import fit_to_photos, fit_to_recipes
from pipeline.recipes.bank import Bank
from pipeline.recipes.gaussian import fitted_gaussian
from pipeline.recipes.sampler import sample_recipe
from pipeline.recipes.seeds import seed_of
from pipeline.sources.photos import LONG_SIDE, read_photos
from quality.descriptor import describe_histogram
from quality.realism.likeness import Photographs, compare, photographs
from schemas.config import RecipesConfig
from schemas.recipe import Recipe
from schemas.sampler import GaussianSampler

Maker = Callable[[Tensor, int], Recipe]
"""A photo and a seed to a recipe."""

_PLAIN, _TOGETHER = RecipesConfig(), RecipesConfig(groups={"all": 1})


def main() -> None:
    """Make inputs, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--photos", help="more finished photos to make inputs from")
    parser.add_argument("--process", choices=sorted(PROCESSES), default="aether/1")
    parser.add_argument("--draws", type=int, default=16, help="recipes for each photo; 2 for those of --photos")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    process = PROCESSES[arguments.process]
    pairs = [read_pictures(*uris) for uris in find_pairs(arguments.pairs)]
    befores, afters = ([resize(pair[side], LONG_SIDE) for pair in pairs] for side in (0, 1))
    recipes = [fit_pair(before, after, process).recipe for before, after in pairs]
    reference = photographs(befores)
    shown = Table("finished photos", "recipes", "luminance", "contrast", "saturation", "mean", "colour distance")
    _add(shown, ("pairs", "the photo itself"), afters, reference)
    others = [_without(process, befores, afters, recipes, left_out) for left_out in range(len(pairs))]
    for name in others[0]:
        inputs = [
            _undo(process, photo, others[i][name](photo, seed_of(i, draw)))
            for draw in range(arguments.draws)
            for i, photo in enumerate(afters)
        ]
        _add(shown, ("pairs", name), inputs, reference)
    if arguments.photos:
        photos = read_photos(arguments.photos)
        _add(shown, ("photos", "the photo itself"), photos, reference)
        for name, make in _without(process, befores, afters, recipes, None).items():
            inputs = [
                _undo(process, photo, make(photo, seed_of(i, draw)))
                for draw in range(2)
                for i, photo in enumerate(photos)
            ]
            _add(shown, ("photos", name), inputs, reference)
    wide_console().print(shown)


def _without(
    process: Process,
    befores: Sequence[Tensor],
    afters: Sequence[Tensor],
    recipes: Sequence[Recipe | None],
    left_out: int | None,
) -> dict[str, Maker]:
    """The sources of recipes, from the least to the most informed, with one pair left out of all that is fitted."""
    kept = [i for i in range(len(afters)) if i != left_out]
    fitted = [(i, recipe) for i in kept if (recipe := recipes[i]) is not None]
    values = process.vector([recipe for _, recipe in fitted])
    descriptors = torch.stack([describe_histogram(afters[i]) for i, _ in fitted])
    bank = Bank(process, tuple(str(i) for i, _ in fitted), values, descriptors)
    real = photographs(befores[i] for i in kept)

    def of(config: RecipesConfig, sampler: GaussianSampler | None) -> Maker:
        gaussian = None if sampler is None else fitted_gaussian(sampler)
        return lambda _, seed: sample_recipe(process, config, seed, gaussian)

    return {
        "Gaussian table": of(_PLAIN, None),
        "Gaussian fitted to photos": of(_TOGETHER, fit_to_photos(process, [afters[i] for i in kept], real, "photos")),
        "Gaussian fitted to recipes": of(_TOGETHER, fit_to_recipes(process, values, "recipes")),
        "expert bank": lambda photo, seed: bank.draw(bank.nearest(photo), seed, _PLAIN.limit),
    }


def _undo(process: Process, photo: Tensor, recipe: Recipe) -> Tensor:
    image = process.unrender(photo[None].float() / 255, process.vector([recipe]))[0]
    return quantize(image)


def _add(table: Table, names: tuple[str, str], inputs: Sequence[Tensor], reference: Photographs) -> None:
    realism = compare(photographs(inputs), reference)
    shared = (realism.luminance, realism.contrast, realism.saturation)
    table.add_row(
        *names, *(f"{100 * value:.1f} %" for value in (*shared, sum(shared) / 3)), f"{realism.color_distance:.2f}"
    )


if __name__ == "__main__":
    main()
