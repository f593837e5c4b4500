"""The command line. Reports go to standard output, progress and messages to standard error."""

import json
import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape
from rich.table import Table

from pipeline.cluster import cluster
from pipeline.codec import EXTENSIONS, decode
from pipeline.config import load_config, process_named
from pipeline.dataset import NoDataSetError, load, progress_of
from pipeline.fitting.command import fit_files, fit_list
from pipeline.gallery import CONTACT_SHEET
from pipeline.pictures import pair_picture
from pipeline.presets.export import export_sample
from pipeline.presets.kelvin import WhitePoint
from pipeline.presets.library import library_report, load_presets
from pipeline.reader import find_row
from pipeline.reader import sample as read_sample
from pipeline.realism import measure_realism
from pipeline.replay import replay as make_again
from pipeline.replay import same, write_sample
from pipeline.run import plan as make_plan
from pipeline.run import run as make
from pipeline.sampler import make_sampler
from pipeline.storage import Store, open_store
from pipeline.verify import verify as check
from schemas.dataset import DatasetRecord
from schemas.errors import UnretouchError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Makes training data for photo retouching.")

ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="Run config, a YAML file.")]
Sources = Annotated[
    list[str] | None, typer.Option("--source", help="Source to use instead of the config's; repeatable.")
]
Out = Annotated[str | None, typer.Option("--out", help="Where the data set goes, instead of the config's.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Any field, as in image.quality=90.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on standard output.")]
ProcessName = Annotated[str, typer.Option(help="Process whose parameters are wanted.")]
Root = Annotated[str, typer.Argument(metavar="OUT", help="Folder or s3:// prefix of a data set.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="Key of a pair.")]


class StoppedError(UnretouchError):
    """The user stopped the command."""


@app.command()
def plan(
    config: ConfigFile, source: Sources = None, out: Out = None, sets: Sets = None, as_json: AsJson = False
) -> None:
    """Inspect the sources and plan every pair, without making any."""
    settings = load_config(config, source or (), out, sets or ())
    with cluster(settings.compute):
        record = make_plan(settings, _console())
    _report(progress_of(open_store(settings.out), record), as_json)


@app.command()
def run(
    config: ConfigFile, source: Sources = None, out: Out = None, sets: Sets = None, as_json: AsJson = False
) -> None:
    """Make the data set; run again to resume."""
    settings = load_config(config, source or (), out, sets or ())
    try:
        record = make(settings, _console())
    except KeyboardInterrupt as stop:
        raise StoppedError("stopped; committed shards are kept, run again to resume") from stop
    _report(
        {**progress_of(open_store(settings.out), record), "contact sheet": f"{settings.out}/{CONTACT_SHEET}"}, as_json
    )


@app.command()
def status(out: Root, as_json: AsJson = False) -> None:
    """Say how far a data set is."""
    store, record = _opened(out)
    _report(progress_of(store, record), as_json)


@app.command()
def verify(
    out: Root,
    sample: Annotated[int, typer.Option(min=0, help="Pairs to render and make again from their sources.")] = 8,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; all cores by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check a data set against its promises. Exit code 1 where one is broken."""
    report = check(*_opened(out), sample, workers or os.cpu_count() or 1)
    _report(report.model_dump(), as_json)
    if report.problems:
        raise typer.Exit(1)


@app.command()
def replay(
    out: Root,
    key: Key,
    to: Annotated[Path, typer.Option(help="Folder for the sample's files.")] = Path("replay"),
    as_json: AsJson = False,
) -> None:
    """Make one pair again from its row and its source. Exit code 1 where it differs from the stored one."""
    store, record = _opened(out)
    row, pair = make_again(store, record, key)
    files = write_sample(pair, record.config.image.format, to)
    _report({"key": key, "same": same(row, pair), "files": [str(path) for path in files]}, as_json)
    if not same(row, pair):
        raise typer.Exit(1)


@app.command()
def show(
    out: Root,
    key: Key,
    to: Annotated[Path | None, typer.Option(help="PNG to write; KEY.png by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw a pair side by side and print its row."""
    store, record = _opened(out)
    row = find_row(store, key)
    shown: dict[str, Any] = row.model_dump(mode="json")
    if row.status == "accepted":
        image_format = record.config.image.format
        fields = read_sample(store, row)
        input, target = (
            decode(fields[f"{name}.{EXTENSIONS[image_format]}"], image_format) for name in ("input", "target")
        )
        path = to or Path(f"{key}.png")
        pair_picture(row, input, target).save(path)
        shown["picture"] = str(path)
    _report(shown, as_json)


@app.command()
def export(
    out: Root,
    key: Key,
    to: Annotated[Path | None, typer.Option(help="File to write; KEY.xmp by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a pair's recipe as .xmp, for Lightroom, Camera Raw or darktable."""
    store, _ = _opened(out)
    path = to or Path(f"{key}.xmp")
    export_sample(store, key, path)
    _report({"key": key, "file": str(path)}, as_json)


@app.command()
def presets(
    path: Annotated[Path, typer.Argument(help="A .xmp, .lrtemplate or .cube file, or a folder of them.")],
    as_shot: Annotated[
        float | None, typer.Option(min=1000, max=50000, help="Kelvin that absolute temperatures are relative to.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List presets and look-up tables: what they set, what is ignored. Exit code 1 where one is unusable."""
    library = load_presets(path, WhitePoint(as_shot) if as_shot else None)
    _report(library_report(library), as_json)
    if library.failures:
        raise typer.Exit(1)


@app.command()
def fit(
    before: Annotated[str | None, typer.Argument(metavar="BEFORE", help="The picture as it was.")] = None,
    after: Annotated[str | None, typer.Argument(metavar="AFTER", help="The same picture, retouched.")] = None,
    process: ProcessName = "aether/1",
    pairs: Annotated[
        str | None, typer.Option("--list", help="CSV or Parquet of pairs (columns before and uri), with --out.")
    ] = None,
    out: Annotated[str | None, typer.Option(help="Folder or s3:// prefix of the bank that a list becomes.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes for a list.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Recover the recipe that turns BEFORE into AFTER, or those of a list. Exit code 1 where one pair has none."""
    if pairs is not None and out is not None and before is None:
        _report(fit_list(pairs, out, process, workers, _console()), as_json)
        return
    if pairs is not None or out is not None or before is None or after is None:
        raise typer.BadParameter("give BEFORE and AFTER, or --list and --out")
    found = fit_files(before, after, process)
    _report(found, as_json)
    if found["reason"] is not None:
        raise typer.Exit(1)


@app.command()
def realism(
    out: Root,
    reference: Annotated[str, typer.Option(help="Real unedited photos: a folder or another source.")],
    experts: Annotated[str | None, typer.Option(help="Finished photos, to compare rendered inputs with.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say how alike the inputs of a data set and real unedited photos are."""
    _report(measure_realism(*_opened(out), reference, experts).model_dump(), as_json)


@app.command()
def sampler(
    to: Annotated[Path, typer.Option(help="JSON file to write, for `recipes.gaussian` of a config.")],
    bank: Annotated[
        str | None, typer.Option(help="Bank of fitted recipes to take spread and correlation from.")
    ] = None,
    reference: Annotated[str | None, typer.Option(help="Real unedited photos that inputs should resemble.")] = None,
    experts: Annotated[str | None, typer.Option(help="Finished photos to unrender, with --reference.")] = None,
    process: ProcessName = "aether/1",
    as_json: AsJson = False,
) -> None:
    """Fit the Gaussian of recipes to a bank, or to real photos."""
    found = make_sampler(process_named(process), bank, reference, experts)
    to.write_text(found.model_dump_json(indent=2) + "\n")
    _report({"file": str(to), "process": process}, as_json)


def main() -> None:
    """Run the command line; errors that a user can mend become a message and an exit code."""
    handler = RichHandler(console=_console(), show_path=False, show_level=False)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])
    try:
        app()
    except UnretouchError as error:
        _console().print(f"unretouch: {error}", style="red", markup=False, highlight=False)
        sys.exit(error.exit_code)


def _console() -> Console:
    return Console(stderr=True)


def _opened(root: str) -> tuple[Store, DatasetRecord]:
    store = open_store(root)
    record = load(store)
    if record is None:
        raise NoDataSetError(f"{root} holds no data set: dataset.json is missing")
    return store, record


def _report(content: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(content))
        return
    table = Table(show_header=False, box=None)
    for name, value in content.items():
        table.add_row(name, escape(_text(value)))  # texts come from files: no markup of theirs
    Console().print(table)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{name}: {item}" for name, item in value.items() if item not in (None, {}, [])) or "none"
    if isinstance(value, list):
        return "\n".join(str(item) for item in value) or "none"
    return str(value)
