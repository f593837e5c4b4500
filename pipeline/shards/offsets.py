"""Where the samples of a shard lie in its tar, so that one can be read by one request, without the others."""

import tarfile
from pathlib import Path

import pyarrow as pa

from pipeline.storage.damage import tar_files
from schemas.sample import MemberNames

PARTS = MemberNames._fields
"""The members of a sample, without the extensions of their format. In the tar, they stand side by side."""

OFFSETS_SCHEMA = pa.schema(
    [("key", pa.string()), *((f"{part}_{what}", pa.int64()) for part in PARTS for what in ("offset", "size"))]
)
"""Arrow schema of `OUT/offsets/*.parquet`: one row for each sample of the tar, in its order. Offsets, in bytes from the
start of the tar, are those of a member's content."""


def scan(tar: Path) -> pa.Table:
    """Read the headers of a shard's tar: a table of `OFFSETS_SCHEMA`.

    Raises:
        tarfile.TarError: the tar cannot be read, or a sample lacks a member.
    """
    places: dict[str, dict[str, int]] = {}
    for _, info in tar_files(tar):
        key, _, name = info.name.partition(".")
        part = name.partition(".")[0]
        places.setdefault(key, {}).update({f"{part}_offset": info.offset_data, f"{part}_size": info.size})
    for key, place in places.items():
        if place.keys() | {"key"} != set(OFFSETS_SCHEMA.names):
            raise tarfile.ReadError(f"sample {key} has other members than {', '.join(PARTS)}")
    return pa.Table.from_pylist([{"key": key, **place} for key, place in places.items()], schema=OFFSETS_SCHEMA)
