"""The store of a data set: a folder or an S3 prefix, with the same few operations. Web servers are read only.

Every write is atomic: a reader sees the whole file under its final name, or nothing.
"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from pipeline.storage.local import LocalStore
from pipeline.storage.s3 import S3Store
from pipeline.storage.web import WebFiles


class Files(Protocol):
    """Files to read by name below one root. Names are relative and use forward slashes."""

    root: str

    def read(self, name: str) -> bytes:
        """Bytes of a file. Raises FileNotFoundError."""
        ...

    def read_range(self, name: str, offset: int, size: int) -> bytes:
        """`size` bytes of a file from `offset` on, fewer where the file ends. Raises FileNotFoundError."""
        ...

    def local(self, name: str) -> AbstractContextManager[Path]:
        """Yield a local path to read the file from."""
        ...


class Store(Files, Protocol):
    """Files to read, list and write."""

    def write(self, name: str, data: bytes, *, flush: bool = True) -> None:
        """Write a file atomically and replace what was there.

        Without `flush`, which takes three quarters of the time on a disk, the file may be lost or cut short if the
        machine stops. That is for files that are checked when they are read, and that can be done without.
        """
        ...

    def create(self, name: str, data: bytes) -> None:
        """Write a file atomically that must not exist yet: of several writers, one succeeds.

        Raises:
            FileExistsError: it exists.
        """
        ...

    def names(self, folder: str) -> list[str]:
        """Sorted names of the files directly in a folder; empty where there is no such folder."""
        ...

    def remove(self, *names: str) -> None:
        """Remove files, where they exist."""
        ...

    def staged(self, name: str) -> AbstractContextManager[Path]:
        """Yield a local path to write to. Publish the file as `name` when the `with` block succeeds."""
        ...

    def clean(self) -> int:
        """Remove the remains of interrupted writes, and count them. Only safe while nobody writes."""
        ...


def open_store(root: str) -> Store:
    """The store for a folder or an `s3://bucket/prefix`.

    Raises:
        StoreError: an S3 address names no bucket.
    """
    return S3Store(root) if root.startswith("s3://") else LocalStore(root)


def open_files(root: str) -> Files:
    """The files below a folder, an `s3://bucket/prefix` or an `http(s)://` address.

    Raises:
        StoreError: an S3 address names no bucket.
    """
    return WebFiles(root) if root.startswith(("http://", "https://")) else open_store(root)
