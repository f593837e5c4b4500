"""Is the data any good? `python -m benchmarks.verdict --photos F [--test PAIRS...] [--bank B]`.

One small model is trained on equal numbers of pairs that were made in several ways, and tested on real pairs that
nothing was fitted to: an input, and what an expert made of it. The ways are

* the published Gaussian undone by negated sliders, as others do: the input is render(photo, -p);
* the published Gaussian, unrendered and suited to the photo by us;
* our default;
* an expert bank, where one is given;
* our default and some real pairs, a tenth of the training, where these are given.

Each has a model for each seed, trained on a data set of that seed. A tenth of the photos choose the best state of each
training. The model and its training were chosen in the first and the third way, by these photos and by the pairs that
the default was fitted to. The fit of each test pair by the process itself is what a perfect prediction would give.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import NamedTuple

import torch
from rich.table import Table
from torch import Tensor

from benchmarks.fit import dense_psnr
from benchmarks.proof import LONG_SIDE, Made, make, read, rendered, tested_by
from benchmarks.report import wide_console, write_report
from operators.catalogue import AETHER_1
from operators.renderer import renderer_of
from operators.resize import resize
from pipeline.recipes.gaussian import table_gaussian
from pipeline.recipes.sampler import draw_gaussian
from pipeline.recipes.sampler_file import AETHER
from pipeline.recipes.seeds import seed_of
from pipeline.sources.photos import read_photos
from pipeline.training.baselines import auto_levels
from pipeline.training.predictor import Predictor, gather_pairs, predict, save_predictor, train_predictor
from schemas.config import RecipesConfig

Way = Callable[[Sequence[Tensor], int, int], tuple[list[Made], Tensor]]
"""Photos, pairs of each and a seed to the pairs, photo by photo, and their recipes (N, P)."""


_UNSEEN = 36
"""Made pairs that a model is tested on, to tell what it has not learnt from what does not carry over to real pairs."""


class Verdict(NamedTuple):
    """PSNR in dB and CIEDE2000 on the test pairs."""

    psnr: float
    difference: float


class Run(NamedTuple):
    """The mean recipe of some pairs, and a model trained on them.

    Attributes:
        mean: the mean recipe on the test pairs.
        trained: the model on the test pairs.
        model: the model.
        made: the model on made pairs of photos that it has not seen.
        made_identity: these pairs unchanged.
    """

    mean: Verdict
    trained: Verdict
    model: Predictor
    made: Verdict
    made_identity: Verdict


def main() -> None:
    """Make, train, test, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True, help="finished photos that pairs are made of")
    parser.add_argument("--test", type=Path, nargs="+", required=True, help="real pairs, used for nothing else")
    parser.add_argument(
        "--real", type=Path, nargs="+", default=[], help="real pairs to train on, other than the tested"
    )
    parser.add_argument("--bank", help="an expert bank that knows no test pair")
    parser.add_argument("--variants", type=int, default=36, help="pairs of each photo")
    parser.add_argument("--steps", type=int, default=700, help="steps of a training")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--ways", default="abcde", help="letters of the ways to judge")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out/verdict"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    photos = [resize(photo, LONG_SIDE) for photo in read_photos(arguments.photos)]
    tested, real = read(arguments.test), read(arguments.real)
    ways: dict[str, Way] = {
        "(a) paper's Gaussian, negated": negated,
        "(b) paper's Gaussian, ours": lambda *how: make(how[0], {"gaussian": AETHER}, *how[1:]),
        "(c) default": lambda *how: make(how[0], {}, *how[1:]),
        "(d) expert bank": lambda *how: make(how[0], {"bank": arguments.bank}, *how[1:]),
        "(e) default and real pairs": lambda *how: make(how[0], {}, *how[1:]),
    }
    needed = {"d": arguments.bank, "e": real}
    chosen = [name for name in ways if name[1] in arguments.ways and needed.get(name[1], True)]
    results = {
        "identity": [Verdict(*tested_by(tested, lambda picture: picture))],
        "auto levels": [Verdict(*tested_by(tested, auto_levels))],
    }
    for name in chosen:
        runs = []
        for seed in range(arguments.seeds):
            added = real if name[1] == "e" else []
            runs.append(judge(ways[name], photos, arguments.variants, arguments.steps, seed, tested, added))
            save_predictor(runs[-1].model, arguments.out / f"{name[1]}-{seed}.safetensors")
        results[f"{name}: mean recipe"] = [run.mean for run in runs]
        results[f"{name}: trained"] = [run.trained for run in runs]
        made = {"unchanged": [run.made_identity for run in runs], "trained": [run.made for run in runs]}
        results |= {f"{name}: its own pairs, {kind}": verdicts for kind, verdicts in made.items()}
        wide_console().print(_table(results, len(photos) * arguments.variants, len(tested)))
    best = fmean(dense_psnr(pair.input, pair.target, AETHER_1) for pair in tested)
    wide_console().print(f"fitted to the test pairs themselves, which no prediction beats: {best:.2f} dB")
    settings = {name: str(value) for name, value in vars(arguments).items()}
    write_report(arguments.out / "report.json", {"settings": settings, "results": results, "fitted": best})


