"""A data set under a prefix in an S3 bucket."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Any

import boto3
from botocore.config import Config as BotoConfig
from botocore.exceptions import BotoCoreError, ClientError
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from pipeline.storage.names import StoreError, checked_name
from pipeline.storage.traffic import count

_EXISTS = {"PreconditionFailed", "ConditionalRequestConflict"}
"""How S3 says that an object exists, or that another request creates it at the same moment."""

_PART = 64 << 20
"""Most bytes that are read at a time to copy an object to this machine."""

_MOST_REMOVED = 1000
"""Most objects that S3 removes in one request."""


class BrokenBodyError(StoreError):
    """The bytes of an object did not arrive whole, however often they were asked for."""

    exit_code = 1


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
            return read_object(self._client, self._bucket, self._key(name))
        except self._client.exceptions.NoSuchKey as error:
            raise FileNotFoundError(f"{self.root}/{name}") from error

    def read_range(self, name: str, offset: int, size: int) -> bytes:
        wanted = f"bytes={offset}-{offset + size - 1}"
        try:
            return read_object(self._client, self._bucket, self._key(name), Range=wanted)
        except self._client.exceptions.NoSuchKey as error:
            raise FileNotFoundError(f"{self.root}/{name}") from error
        except ClientError as error:
            if error.response["Error"]["Code"] == "InvalidRange":  # the object ends before the offset
                return b""
            raise

    def write(self, name: str, data: bytes, *, flush: bool = True) -> None:
        self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=data)

    def create(self, name: str, data: bytes) -> None:
        try:
            self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=data, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] in _EXISTS:
                raise FileExistsError(f"{self.root}/{name}") from error
            raise

    def copy(self, name: str, origin: "S3Store") -> None:
        """Have the server copy an object of another prefix, in place of what was there.

        Raises:
            FileNotFoundError: there is no such object.
        """
        source = {"Bucket": origin._bucket, "Key": origin._key(name)}
        try:
            self._client.copy(source, self._bucket, self._key(name))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_FOUND:
                raise FileNotFoundError(f"{origin.root}/{name}") from error
            raise

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
            with path.open("wb") as file:  # in parts, because tars are large
                while len(part := self.read_range(name, file.tell(), _PART)) == _PART:
                    file.write(part)
                file.write(part)
            yield path

    def presigned(self, name: str, expires: int) -> str:
        """An address from which anyone can read a file, for some seconds."""
        wanted = {"Bucket": self._bucket, "Key": self._key(name)}
        address: str = self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=expires)
        return address

    def clean(self) -> int:
        pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket, Prefix=self._prefix)
        remains = [upload for page in pages for upload in page.get("Uploads", [])]
        for upload in remains:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        return len(remains)

    def _key(self, name: str) -> str:
        return self._prefix + checked_name(name)


def _anything(_: int) -> None:
    """Any length will do."""


# Requests that fail are tried again by botocore, but what it reads of their bodies is not.
@retry(
    retry=retry_if_exception_type(BrokenBodyError),
    stop=stop_after_attempt(6),
    wait=wait_random_exponential(0.2, max=10),
    reraise=True,
)
def read_object(client: Any, bucket: str, key: str, check: Callable[[int], None] = _anything, **request: str) -> bytes:
    """The body of an object, whole. botocore compares its length and, where the object has one, its checksum.

    Args:
        client: of boto3.
        bucket: name of the bucket.
        key: key of the object.
        check: called with the length before the body is read; raises where it is too much.
        request: more arguments of `get_object`.

    Raises:
        BrokenBodyError: the body broke off or is damaged, six times.
        botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError: the request failed.
    """
    found = client.get_object(Bucket=bucket, Key=key, **request)
    check(found["ContentLength"])
    try:
        body: bytes = found["Body"].read()
    except BotoCoreError as error:
        raise BrokenBodyError(f"s3://{bucket}/{key} did not arrive whole: {error}") from error
    return body


def s3_client() -> Any:
    """A boto3 client that backs off with jitter when S3 answers SlowDown, and whose requests are counted."""
    retries = {"mode": "adaptive", "max_attempts": 10}
    client = boto3.client("s3", config=BotoConfig(signature_version="s3v4", retries=retries))
    count(client)
    return client
