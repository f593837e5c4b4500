"""The shards of a data set for programs that stream them: their addresses, and an opener of s3:// for webdataset."""

import io
import os
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import IO

from fsspec import register_implementation
from webdataset.gopen import gopen_schemes

from pipeline.dataset.index import SelectionError
from pipeline.dataset.record import finished_commits, load_record
from pipeline.storage.s3 import S3Store
from pipeline.storage.store import Files, open_files, open_store

PART = 8 << 20
"""Bytes of an object that one request asks for. A reader holds two parts."""


def shard_urls(root: str, split: str | None = None, expires: int | None = None) -> list[str]:
    """Paths or addresses of the shards of a finished data set, in their order, as its commit records name them.

    Args:
        root: folder, `s3://` prefix or `http(s)://` address of a finished data set.
        split: a split; None takes all.
        expires: seconds for which whoever has the addresses may read shards on S3 without credentials, unless those
            that sign them end earlier; None gives s3:// addresses. Paths and addresses on the web are as they are.

    Raises:
        NoDataSetError: there is no data set, it is not finished, or it cannot be read.
        SelectionError: there is no such split, or it has no shards.
        botocore.exceptions.NoCredentialsError: there are no credentials to sign with.
    """
    files = open_files(root)
    record = load_record(files)
    if split is not None and split not in record.splits:
        raise SelectionError(f"{root} has no split {split!r}; its splits are {', '.join(record.splits)}")
    names = [commit.tar.name for commit in finished_commits(files, record) if split in {None, commit.split}]
    if not names:
        raise SelectionError(f"{root} has no shards of split {split}")
    if isinstance(files, S3Store) and expires is not None:
        return [files.presigned(name, expires) for name in names]
    return [f"{files.root.rstrip('/')}/{name}" for name in names]


def register_s3() -> None:
    """Have webdataset and `datasets` open s3:// addresses, in this process and in those that are forked from it.

    Region, endpoint and credentials come from the environment, as boto3 reads it. `datasets` opens them through s3fs,
    the extra `s3`, and says so where it is missing.
    """
    gopen_schemes["s3"] = _open
    missing = "s3:// addresses are read by s3fs: pip install 'unretouch[s3]'"
    register_implementation("s3", "pipeline.export.s3_files.S3Files", clobber=True, errtxt=missing)


def _open(url: str, mode: str = "rb", bufsize: int = 8192, **options: object) -> IO[bytes]:
    """Open an object as webdataset asks for it.

    Raises:
        ValueError: it is to be written.
    """
    if mode != "rb":
        raise ValueError(f"{url}: s3:// addresses are opened to read, not as {mode}")
    root, _, name = url.rpartition("/")
    return io.BufferedReader(_Parts(_opened(root, os.getpid()), name), bufsize)


class _Parts(io.RawIOBase):
    """A file read from front to back in parts. While one is used, the next is on its way.

    Raises:
        FileNotFoundError: it does not exist.
        StoreError, botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError: a part cannot be read.
    """

    def __init__(self, files: Files, name: str) -> None:
        self._files, self._name = files, name
        self._pool = ThreadPoolExecutor(1)
        self._part, self._end = memoryview(b""), 0
        self._next: Future[bytes] | None = self._ask()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # only memoryviews come here
        if not self._part and self._next is not None:
            self._part = memoryview(self._next.result())
            self._end += len(self._part)
            self._next = self._ask() if len(self._part) == PART else None  # a short part is the last
        count = min(len(buffer), len(self._part))
        buffer[:count] = self._part[:count]
        self._part = self._part[count:]
        return count

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        super().close()

    def _ask(self) -> Future[bytes]:
        return self._pool.submit(self._files.read_range, self._name, self._end, PART)


@lru_cache(maxsize=8)
def _opened(root: str, process: int) -> Files:
    """The files below an address, for each process anew: forked processes must not share connections."""
    return open_store(root)
