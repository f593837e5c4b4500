"""Fitting the pairs of a list on Ray, in chunks whose results survive a kill. The results form an expert bank.

    OUT/fits/000000000-DIGEST.parquet   one row for each pair; rejected pairs have a reason
    OUT/bank.json                       process, config and counts, written last

A chunk's name holds a digest of its pairs, their files, the process, the config and the code that fits. A second run
fits only the chunks that are missing or have changed, and removes those that are no longer needed.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import ray
import torch
from ray.exceptions import RayError
from rich.console import Console

from operators.catalogue import PROCESSES
from operators.process import Process
from pipeline.fitting.files import fit_item
from pipeline.jobs.cluster import cluster
from pipeline.jobs.lease import lease
from pipeline.jobs.progress import ProgressView
from pipeline.jobs.tasks import BoundedTasks
from pipeline.shards.fingerprint import FIT_FOLDERS, code_sha256
from pipeline.sources.listing import ANYWHERE, list_sources
from pipeline.storage.store import Store, open_store
from schemas.errors import UnretouchError
from schemas.fit import BankRecord, FitConfig, FitRow, bank_schema
from schemas.jobs.run import ComputeConfig
from schemas.source import ListingError, SourceItem

CHUNK = 32
"""Number of pairs in a task."""

RECORD = "bank.json"

_FITS = "fits"


class FitFailedError(UnretouchError):
    """Some chunks could not be fitted; the message names them and says why."""


def list_pairs(path: str) -> list[SourceItem]:
    """Read the pairs of a CSV or Parquet list with the columns `before` and `uri`.

    Raises:
        ListingError: the file is not such a list, or a row has no `before`.
    """
    if not path.lower().endswith((".csv", ".parquet")):
        raise ListingError(
            f"{path} is no list of pairs; it takes a .csv or .parquet with the columns `before` and `uri`"
        )
    items = list_sources([path], ANYWHERE)
    for item in items:
        if item.before is None:
            raise ListingError(f"{path}: {item.uri} has no `before`; every pair of the list needs one")
    return items


def fit_bank(
    items: Sequence[SourceItem], out: str, process: Process, config: FitConfig, compute: ComputeConfig, console: Console
) -> BankRecord:
    """Fit every pair and write the bank. Chunks that already exist are kept.

    Args:
        items: the pairs: `before` is the original, which every item must have, and `uri` the retouched picture.
        out: folder or s3:// prefix of the bank.
        process: a process of `operators.catalogue`.
        config: how pairs are fitted, and which fits are rejected.
        compute: the Ray to use, and the number of workers.
        console: receives the progress.

    Raises:
        FitFailedError: a chunk failed. A pair that cannot be read or fitted is only rejected. Run again to resume.
        NoClusterError: no cluster answers at `compute.address`.
        LeaseHeldError: another run fills the bank.
    """
    store = open_store(out)
    chunks = {_name(start, chunk, process, config): chunk for start, chunk in _chunks(items)}
    finished = set(store.names(_FITS))
    missing = [name for name in chunks if name not in finished]
    if missing:
        with lease(store):
            store.clean()
            _fit_chunks({name: chunks[name] for name in missing}, len(items), store, process, config, compute, console)
    for name in finished - set(chunks):
        store.remove(name)
    reasons = [reason for name in chunks for reason in _reasons(store, name)]
    record = BankRecord(
        process=process.name,
        config=config,
        pairs=len(reasons),
        fitted=reasons.count(None),
        rejected=dict(sorted(Counter(reason for reason in reasons if reason).items())),
    )
    store.write(RECORD, record.to_bytes())
    return record


def _fit_chunks(
    chunks: Mapping[str, Sequence[SourceItem]],
    total: int,
    store: Store,
    process: Process,
    config: FitConfig,
    compute: ComputeConfig,
    console: Console,
) -> None:
    done = already = total - sum(len(chunk) for chunk in chunks.values())
    failures: list[str] = []
    with cluster(compute), ProgressView(console, "fitting pairs", "pairs", already=already) as view:
        tasks = BoundedTasks(
            lambda name: _fit_chunk.remote(store.root, name, chunks[name], process.name, config),
            chunks,
            2 * compute.workers,
        )
        for name, task in tasks:
            try:
                done += ray.get(task)
            except RayError as error:
                failures.append(f"{name}: {error}")
                tasks.stop()
            view.update(done, total, "")
    if failures:
        raise FitFailedError("\n".join([*failures, "finished chunks are kept; run again to resume"]))


@ray.remote(num_cpus=1, max_retries=3)
def _fit_chunk(root: str, name: str, items: Sequence[SourceItem], process: str, config: FitConfig) -> int:
    torch.set_num_threads(1)
    steps = PROCESSES[process]
    _write_rows(open_store(root), name, [fit_item(item, steps, config) for item in items], steps)
    return len(items)


def _write_rows(store: Store, name: str, rows: Sequence[FitRow], process: Process) -> None:
    parameters = [spec.name for spec in process.parameters]
    table = pa.Table.from_pylist([_flat(row, process.name) for row in rows], schema=bank_schema(parameters))
    with store.staged(name) as path:
        pq.write_table(table, path, compression="zstd")


def _flat(row: FitRow, process: str) -> dict[str, object]:
    record = row.model_dump()
    fit = record.pop("fit")
    recipe = fit.pop("recipe")
    return {**record, **fit, "process": process, "recipe": recipe and recipe["values"]}


def _reasons(store: Store, name: str) -> list[str | None]:
    with store.local(name) as path:
        reasons: list[str | None] = pq.read_table(path, columns=["reason"]).column("reason").to_pylist()
    return reasons


def _chunks(items: Sequence[SourceItem]) -> list[tuple[int, Sequence[SourceItem]]]:
    return [(start, items[start : start + CHUNK]) for start in range(0, len(items), CHUNK)]


def _name(start: int, items: Sequence[SourceItem], process: Process, config: FitConfig) -> str:
    digest = hashlib.sha256(f"{process.name} {config.model_dump_json()} {code_sha256(FIT_FOLDERS)}\n".encode())
    for item in items:
        stats = [(stat.st_size, stat.st_mtime_ns) for uri in (item.before, item.uri) if (stat := _stat(str(uri)))]
        digest.update(f"{item.model_dump_json()} {stats}\n".encode())
    return f"{_FITS}/{start:09d}-{digest.hexdigest()[:16]}.parquet"


def _stat(uri: str) -> os.stat_result | None:
    path = Path(uri)
    return path.stat() if path.is_file() else None
