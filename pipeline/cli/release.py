"""The command that audits a data set before its release."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.audit.release.licences import Use
from pipeline.audit.release.page import bound_text, outcome, status, value_text
from pipeline.audit.release.release import DEFAULT_THRESHOLDS, FOLDER, thresholds_file
from pipeline.audit.release.release import release as audit
from pipeline.audit.release.report import Report
from pipeline.cli.options import AsJson, Root
from pipeline.cli.report import report as print_report
from pipeline.config import read_config
from pipeline.dataset.record import load_record
from pipeline.storage.store import open_store
from schemas.jobs.release import Thresholds

_COLORS = {"passed": "green", "warning": "yellow", "failed": "red"}


def release(
    out: Root,
    thresholds: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML file with a bound for every check. Default: our own.")
    ] = None,
    licences: Annotated[
        Use | None, typer.Option(help="Leave out pairs whose licence is not known to allow this use.")
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Check the words of about N pairs only, spread over the shards."),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Number of processes. Default: one for each core.")] = None,
    as_json: AsJson = False,
) -> None:
    """Audit a finished data set, and write reports to OUT/release. Exit with status 1 if it must not be released."""
    path = thresholds or DEFAULT_THRESHOLDS
    bounds = read_config(path, Thresholds)
    store = open_store(out)
    used = thresholds_file(path.name, path.read_bytes(), bounds)
    found = audit(store, load_record(store), bounds, used, workers or os.cpu_count() or 1, sample, licences)
    if as_json:
        print_report(found.model_dump(mode="json"), as_json)
    else:
        _print(found, f"{out}/{FOLDER}")
    if not found.passed:
        raise typer.Exit(1)


def _print(report: Report, folder: str) -> None:
    table = Table("check", "value", "bound", "", "for example", box=None)
    for check in report.checks:
        found = outcome(check)
        examples = "" if check.passed else ", ".join(check.examples[:2])
        cells = (check.name.replace("_", " "), value_text(check.value), bound_text(check.threshold))
        table.add_row(*map(escape, cells), f"[{_COLORS[found]}]{found}", escape(examples))
    console = Console()
    console.print(table)
    console.print(f"{status(report)}: {escape(folder)}/report.html", highlight=False)
