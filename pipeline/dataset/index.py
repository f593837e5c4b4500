"""The index of a finished data set: which samples it has, and where each lies."""

import hashlib
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import ModuleType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.dataset.reader import check_offsets, read_manifest
from pipeline.dataset.record import finished_commits
from pipeline.shards.offsets import scan
from pipeline.storage.damage import DamagedError, reading
from pipeline.storage.store import Files
from schemas.dataset import CommitRecord, DatasetRecord
from schemas.errors import UnretouchError

_REQUESTS = 8
"""Shards whose index is read at a time: what takes time is waiting for answers."""


class SelectionError(UnretouchError):
    """A split or a filter selects nothing, or cannot be understood."""

    exit_code = 2


def sample_index(
    files: Files,
    record: DatasetRecord,
    split: str | None = None,
    where: str | None = None,
    columns: Sequence[str] = (),
    tars: bool = True,
) -> pa.Table:
    """Find samples of a finished data set.

    Args:
        files: the files of the data set.
        record: its record.
        split: a split; None takes all.
        where: an SQL condition on columns of the manifest, as in "task = 'auto' AND recipe.Exposure2012 > 0", which
            DuckDB evaluates; None takes all.
        columns: columns of the manifest to add.
        tars: whether to say where samples lie in their tars. Without it, the tars need not be there.

    Returns:
        A table of `OFFSETS_SCHEMA`, or of its column `key` alone, with column `shard` (int32) and `columns`: one row
        for each sample, in the order of the shards and, in a shard, of its tar.

    Raises:
        NoDataSetError: the data set is not finished, or a commit record is damaged or of another version.
        DamagedError: a file is not what was committed.
        SelectionError: nothing is selected, the condition is no SQL, or DuckDB is missing.
    """
    if split is not None and split not in record.splits:
        raise SelectionError(f"{files.root} has no split {split!r}; its splits are {', '.join(record.splits)}")
    database = _duckdb() if where is not None else None
    chosen = [commit for commit in finished_commits(files, record) if split in {None, commit.split}]
    read = partial(_shard_index, files, where=where, columns=columns, tars=tars, database=database)
    with ThreadPoolExecutor(_REQUESTS) as pool:
        tables = list(pool.map(read, chosen))
    with reading(f"{files.root}/manifest"):
        table: pa.Table = pa.concat_tables(tables).combine_chunks() if tables else pa.table({})
    if not table.num_rows:
        raise SelectionError(f"{files.root}: nothing is selected by split {split} and where {where!r}")
    return table


def _shard_index(
    files: Files,
    commit: CommitRecord,
    where: str | None,
    columns: Sequence[str],
    tars: bool,
    database: ModuleType | None,
) -> pa.Table:
    table = _offsets(files, commit) if tars else None
    if table is None or where is not None or columns:
        needed = ("key", "status", *columns) if where is None else None
        rows = read_manifest(files, commit.manifest.name, columns=needed)
        with reading(f"{files.root}/{commit.manifest.name}"):
            accepted = rows.filter(pc.equal(rows["status"], "accepted"))
            keys = accepted.select(["key"])
        if table is None:
            table = keys
        elif not keys["key"].equals(table["key"]):
            raise DamagedError(f"{files.root}: manifest and tar of shard {commit.shard:06d} hold other samples")
        for name in columns:
            table = table.append_column(accepted.schema.field(name), accepted[name])
        if where is not None and database is not None:
            table = table.filter(pc.is_in(table["key"], value_set=_keys_where(database, accepted, where)))
    return table.append_column("shard", pa.array([commit.shard] * len(table), pa.int32()))


def _offsets(files: Files, commit: CommitRecord) -> pa.Table:
    """The offsets as committed; those of 0.1.0, which committed none, are read from the headers of the tar."""
    if commit.offsets is None:
        with files.local(commit.tar.name) as path, reading(f"{files.root}/{commit.tar.name}"):
            return scan(path)
    data = files.read(commit.offsets.name)
    if hashlib.sha256(data).hexdigest() != commit.offsets.sha256:
        raise DamagedError(f"{files.root}/{commit.offsets.name} is not the file that was committed")
    with reading(f"{files.root}/{commit.offsets.name}"):
        table = pq.read_table(io.BytesIO(data))
    check_offsets(table, f"{files.root}/{commit.offsets.name}")
    return table


def _keys_where(database: ModuleType, rows: pa.Table, where: str) -> pa.Array:
    with database.connect() as connection:
        try:
            found: pa.Table = connection.from_arrow(rows).filter(where).project("key").to_arrow_table()
        except database.Error as error:
            raise SelectionError(f"where: {error}") from error
    return found["key"].combine_chunks()


def _duckdb() -> ModuleType:
    try:
        import duckdb  # noqa: PLC0415  an extra, which only filters need
    except ModuleNotFoundError as error:
        raise SelectionError("a `where` is evaluated by DuckDB: pip install 'unretouch[audit]'") from error
    module: ModuleType = duckdb
    return module
