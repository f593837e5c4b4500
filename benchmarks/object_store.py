"""A run on an S3 server on loopback beside one on disk: milliseconds, requests and bytes a pair.

    python -m benchmarks.object_store                     the demo photographs, enlarged
    python -m benchmarks.object_store --photos FOLDER     your JPEGs of at least 2 megapixels

The server takes processor time too, on the same machine: what it takes is in the figure. Sources and data set are both
in the store. The start of Python and Ray does not count: a run on few photos is taken from one on four times as many.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from rich.table import Table

from benchmarks.photos import find_photos, write_turned
from benchmarks.report import wide_console, write_report
from benchmarks.runs import CONFIG, command
from benchmarks.s3_server import s3_server

_LARGER = 4
_BUCKET = "benchmark"


def main(
    photos: Annotated[Path | None, typer.Option(help="Folder of JPEG photos; the demo's by default.")] = None,
    out: Annotated[Path, typer.Option(help="JSON that receives the figures.")] = Path(
        "benchmarks/out/object_store.json"
    ),
) -> None:
    """Measure both, with one worker, and print the table."""
    console = wide_console()
    with tempfile.TemporaryDirectory(prefix="unretouch-bench-") as name:
        scratch = Path(name)
        found = find_photos(photos, scratch)
        sizes = [write_turned(found, range(1, times + 1), scratch / f"{times}") for times in (1, _LARGER)]
        on_disk = _measure([str(folder) for folder in sizes], str(scratch / "out"))
        with s3_server():
            on_s3 = _measure([_upload(folder) for folder in sizes], f"s3://{_BUCKET}/out")
    table = Table(title="a run on disk and on S3, one worker")
    for column in ("", "disk", "S3", "ratio"):
        table.add_column(column, justify="right")
    for what in on_disk:
        one, other = on_disk[what], on_s3[what]
        table.add_row(what, f"{one:.3g}", f"{other:.3g}", f"{other / one:.2f}" if one else "")
    console.print(table)
    write_report(out, {"disk": on_disk, "s3": on_s3})
    console.print(f"figures: {out}")


def _upload(folder: Path) -> str:
    client = boto3.client("s3")
    client.create_bucket(Bucket=_BUCKET)
    for path in folder.iterdir():
        client.upload_file(str(path), _BUCKET, f"photos/{folder.name}/{path.name}")
    return f"s3://{_BUCKET}/photos/{folder.name}"


def _measure(sources: list[str], out: str) -> dict[str, float]:
    walls, pairs, took = [], [], dict[str, Any]()
    for number, source in enumerate(sources):
        own = f"{out}-{number}"
        options = ["--source", source, "--out", own, "--json", "--set", "compute.workers=1"]
        wall, status = command(["run", str(CONFIG), *options])
        if not own.startswith("s3://"):
            shutil.rmtree(own)
        walls.append(wall)
        pairs.append(status["pairs planned"])
        took = status["this run"]
    names = ("requests a pair", "of these, tried again", "MB read a pair", "MB sent a pair", "MB stored a pair")
    steady = 1e3 * (walls[1] - walls[0]) / (pairs[1] - pairs[0])
    return {"ms a pair, inspection included": steady} | {name: float(took.get(name, 0)) for name in names}


if __name__ == "__main__":
    typer.run(main)
