"""A data set under a prefix in an S3 bucket."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import boto3
from botocore.config import Config as BotoConfig
from botocore.exceptions import ClientError

from pipeline.storage.names import StoreError, checked_name

_MOST_REMOVED = 1000
"""Most objects that S3 removes in one request."""


class S3Store:
    """Objects below a prefix. An object appears when its upload is complete.

    Region, endpoint and credentials come from the environment, as boto3 reads it.

    Raises:
        StoreError: the root names no bucket, or an object cannot be removed.
    """

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")
        bucket, _, prefix = root.removeprefix("s3://").rstrip("/").partition("/")
        if not bucket:
            raise StoreError(f"{root}: expected s3://bucket/prefix")
        self._bucket, self._prefix = bucket, prefix + "/" if prefix else ""
        self._client = s3_client()

    def read(self, name: str) -> bytes:
        try:
            body: bytes = self._client.get_object(Bucket=self._bucket, Key=self._key(name))["Body"].read()
        except self._client.exceptions.NoSuchKey as error:
            raise FileNotFoundError(f"{self.root}/{name}") from error
        return body

    def read_range(self, name: str, offset: int, size: int) -> bytes:
        wanted = f"bytes={offset}-{offset + size - 1}"
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=self._key(name), Range=wanted)
        except self._client.exceptions.NoSuchKey as error:
            raise FileNotFoundError(f"{self.root}/{name}") from error
        except ClientError as error:
            if error.response["Error"]["Code"] == "InvalidRange":  # the object ends before the offset
                return b""
            raise
        body: bytes = found["Body"].read()
        return body

    def write(self, name: str, data: bytes, *, flush: bool = True) -> None:
        self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=data)

    def names(self, folder: str) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._key(folder) + "/", Delimiter="/"
        )
        keys = (entry["Key"] for page in pages for entry in page.get("Contents", []))
        names = (key.removeprefix(self._prefix) for key in keys)
        return sorted(name for name in names if not PurePosixPath(name).name.startswith("."))

    def remove(self, *names: str) -> None:
        objects = [{"Key": self._key(name)} for name in names]
        for start in range(0, len(objects), _MOST_REMOVED):
            batch = {"Objects": objects[start : start + _MOST_REMOVED], "Quiet": True}
            failed = self._client.delete_objects(Bucket=self._bucket, Delete=batch).get("Errors")
            if failed:
                raise StoreError(f"s3://{self._bucket}/{failed[0]['Key']} cannot be removed: {failed[0]['Message']}")

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
        return self._prefix + checked_name(name)


def s3_client() -> Any:
    """A boto3 client that backs off with jitter when S3 answers SlowDown."""
    return boto3.client("s3", config=BotoConfig(retries={"mode": "adaptive", "max_attempts": 10}))
