"""Requests to object stores, counted for this process: they cost money, and their number shows what a run wastes."""

import threading
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Traffic:
    """What went to and came from object stores.

    Attributes:
        requests: HTTP requests, those that were tried again included.
        retries: how many of these were further attempts at one operation.
        read: bytes of objects that were asked for.
        written: bytes that were sent.
    """

    requests: int = 0
    retries: int = 0
    read: int = 0
    written: int = 0

    def __add__(self, other: "Traffic") -> "Traffic":
        return Traffic(
            self.requests + other.requests,
            self.retries + other.retries,
            self.read + other.read,
            self.written + other.written,
        )

    def since(self, before: "Traffic") -> "Traffic":
        """What has been added since an earlier moment."""
        return self + Traffic(-before.requests, -before.retries, -before.read, -before.written)


class _Count:
    def __init__(self) -> None:
        self.total = Traffic()
        self._lock = threading.Lock()

    def add(self, traffic: Traffic) -> None:
        with self._lock:
            self.total += traffic


_COUNT = _Count()


def traffic() -> Traffic:
    """The traffic of this process so far."""
    return _COUNT.total


def count(client: Any) -> None:
    """Count the requests of a boto3 client from now on."""
    client.meta.events.register("before-call.s3", _operation)
    client.meta.events.register("before-send.s3", _request)
    client.meta.events.register("after-call.s3.GetObject", _object)


# An operation is one request; each attempt to send it beyond the first is a retry.
def _operation(**_: object) -> None:
    _COUNT.add(Traffic(retries=-1))


def _request(request: Any, **_: object) -> None:
    _COUNT.add(Traffic(requests=1, retries=1, written=int(request.headers.get("Content-Length") or 0)))


def _object(http_response: Any, **_: object) -> None:
    _COUNT.add(Traffic(read=int(http_response.headers.get("content-length") or 0)))
