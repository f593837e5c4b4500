"""Inspecting all sources on Ray, in chunks whose results survive a kill. Their photos are kept in the scratch.

A decoder that crashes its worker costs no other source: its chunk is tried again source by source, and a source that
crashes alone is rejected.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import ray
from ray.exceptions import OutOfMemoryError, WorkerCrashedError

from pipeline.jobs.tasks import BoundedTasks
from pipeline.shards.fingerprint import code_sha256
from pipeline.shards.scratch import Scratch
from pipeline.sources.inspect import inspect
from pipeline.sources.table import read_sources, source_records, source_table, write_sources
from pipeline.storage.store import Store, open_store
from schemas.config import ImageConfig
from schemas.source import SOURCE_SCHEMA, SourceItem, SourceRecord

_MOST, _TASKS = 64, 32
"""Most sources in a task, and least number of tasks for a short list, so that all workers finish at about the same
time."""

_PARTS = "sources/parts"

_FOLDERS = ("schemas", "operators", "pipeline/images", "pipeline/sources")
"""Folders whose code can change a record."""

Chunk = tuple[int, Sequence[SourceItem]]
"""Position of the first item in the listing, and the items."""


def inspect_sources(
    store: Store,
    items: Sequence[SourceItem],
    image: ImageConfig,
    workers: int,
    done: Callable[[Sequence[SourceRecord]], None],
) -> pa.Table:
    """Inspect every item. Needs a running Ray.

    Args:
        store: keeps the results of finished chunks until `forget_parts`, and the photos of usable sources.
        items: the listed sources.
        image: the limits that a source must meet.
        workers: number of chunks that are inspected at a time.
        done: called with the records of each finished chunk.

    Returns:
        Table of `SOURCE_SCHEMA` with one row for each item, in the order of the items.
    """
    size = min(_MOST, max(1, len(items) // _TASKS))
    chunks: list[Chunk] = [(start, items[start : start + size]) for start in range(0, len(items), size)]
    finished = set(store.names(_PARTS))
    tables: dict[int, pa.Table] = {}  # by the position of the first row

    def collect(found: Sequence[SourceRecord]) -> None:
        tables[found[0].position] = source_table(found)
        done(found)

    waiting: list[Chunk] = []
    for chunk in chunks:
        name = _part_name(chunk, image)
        if name in finished:
            collect(list(source_records(read_sources(store, name))))
        else:
            waiting.append(chunk)
    tasks = BoundedTasks(lambda chunk: _inspect_chunk.remote(store.root, chunk, image), waiting, 2 * workers)
    for (position, chunk_items), task in tasks:
        try:
            collect(ray.get(task))
        except (WorkerCrashedError, OutOfMemoryError):
            if len(chunk_items) > 1:
                tasks.add_next((position + i, [item]) for i, item in enumerate(chunk_items))
            else:
                collect([_crashed(chunk_items[0], position)])
    ordered = [tables[start] for start in sorted(tables)]
    return pa.concat_tables([SOURCE_SCHEMA.empty_table(), *ordered])


def forget_parts(store: Store) -> None:
    """Remove the results of single chunks. Call this once the table of all sources is written."""
    for name in store.names(_PARTS):
        store.remove(name)


@ray.remote(num_cpus=1, max_retries=0)
def _inspect_chunk(root: str, chunk: Chunk, image: ImageConfig) -> list[SourceRecord]:
    position, items = chunk
    store = open_store(root)
    scratch = Scratch(store, image)
    records = []
    for i, item in enumerate(items):
        record, photo = inspect(item, position + i, image)
        if photo is not None:
            scratch.keep(record.uri, str(record.sha256), photo)
        records.append(record)
    # The photos come first: a part that is there is not inspected again.
    write_sources(store, _part_name(chunk, image), source_table(records))
    return records


def _crashed(item: SourceItem, position: int) -> SourceRecord:
    detail = f"decoding this file{' or its original' if item.before else ''} crashed its process"
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
