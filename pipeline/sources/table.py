"""Source records as Arrow tables and Parquet files.

A quarter of a million records take tens of megabytes as a table, and four hundred megabytes as objects.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.storage.store import Store
from schemas.source import SOURCE_SCHEMA, SourceRecord

_BATCH = 4096


def source_table(records: Sequence[SourceRecord]) -> pa.Table:
    """Records as a table of `SOURCE_SCHEMA`, in their order."""
    return pa.Table.from_pylist([record.model_dump() for record in records], schema=SOURCE_SCHEMA)


def source_records(table: pa.Table) -> Iterator[SourceRecord]:
    """Yield the records of a table; the inverse of `source_table`. Memory holds a few thousand records at a time."""
    for batch in table.to_batches(max_chunksize=_BATCH):
        yield from map(SourceRecord.model_validate, batch.to_pylist())


def write_sources(store: Store, name: str, sources: pa.Table) -> None:
    """Write a table of `SOURCE_SCHEMA` as Parquet."""
    with store.staged(name) as path:
        pq.write_table(sources, path, compression="zstd")


def read_sources(store: Store, name: str) -> pa.Table:
    """Read a table that `write_sources` wrote."""
    with store.local(name) as path:
        return pq.ParquetFile(path).read()


def read_column(store: Store, name: str, column: str) -> list[Any]:
    """Read one column of a table that `write_sources` wrote."""
    with store.local(name) as path:
        values: list[Any] = pq.ParquetFile(path).read([column])[column].to_pylist()
    return values
