"""Inspecting all sources on Ray, in chunks whose results survive a kill. Their photos are kept in the scratch.

What may pass is tried again before it counts. Sources that could not be fetched are asked for once more when all others
are done. Those of a chunk whose worker died, or was stuck, are inspected again, each alone while nothing else runs and
with all the memory of a machine. A source is rejected for a crash when it has crashed alone three times.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from pathlib import Path
from typing import Any

import pyarrow as pa
import ray
from ray.exceptions import OutOfMemoryError, WorkerCrashedError

from pipeline.jobs import metrics
from pipeline.jobs.account import Account
from pipeline.jobs.memory import reservations
from pipeline.jobs.tasks import BoundedTasks
from pipeline.jobs.watchdog import watchdog
from pipeline.shards.fingerprint import code_sha256
from pipeline.shards.scratch import Scratch
from pipeline.sources.inspect import inspect
from pipeline.sources.table import read_sources, source_records, source_table, write_sources
from pipeline.storage.ahead import read_ahead
from pipeline.storage.fetch import Fetched
from pipeline.storage.store import Store, open_store
from pipeline.storage.traffic import traffic
from schemas.config import ImageConfig
from schemas.jobs.run import ComputeConfig
from schemas.source import SOURCE_SCHEMA, SourceItem, SourceRecord

_MOST, _TASKS = 64, 32
"""Most sources in a task, and least number of tasks for a short list, so that all workers finish at about the same
time."""

_CRASHES = 3
"""How often a source crashes alone before that is its own fault."""

_PARTS = "sources/parts"

_FOLDERS = ("schemas", "operators", "quality/content", "pipeline/images", "pipeline/sources")
"""Folders whose code can change a record."""

Chunk = tuple[int, Sequence[SourceItem]]
"""Position of the first item in the listing, and the items."""


def inspect_sources(
    store: Store,
    items: Sequence[SourceItem],
    image: ImageConfig,
    compute: ComputeConfig,
    done: Callable[[Sequence[SourceRecord]], None],
    spent: Callable[[Account], None],
) -> pa.Table:
    """Inspect every item. Needs a running Ray.

    Args:
        store: keeps the results of finished chunks until `forget_parts`, and the photos of usable sources.
        items: the listed sources.
        image: the limits that a source must meet.
        compute: number of chunks that are inspected at a time, their memory and their patience.
        done: called with the records of each finished chunk.
        spent: called with the account of each chunk that was inspected now.

    Returns:
        Table of `SOURCE_SCHEMA` with one row for each item, in the order of the items. Those that still cannot be
        fetched are `unreachable`, or have such an original.
    """
    size = min(_MOST, max(1, len(items) // _TASKS))
    chunks: list[Chunk] = [(start, items[start : start + size]) for start in range(0, len(items), size)]
    finished = set(store.names(_PARTS))
    tables: list[pa.Table] = []
    unfetched: list[Chunk] = []  # one source each
    crashed: list[Chunk] = []  # likewise: each source of a chunk that crashed
    waiting: list[Chunk] = []

    def keep(found: Sequence[SourceRecord]) -> None:
        tables.append(source_table(found))
        metrics.count_sources(found)
        done(found)

    def collect(found: Sequence[SourceRecord]) -> None:
        keep([record for record in found if not record.undecided])
        unfetched.extend((record.position, [items[record.position]]) for record in found if record.undecided)

    def inspect_all(chunks: Sequence[Chunk], take: Callable[[Sequence[SourceRecord]], None]) -> None:
        memory, _, _ = reservations(compute.memory)
        submit = _submit(store, image, memory, compute.stuck_after)
        for (position, members), task in BoundedTasks(submit, chunks, 2 * compute.workers):
            try:
                records, account = ray.get(task)
                spent(account)
                take(records)
            except (WorkerCrashedError, OutOfMemoryError):
                crashed.extend((position + i, [item]) for i, item in enumerate(members))

    for chunk in chunks:
        name = _part_name(chunk, image)
        if name in finished:
            collect(list(source_records(read_sources(store, name))))
        else:
            waiting.append(chunk)
    inspect_all(waiting, collect)
    inspect_all(unfetched, keep)
    for record in _inspect_alone(store, crashed, image, compute, spent):
        keep([record])
    return pa.concat_tables([SOURCE_SCHEMA.empty_table(), *tables]).sort_by("position")


def _inspect_alone(
    store: Store,
    chunks: Sequence[Chunk],
    image: ImageConfig,
    compute: ComputeConfig,
    spent: Callable[[Account], None],
) -> Iterator[SourceRecord]:
    """Inspect sources one by one while nothing else runs, so that none fails for another's memory or crash."""
    for position, (item,) in chunks:
        crashes: list[Exception] = []
        while len(crashes) < _CRASHES:
            _, _, memory = reservations(compute.memory)
            try:
                (record,), account = ray.get(_submit(store, image, memory, compute.stuck_after)((position, [item])))
            except (WorkerCrashedError, OutOfMemoryError) as error:
                crashes.append(error)
            else:
                spent(account)
                yield record
                break
        else:
            yield _crashed(item, position, crashes[-1], compute.stuck_after)


