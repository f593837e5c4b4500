"""An HTTP server on loopback that stands before an S3 server and does what object stores do on bad days."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

import urllib3

Trouble = Literal["refuse", "fail", "slow down", "cut", "reset"]
"""403, 500, 503 with SlowDown, half of the body, or a connection that is closed without an answer."""

_ANSWERS = {"refuse": (403, "AccessDenied"), "fail": (500, "InternalError"), "slow down": (503, "SlowDown")}


@dataclass
class Fault:
    """Trouble for the requests whose method and path match a pattern, as in "GET /bucket/photos/"."""

    pattern: str
    trouble: Trouble
    times: int = 1_000_000
    share: float = 1.0
    """How many of these requests meet it."""


@dataclass
class FaultyS3:
    """The proxy: its address, the faults that are left, and the requests that it has seen."""

    address: str
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(0))

    def fault(self, request: str) -> Trouble | None:
        """The trouble of a request, which is used up."""
        self.requests.append(request)
        for fault in self.faults:
            if fault.times and re.search(fault.pattern, request) and self.chance.random() < fault.share:
                fault.times -= 1
                return fault.trouble
        return None


@contextmanager
def faulty_s3(target: str) -> Iterator[FaultyS3]:
    """Run a proxy before the server at an address."""
    pool = urllib3.PoolManager(maxsize=16)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            with lock:
                trouble = proxy.fault(f"{self.command} {self.path}")
            if trouble == "reset":
                self.close_connection = True
                self.connection.close()
                return
            if trouble in _ANSWERS:
                status, code = _ANSWERS[trouble]
                content = f"<Error><Code>{code}</Code><Message>{trouble}</Message></Error>".encode()
                self._send(status, {}, content, sent=0 if self.command == "HEAD" else None)
                return
            found = pool.request(
                self.command, target + self.path, body=body, headers=dict(self.headers), preload_content=False
            )
            data = found.read(decode_content=False)
            headers = {k: v for k, v in found.headers.items() if k.lower() not in _HOP_BY_HOP}
            if self.command == "HEAD":
                headers["Content-Length"] = found.headers.get("Content-Length", "0")
                self._send(found.status, headers, None)
            elif trouble == "cut":
                self._send(found.status, headers, data, sent=len(data) // 2)
                self.close_connection = True
                self.connection.close()
            else:
                self._send(found.status, headers, data)

        def _send(self, status: int, headers: dict[str, str], data: bytes | None, sent: int | None = None) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if data is not None:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write((data or b"")[:sent])

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _answer  # noqa: N815  names that http.server looks up

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy = FaultyS3(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()


_HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}
