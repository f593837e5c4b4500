"""Inspecting all sources on Ray, in chunks whose results survive a kill.

A decoder that crashes its worker takes no other source with it: the chunk is tried again source by source, and the
one that crashes on its own becomes a reject.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import ray
from ray.exceptions import OutOfMemoryError, WorkerCrashedError

from pipeline.sources.inspect import inspect
from pipeline.sources.table import source_records, source_table
from pipeline.storage import Store, open_store
from schemas.config import ImageConfig, RunConfig
from schemas.source import SOURCE_SCHEMA, SourceItem, SourceRecord

_MOST, _TASKS = 64, 32
"""Sources a task, at most, and tasks for a short list, so that workers finish it together."""

_PARTS = "sources/parts"

Chunk = tuple[int, Sequence[SourceItem]]
"""Position of the first item in the listing, and the items."""


def inspect_sources(
    store: Store, items: Sequence[SourceItem], config: RunConfig, done: Callable[[Sequence[SourceRecord]], None]
) -> pa.Table:
    """Inspect every item. Needs a running Ray.

    Args:
        done: called with the records of each chunk as it is finished.

    Returns:
        Table of `SOURCE_SCHEMA` with one row an item, in the order of the items.
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
        name = _part_name(chunk, config.image)
        if name in finished:
            collect(read_records(store, name))
        else:
            waiting.append(chunk)
    waiting.reverse()
    running: dict[ray.ObjectRef[list[SourceRecord]], Chunk] = {}
    while waiting or running:
        while waiting and len(running) < 2 * config.compute.workers:
            chunk = waiting.pop()
            running[_inspect_chunk.remote(store.root, chunk, config.image)] = chunk
        ready, _ = ray.wait(list(running))
        position, chunk_items = running.pop(ready[0])
        try:
            collect(ray.get(ready[0]))
        except (WorkerCrashedError, OutOfMemoryError):
            if len(chunk_items) > 1:
                waiting.extend((position + i, [item]) for i, item in reversed(list(enumerate(chunk_items))))
            else:
                collect([_crashed(chunk_items[0], position)])
    ordered = [tables[start] for start in sorted(tables)]
    return pa.concat_tables([SOURCE_SCHEMA.empty_table(), *ordered])


def forget_parts(store: Store) -> None:
    """Remove the results of single chunks, once the whole is written."""
    for name in store.names(_PARTS):
        store.remove(name)


def write_records(store: Store, name: str, records: Sequence[SourceRecord]) -> None:
    """Write source records as Parquet."""
    write_sources(store, name, source_table(records))


def write_sources(store: Store, name: str, sources: pa.Table) -> None:
    """Write a table of `SOURCE_SCHEMA` as Parquet."""
    with store.staged(name) as path:
        pq.write_table(sources, path, compression="zstd")


def read_records(store: Store, name: str) -> list[SourceRecord]:
    """The inverse of `write_records`."""
    with store.local(name) as path:
        return list(source_records(pq.ParquetFile(path).read()))


def read_column(store: Store, name: str, column: str) -> list[Any]:
    """One column of a file that `write_records` or `write_sources` wrote."""
    with store.local(name) as path:
        values: list[Any] = pq.ParquetFile(path).read([column])[column].to_pylist()
    return values


@ray.remote(num_cpus=1, max_retries=0)
def _inspect_chunk(root: str, chunk: Chunk, image: ImageConfig) -> list[SourceRecord]:
    position, items = chunk
    records = [inspect(item, position + i, image) for i, item in enumerate(items)]
    write_records(open_store(root), _part_name(chunk, image), records)
    return records


def _crashed(item: SourceItem, position: int) -> SourceRecord:
    detail = f"decoding this file{' or its before' if item.before else ''} crashed its process"
    return SourceRecord(**item.model_dump(), position=position, reason="corrupt", detail=detail)


def _part_name(chunk: Chunk, image: ImageConfig) -> str:
    """A name that changes with the items, with the files behind them and with what they are inspected for."""
    digest = hashlib.sha256(image.model_dump_json().encode())
    for item in chunk[1]:
        paths = [Path(uri) for uri in (item.uri, item.before) if uri]
        stats = [path.stat() if path.is_file() else None for path in paths]
        seen = [stat and (stat.st_size, stat.st_mtime_ns) for stat in stats]
        digest.update(f"{item.model_dump_json()} {seen}\n".encode())
    return f"{_PARTS}/{chunk[0]:09d}-{digest.hexdigest()[:16]}.parquet"
