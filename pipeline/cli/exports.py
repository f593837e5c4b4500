"""Commands that hand data sets and recipes to other programs."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import AsJson, Key, Root
from pipeline.cli.report import report
from pipeline.dataset.record import load_record
from pipeline.export.export import Format, export_pairs
from pipeline.export.xmp import export_xmp
from pipeline.storage.store import open_store


def export(
    out: Root,
    format_: Annotated[Format, typer.Option("--format", help="What to write; the README says who reads it.")],
    to: Annotated[Path, typer.Option(metavar="DIR", help="New or empty folder; complete as soon as it is there.")],
    split: Annotated[str | None, typer.Option(help="Export this split alone.")] = None,
    where: Annotated[
        str | None, typer.Option(metavar="SQL", help="Condition on columns of the manifest, as in \"task = 'auto'\".")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the pairs of a finished data set for other trainers. After a kill, the same command starts again."""
    counts = export_pairs(out, format_, to, split, where)
    report({"format": format_, "folder": str(to), "pairs": counts}, as_json)


def xmp(
    out: Root,
    key: Key,
    to: Annotated[Path | None, typer.Option(help="File to write. Default: KEY.xmp.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a pair's recipe as an .xmp preset for Lightroom, Camera Raw or darktable."""
    store = open_store(out)
    load_record(store)
    path = to or Path(f"{key}.xmp")
    export_xmp(store, key, path)
    report({"key": key, "file": str(path)}, as_json)
