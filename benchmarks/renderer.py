"""What the renderer learns in minutes: `python -m benchmarks.renderer DATASET [--steps N]`.

Both variants are trained on the data set's training split, with small widths, and rendered on its validation split,
whose photos they have not seen. Beside them stand the unchanged inputs, and the best single edit for the whole data set
as an affine map and as a table. Then

* each group's latent is switched off: the render is compared with the process's without that group's sliders, and what
  the latent changes with what the group changes;
* the reference variant sees a pair of one photo, and renders another photo, compared with the process's render;
* latents are baked into tables of 33 points a side, and the tables compared with the decoder.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import torch
from rich.table import Table
from torch import Tensor

from benchmarks.report import wide_console, write_report
from operators.renderer import renderer_of
from pipeline.training.bake import bake
from pipeline.training.baselines import affine_fit, apply_affine, mean_edit
from pipeline.training.compare import Closeness
from pipeline.training.encoders import GROUPS
from pipeline.training.examples import control_of, mask_of, render_pair
from pipeline.training.pairs import spread, with_groups
from pipeline.training.reader import PairDataset
from pipeline.training.renderer import RetouchRenderer, load_renderer
from pipeline.training.samples import PairSample
from pipeline.training.train_renderer import MODEL, train
from quality.measures import psnr
from schemas.jobs.train_renderer import TrainRendererConfig

_SMALL = {"latent": 64, "hidden": [64, 64, 64], "side": 64}


def main() -> None:
    """Train, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--reference-steps", type=int, default=800, help="each takes three times as long")
    parser.add_argument("--most", type=int, default=24, help="validation pairs")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out/renderer"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    training = PairDataset(arguments.dataset, "train")
    held_out = spread(PairDataset(arguments.dataset, "validation"), arguments.most)
    tested = list(map(held_out.pair, range(len(held_out))))
    affine = affine_fit(map(training.pair, range(len(training))))
    mean = mean_edit(map(training.pair, range(len(training))))
    rows = {
        "identity": closeness(tested, lambda pair: pair.input),
        "affine map of the data set": closeness(tested, lambda pair: apply_affine(pair.input, affine)),
        "mean edit as a table": closeness(tested, lambda pair: mean.render(pair.input)),
    }
    models = {}
    for control, steps in (("parameters", arguments.steps), ("reference", arguments.reference_steps)):
        out = arguments.out / control
        train(config_of(arguments.dataset, str(out), control, steps))
        models[control] = model = load_renderer(out / MODEL)
        rows[control] = closeness(tested, partial(render_pair, model))
        rows[f"{control}: baked table"] = closeness(tested, partial(baked, model))
    shown = Table("renderer", "PSNR", "SSIM", "CIEDE2000", title=f"{len(training)} pairs, {len(tested)} held out")
    for name, row in rows.items():
        shown.add_row(name, f"{row.psnr:.2f}", f"{row.ssim:.4f}", f"{row.de00:.2f}")
    wide_console().print(shown)
    masks = {control: mask_rows(model, training, tested) for control, model in models.items()}
    title = "PSNR to the process without that group (all latents on); share of its change that the latent explains"
    shown = Table("one latent off", *GROUPS, title=title)
    for control, columns in masks.items():
        shown.add_row(control, *(f"{row.off:.2f} ({row.on:.2f}); {row.share:.2f}" for row in columns))
    wide_console().print(shown)
    others = transfer(models["reference"], training, tested)
    wide_console().print("a pair's edit on another photo: {:.2f} dB; unchanged: {:.2f} dB".format(*others))
    tables = {control: bake_error(model, tested) for control, model in models.items()}
    wide_console().print(
        "tables against their decoders: " + ", ".join(f"{name} {x:.1f} dB" for name, x in tables.items())
    )
    results = {name: row._asdict() for name, row in rows.items()}
    write_report(
        arguments.out / "report.json", {"results": results, "masks": masks, "transfer": others, "tables": tables}
    )


def config_of(dataset: str, out: str, control: str, steps: int) -> TrainRendererConfig:
    """A training of minutes."""
    return TrainRendererConfig.model_validate(
        {
            **{"dataset": dataset, "out": out, "steps": steps, "batch": 8, "pixels": 1024},
            **{"average": 0.99, "optimizer": {"rate": 2e-3}, "model": {**_SMALL, "control": control}},
            **{"validation": {"every": max(steps // 10, 1), "pairs": 12}, "checkpoint": {"every": steps}},
        }
    )


def closeness(pairs: list[PairSample], render: Callable[[PairSample], Tensor]) -> Closeness:
    """Mean closeness of renders to targets."""
    return Closeness.mean([Closeness.of(render(pair), pair.target) for pair in pairs])


def baked(model: RetouchRenderer, pair: PairSample) -> Tensor:
    """A pair's input by the table of its latents."""
    with torch.no_grad():
        latents = model.encode(control_of(pair, model.config, model.process)[None], mask_of(pair)[None])
    return bake(model, latents, pair.labels.key).render(pair.input)


def bake_error(model: RetouchRenderer, pairs: list[PairSample]) -> float:
    """PSNR in dB of tables against the decoder that they were baked from."""
    return fmean(float(psnr(baked(model, pair)[None], render_pair(model, pair)[None])) for pair in pairs)


class MaskRow(NamedTuple):
    """What switching a latent off does.

    Attributes:
        off: PSNR in dB of the render without the group's latent, to the process's without the group.
        on: that of the render with all latents, to the same.
        share: part of the squared change by the group that its latent explains: 1 where they are equal, 0 where the
            latent changes nothing.
    """

    off: float
    on: float
    share: float


def mask_rows(model: RetouchRenderer, data: PairDataset, pairs: list[PairSample]) -> list[MaskRow]:
    """One row a group, over the pairs in which it moves and others do too."""
    process = renderer_of(data.process.name, "compiled")
    rows = []
    for group in range(len(GROUPS)):
        off, on, missed, whole = [], [], 0.0, 0.0
        for pair in (pair for pair in pairs if pair.labels.groups[group] and pair.labels.groups.sum() > 1):
            recipe, mask = pair.labels.parameters, mask_of(pair)
            mask[group] = 0
            wanted = process.render(pair.input[None], with_groups(data.process, recipe, mask)[None])
            without, every = render_pair(model, pair, mask)[None], render_pair(model, pair)[None]
            off.append(float(psnr(without, wanted)))
            on.append(float(psnr(every, wanted)))
            change = process.render(pair.input[None], recipe[None]).float() - wanted
            missed += float((every.float() - without - change).square().mean())
            whole += float(change.square().mean())
        rows.append(MaskRow(fmean(off), fmean(on), 1 - missed / whole))
    return rows


def transfer(model: RetouchRenderer, data: PairDataset, pairs: list[PairSample]) -> tuple[float, float]:
    """PSNR in dB of edits seen on one photo and rendered on the next input, and of unchanged inputs."""
    process = renderer_of(data.process.name, "compiled")
    ours, unchanged = [], []
    for pair, other in zip(pairs, pairs[len(pairs) // 2 :] + pairs[: len(pairs) // 2], strict=True):
        wanted = process.render(other.input[None], pair.labels.parameters[None])
        with torch.no_grad():
            latents = model.encode(control_of(pair, model.config, model.process)[None], mask_of(pair)[None])
        ours.append(float(psnr(model.render(other.input, latents)[None], wanted)))
        unchanged.append(float(psnr(other.input[None], wanted)))
    return fmean(ours), fmean(unchanged)


if __name__ == "__main__":
    main()
