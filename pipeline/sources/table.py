"""Source records as an Arrow table: a quarter of a million of them take tens of megabytes, as objects four hundred."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from schemas.source import SOURCE_SCHEMA, SourceRecord

_BATCH = 4096


def source_table(records: Sequence[SourceRecord]) -> pa.Table:
    """Records as a table of `SOURCE_SCHEMA`, in their order."""
    return pa.Table.from_pylist([record.model_dump() for record in records], schema=SOURCE_SCHEMA)


def source_records(table: pa.Table) -> Iterator[SourceRecord]:
    """The inverse of `source_table`, some thousand records in memory at a time."""
    for batch in table.to_batches(max_chunksize=_BATCH):
        yield from map(SourceRecord.model_validate, batch.to_pylist())
