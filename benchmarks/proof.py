"""Does a data set teach what experts do? `python -m benchmarks.proof --photos F --fit PAIRS... --test PAIRS...`.

Ridge regressions learn from made pairs how the colour statistics of an input lead to its recipe, and to the statistics
of its target. They are tested on real pairs: the predicted recipe is rendered on the input, or the predicted look as a
curve of L*, a factor on chroma and a shift of a* and b*, and the result is compared with the expert's photo. The pairs
that samplers are fitted to are never tested on.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean, stdev
from typing import NamedTuple

import numpy as np
import torch
from kornia.color import lab_to_rgb
from numpy.typing import NDArray
from rich.table import Table
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from benchmarks.fit import find_pairs
from benchmarks.report import wide_console
from operators.catalogue import AETHER_1
from operators.quantization import quantize
from operators.renderer import renderer_of
from operators.resize import resize
from pipeline.fitting.files import read_pictures
from pipeline.jobs.fit_sampler import fit_to_photos
from pipeline.recipes.provider import RecipeProvider
from pipeline.recipes.sampler_file import AETHER
from pipeline.recipes.seeds import seed_of
from pipeline.sources.photos import read_photos
from pipeline.training.baselines import auto_levels
from quality.color_difference import ciede2000, srgb_to_lab
from quality.measures import psnr
from quality.realism.likeness import photographs
from schemas.config import DatasetConfig
from schemas.plan import PlannedPair

LONG_SIDE = 256
"""Pictures are reduced to this many pixels; colour statistics need no more."""

QUANTILES = np.linspace(0.02, 0.98, 13)
"""Quantiles of L* that describe a picture's tones."""

Array = NDArray[np.float64]


class Made(NamedTuple):
    """A made pair: uint8 (3, H, W) each."""

    input: Tensor
    target: Tensor


