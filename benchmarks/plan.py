"""Planning a million pairs from a list of 250,000 sources: seconds and peak memory of every step of `unretouch plan`.

    python -m benchmarks.plan

Inspection is left out: it is work on pictures, which `benchmarks.speed` measures. Its result is made up instead: a
table with random hashes.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow as pa
import pyarrow.csv
import typer
from rich.table import Table

from benchmarks.report import wide_console, write_report
from pipeline.jobs.planning import write_planned
from pipeline.shards.plan import plan_shards
from pipeline.sources.catalogue import settle
from pipeline.sources.listing import list_sources
from pipeline.storage.local import LocalStore
from schemas.jobs.run import RunConfig
from schemas.source import SOURCE_SCHEMA, SourceItem

_PART = 64


class Steps:
    """Seconds of each step, and the greatest memory that the process ever held when it ended."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = [{"step": "start: all imports", "seconds": None, "peak_mib": peak_mib()}]
        self.seconds = 0.0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a block."""
        start = time.perf_counter()
        yield
        took = time.perf_counter() - start
        self.seconds += took
        self.rows.append({"step": name, "seconds": took, "peak_mib": peak_mib()})


def peak_mib() -> float:
    """Peak resident memory of this process, all libraries included, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def main(
    sources: Annotated[int, typer.Option(min=1, help="Sources in the list.")] = 250_000,
    out: Annotated[Path, typer.Option(help="JSON that receives the figures.")] = Path("benchmarks/out/plan.json"),
) -> None:
    """Plan four pairs for each source and print what it took."""
    steps = Steps()
    with tempfile.TemporaryDirectory(prefix="unretouch-bench-") as name:
        folder = Path(name)
        config = RunConfig(sources=[str(folder / "list.csv")], out=str(folder / "out"))
        store = LocalStore(config.out)
        _write_list(folder / "list.csv", sources)
        with steps.step("read the list"):
            items = list_sources(config.sources)
        inspected = _inspected(items)
        del items  # as `prepare` does
        with steps.step("near-duplicates and splits"):
            settled = settle(inspected, config.shards.splits)
        with steps.step("lay out in shards"):
            shards = plan_shards(settled, config)
        with steps.step("write sources, plan and record"):
            record = write_planned(store, config, settled, shards)
    console = wide_console()
    table = Table(title=f"{record.counts.planned:,} pairs in {len(shards):,} shards from {sources:,} sources")
    for column in ("step", "seconds", "peak MiB"):
        table.add_column(column, justify="left" if column == "step" else "right")
    for row in [*steps.rows, {"step": "all", "seconds": steps.seconds, "peak_mib": peak_mib()}]:
        table.add_row(str(row["step"]), *("" if value is None else f"{value:.1f}" for value in list(row.values())[1:]))
    console.print(table)
    write_report(
        out, {"sources": sources, "pairs": record.counts.planned, "seconds": steps.seconds, "steps": steps.rows}
    )
    console.print(f"figures: {out}")


def _write_list(path: Path, count: int) -> None:
    numbers = range(count)
    columns = {
        "uri": [f"/photos/{number // 1000:03d}/IMG_{number:07d}.jpg" for number in numbers],
        "licence": ["CC-BY-4.0"] * count,
        "author": [f"Author {number % 997}" for number in numbers],
    }
    pyarrow.csv.write_csv(pa.table(columns), path)


def _inspected(items: Sequence[SourceItem]) -> pa.Table:
    """What inspection would say of these items if all were usable and no two alike; made in parts, as it makes it."""
    generator = np.random.default_rng(0)
    parts = []
    for start in range(0, len(items), _PART):
        part = items[start : start + _PART]
        sha256 = [generator.bytes(32).hex() for _ in part]
        columns = {
            "uri": [item.uri for item in part],
            "licence": [item.licence for item in part],
            "author": [item.author for item in part],
            "position": np.arange(start, start + len(part)),
            "bytes": np.full(len(part), 3_000_000),
            "sha256": sha256,
            "phash": [value[:16] for value in sha256],
            "width": np.full(len(part), 4000),
            "height": np.full(len(part), 3000),
            "format": ["JPEG"] * len(part),
            "camera": ["Canon EOS R5"] * len(part),
        }
        absent = [None] * len(part)
        parts.append(pa.table({name: columns.get(name, absent) for name in SOURCE_SCHEMA.names}, schema=SOURCE_SCHEMA))
    return pa.concat_tables(parts)


if __name__ == "__main__":
    typer.run(main)
