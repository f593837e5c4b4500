"""Commands for recipes: fitting recipes, estimating samplers, listing presets."""

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
    before: Annotated[str | None, typer.Argument(metavar="BEFORE", help="The original, before retouching.")] = None,
    after: Annotated[str | None, typer.Argument(metavar="AFTER", help="The same picture, retouched.")] = None,
    process: ProcessName = "aether/1",
    pairs: Annotated[
        str | None,
        typer.Option("--list", help="CSV or Parquet list of pairs, with columns before and uri. Needs --out."),
    ] = None,
    out: Annotated[
        str | None, typer.Option(help="Folder or s3:// prefix that receives the bank. Needs --list.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Number of processes that fit a list.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Fit the recipe that turns BEFORE into AFTER, or a bank for a list. Exit with status 1 if no recipe does."""
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
        float | None,
        typer.Option(min=1000, max=50000, help="As-shot temperature in kelvin, to convert absolute temperatures."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List presets and LUTs, with the settings that are used and ignored. Exit with status 1 if one cannot be used."""
    library = load_presets(path, WhitePoint(as_shot) if as_shot else None)
    report(library_report(library), as_json)
    if library.failures:
        raise typer.Exit(1)


def sampler(
    to: Annotated[Path, typer.Option(help="JSON file to write, for `recipes.gaussian` in a config.")],
    bank: Annotated[str | None, typer.Option(help="Expert bank whose edits to draw like.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="Real unedited photos that inputs should resemble. Needs --experts.")
    ] = None,
    experts: Annotated[str | None, typer.Option(help="Finished photos to unrender. Needs --reference.")] = None,
    process: ProcessName = "aether/1",
    as_json: AsJson = False,
) -> None:
    """Estimate a sampler, from which recipes are drawn, from a bank or from real photos."""
    found = make_sampler(process_named(process), bank, reference, experts)
    try:
        to.write_text(found.model_dump_json(indent=2) + "\n")
    except OSError as error:
        raise UnwritableFileError(f"--to {to} cannot be written: {error.strerror}") from error
    report({"file": str(to), "process": process}, as_json)


def fit_files(before: str, after: str, process: str) -> dict[str, Any]:
    """Fit the recipe of one pair.

    Args:
        before: uri of the original.
        after: uri of the retouched picture.
        process: name of the process.

    Returns:
        A report for JSON: `process`, `recipe` (the values that are not neutral; None without a recipe), `residual`,
        `reason`, `detail`, the counts of a `Fit`, and `seconds`, the time of the fit and its checks without reading the
        files.

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