def main() -> None:
    """Make, train, test, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True, help="finished photos that pairs are made of")
    parser.add_argument("--fit", type=Path, nargs="+", required=True, help="real pairs that a sampler is fitted to")
    parser.add_argument("--test", type=Path, nargs="+", required=True, help="real pairs to test on")
    parser.add_argument("--variants", type=int, default=12, help="pairs of each photo")
    parser.add_argument("--seeds", type=int, default=3, help="data sets of each sampler")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    photos = [resize(photo, LONG_SIDE) for photo in read_photos(arguments.photos)]
    fitted = Path("benchmarks/out/proof-sampler.json")
    fitted.parent.mkdir(parents=True, exist_ok=True)
    fitting = read(arguments.fit)
    reference = photographs(pair.input for pair in fitting)
    gaussian = fit_to_photos(AETHER_1, [pair.target for pair in fitting], reference, "unedited photos")
    fitted.write_text(gaussian.model_dump_json())
    tested = read(arguments.test)
    shown = Table("correction", "pairs", "PSNR", "CIEDE2000", title=f"{len(tested)} real pairs")
    _add(shown, "identity", 0, [tested_by(tested, lambda picture: picture)])
    _add(shown, "auto levels", 0, [tested_by(tested, auto_levels)])
    _add(shown, "fitting pairs themselves", len(fitting), [tested_by(tested, learned(fitting))])
    for name, file in (("paper's table", AETHER), ("Gaussian fitted to inputs", str(fitted)), ("default", None)):
        sets = [make(photos, {"gaussian": file}, arguments.variants, seed) for seed in range(arguments.seeds)]
        count = len(sets[0][0])
        means = [recipes.mean(0, keepdim=True) for _, recipes in sets]
        _add(
            shown, f"{name}: mean recipe", count, [tested_by(tested, partial(rendered, recipe=mean)) for mean in means]
        )
        _add(shown, f"{name}: learnt recipe", count, [tested_by(tested, learned_recipe(*made)) for made in sets])
        _add(shown, f"{name}: learnt look", count, [tested_by(tested, learned(made)) for made, _ in sets])
    wide_console().print(shown)


def make(
    photos: Sequence[Tensor], recipes: Mapping[str, str | None], variants: int, seed: int
) -> tuple[list[Made], Tensor]:
    """Make unrendered pairs of the auto task.

    Args:
        photos: finished photos, uint8 (3, H, W).
        recipes: the section `recipes` of a config.
        variants: pairs of each photo.
        seed: seed of the data set.

    Returns:
        The N pairs, and their recipes, (N, P).
    """
    config = DatasetConfig.model_validate({"sources": ["unused"], "seed": seed, "recipes": recipes})
    provider, renderer = RecipeProvider(config), renderer_of(config.process, config.engine)
    made: list[Made] = []
    parameters = []
    for i, photo in enumerate(photos):
        planned = [_planned(seed_of(seed, i, variant)) for variant in range(variants)]
        drawn = AETHER_1.vector([suited.recipe for suited in provider.draw(planned, photo)])
        inputs, _ = renderer.unrender(photo, drawn)
        made += [Made(picture, photo) for picture in inputs]
        parameters.append(drawn)
    return made, torch.cat(parameters)


def learned(pairs: Sequence[Made]) -> Callable[[Tensor], Tensor]:
    """Learn from pairs how to correct a picture, uint8 (3, H, W) to the same."""
    inputs = np.stack([_statistics(pair.input) for pair in pairs])
    targets = np.stack([_statistics(pair.target) for pair in pairs])
    model = _ridge(inputs, targets - inputs)

    def correct(picture: Tensor) -> Tensor:
        before = _statistics(picture)
        return _with_statistics(picture, before, before + model.predict(before[None])[0])

    return correct


def learned_recipe(pairs: Sequence[Made], recipes: Tensor) -> Callable[[Tensor], Tensor]:
    """Learn which recipe, (N, P) of N pairs, corrects a picture, uint8 (3, H, W) to the same."""
    model = _ridge(np.stack([_statistics(pair.input) for pair in pairs]), recipes.numpy())
    low, high = torch.tensor([(spec.minimum, spec.maximum) for spec in AETHER_1.parameters]).T

    def correct(picture: Tensor) -> Tensor:
        predicted = torch.from_numpy(model.predict(_statistics(picture)[None])).float()
        return rendered(picture, predicted.clamp(low, high))

    return correct


def tested_by(pairs: Sequence[Made], correct: Callable[[Tensor], Tensor]) -> tuple[float, float]:
    """Mean PSNR in dB and mean CIEDE2000 between corrected inputs and targets."""
    corrected = [(correct(pair.input)[None], pair.target[None]) for pair in pairs]
    return (
        fmean(float(psnr(*both)) for both in corrected),
        fmean(float(ciede2000(*map(srgb_to_lab, both)).mean()) for both in corrected),
    )


def _statistics(picture: Tensor) -> Array:
    """Quantiles of L*, the mean and the spread of a* and b*, and the logarithm of the mean chroma."""
    lab = srgb_to_lab(picture[None])[0].flatten(1).double().numpy()
    chroma = np.hypot(lab[1], lab[2])
    return np.array(
        [*np.quantile(lab[0], QUANTILES), *lab[1:].mean(1), *lab[1:].std(1), 10 * np.log(chroma.mean() + 1)]
    )


def _with_statistics(picture: Tensor, before: Array, after: Array) -> Tensor:
    """Move a picture's tones, colour balance and chroma from some statistics to others."""
    lab = srgb_to_lab(picture[None])[0].double()
    knots = np.concatenate([[0], before[: len(QUANTILES)], [100]])
    values = np.concatenate([[0], after[: len(QUANTILES)], [100]])
    # Equal quantiles of a flat picture would have no order.
    knots = np.maximum.accumulate(knots) + 1e-6 * np.arange(len(knots))
    lightness = np.interp(lab[0].numpy(), knots, np.maximum.accumulate(values.clip(0, 100)))
    factor = np.exp((after[-1] - before[-1]) / 10).clip(0.3, 3)
    shift = after[len(QUANTILES) : len(QUANTILES) + 2] - factor * before[len(QUANTILES) : len(QUANTILES) + 2]
    colors = lab[1:] * factor + torch.from_numpy(shift)[:, None, None]
    corrected = torch.cat([torch.from_numpy(lightness)[None], colors])[None].float()
    return quantize(lab_to_rgb(corrected))[0]


def _ridge(inputs: Array, outputs: Array) -> Pipeline:
    return make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 5, 15))).fit(inputs, outputs)


def rendered(picture: Tensor, recipe: Tensor) -> Tensor:
    """A recipe, (1, P), on a picture, uint8 (3, H, W) to the same."""
    return renderer_of("aether/1", "compiled").render(picture[None], recipe)[0]


def _planned(seed: int) -> PlannedPair:
    return PlannedPair(
        key="made-00", shard=0, split="train", source="photo", source_sha256="0", variant=0, seed=seed, task="auto"
    )


def read(folders: Sequence[Path]) -> list[Made]:
    """Real pairs, reduced."""
    uris = [pair for folder in folders for pair in find_pairs(folder)]
    return [Made(*(resize(picture, LONG_SIDE) for picture in read_pictures(*pair))) for pair in uris]


def _add(table: Table, name: str, pairs: int, scores: Sequence[tuple[float, float]]) -> None:
    columns = list(zip(*scores, strict=True))
    texts = [f"{fmean(column):.2f}" + (f" ± {stdev(column):.2f}" if len(column) > 1 else "") for column in columns]
    table.add_row(name, str(pairs) if pairs else "", *texts)


if __name__ == "__main__":
    main()
