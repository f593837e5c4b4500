"""The memory of commands at 10,000 and at 100,000 pairs: it must not grow with their number.

    python -m benchmarks.memory

Pictures are tiny (64 pixels) and scored by PSNR only, so that it takes minutes. The data sets are made by the commands
`unretouch plan` and `unretouch run`, and looked at by `status` and `verify`; the commands' own process is watched, not
Ray's nor the workers.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image
from rich.table import Table

from benchmarks.observers import PeakMemory
from benchmarks.report import wide_console, write_report
from benchmarks.runs import arguments, command

_SIDE = 64
_VARIANTS = 4
_SETS = [
    f"image.long_side={_SIDE}",
    "image.min_short_side=16",
    f"pairs_per_source={_VARIANTS}",
    "scores.metrics=[psnr]",
    f"scores.long_side={_SIDE}",
]


def main(
    pairs: Annotated[tuple[int, int], typer.Option(help="Pairs of the small and of the large data set.")] = (
        10_000,
        100_000,
    ),
    workers: Annotated[int, typer.Option(min=1, help="Workers of each run.")] = 2,
    out: Annotated[Path, typer.Option(help="JSON that receives the figures.")] = Path("benchmarks/out/memory.json"),
) -> None:
    """Make both data sets and print the driver's peak memory."""
    console = wide_console()
    rows: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="unretouch-bench-") as name:
        scratch = Path(name)
        sources = scratch / "sources"
        sources.mkdir()
        written = 0
        for count in pairs:
            for number in range(written, count // _VARIANTS):
                tiny_picture(number).save(sources / f"{number:06d}.png")
            written = count // _VARIANTS
            console.log(f"{count} pairs from {written} sources")
            rows.append(_measure(sources, scratch / "out", workers))
    table = Table(title="peak memory of the command's process, all libraries included")
    for column in ("pairs", "plan, MiB", "run, MiB", "status, MiB", "verify, MiB", "plan, s", "run, s", "verify, s"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*(f"{value:,.0f}" for value in row.values()))
    console.print(table)
    small, large = (row["run_mib"] for row in rows)
    console.print(f"the larger run takes {100 * (large / small - 1):+.1f} % of the smaller one's memory")
    write_report(out, {"workers": workers, "rows": rows})
    console.print(f"figures: {out}")


def tiny_picture(number: int) -> Image.Image:
    """A picture of coloured clouds that looks like no other."""
    noise = np.random.default_rng(number).integers(40, 216, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)


def _measure(sources: Path, out: Path, workers: int) -> dict[str, float]:
    options = arguments(sources, out, workers, _SETS)
    of_plan, of_run, of_status, of_verify = (PeakMemory() for _ in range(4))
    planning, _ = command(["plan", "--sample", "0", *options], of_plan)
    making, status = command(["run", *options], of_run)
    command(["status", str(out), "--json"], of_status)
    verifying, _ = command(["verify", str(out), "--sample", "8", "--workers", str(workers), "--json"], of_verify)
    shutil.rmtree(out)
    return {
        "pairs": status["pairs planned"],
        "plan_mib": of_plan.mib,
        "run_mib": of_run.mib,
        "status_mib": of_status.mib,
        "verify_mib": of_verify.mib,
        "plan_seconds": planning,
        "run_seconds": making,
        "verify_seconds": verifying,
    }


if __name__ == "__main__":
    typer.run(main)
