"""What `unretouch fit` does and reports."""

import time
from typing import Any

import torch
from rich.console import Console

from operators.catalogue import PROCESSES
from operators.process import Process
from pipeline.fitting.collection import fit_collection
from pipeline.fitting.pair import fit_pair
from pipeline.fitting.rows import list_pairs, read_pictures
from pipeline.sources.errors import SourceError
from schemas.config import ComputeConfig
from schemas.errors import UnretouchError
from schemas.fit import FitConfig


class FitArgumentError(UnretouchError):
    """A picture cannot be read or there is no such process; the message names it."""

    exit_code = 2


def fit_files(before: str, after: str, process: str) -> dict[str, Any]:
    """Fit one pair by the uris of its pictures.

    Returns:
        A report fit for JSON: `process`, `recipe` (what is not neutral), `residual`, `reason`, `detail`, counts, and
        `seconds` for the fit and its check, without reading the files.

    Raises:
        FitArgumentError: a picture cannot be read, or there is no such process.
    """
    steps = _process(process)
    try:
        pictures = read_pictures(before, after)
    except SourceError as error:
        raise FitArgumentError(error.detail) from error
    torch.set_num_threads(1)  # the solver's batches are small: more threads wait for each other
    started = time.perf_counter()
    fit = fit_pair(*pictures, steps)
    seconds = round(time.perf_counter() - started, 3)
    values = fit.recipe.values if fit.recipe else {}
    moved = {name: value for name, value in values.items() if value != steps.neutral[name]}
    return {
        "process": process,
        "recipe": moved if fit.recipe else None,
        **fit.model_dump(mode="json", exclude={"recipe"}),
        "seconds": seconds,
    }


def fit_list(pairs: str, out: str, process: str, workers: int, console: Console) -> dict[str, Any]:
    """Fit the pairs of a list into a bank at `out` and report its record.

    Raises:
        FitArgumentError: there is no such process.
        FitListError: the list cannot be used.
        FitFailedError: a chunk failed; running again resumes.
    """
    steps = _process(process)
    record = fit_collection(list_pairs(pairs), out, steps, FitConfig(), ComputeConfig(workers=workers), console)
    return {"bank": out, **record.model_dump(mode="json", exclude={"config"})}


def _process(name: str) -> Process:
    if name not in PROCESSES:
        raise FitArgumentError(f"there is no process {name!r}; --process takes one of {sorted(PROCESSES)}")
    return PROCESSES[name]
