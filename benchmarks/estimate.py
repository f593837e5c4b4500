"""What `unretouch plan` estimates beside what `unretouch run` takes, by one worker and by two; what it says of more.

    python -m benchmarks.estimate                     the demo photographs, enlarged
    python -m benchmarks.estimate --photos FOLDER     your JPEGs of at least 2 megapixels

The rate of a run is that of its further pairs: a run on few photos is taken from one on eight times as many, so that
the start of Python and Ray does not count.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from benchmarks.photos import find_photos, write_turned
from benchmarks.report import wide_console, write_report
from benchmarks.runs import arguments, command
from pipeline.jobs.saturation import Work, hours, limits, money, requests
from schemas.jobs.estimate import LimitsConfig, PricesConfig, Sample
from schemas.jobs.run import ComputeConfig

_VARIANTS = 4
_LARGER = 8
_PROCESSES = (1, 2)
_SIZES = (1_000_000, 100_000_000)
_WORKERS = (64, 256, 1024, 4096, 16384)
_PAIRS_A_SHARD = 1024
_PRICES = PricesConfig(core_hour=0.02, million_reads=0.4, million_writes=5, gigabyte_month=0.023)
"""In dollars: list prices of S3 in us-east-1, and about what a spot core costs there. Put your own in the config."""


def main(
    photos: Annotated[Path | None, typer.Option(help="Folder of JPEG photos; the demo's by default.")] = None,
    out: Annotated[Path, typer.Option(help="JSON that receives the figures.")] = Path("benchmarks/out/estimate.json"),
) -> None:
    """Measure, and print both tables."""
    console = wide_console()
    measured = Table(title="estimated and measured")
    for column in (
        "workers",
        "ms a pair, estimated",
        "measured",
        "ratio",
        "core-seconds a pair",
        "of the run",
        "ratio",
    ):
        measured.add_column(column, justify="right")
    rows: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="unretouch-bench-") as name:
        scratch = Path(name)
        found = find_photos(photos, scratch)
        small, large = (write_turned(found, range(1, times + 1), scratch / f"{times}") for times in (1, _LARGER))
        sets = [f"shards.pairs={max(_VARIANTS, len(found) * _VARIANTS // 4)}", "shards.splits={train: 1.0}"]
        for workers in _PROCESSES:
            row = _measure(small, large, scratch / "out", workers, sets)
            rows.append(row)
            figures = [1e3 * row["estimated"], 1e3 * row["measured"], row["estimated"] / row["measured"]]
            cores = [row["core seconds"], row["spent"], row["core seconds"] / row["spent"]]
            measured.add_row(str(workers), *(f"{value:.3g}" for value in (*figures, *cores)))
    console.print(measured)
    console.print(_scale(rows[0]))
    write_report(out, {"rows": rows})
    console.print(f"figures: {out}")


def _measure(small: Path, large: Path, out: Path, workers: int, sets: list[str]) -> dict[str, float]:
    """Seconds a pair on the clock, estimated and measured, and core seconds a pair likewise."""
    walls, pairs, estimate, took = [], [], dict[str, Any](), dict[str, Any]()
    for sources in (small, large):
        options = arguments(sources, out, workers, sets)
        _, planned = command(["plan", "--sample", "16", *options])
        wall, status = command(["run", *options])
        shutil.rmtree(out)
        walls.append(wall)
        pairs.append(status["pairs planned"])
        estimate, took = planned["estimate"], status["this run"]
    spent, expected = (float(word) for word in took["core-seconds a pair"].rstrip(")").split(" (estimated: "))
    return {
        "workers": workers,
        "estimated": estimate["hours"] * 3600 / estimate["pairs"],
        "measured": (walls[1] - walls[0]) / (pairs[1] - pairs[0]),
        "core seconds": expected,
        "spent": spent,
        "stored": 1e9 * estimate["GB stored"] / estimate["pairs"],
    }


def _scale(row: dict[str, float]) -> Table:
    """What the model says of large jobs on S3, from what one worker takes."""
    sample = Sample(
        pairs=0, accepted_share=1, core_seconds=row["core seconds"], gpu_seconds=0, stored_bytes=row["stored"]
    )
    table = Table(title=f"jobs on S3, from {sample.core_seconds:.3g} core-seconds a pair, by arithmetic")
    for column in ("pairs", "workers", "hours", "money", "limited by"):
        table.add_column(column, justify="right")
    for pairs in _SIZES:
        work = Work(pairs, pairs // _VARIANTS, -(-pairs // _PAIRS_A_SHARD), 0, on_s3=True)
        stored = pairs * sample.stored_bytes
        reads, writes = requests(work, stored)
        bounds = limits(work, sample, ComputeConfig(), LimitsConfig())
        cost = money(pairs * sample.core_seconds / 3600, 0, reads, writes, stored / 1e9, _PRICES)
        for workers in _WORKERS:
            reached = [f"{name} from {at:.0f}" for name, at in bounds.items() if at <= workers]
            took = hours(work, sample, workers, min(bounds.values()))
            table.add_row(f"{pairs:,}", f"{workers:,}", f"{took:.2f}", f"{cost:,.0f}", ", ".join(reached) or "workers")
    return table


if __name__ == "__main__":
    typer.run(main)
