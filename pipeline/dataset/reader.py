"""Rows and samples of a data set, by shard or by key."""

import hashlib
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from torch import Tensor

from pipeline.images.codec import decode
from pipeline.shards.offsets import OFFSETS_SCHEMA, PARTS
from pipeline.shards.shard import offsets_name, tar_name
from pipeline.storage.damage import DamagedError, reading, tar_files
from pipeline.storage.store import Files, Store
from schemas.dataset import CommitRecord
from schemas.errors import UnretouchError
from schemas.manifest import ManifestRow, manifest_rows
from schemas.sample import ImageFormat, Sample, member_names


class KeyNotFoundError(UnretouchError):
    """No committed shard holds the key."""


def shard_rows(store: Files, commit: CommitRecord) -> list[ManifestRow]:
    """Read all rows of a committed shard, in the order of the plan.

    Raises:
        DamagedError: the manifest cannot be read.
    """
    return _rows(store, commit.manifest.name, read_manifest(store, commit.manifest.name))


def find_row(store: Store, key: str) -> ManifestRow:
    """Find the manifest row of a key.

    Raises:
        KeyNotFoundError: no committed shard has the key.
        DamagedError: a manifest cannot be read.
    """
    for name in store.names("manifest"):
        table = read_manifest(store, name, key)
        if table.num_rows:
            return _rows(store, name, table)[0]
    raise KeyNotFoundError(f"no committed shard under {store.root} has a pair {key!r}")


def members(store: Files, tar: str) -> Iterator[tuple[str, str, bytes]]:
    """Yield the key, the member name and the bytes of every member of a tar, in the order of the tar.

    Raises:
        DamagedError: the tar cannot be read.
    """
    with store.local(tar) as path, reading(f"{store.root}/{tar}"):
        for opened, info in tar_files(path):
            stream = opened.extractfile(info)
            key, _, name = info.name.partition(".")
            yield key, name, stream.read() if stream else b""


def read_sample(store: Files, row: ManifestRow, image_format: ImageFormat) -> Sample:
    """Read the sample of an accepted pair: its bytes alone, where the shard has offsets, or else the whole tar.

    Raises:
        DamagedError: the shard's tar cannot be read, or lacks the sample.
    """
    try:
        sample = _read_by_range(store, row)
    except FileNotFoundError:  # a data set of 0.1.0
        found = {name: data for key, name, data in members(store, tar_name(row.shard)) if key == row.key}
        sample = Sample(*(found.get(name, b"") for name in member_names(image_format)))
    for name, data, sha256 in zip(PARTS, sample, (row.input_sha256, row.target_sha256), strict=False):
        if hashlib.sha256(data).hexdigest() != sha256:
            raise DamagedError(f"{store.root}/{tar_name(row.shard)} does not hold the {name} of {row.key}")
    return sample


def _read_by_range(store: Files, row: ManifestRow) -> Sample:
    table = read_manifest(store, offsets_name(row.shard), row.key)
    if table.num_rows != 1:
        raise DamagedError(f"{store.root}/{offsets_name(row.shard)} does not know {row.key}")
    check_offsets(table, f"{store.root}/{offsets_name(row.shard)}")
    (place,) = table.to_pylist()
    places = [(place[f"{part}_offset"], place[f"{part}_size"]) for part in PARTS]
    start, end = min(offset for offset, _ in places), max(offset + size for offset, size in places)
    data = store.read_range(tar_name(row.shard), start, end - start)
    return Sample(*(data[offset - start : offset - start + size] for offset, size in places))


def read_pictures(store: Files, row: ManifestRow, image_format: ImageFormat) -> tuple[Tensor, Tensor]:
    """Read the input and the target of an accepted pair, uint8 (3, H, W) each.

    Raises:
        DamagedError: the shard's tar cannot be read or lacks the sample, or a picture cannot be decoded.
    """
    sample = read_sample(store, row, image_format)
    with reading(f"{store.root}/{tar_name(row.shard)}: {row.key}"):
        return decode(sample.input, image_format), decode(sample.target, image_format)


def read_manifest(store: Files, name: str, key: str | None = None, columns: Sequence[str] | None = None) -> pa.Table:
    """Read some columns of a manifest or of offsets, or all: of all rows, or of the rows of a key.

    Raises:
        DamagedError: the manifest cannot be read.
    """
    filters = [("key", "==", key)] if key is not None else None
    with store.local(name) as path, reading(f"{store.root}/{name}"):
        return pq.read_table(path, partitioning=None, filters=filters, columns=columns and list(columns))


def check_offsets(table: pa.Table, file: str) -> None:
    """Check that offsets say where something lies, without a look at the tar.

    Raises:
        DamagedError: the table has other columns, a number is missing or below 0, or a key could not name a file, as
            exports have it.
    """
    sound = table.schema.equals(OFFSETS_SCHEMA) and not any(column.null_count for column in table.columns)
    named = sound and pc.all(pc.match_substring_regex(table["key"], r"^[\w-]+$")).as_py() is not False
    if not named or any(pc.any(pc.less(column, 0)).as_py() for column in table.columns[1:]):
        raise DamagedError(f"{file} does not say where samples lie")


def _rows(files: Files, name: str, table: pa.Table) -> list[ManifestRow]:
    with reading(f"{files.root}/{name}"):
        return manifest_rows(table)
