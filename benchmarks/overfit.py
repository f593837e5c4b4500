"""A tiny VLM learns a few pairs by heart: `python -m benchmarks.overfit CONFIG [--set FIELD=VALUE]...`.

CONFIG is as for `unretouch train-vlm`; configs/train-vlm-tiny.yaml takes minutes. A finished training is not repeated.
Every pair is then retouched by the saved model: from the picture, its task and instruction alone. PSNR is taken on
whole pictures, in 8 bits, against the stored target.
"""

import argparse
import time
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import torch
from rich.table import Table

from benchmarks.report import wide_console
from operators.renderer import renderer_of
from pipeline.config import read_config
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
    rows = [row_of(retoucher, pairs.pair(number)) for number in range(len(pairs))]
    wide_console().print(table(rows))
    wide_console().print(f"training: {seconds:.0f} s")


def row_of(retoucher: Retoucher, pair: PairSample) -> Row:
    """Retouch a pair's input as its words ask for, and compare."""
    before, after, said = pair
    identity = float(psnr(before[None], after[None]))
    try:
        found = retoucher.retouch(before, said.task, said.instruction, held=False)
    except UnusableAnswerError:
        return Row(said.task, exact=False, follows=False, identity=identity, rendered=identity)
    renderer = renderer_of(found.recipe.process, "compiled")
    rendered = renderer.render(before[None], renderer.process.vector([found.recipe]))
    exact = found.answer == said.answer
    return Row(said.task, exact, follows=True, identity=identity, rendered=float(psnr(rendered, after[None])))


def table(rows: list[Row]) -> Table:
    """One line a task, and one for all."""
    shown = Table(
        "task", "pairs", "format", "exact answers", "identity, dB", "rendered, dB", "least gain, dB", box=None
    )
    for task in (*sorted({row.task for row in rows}), None):
        some = [row for row in rows if task in (None, row.task)]
        shown.add_row(
            task or "all",
            str(len(some)),
            str(sum(row.follows for row in some)),
            str(sum(row.exact for row in some)),
            f"{mean(row.identity for row in some):.1f}",
            f"{mean(row.rendered for row in some):.1f}",
            f"{min(row.rendered - row.identity for row in some):+.1f}",
        )
    return shown


if __name__ == "__main__":
    main()
