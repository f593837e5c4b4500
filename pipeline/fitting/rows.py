"""Pairs from a list to the rows of a bank."""

import hashlib
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from torch import Tensor

from operators.process import Process
from pipeline.fitting.align import align
from pipeline.fitting.pair import fit_pair
from pipeline.sources.decode import decode
from pipeline.sources.errors import SourceError
from pipeline.sources.fetch import read_bytes
from pipeline.sources.listing import list_sources
from pipeline.storage import Store
from quality.descriptor import describe_histogram
from schemas.config import ImageConfig
from schemas.errors import UnretouchError
from schemas.fit import Fit, FitConfig, FitRow, bank_schema
from schemas.source import SourceItem

_IMAGE = ImageConfig(long_side=1024, min_short_side=16)
"""Pairs are fitted at this size."""


class FitListError(UnretouchError):
    """The list of pairs cannot be used; the message says why."""

    exit_code = 2


def read_pictures(before: str, after: str) -> tuple[Tensor, Tensor]:
    """Both pictures of a pair by their uris, (3, H, W) uint8, as sources are decoded, at most 1024 pixels long and
    aligned.

    Raises:
        SourceError: one cannot be read; its text names it.
    """
    pictures = []
    for uri in (before, after):
        try:
            pictures.append(decode(read_bytes(uri), uri, _IMAGE).pixels)
        except SourceError as error:
            raise SourceError(error.reason, f"{uri}: {error.detail}") from error
    return align(pictures[0], pictures[1])


def list_pairs(path: str) -> list[SourceItem]:
    """The pairs of a CSV or Parquet list with the columns `before` and `uri`, the picture after.

    Raises:
        FitListError: it is no such list, or a row has no `before`.
    """
    if not path.lower().endswith((".csv", ".parquet")):
        raise FitListError(
            f"{path} is no list of pairs; it takes a .csv or .parquet with the columns `before` and `uri`"
        )
    try:
        items = list_sources([path])
    except ValueError as error:
        raise FitListError(str(error)) from error
    for item in items:
        if item.before is None:
            raise FitListError(f"{path}: {item.uri} has no `before`; every pair of the list needs one")
    return items


def fit_item(item: SourceItem, process: Process, config: FitConfig) -> FitRow:
    """The row of one pair, whatever becomes of it."""
    before_uri = str(item.before)
    try:
        before, after = read_pictures(before_uri, item.uri)
    except SourceError as error:
        fit = Fit(reason="unreadable", detail=error.detail)
        before_descriptor = after_descriptor = None
    else:
        fit = fit_pair(before, after, process, config)
        before_descriptor, after_descriptor = (describe_histogram(picture).tolist() for picture in (before, after))
    return FitRow(
        key=hashlib.sha256(f"{before_uri}\n{item.uri}".encode()).hexdigest()[:16],
        before=before_uri,
        after=item.uri,
        licence=item.licence,
        author=item.author,
        group=item.group,
        fit=fit,
        before_descriptor=before_descriptor,
        after_descriptor=after_descriptor,
    )


def write_rows(store: Store, name: str, rows: Sequence[FitRow], process: Process) -> None:
    """Write rows as a part of a bank of a process."""
    parameters = [spec.name for spec in process.parameters]
    table = pa.Table.from_pylist([_flat(row, process.name) for row in rows], schema=bank_schema(parameters))
    with store.staged(name) as path:
        pq.write_table(table, path, compression="zstd")


def _flat(row: FitRow, process: str) -> dict[str, object]:
    record = row.model_dump()
    fit = record.pop("fit")
    recipe = fit.pop("recipe")
    return {**record, **fit, "process": process, "recipe": recipe and recipe["values"]}
