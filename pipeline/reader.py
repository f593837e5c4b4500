"""Finding rows and samples of a data set by key."""

import tarfile
from collections.abc import Iterator

import pyarrow.parquet as pq

from pipeline.storage import Store
from schemas.dataset import CommitRecord
from schemas.errors import UnretouchError
from schemas.manifest import ManifestRow, manifest_rows


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


def members(store: Store, tar_name: str) -> Iterator[tuple[str, str, bytes]]:
    """Key, field and bytes of every member of a tar, in its order."""
    with store.local(tar_name) as path, tarfile.open(path) as tar:
        for info in tar:
            stream = tar.extractfile(info)
            key, _, field = info.name.partition(".")
            yield key, field, stream.read() if stream else b""


def sample(store: Store, row: ManifestRow) -> dict[str, bytes]:
    """The members of an accepted pair by field name, as in "input.jpg"."""
    name = f"shards/{row.shard:06d}.tar"
    return {field: data for key, field, data in members(store, name) if key == row.key}
