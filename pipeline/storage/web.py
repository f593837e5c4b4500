"""A data set below an http:// or https:// address, read only."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import urllib3

from pipeline.storage.names import StoreError, checked_name

_TRIES = urllib3.Retry(5, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), raise_on_status=False)


class WebFiles:
    """Files below an address. The server must answer requests for ranges. Connections are kept open.

    Raises:
        StoreError: the server cannot be reached, refuses, or ignores the range.
    """

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")
        self._pool = urllib3.PoolManager(maxsize=8)

    def read(self, name: str) -> bytes:
        return self._get(name, {}, HTTPStatus.OK)

    def read_range(self, name: str, offset: int, size: int) -> bytes:
        return self._get(name, {"Range": f"bytes={offset}-{offset + size - 1}"}, HTTPStatus.PARTIAL_CONTENT)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="unretouch-") as folder:
            path = Path(folder) / PurePosixPath(name).name
            path.write_bytes(self.read(name))
            yield path

    def _get(self, name: str, headers: Mapping[str, str], expected: HTTPStatus) -> bytes:
        address = f"{self.root}/{quote(checked_name(name))}"
        try:
            found = self._pool.request("GET", address, headers=headers, retries=_TRIES)
        except urllib3.exceptions.HTTPError as error:
            raise StoreError(f"{address} cannot be read: {error}") from error
        if found.status == HTTPStatus.NOT_FOUND:
            raise FileNotFoundError(address)
        if found.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # the file ends before the offset
            return b""
        if found.status == HTTPStatus.OK and expected == HTTPStatus.PARTIAL_CONTENT:
            raise StoreError(f"{address}: the server sends whole files only, and samples are read by ranges")
        if found.status != expected:
            raise StoreError(f"{address} cannot be read: the server answers {found.status}")
        return found.data