def _submit(
    store: Store, image: ImageConfig, memory: int, stuck_after: float
) -> Callable[[Chunk], "ray.ObjectRef[Any]"]:
    task = _inspect_chunk.options(memory=memory)
    return lambda chunk: task.remote(store.root, chunk, image, stuck_after)


def forget_parts(store: Store) -> int:
    """Remove the results of single chunks, and count them. Call this once the table of all sources is written."""
    parts = store.names(_PARTS)
    store.remove(*parts)
    return len(parts)


# Ray does not try again by itself: a chunk whose worker died is taken apart.
@ray.remote(num_cpus=1, max_retries=0, scheduling_strategy="SPREAD")
def _inspect_chunk(
    root: str, chunk: Chunk, image: ImageConfig, stuck_after: float
) -> tuple[list[SourceRecord], Account]:
    began, before = time.perf_counter(), traffic()
    position, items = chunk
    store = open_store(root)
    scratch = Scratch(store, image)
    records = []
    for i, (item, fetched) in enumerate(read_ahead(items, _fetch)):
        wait([fetched])  # for as long as the store takes: it has a patience of its own
        with watchdog(stuck_after):
            record, photo = inspect(item, position + i, image, fetched.result())
        if photo is not None:
            scratch.keep(record.uri, str(record.sha256), photo)
        records.append(record)
    # The photos come first: a part that is there is not inspected again.
    write_sources(store, _part_name(chunk, image), source_table(records))
    spent = Account(core_seconds=time.perf_counter() - began, traffic=traffic().since(before))
    metrics.count_traffic(spent.traffic)
    return records, spent


def _fetch(item: SourceItem) -> Fetched:
    return Fetched([uri for uri in (item.uri, item.before) if uri])


def _crashed(item: SourceItem, position: int, error: Exception, stuck_after: float) -> SourceRecord:
    if isinstance(error, OutOfMemoryError):
        what = "took more memory than there is"
    else:
        what = f"crashed its process, or did not end within {stuck_after:g} s"
    detail = f"decoding this file{' or its original' if item.before else ''} {what}, alone and {_CRASHES} times"
    return SourceRecord(**item.model_dump(), position=position, reason="corrupt", detail=detail)


def _part_name(chunk: Chunk, image: ImageConfig) -> str:
    """The name of a chunk's result. It changes with the items, their files, the image config and the code."""
    digest = hashlib.sha256(f"{image.model_dump_json()} {code_sha256(_FOLDERS)}".encode())
    for item in chunk[1]:
        paths = [Path(uri) for uri in (item.uri, item.before) if uri]
        stats = [path.stat() if path.is_file() else None for path in paths]
        seen = [stat and (stat.st_size, stat.st_mtime_ns) for stat in stats]
        digest.update(f"{item.model_dump_json()} {seen}\n".encode())
    return f"{_PARTS}/{chunk[0]:09d}-{digest.hexdigest()[:16]}.parquet"
