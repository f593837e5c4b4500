"""Web servers that give the files of a folder."""

from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest


class _Whole(SimpleHTTPRequestHandler):
    """Answers with whole files, as a server that knows no ranges."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


class _Ranges(_Whole):
    """Answers requests for ranges."""

    def do_GET(self) -> None:
        wanted, path = self.headers.get("Range"), Path(self.translate_path(self.path))
        if wanted is None or not path.is_file():
            super().do_GET()
            return
        first, last = (int(place) for place in wanted.removeprefix("bytes=").split("-"))
        part = path.read_bytes()[first : last + 1]
        self.send_response(HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """`serve(folder)` is the address of a server of its files; `ranges=False` makes it one that knows no ranges."""
    servers: list[ThreadingHTTPServer] = []

    def start(folder: str, ranges: bool = True) -> str:
        handler = partial(_Ranges if ranges else _Whole, directory=folder)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
