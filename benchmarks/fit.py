"""How well recipes are recovered, as tables: `python -m benchmarks.fit [PAIRS]... [--photos FOLDER]`.

PAIRS are lists as `unretouch fit --list` takes them, or folders of NAME_before.EXT and NAME_after.EXT. Beside the fit
stands the PSNR that all sliders together reach. Sliders are at a rail at the end of their range. Seconds are of one
thread, from decoded pictures to the checked recipe.

With --photos, recipes of six sliders at one to two standard deviations are planted on 24 photos, rendered in 8 bit, and
fitted. A slider counts as visible if its return to neutral makes at least 0.1 mean CIEDE2000.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import torch
from rich.table import Table
from torch import Tensor

from benchmarks.planted import SLIDERS, read_planted, recover
from benchmarks.report import wide_console
from operators.catalogue import PROCESSES
from operators.process import Process
from operators.solver import round_to_steps
from operators.threads import one_thread
from pipeline.fitting.files import read_pictures
from pipeline.fitting.pair import fit_pair, render, solve
from pipeline.fitting.sample import sample_pair
from pipeline.jobs.fit_bank import list_pairs
from quality.measures import psnr
from schemas.fit import Fit, FitConfig


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path, nargs="*")
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--process", action="append", choices=sorted(PROCESSES), default=[])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    uris = [found for path in arguments.pairs for found in find_pairs(path)]
    pairs = [(Path(after).stem.removesuffix("_after"), *read_pictures(before, after)) for before, after in uris]
    for name in (arguments.process or ["aether/1", "expert/1"]) if pairs else []:
        rows = []
        for pair, before, after in pairs:
            started = time.perf_counter()
            fit = fit_pair(before, after, PROCESSES[name])
            seconds = time.perf_counter() - started
            rows.append(Row(pair, fit, dense_psnr(before, after, PROCESSES[name]), seconds))
        wide_console().print(table(PROCESSES[name], rows))
    if arguments.photos:
        wide_console().print(planted_table(read_planted(arguments.photos)))


class Row(NamedTuple):
    """A fitted pair, the PSNR of all sliders together in dB, and the seconds that the fit took."""

    pair: str
    fit: Fit
    dense: float
    seconds: float


def find_pairs(path: Path) -> Iterator[tuple[str, str]]:
    """Uris of the pictures before and after."""
    if path.is_file():
        yield from ((str(item.before), item.uri) for item in list_pairs(str(path)))
    for before in sorted(path.glob("*_before.*")):
        yield str(before), str(before).replace("_before.", "_after.")


@one_thread()
def dense_psnr(before: Tensor, after: Tensor, process: Process) -> float:
    """PSNR in dB, in 8 bit, of the recipe that uses every slider."""
    config = FitConfig()
    sample = sample_pair(before, after, process, config.pixels)
    parameters = solve(process, sample, config).parameters
    rounded = round_to_steps(process, *sample, config.solver, parameters)
    return float(psnr(render(process, before, rounded[None].float())[None], after[None]))


def table(process: Process, rows: list[Row]) -> Table:
    """One row a pair, then the medians."""
    shown = Table(title=f"Fits of {process.name}")
    numbers = ("before dB", "all dB", "fit dB", "mean dE00", "sliders", "at rails", "seconds", "renders")
    for column in ("pair", *numbers, ""):
        shown.add_column(column, justify="right" if column in numbers else "left")
    for row in rows:
        found = row.fit.residual
        quality = (
            (f"{found.psnr_before:.1f}", f"{row.dense:.2f}", f"{found.psnr:.2f}", f"{found.de00_mean:.2f}")
            if found
            else ("", "", "", "")
        )
        counts = (str(len(_moved(process, row.fit))), str(_rails(process, row.fit))) if row.fit.recipe else ("", "")
        work = (f"{row.seconds:.2f}", str(row.fit.renders))
        shown.add_row(row.pair, *quality, *counts, *work, row.fit.reason or "")
    measured = [(row.dense, row.fit.residual) for row in rows if row.fit.residual]
    if measured:
        before, dense, fit = (
            median(values)
            for values in zip(*((found.psnr_before, best, found.psnr) for best, found in measured), strict=True)
        )
        sliders = [len(_moved(process, row.fit)) for row in rows if row.fit.recipe]
        shown.add_section()
        middle = (f"{before:.1f}", f"{dense:.2f}", f"{fit:.2f}", "", f"{median(sliders):g}" if sliders else "")
        shown.add_row("median", *middle, "", f"{median(row.seconds for row in rows):.2f}")
        shown.add_row("most lost", "", "", f"{max(best - found.psnr for best, found in measured):.2f}")
    return shown


def planted_table(photos: list[Tensor]) -> Table:
    """Recipes of sliders that are visible on the photo, and of any sliders."""
    columns = ("planted among", "recall of visible", "recall of all", "precision", "median error of values", "sliders")
    shown = Table(*columns, title=f"Planted recipes of {SLIDERS} sliders on {len(photos)} photos")
    for name, visible in (("visible sliders", True), ("all sliders", False)):
        found = recover(photos, visible)
        shares = (found.recall, found.recall_of_all, found.precision)
        shown.add_row(name, *(f"{share:.3f}" for share in shares), f"{found.error:.2%} of range", f"{found.sliders:g}")
    return shown


def _moved(process: Process, fit: Fit) -> dict[str, float]:
    values = fit.recipe.values if fit.recipe else {}
    return {name: value for name, value in values.items() if value != process.neutral[name]}


def _rails(process: Process, fit: Fit) -> int:
    specs = [process.parameters[process.index[name]] for name in _moved(process, fit)]
    values = _moved(process, fit).values()
    return sum(value in (spec.minimum, spec.maximum) for spec, value in zip(specs, values, strict=True))


if __name__ == "__main__":
    main()
