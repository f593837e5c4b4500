"""A tiny VLM learns a few pairs by heart: `python -m benchmarks.overfit CONFIG [--set FIELD=VALUE]...`.

CONFIG is as for `unretouch train-vlm`; configs/train-vlm-tiny.yaml takes minutes. A finished training is not repeated.
Every pair is then retouched by the saved model: from the picture, its task and instruction alone. PSNR is taken on
whole pictures, in 8 bits, against the stored target. Sliders that move are compared with those of the stored recipe.
"""

import argparse
import time
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

import torch
from rich.table import Table
from torch import Tensor

from benchmarks.report import wide_console
from operators.process import Process
from operators.renderer import renderer_of
from pipeline.config import read_config
from pipeline.training.pairs import normalized
from pipeline.training.samples import PairSample
from pipeline.training.vlm import MODEL, train
from pipeline.training.vlm_data import pairs_of
from pipeline.training.vlm_retouch import Retoucher, UnusableAnswerError
from quality.measures import psnr
from schemas.jobs.train_vlm import TrainVlmConfig


class Row(NamedTuple):
    """What a model makes of one pair."""

    task: str
    exact: bool
    """Whether the answer is the stored one, character for character."""
    follows: bool
    """Whether it follows the format."""
    identity: float
    """PSNR of input and target in dB."""
    rendered: float
    """PSNR of the render and the target; of an answer that does not follow the format, that of the input."""
    stored: set[str]
    """Sliders that the stored recipe moves."""
    moved: set[str]
    """Sliders that the model's recipe moves."""
    error: float
    """Mean distance of the two recipes' values, over the sliders that either moves, in hundredths of a slider's way."""


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()
    config = read_config(arguments.config, TrainVlmConfig, arguments.set)
    folder = Path(config.out) / MODEL
    started = time.perf_counter()
    if not folder.exists():
        train(config)
    seconds = time.perf_counter() - started
    torch.set_num_threads(1)
    retoucher = Retoucher(str(folder))
    pairs = pairs_of(config)
    rows = [row_of(retoucher, pairs.process, pairs.pair(number)) for number in range(len(pairs))]
    wide_console().print(table(rows))
    wide_console().print(f"training: {seconds:.0f} s")


def row_of(retoucher: Retoucher, process: Process, pair: PairSample) -> Row:
    """Retouch a pair's input as its words ask for, and compare."""
    before, after, said = pair
    identity = float(psnr(before[None], after[None]))
    stored = _shares(process, said.parameters)
    try:
        found = retoucher.retouch(before, said.task, said.instruction, held=False)
    except UnusableAnswerError:
        return Row(
            said.task, False, False, identity, identity, set(stored), set(), 100 * mean(map(abs, stored.values()))
        )
    renderer = renderer_of(found.recipe.process, "compiled")
    given = renderer.process.vector([found.recipe])
    rendered = renderer.render(before[None], given)
    exact, quality = found.answer == said.answer, float(psnr(rendered, after[None]))
    moved = _shares(process, given[0])
    error = 100 * mean(abs(moved.get(name, 0.0) - stored.get(name, 0.0)) for name in stored.keys() | moved.keys())
    return Row(said.task, exact, True, identity, quality, set(stored), set(moved), error)


def _shares(process: Process, recipe: Tensor) -> dict[str, float]:
    """Normalised values, (P,), of the sliders that move."""
    shares = normalized(process, recipe).tolist()
    return {name: share for name, share in zip(process.index, shares, strict=True) if share}


def table(rows: list[Row]) -> Table:
    """One line a task, and one for all."""
    shown = Table(
        "task", "pairs", "format", "exact answers", "identity, dB", "rendered, dB", "least gain, dB", box=None
    )
    for column in ("stored sliders", "sliders", "recall", "precision", "error"):
        shown.add_column(column)
    for task in (*sorted({row.task for row in rows}), None):
        some = [row for row in rows if task in (None, row.task)]
        both = sum(len(row.stored & row.moved) for row in some)
        shown.add_row(
            task or "all",
            str(len(some)),
            str(sum(row.follows for row in some)),
            str(sum(row.exact for row in some)),
            f"{mean(row.identity for row in some):.1f}",
            f"{mean(row.rendered for row in some):.1f}",
            f"{min(row.rendered - row.identity for row in some):+.1f}",
            f"{median(len(row.stored) for row in some):g}",
            f"{median(len(row.moved) for row in some):g}",
            f"{both / sum(len(row.stored) for row in some):.2f}",
            f"{both / max(1, sum(len(row.moved) for row in some)):.2f}",
            f"{mean(row.error for row in some):.1f}",
        )
    return shown


if __name__ == "__main__":
    main()
