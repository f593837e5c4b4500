"""Tuners against each other, in the shape of Tables 1 and 2 of RLPixTuner: `python -m benchmarks.tuners`.

The task: find the nine parameters of rlpixtuner/1 behind an 8-bit target, drawn uniformly. All tuners see the same
sampled tiles of the same pictures, and every render of those, each direction of a Jacobian and each backward pass
counted as one, is an evaluation, always from the original. What a tuner holds best after 10, 50 and 200 is rendered on
the whole picture; the PSNR is of that, in 8 bit. One line shows Gauss-Newton counted as papers with a
differentiable proxy do: a render with its derivatives is one evaluation.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean, median

import cma
import numpy as np
import torch
from rich.table import Table
from torch import Tensor

from benchmarks.report import wide_console
from operators.catalogue import RLPIXTUNER_1
from operators.process import Process
from pipeline.demo import write_photos
from pipeline.fitting.files import read_pictures
from pipeline.fitting.pair import render, solve
from pipeline.fitting.sample import Sample, sample_pair
from pipeline.recipes.seeds import seed_of
from quality.measures import psnr
from schemas.fit import FitConfig, SolverConfig

BUDGETS = (10, 50, 200)
SIZES = {"720p": (720, 1280), "4K": (2160, 3840)}
_SPECS = RLPIXTUNER_1.parameters
LOW = torch.tensor([spec.minimum for spec in _SPECS])
HIGH = torch.tensor([spec.maximum for spec in _SPECS])
NEUTRAL = torch.tensor([spec.neutral for spec in _SPECS])
UNIFORM = FitConfig(solver=SolverConfig(prior=0.03, robust=0.5))
"""Targets drawn from the whole range are not near neutral, and hold nothing that the process cannot make."""


class Ledger:
    """Counts renders and remembers the best parameters after each budget."""

    def __init__(self, sample: Sample, derivatives_free: bool = False) -> None:
        self.sample, self.derivatives_free = sample, derivatives_free
        self.count, self._best = 0, float("inf")
        self.held = dict.fromkeys(BUDGETS, NEUTRAL)

    @property
    def spent(self) -> bool:
        return self.count >= BUDGETS[-1]

    def enter(self, parameters: Tensor, rendered: Tensor) -> Tensor:
        """Losses (B,) of rows of parameters and their renders; the rows are evaluations one after the other."""
        losses = ((rendered - self.sample.target).square() * self.sample.weights).mean((1, 2, 3))
        if not (self.derivatives_free and len(parameters) > 1):
            for row, loss in zip(parameters.detach(), losses.tolist(), strict=True):
                self.count += 1
                if loss < self._best:
                    self._best = loss
                    self.held.update((budget, row) for budget in BUDGETS if self.count <= budget)
        return losses


class Watched(Process):
    """A process that enters each render in a ledger."""

    ledger: Ledger

    def render(self, image: Tensor, parameters: Tensor) -> Tensor:
        rendered = super().render(image, parameters)
        self.ledger.enter(parameters, rendered)
        return rendered


def losses(ledger: Ledger, shares: Tensor) -> Tensor:
    """Losses of (B, 9) shares of the ranges."""
    parameters = LOW + (HIGH - LOW) * shares
    images = ledger.sample.image.expand(len(parameters), -1, -1, -1)
    return ledger.enter(parameters, RLPIXTUNER_1.render(images, parameters))


def gauss_newton(ledger: Ledger, seed: int) -> None:
    process = Watched(RLPIXTUNER_1.name, RLPIXTUNER_1.operators)
    object.__setattr__(process, "ledger", ledger)
    solve(process, ledger.sample, UNIFORM)


def cma_es(ledger: Ledger, seed: int) -> None:
    options = {"bounds": [0, 1], "seed": seed % (2**32 - 1) + 1, "verbose": -9, "maxfevals": BUDGETS[-1]}
    start = ((NEUTRAL - LOW) / (HIGH - LOW)).tolist()
    search = cma.CMAEvolutionStrategy(start, 0.3, options)
    while not ledger.spent and not search.stop():
        asked = search.ask()
        search.tell(asked, losses(ledger, torch.from_numpy(np.array(asked, dtype=np.float32))).tolist())


def random_search(ledger: Ledger, seed: int) -> None:
    shares = torch.rand(BUDGETS[-1], len(LOW), generator=torch.Generator().manual_seed(seed))
    for row in shares:
        losses(ledger, row[None])


def adam(ledger: Ledger, seed: int) -> None:
    shares = ((NEUTRAL - LOW) / (HIGH - LOW)).clone().requires_grad_()
    optimizer = torch.optim.Adam([shares], lr=0.05)
    while not ledger.spent:
        optimizer.zero_grad()
        torch.autograd.backward(losses(ledger, shares[None]).sum())
        ledger.count += 1
        optimizer.step()
        with torch.no_grad():
            shares.clamp_(0, 1)


Tuner = Callable[[Ledger, int], None]
TUNERS: dict[str, tuple[Tuner, bool]] = {
    "random search": (random_search, False),
    "gradient descent (Adam)": (adam, False),
    "CMA-ES": (cma_es, False),
    "Gauss-Newton": (gauss_newton, False),
    "  derivatives with the render": (gauss_newton, True),
}


def main() -> None:
    """Tune and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, help="folder; the six demo photographs by default")
    parser.add_argument("--targets", type=int, default=4, help="targets a photo")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    pictures = photographs(arguments.photos)
    reached: dict[str, dict[int, list[float]]] = {name: {budget: [] for budget in BUDGETS} for name in TUNERS}
    seconds: dict[str, list[float]] = {name: [] for name in TUNERS}
    start = []
    for photo, picture in enumerate(pictures):
        for number in range(arguments.targets):
            # Streams apart: a tuner whose seed were that of the targets would draw them itself.
            place = (arguments.seed, photo, number)
            generator = torch.Generator().manual_seed(seed_of("target", *place))
            wanted = LOW + (HIGH - LOW) * torch.rand(len(LOW), generator=generator)
            target = render(RLPIXTUNER_1, picture, wanted[None])
            start.append(float(psnr(picture[None], target[None])))
            sample = sample_pair(picture, target, RLPIXTUNER_1, FitConfig().pixels)
            for name, (tune, derivatives_free) in TUNERS.items():
                ledger = Ledger(sample, derivatives_free)
                started = time.perf_counter()
                tune(ledger, seed_of("search", *place))
                seconds[name].append(time.perf_counter() - started)
                for budget, held in ledger.held.items():
                    found = render(RLPIXTUNER_1, picture, held[None])
                    reached[name][budget].append(float(psnr(found[None], target[None])))
    console = wide_console()
    console.print(quality_table(reached, start))
    console.print(time_table(seconds))


