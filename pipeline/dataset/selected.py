"""Samples of a finished data set by their number: what is selected, and the bytes of each by one request."""

import copy
import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePath

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.dataset.index import sample_index
from pipeline.dataset.record import load_record
from pipeline.shards.offsets import PARTS
from pipeline.shards.shard import tar_name
from pipeline.storage.damage import DamagedError
from pipeline.storage.store import Files, open_files
from schemas.sample import member_names

_HASHED = 65536
"""Keys that are text in memory at a time."""


class Selected:
    """Samples of a finished data set, and how to read them. It may be sent to other processes.

    Args:
        root: folder, `s3://` prefix or `http(s)://` address of a finished data set.
        split: a split; None takes all.
        where: SQL condition on the manifest; see `sample_index`.
        columns: columns of the manifest to keep in `rows`.
        tars: whether `members` is to be used. Without it, the tars need not be there.

    Attributes:
        record: the data set's record.
        keys: (N,) key of each sample.
        shards: (N,) int32, shard of each sample.
        rows: `columns`, one row a sample.
        fingerprint: hash of the data set's fingerprint and of the keys that are selected.

    Raises:
        NoDataSetError, DamagedError, SelectionError: as `sample_index`.
    """

    def __init__(
        self,
        root: str,
        split: str | None = None,
        where: str | None = None,
        columns: Sequence[str] = (),
        tars: bool = True,
    ) -> None:
        self.root = root
        files = open_files(root)
        self.record = load_record(files)
        table = sample_index(files, self.record, split, where, columns, tars)
        self.keys: pa.Array = table["key"].combine_chunks()
        self.shards: NDArray[np.int32] = table["shard"].to_numpy()
        self.rows: pa.Table = table.select(list(columns))
        self._places = {
            part: (table[f"{part}_offset"].to_numpy(), table[f"{part}_size"].to_numpy())
            for part in (PARTS if tars else ())
        }
        self.fingerprint = self._fingerprint()

    def subset(self, numbers: NDArray[np.int64]) -> "Selected":
        """Some of the samples by their numbers, in that order."""
        chosen = copy.copy(self)
        chosen.keys, chosen.shards, chosen.rows = self.keys.take(numbers), self.shards[numbers], self.rows.take(numbers)
        chosen._places = {part: (places[0][numbers], places[1][numbers]) for part, places in self._places.items()}
        chosen.fingerprint = chosen._fingerprint()
        return chosen

    @property
    def suffix(self) -> str:
        """Suffix of the names of stored pictures, as in ".jpg"."""
        return PurePath(member_names(self.record.config.image.format).target).suffix

    def __len__(self) -> int:
        return len(self.keys)

    def key(self, index: int) -> str:
        """Key of a sample."""
        key: str = self.keys[index].as_py()
        return key

    def members(self, index: int, parts: Sequence[str]) -> list[memoryview]:
        """Content of some members of a sample, by one request for the range that holds them all; nothing is copied.

        Args:
            index: number of the sample.
            parts: names of `PARTS`.

        Raises:
            DamagedError: the shard ends before the sample.
            FileNotFoundError, OSError, StoreError, botocore.exceptions.ClientError: the shard cannot be read.
        """
        places = [(int(offsets[index]), int(sizes[index])) for offsets, sizes in (self._places[part] for part in parts)]
        start, end = min(offset for offset, _ in places), max(offset + size for offset, size in places)
        name = tar_name(int(self.shards[index]))
        data = memoryview(_opened(self.root, os.getpid()).read_range(name, start, end - start))
        if len(data) < end - start:
            raise DamagedError(f"{self.root}/{name} ends before sample {self.key(index)}")
        return [data[offset - start : offset - start + size] for offset, size in places]

    def _fingerprint(self) -> str:
        found = hashlib.sha256(self.record.fingerprint.encode())
        for start in range(0, len(self), _HASHED):
            found.update("\n".join(["", *self.keys[start : start + _HASHED].to_pylist()]).encode())
        return found.hexdigest()

    def file(self, name: str) -> bytes:
        """Content of a file of the data set. Raises FileNotFoundError."""
        return _opened(self.root, os.getpid()).read(name)


@lru_cache(maxsize=8)
def _opened(root: str, process: int) -> Files:
    """The files below a root, for each process anew: forked processes must not share connections."""
    return open_files(root)
