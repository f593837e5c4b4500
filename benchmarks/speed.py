"""Milliseconds a pair: the codec's floor, the pipeline, a script, and plain sharding, in one run on the same photos.

    python -m benchmarks.speed                     the demo photographs, enlarged
    python -m benchmarks.speed --photos FOLDER     your JPEGs of at least 2 megapixels

Every contestant uses one thread a process. Contestants take turns, so that a machine that is busy for a while is busy
for all of them.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.floor import code_only
from benchmarks.kornia_script import make_variants
from benchmarks.photos import find_photos, megapixels, write_turned
from benchmarks.plain_shards import resize_and_shard
from benchmarks.pool import Cost, PhotoFunction, cost_per_photo
from benchmarks.report import wide_console, write_report
from benchmarks.runs import Split, make_dataset
from benchmarks.speed_table import FASTEST, FULL, Row, ratio, rows_table, starts_table

VARIANTS = 4
PROCESSES = (1, 2)
_LARGER = 8
"""The large run has this many times the sources of the small one: each photo in all its EXIF orientations."""


def main(
    photos: Annotated[Path | None, typer.Option(help="Folder of JPEG photos; the demo's by default.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Times everything is measured.")] = 3,
    out: Annotated[Path, typer.Option(help="JSON file that receives the figures.")] = Path("benchmarks/out/speed.json"),
) -> None:
    """Measure all contestants and print the table."""
    console = wide_console()
    with tempfile.TemporaryDirectory(prefix="unretouch-bench-") as name:
        scratch = Path(name)
        found = find_photos(photos, scratch)
        sizes = [megapixels(path) for path in found]
        console.print(f"{len(found)} JPEGs of {min(sizes):.1f} to {max(sizes):.1f} MP, {VARIANTS} variants each")
        loops = _loops(scratch / "loops")
        small = write_turned(found, [1], scratch / "small")
        large = write_turned(found, range(1, _LARGER + 1), scratch / "large")
        sets = [f"shards.pairs={max(VARIANTS, len(found) * VARIANTS // 4)}", "shards.splits={train: 1.0}"]
        console.log("warm-up of the pipeline")
        make_dataset(small, scratch / "out", 1, sets)
        runs: dict[int, list[Split]] = {workers: [] for workers in PROCESSES}
        for repeat in range(1, repeats + 1):
            for row, make, pairs in loops:
                console.log(f"{repeat} of {repeats}: {row.name}, {row.processes} at a time")
                _measure(row, make, pairs, found, scratch / "loops")
            for workers, splits in runs.items():
                console.log(f"{repeat} of {repeats}: pipeline, {workers} workers")
                timed = [make_dataset(sources, scratch / "out", workers, sets) for sources in (small, large)]
                splits.append(Split.of(*timed))
    rows = [row for row, _, _ in loops] + _pipeline_rows(runs)
    console.print(rows_table(rows), starts_table(runs))
    content = {
        "photos": {"count": len(found), "megapixels": [round(size, 2) for size in sizes]},
        "variants": VARIANTS,
        "rows": [
            asdict(row)
            | {"wall ms": row.wall._asdict(), "cpu ms": row.cpu._asdict()}
            | {f"x {floor}": ratio(row, rows, floor) for floor in (FASTEST, FULL)}
            for row in rows
        ],
        "runs": {str(workers): [asdict(split) for split in splits] for workers, splits in runs.items()},
    }
    write_report(out, content)
    console.print(f"figures: {out}")


def _loops(written: Path) -> list[tuple[Row, PhotoFunction, int]]:
    """Everything that is a function of a photo: its row, the function, and how many pairs (or pictures) that makes."""
    loops: list[tuple[Row, PhotoFunction, int]] = []
    script = partial(make_variants, variants=VARIANTS, out=written)
    for processes in PROCESSES:
        for name, scaled in ((FASTEST, True), (FULL, False)):
            loops += [
                (Row(name, processes), partial(code_only, variants=VARIANTS, scaled=scaled), VARIANTS),
                (Row(name, processes, per="picture"), partial(code_only, variants=0, scaled=scaled), 1),
            ]
        loops += [
            (Row("Pillow + kornia script", processes), script, VARIANTS),
            (Row("img2dataset's loop", processes, per="picture"), partial(resize_and_shard, out=written), 1),
        ]
    return loops


def _measure(row: Row, make: PhotoFunction, pairs: int, photos: Sequence[Path], written: Path) -> None:
    written.mkdir()
    cost = cost_per_photo(make, photos, row.processes)
    row.costs.append(Cost(cost.wall / pairs, cost.cpu / pairs))
    shutil.rmtree(written)


def _pipeline_rows(runs: dict[int, list[Split]]) -> list[Row]:
    rows = []
    for workers, splits in runs.items():
        whole = [Cost(split.inspect.wall + split.make.wall, split.inspect.cpu + split.make.cpu) for split in splits]
        accepted = [
            Cost(cost.wall / split.accepted, cost.cpu / split.accepted)
            for cost, split in zip(whole, splits, strict=True)
        ]
        rows += [
            Row("pipeline, making", workers, "pair", [split.make for split in splits]),
            Row("pipeline, inspecting and making", workers, "pair", whole),
            Row("pipeline, inspecting and making", workers, "accepted pair", accepted),
        ]
    return rows


if __name__ == "__main__":
    typer.run(main)
