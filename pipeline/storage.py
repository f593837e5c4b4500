"""Where a data set lives: a folder or an S3 prefix, with the same few operations.

Every write is atomic: a reader sees the whole file under its final name or nothing. On disk a file is written under
a temporary name, flushed and renamed; on S3 an object appears when its upload is complete.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import boto3
from botocore.config import Config as BotoConfig

_TEMPORARY = ".tmp-"


class Store(Protocol):
    """Files by name below one root. Names are relative, with forward slashes."""

    root: str

    def read(self, name: str) -> bytes:
        """The file's bytes. Raises FileNotFoundError."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Write the file atomically, replacing what was there."""
        ...

    def names(self, folder: str) -> list[str]:
        """Sorted names of the files directly in a folder; empty where there is none."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""
        ...

    def staged(self, name: str) -> Any:
        """Context manager that yields a local path to write to and publishes it as `name` on success."""
        ...

    def local(self, name: str) -> Any:
        """Context manager that yields a local path to read the file from."""
        ...

    def clean(self) -> None:
        """Remove what interrupted writes left behind. Only safe while nobody writes."""
        ...


def open_store(root: str) -> Store:
    """The store for a folder or an `s3://bucket/prefix`."""
    return S3Store(root) if root.startswith("s3://") else LocalStore(root)


class LocalStore:
    """A folder on a disk."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._path = Path(root)

    def read(self, name: str) -> bytes:
        return self._at(name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        with self.staged(name) as path:
            path.write_bytes(data)

    def names(self, folder: str) -> list[str]:
        path = self._at(folder)
        if not path.is_dir():
            return []
        return sorted(f"{folder}/{p.name}" for p in path.iterdir() if p.is_file() and not p.name.startswith("."))

    def remove(self, name: str) -> None:
        self._at(name).unlink(missing_ok=True)

    @contextmanager
    def staged(self, name: str) -> Iterator[Path]:
        final = self._at(name)
        final.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f"{_TEMPORARY}{final.name}-", dir=final.parent)
        path = Path(temporary)
        try:
            os.close(handle)
            yield path
            _flush(path)
            path.chmod(0o644)
            path.replace(final)
            _flush(final.parent)
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        yield self._at(name)

    def clean(self) -> None:
        for path in self._path.rglob(f"{_TEMPORARY}*"):
            path.unlink(missing_ok=True)

    def _at(self, name: str) -> Path:
        return self._path / _checked(name)


class S3Store:
    """A prefix in an S3 bucket. Region, endpoint and credentials come from boto3's usual environment."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")
        bucket, _, prefix = self.root.removeprefix("s3://").partition("/")
        if not bucket:
            raise ValueError(f"{root}: expected s3://bucket/prefix")
        self._bucket, self._prefix = bucket, prefix + "/" if prefix else ""
        self._client = s3_client()

    def read(self, name: str) -> bytes:
        try:
            body: bytes = self._client.get_object(Bucket=self._bucket, Key=self._key(name))["Body"].read()
        except self._client.exceptions.NoSuchKey as error:
            raise FileNotFoundError(f"{self.root}/{name}") from error
        return body

    def write(self, name: str, data: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=data)

    def names(self, folder: str) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._key(folder) + "/", Delimiter="/"
        )
        keys = (entry["Key"] for page in pages for entry in page.get("Contents", []))
        names = (key.removeprefix(self._prefix) for key in keys)
        return sorted(name for name in names if not PurePosixPath(name).name.startswith("."))

    def remove(self, name: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=self._key(name))

    @contextmanager
    def staged(self, name: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="unretouch-") as folder:
            path = Path(folder) / PurePosixPath(name).name
            yield path
            self._client.upload_file(str(path), self._bucket, self._key(name))

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="unretouch-") as folder:
            path = Path(folder) / PurePosixPath(name).name
            path.write_bytes(self.read(name))
            yield path

    def clean(self) -> None:
        """Nothing to do: an upload that did not finish has no name."""

    def _key(self, name: str) -> str:
        return self._prefix + _checked(name)


def s3_client() -> Any:
    """A boto3 client that backs off with jitter when the store says SlowDown."""
    return boto3.client("s3", config=BotoConfig(retries={"mode": "adaptive", "max_attempts": 10}))


def _checked(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError(f"{name!r} is not a name below the data set's root")
    return str(path)


def _flush(path: Path) -> None:
    """Have the operating system write a file or a folder's entries to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
