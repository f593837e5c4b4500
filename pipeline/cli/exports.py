"""Commands that hand data sets and recipes to other programs."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import AsJson, Key, Root
from pipeline.cli.report import lines, report
from pipeline.dataset.record import load_record
from pipeline.export.export import Format, export_pairs
from pipeline.export.streaming import shard_urls
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


def urls(
    out: Root,
    split: Annotated[str | None, typer.Option(help="Print the shards of this split alone.")] = None,
    expires: Annotated[
        int, typer.Option(min=1, max=604_800, help="Seconds for which addresses on S3 can be read, a week at most.")
    ] = 3600,
    as_json: AsJson = False,
) -> None:
    """Print a path or address for each shard of a finished data set. Those on S3 are signed: they need no credentials.

    Whoever has a signed address can read its shard until it expires, or until the credentials do that signed it.
    """
    found = shard_urls(out, split, expires)
    if as_json:
        report({"urls": found}, as_json)
    else:
        lines(found)
