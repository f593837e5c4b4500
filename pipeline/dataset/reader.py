"""Rows and samples of a data set, by shard or by key."""

import hashlib
import tarfile
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from torch import Tensor

from pipeline.images.codec import decode
from pipeline.shards.offsets import PARTS
from pipeline.shards.shard import offsets_name, tar_name
from pipeline.storage.store import Files, Store
from schemas.dataset import CommitRecord
from schemas.errors import UnretouchError
from schemas.manifest import ManifestRow, manifest_rows
from schemas.sample import ImageFormat, Sample, member_names


class KeyNotFoundError(UnretouchError):
    """No committed shard holds the key."""


class DamagedError(UnretouchError):
    """A file of a data set is damaged or incomplete."""


def shard_rows(store: Files, commit: CommitRecord) -> list[ManifestRow]:
    """Read all rows of a committed shard, in the order of the plan.

    Raises:
        DamagedError: the manifest cannot be read.
    """
    return manifest_rows(read_manifest(store, commit.manifest.name))


def find_row(store: Store, key: str) -> ManifestRow:
    """Find the manifest row of a key.

    Raises:
        KeyNotFoundError: no committed shard has the key.
        DamagedError: a manifest cannot be read.
    """
    for name in store.names("manifest"):
        table = read_manifest(store, name, key)
        if table.num_rows:
            return manifest_rows(table)[0]
    raise KeyNotFoundError(f"no committed shard under {store.root} has a pair {key!r}")


def members(store: Files, tar: str) -> Iterator[tuple[str, str, bytes]]:
    """Yield the key, the member name and the bytes of every member of a tar, in the order of the tar.

    Raises:
        DamagedError: the tar cannot be read.
    """
    try:
        with store.local(tar) as path, tarfile.open(path) as opened:
            for info in opened:
                stream = opened.extractfile(info)
                key, _, name = info.name.partition(".")
                yield key, name, stream.read() if stream else b""
    except tarfile.TarError as error:
        raise DamagedError(f"{store.root}/{tar} is damaged: {error}; `unretouch verify` says what else is") from error


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
    (place,) = read_manifest(store, offsets_name(row.shard), row.key).to_pylist() or [{}]
    if not place:
        raise DamagedError(f"{store.root}/{offsets_name(row.shard)} does not know {row.key}")
    places = [(place[f"{part}_offset"], place[f"{part}_size"]) for part in PARTS]
    start, end = min(offset for offset, _ in places), max(offset + size for offset, size in places)
    data = store.read_range(tar_name(row.shard), start, end - start)
    return Sample(*(data[offset - start : offset - start + size] for offset, size in places))


def read_pictures(store: Files, row: ManifestRow, image_format: ImageFormat) -> tuple[Tensor, Tensor]:
    """Read the input and the target of an accepted pair, uint8 (3, H, W) each.

    Raises:
        DamagedError: the shard's tar cannot be read, or lacks the sample.
        ValueError, OSError: a picture cannot be decoded.
    """
    sample = read_sample(store, row, image_format)
    return decode(sample.input, image_format), decode(sample.target, image_format)


def read_manifest(store: Files, name: str, key: str | None = None, columns: Sequence[str] | None = None) -> pa.Table:
    """Read some columns of a manifest or of offsets, or all: of all rows, or of the rows of a key.

    Raises:
        DamagedError: the manifest cannot be read.
    """
    try:
        with store.local(name) as path:
            filters = [("key", "==", key)] if key is not None else None
            return pq.read_table(path, partitioning=None, filters=filters, columns=columns and list(columns))
    except pa.ArrowException as error:
        raise DamagedError(f"{store.root}/{name} is damaged: {error}; `unretouch verify` says what else is") from error
