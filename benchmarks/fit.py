"""How well recipes are recovered from real pairs, as a table: `python -m benchmarks.fit PAIRS [--process NAME]...`.

PAIRS is a list as `unretouch fit --list` takes it, or a folder of NAME_before.EXT and NAME_after.EXT. Seconds are of
one thread, from decoded pictures to the checked recipe.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import torch
from rich.table import Table

from benchmarks.report import wide_console
from operators.catalogue import PROCESSES
from pipeline.fitting.files import read_pictures
from pipeline.fitting.pair import fit_pair
from pipeline.jobs.fit_bank import list_pairs
from schemas.fit import Fit


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--process", action="append", choices=sorted(PROCESSES), default=[])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    pairs = [(Path(after).stem, *read_pictures(before, after)) for before, after in find_pairs(arguments.pairs)]
    for name in arguments.process or ["aether/1", "expert/1"]:
        rows = []
        for pair, before, after in pairs:
            started = time.perf_counter()
            fit = fit_pair(before, after, PROCESSES[name])
            rows.append((pair, fit, time.perf_counter() - started))
        wide_console().print(table(name, rows))


def find_pairs(path: Path) -> Iterator[tuple[str, str]]:
    """Uris of the pictures before and after."""
    if path.is_file():
        yield from ((str(item.before), item.uri) for item in list_pairs(str(path)))
    for before in sorted(path.glob("*_before.*")):
        yield str(before), str(before).replace("_before.", "_after.")


def table(process: str, rows: list[tuple[str, Fit, float]]) -> Table:
    """One row a pair, then the medians."""
    shown = Table(title=f"Fits of {process}")
    for column in ("pair", "before dB", "after dB", "mean dE00", "seconds", "iterations", "evaluations", "renders", ""):
        shown.add_column(column, justify="left" if column in ("pair", "") else "right")
    for pair, fit, seconds in rows:
        quality = (
            [f"{fit.residual.psnr_before:.1f}", f"{fit.residual.psnr:.1f}", f"{fit.residual.de00_mean:.2f}"]
            if fit.residual
            else ["", "", ""]
        )
        counts = [str(fit.iterations), str(fit.evaluations), str(fit.renders)]
        shown.add_row(pair, *quality, f"{seconds:.2f}", *counts, fit.reason or "")
    residuals = [fit.residual for _, fit, _ in rows if fit.residual]
    if residuals:
        shown.add_section()
        medians = [median(getattr(r, name) for r in residuals) for name in ("psnr_before", "psnr")]
        shown.add_row("median", *(f"{value:.1f}" for value in medians), "", f"{median(row[2] for row in rows):.2f}")
        shown.add_row("least", "", f"{min(r.psnr for r in residuals):.1f}")
    return shown


if __name__ == "__main__":
    main()
