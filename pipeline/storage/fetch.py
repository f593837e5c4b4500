"""The bytes of a source by its uri."""

import errno
import os
import stat
from collections.abc import Callable, Iterable
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.storage.s3 import BrokenBodyError, read_object, s3_client
from schemas.source import FetchError, SourceError

MAX_BYTES = 1 << 30
"""Files larger than this, 1 GiB, are not read."""


_NO_SUCH_FILE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.ENXIO}
"""What says that there is no such file, and not that it cannot be read at the moment."""


Read = Callable[[str], bytes]
"""A function that reads a source by its uri, as `read_bytes` does."""


class Fetched:
    """Sources that were read, by uri, or the errors of those that were not. It is a `Read`.

    Args:
        uris: what to read.
    """

    def __init__(self, uris: Iterable[str]) -> None:
        self._found = {uri: _read_or_error(uri) for uri in uris}

    def __call__(self, uri: str) -> bytes:
        """The bytes of a source, read now if it was not before. Raises what reading it has raised."""
        found = self._found[uri] if uri in self._found else _read_or_error(uri)
        if isinstance(found, Exception):
            raise found
        return found


def _read_or_error(uri: str) -> bytes | SourceError | FetchError:
    try:
        return read_bytes(uri)
    except (SourceError, FetchError) as error:
        return error


def read_bytes(uri: str) -> bytes:
    """Read a local path, a file:// or s3:// address, or an hf:// row.

    Raises:
        SourceError: `unreadable`, where there is no such file, or `too_large` for more than MAX_BYTES.
        FetchError: the file cannot be fetched now: its store refuses, fails, or sends a part of it.
    """
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return _read_local(Path(uri))
    if scheme == "file":
        return _read_local(Path(os.fsdecode(unquote_to_bytes(rest))))
    if scheme == "s3":
        return _read_s3(uri)
    if scheme == "hf":
        from pipeline.storage.hugging_face import read_row  # noqa: PLC0415  loads slowly, and few runs need it

        row = read_row(uri)
        return _read_local(row) if isinstance(row, Path) else _bounded(row)
    raise SourceError("unreadable", f"{scheme}:// is not an address we read; use a path, file://, s3:// or hf://")


def _read_local(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe or a device could be read for ever
            raise SourceError("unreadable", "it is a folder, a device or a pipe, not a file")
        _check_bytes(status.st_size)
        return path.read_bytes()
    except ValueError as error:  # a null byte in the name
        raise SourceError("unreadable", str(error)) from error
    except OSError as error:
        detail = error.strerror or str(error)
        if error.errno in _NO_SUCH_FILE:
            raise SourceError("unreadable", detail) from error
        raise FetchError(str(path), detail) from error


def _read_s3(uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not bucket or not key:
        raise SourceError("unreadable", "expected s3://bucket/key")
    try:
        return read_object(_s3(), bucket, key, check=_check_bytes)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_FOUND:
            raise SourceError("unreadable", str(error)) from error
        raise FetchError(uri, str(error)) from error
    except (BotoCoreError, BrokenBodyError) as error:
        raise FetchError(uri, str(error)) from error


@cache
def _s3() -> Any:
    return s3_client()


def _bounded(data: bytes) -> bytes:
    _check_bytes(len(data))
    return data


def _check_bytes(count: int) -> None:
    if count > MAX_BYTES:
        raise SourceError("too_large", f"{count} bytes, more than the {MAX_BYTES} that are read")