def photographs(folder: Path | None) -> list[Tensor]:
    """Pictures (3, H, W) uint8 of at most 1024 pixels."""
    if folder is None:
        with tempfile.TemporaryDirectory() as scratch:
            write_photos(Path(scratch))
            return photographs(Path(scratch))
    paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in (".jpg", ".jpeg", ".png")]
    return [read_pictures(str(path), str(path))[0] for path in paths]


def quality_table(reached: dict[str, dict[int, list[float]]], start: list[float]) -> Table:
    """Mean and median PSNR, and the share of targets that reach 45 dB, after each budget."""
    counted = f"{len(start)} targets, {mean(start):.1f} at the start"
    table = Table(title=f"PSNR in dB: mean (median, share of 45 dB or more); {counted}")
    table.add_column("tuner")
    for budget in BUDGETS:
        table.add_column(f"after {budget}", justify="right")
    for name, budgets in reached.items():
        cells = [
            f"{mean(values):.1f} ({median(values):.1f}, {mean(value >= 45 for value in values):.0%})"
            for values in budgets.values()
        ]
        table.add_row(name, *cells)
    return table


def time_table(seconds: dict[str, list[float]]) -> Table:
    """Seconds to tune, and with the render of what was found; one thread."""
    table = Table(title="Seconds, median, one thread")
    for column in ("tuner", "tuning", *SIZES):
        table.add_column(column, justify="left" if column == "tuner" else "right")
    rendering = {name: _rendering(*size) for name, size in SIZES.items()}
    for name, values in seconds.items():
        tuning = median(values)
        table.add_row(name, f"{tuning:.2f}", *(f"{tuning + extra:.2f}" for extra in rendering.values()))
    return table


def _rendering(height: int, width: int) -> float:
    picture = torch.randint(0, 256, (3, height, width), dtype=torch.uint8)
    times = []
    for _ in range(3):
        started = time.perf_counter()
        render(RLPIXTUNER_1, picture, (0.7 * NEUTRAL + 0.3 * HIGH)[None])
        times.append(time.perf_counter() - started)
    return median(times)


if __name__ == "__main__":
    main()