def judge(
    way: Way,
    photos: Sequence[Tensor],
    variants: int,
    steps: int,
    seed: int,
    tested: Sequence[Made],
    real: Sequence[Made] = (),
) -> Run:
    """Make pairs in one way, train a model on them and on real pairs, if there are any, and test both."""
    started = time.perf_counter()
    pairs, recipes = way(photos, variants, seed)
    held_out = variants * max(len(photos) // 10, 1)
    made_pairs = pairs[held_out:]
    repeated = [pair for pair in real for _ in range(len(made_pairs) // (9 * len(real)))]
    training = gather_pairs([*made_pairs, *repeated], 4096, seed)
    validation = gather_pairs(pairs[:held_out], 256, seed)
    made = time.perf_counter()
    model = train_predictor(AETHER_1, training, validation, steps, seed)
    wide_console().print(f"made in {made - started:.0f} s, trained in {time.perf_counter() - made:.0f} s", style="dim")
    mean = recipes.mean(0, keepdim=True)
    unseen = pairs[: held_out : max(held_out // _UNSEEN, 1)]

    def retouched(picture: Tensor) -> Tensor:
        return rendered(picture, predict(model, picture))

    return Run(
        Verdict(*tested_by(tested, lambda picture: rendered(picture, mean))),
        Verdict(*tested_by(tested, retouched)),
        model,
        Verdict(*tested_by(unseen, retouched)),
        Verdict(*tested_by(unseen, lambda picture: picture)),
    )


def negated(photos: Sequence[Tensor], variants: int, seed: int) -> tuple[list[Made], Tensor]:
    """Pairs as others make them: every slider from the published Gaussian, and the input rendered with -p."""
    renderer, gaussian, settings = renderer_of("aether/1", "compiled"), table_gaussian(AETHER_1), RecipesConfig()
    made: list[Made] = []
    recipes = []
    for i, photo in enumerate(photos):
        seeds = [seed_of(seed, i, variant) for variant in range(variants)]
        drawn = torch.tensor([draw_gaussian(AETHER_1, settings, gaussian, one) for one in seeds])
        made += [Made(renderer.render(photo[None], -row[None])[0], photo) for row in drawn]
        recipes.append(drawn)
    return made, torch.cat(recipes)


def _table(results: dict[str, list[Verdict]], pairs: int, tested: int) -> Table:
    shown = Table("correction", "PSNR", "CIEDE2000", title=f"{pairs} made pairs, {tested} real pairs")
    for name, verdicts in results.items():
        columns = [list(column) for column in zip(*verdicts, strict=True)]
        shown.add_row(name, *(_spread(column) for column in columns))
    return shown


def _spread(values: list[float]) -> str:
    return f"{fmean(values):.2f}" + (f" ± {stdev(values):.2f}" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
