"""The memory of commands at 10,000 and at 100,000 pairs: it must not grow with their number.

    python -m benchmarks.memory

Pictures are tiny (64 pixels) and scored by PSNR only, so that it takes minutes. The data sets are made by the commands
`unretouch plan` and `unretouch run`, looked at by `status` and `verify`, and made stricter by `regate`; the
commands' own process is watched, not Ray's nor the workers.
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

_COMMANDS = ("plan", "run", "status", "verify", "regate")


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
    for column in ("pairs", *(f"{name}, MiB" for name in _COMMANDS), *(f"{name}, s" for name in _COMMANDS)):
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
    watched = {name: PeakMemory() for name in _COMMANDS}
    seconds = {}
    seconds["plan"], _ = command(["plan", "--sample", "0", *options], watched["plan"])
    seconds["run"], made = command(["run", *options], watched["run"])
    seconds["status"], _ = command(["status", str(out), "--json"], watched["status"])
    verify = ["verify", str(out), "--sample", "8", "--workers", str(workers), "--json"]
    seconds["verify"], _ = command(verify, watched["verify"])
    stricter = ["--set", "gates.difference_de00.min=6", "--out", f"{out}-stricter", "--workers", str(workers)]
    seconds["regate"], _ = command(["regate", str(out), *stricter, "--json"], watched["regate"])
    for folder in (str(out), f"{out}-stricter"):
        shutil.rmtree(folder)
    figures = {f"{name}_mib": memory.mib for name, memory in watched.items()}
    return {"pairs": made["pairs planned"], **figures, **{f"{name}_seconds": spent for name, spent in seconds.items()}}


if __name__ == "__main__":
    typer.run(main)
