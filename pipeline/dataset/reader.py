"""Rows and samples of a data set, by shard or by key."""

import tarfile
from collections.abc import Iterator

import pyarrow.parquet as pq
from torch import Tensor

from pipeline.images.codec import decode
from pipeline.shards.shard import tar_name
from pipeline.storage.store import Store
from schemas.dataset import CommitRecord
from schemas.errors import UnretouchError
from schemas.manifest import ManifestRow, manifest_rows
from schemas.sample import ImageFormat, Sample, member_names


class KeyNotFoundError(UnretouchError):
    """No committed shard holds the key."""


def shard_rows(store: Store, commit: CommitRecord) -> list[ManifestRow]:
    """All rows of a committed shard, in the order of the plan."""
    with store.local(commit.manifest.name) as path:
        return manifest_rows(pq.ParquetFile(path).read())


def find_row(store: Store, key: str) -> ManifestRow:
    """The manifest row of a key.

    Raises:
        KeyNotFoundError: no committed shard has the key.
    """
    for name in store.names("manifest"):
        with store.local(name) as path:
            table = pq.read_table(path, filters=[("key", "==", key)])
        if table.num_rows:
            return manifest_rows(table)[0]
    raise KeyNotFoundError(f"no committed shard under {store.root} has a pair {key!r}")


def members(store: Store, tar: str) -> Iterator[tuple[str, str, bytes]]:
    """Key, member name and bytes of every member of a tar, in its order."""
    with store.local(tar) as path, tarfile.open(path) as opened:
        for info in opened:
            stream = opened.extractfile(info)
            key, _, name = info.name.partition(".")
            yield key, name, stream.read() if stream else b""


def read_sample(store: Store, row: ManifestRow, image_format: ImageFormat) -> Sample:
    """The sample of an accepted pair.

    Raises:
        KeyNotFoundError: the shard's tar has no such sample.
    """
    found = {name: data for key, name, data in members(store, tar_name(row.shard)) if key == row.key}
    try:
        return Sample(*(found[name] for name in member_names(image_format)))
    except KeyError as error:
        raise KeyNotFoundError(f"{store.root}/{tar_name(row.shard)} has no member {row.key}.{error.args[0]}") from error


def read_pictures(store: Store, row: ManifestRow, image_format: ImageFormat) -> tuple[Tensor, Tensor]:
    """Input and target of an accepted pair, uint8 (3, H, W). Raises like `read_sample`."""
    sample = read_sample(store, row, image_format)
    return decode(sample.input, image_format), decode(sample.target, image_format)
