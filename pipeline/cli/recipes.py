"""Commands around recipes: fit them, fit samplers, read presets."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.options import AsJson, ProcessName
from pipeline.cli.report import messages, report
from pipeline.config import process_named
from pipeline.fitting.files import read_pictures
from pipeline.fitting.pair import fit_pair
from pipeline.jobs.fit_bank import fit_bank, list_pairs
from pipeline.jobs.fit_sampler import make_sampler
from pipeline.presets.kelvin import WhitePoint
from pipeline.presets.library import library_report, load_presets
from schemas.errors import UnretouchError
from schemas.fit import FitConfig
from schemas.jobs.run import ComputeConfig
from schemas.source import SourceError


class UnreadablePictureError(UnretouchError):
    """A picture named on the command line cannot be read."""

    exit_code = 2


class UnwritableFileError(UnretouchError):
    """A file named on the command line cannot be written."""


def fit(
    before: Annotated[str | None, typer.Argument(metavar="BEFORE", help="The picture before retouching.")] = None,
    after: Annotated[str | None, typer.Argument(metavar="AFTER", help="The same picture, retouched.")] = None,
    process: ProcessName = "aether/1",
    pairs: Annotated[
        str | None, typer.Option("--list", help="CSV or Parquet of pairs, with columns before and uri; needs --out.")
    ] = None,
    out: Annotated[str | None, typer.Option(help="Folder or s3:// prefix that receives the bank of a list.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that fit a list.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Recover the recipe that turns BEFORE into AFTER, or those of a list. Exit with 1 if a single pair has none."""
    if pairs is not None and out is not None and before is None:
        report(_fit_list(pairs, out, process, workers), as_json)
        return
    if pairs is not None or out is not None or before is None or after is None:
        raise typer.BadParameter("give BEFORE and AFTER, or --list and --out")
    found = fit_files(before, after, process)
    report(found, as_json)
    if found["reason"] is not None:
        raise typer.Exit(1)


def presets(
    path: Annotated[Path, typer.Argument(help="A .xmp, .lrtemplate or .cube file, or a folder of them.")],
    as_shot: Annotated[
        float | None, typer.Option(min=1000, max=50000, help="Kelvin that absolute temperatures are relative to.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List presets and LUTs: what they set and what is ignored. Exit with 1 if one is unusable."""
    library = load_presets(path, WhitePoint(as_shot) if as_shot else None)
    report(library_report(library), as_json)
    if library.failures:
        raise typer.Exit(1)


def sampler(
    to: Annotated[Path, typer.Option(help="JSON file to write, for `recipes.gaussian` of a config.")],
    bank: Annotated[str | None, typer.Option(help="Bank whose recipes give spread and correlation.")] = None,
    reference: Annotated[str | None, typer.Option(help="Real unedited photos that inputs should resemble.")] = None,
    experts: Annotated[str | None, typer.Option(help="Finished photos to unrender, with --reference.")] = None,
    process: ProcessName = "aether/1",
    as_json: AsJson = False,
) -> None:
    """Fit the Gaussian that recipes are drawn from: to a bank, or to real photos."""
    found = make_sampler(process_named(process), bank, reference, experts)
    try:
        to.write_text(found.model_dump_json(indent=2) + "\n")
    except OSError as error:
        raise UnwritableFileError(f"--to {to} cannot be written: {error.strerror}") from error
    report({"file": str(to), "process": process}, as_json)


def fit_files(before: str, after: str, process: str) -> dict[str, Any]:
    """Fit one pair by the uris of its pictures.

    Returns:
        A report for JSON: `process`, `recipe` (values that are not neutral), `residual`, `reason`, `detail`, counts,
        and `seconds` for the fit and its checks, without reading the files.

    Raises:
        ConfigError: there is no such process.
        UnreadablePictureError: a picture cannot be read.
    """
    steps = process_named(process)
    try:
        pictures = read_pictures(before, after)
    except SourceError as error:
        raise UnreadablePictureError(error.detail) from error
    started = time.perf_counter()
    found = fit_pair(*pictures, steps)
    seconds = round(time.perf_counter() - started, 3)
    values = found.recipe.values if found.recipe else {}
    moved = {name: value for name, value in values.items() if value != steps.neutral[name]}
    return {
        "process": process,
        "recipe": moved if found.recipe else None,
        **found.model_dump(mode="json", exclude={"recipe"}),
        "seconds": seconds,
    }


def _fit_list(pairs: str, out: str, process: str, workers: int) -> dict[str, Any]:
    steps = process_named(process)
    record = fit_bank(list_pairs(pairs), out, steps, FitConfig(), ComputeConfig(workers=workers), messages())
    return {"bank": out, **record.model_dump(mode="json", exclude={"config"})}
