"""An HTTP server on loopback that answers chat completions as a VLM does, and misbehaves as servers do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Trouble = Literal["slow", "drip", "busy", "fail", "cut", "garbage", "huge", "refuse", "redirect", "reset"]
"""No answer in time; one byte a time; 429; 500; half of the body; a body that is no JSON; one of 2 MiB; 401; 307; a
connection that is closed without an answer."""

MODEL = "tests/parrot"

Reply = Callable[[dict[str, Any], dict[str, Any]], object]
"""What the VLM says to a request, given the JSON data of its first user turn: a string, or a value for JSON."""


def repeat(data: dict[str, Any], _: dict[str, Any]) -> object:
    """The draft, as it is."""
    return data["words"]


def dated(instruction: str, month: str) -> str:
    """An instruction that claims the same, and that only a VLM would write."""
    return f"{instruction.rstrip('.?!')}. I took this photo in {month}."


@dataclass
class VlmServer:
    """The server: its address, how it answers, the troubles that are left, and the requests that it has seen."""

    url: str
    reply: Reply = repeat
    model: str = MODEL
    usage: dict[str, int] | None = field(default_factory=lambda: {"prompt_tokens": 900, "completion_tokens": 100})
    finish: str = "stop"
    troubles: list[Trouble] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    """Headers of answers to requests that met trouble."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    most_at_once: int = 0
    released: threading.Event = field(default_factory=threading.Event)
    """Set when slow answers may end."""


def data_of(request: dict[str, Any]) -> dict[str, Any]:
    """The JSON data of a request's first user turn."""
    (text,) = [part["text"] for part in request["messages"][1]["content"] if part["type"] == "text"]
    found: dict[str, Any] = json.loads(text)
    return found


@contextmanager
def vlm_server() -> Iterator[VlmServer]:
    """Run a server."""
    lock = threading.Lock()
    under_way = 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            nonlocal under_way
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                server.requests.append(request)
                server.keys.append(self.headers.get("Authorization"))
                trouble = server.troubles.pop(0) if server.troubles else None
                under_way += 1
                server.most_at_once = max(server.most_at_once, under_way)
            try:
                self._answer(request, trouble)
            finally:
                with lock:
                    under_way -= 1

        def _answer(self, request: dict[str, Any], trouble: Trouble | None) -> None:
            if self.path != "/v1/chat/completions":
                self._send(404, b"no such path")
            elif trouble == "busy":
                self._send(429, b'{"error": {"message": "Rate limit"}}', server.headers)
            elif trouble == "fail":
                self._send(500, b"oh no", server.headers)
            elif trouble == "refuse":
                key = self.headers.get("Authorization", "").removeprefix("Bearer ")
                self._send(401, f"Incorrect API key provided: {key}".encode())
            elif trouble == "redirect":
                self._send(307, b"", {"Location": "http://elsewhere.example/v1/chat/completions"})
            elif trouble == "garbage":
                self._send(200, b'{"model": "tests/parrot", "choi')
            elif trouble == "huge":
                self._send(200, b" " * (2 << 20))
            elif trouble == "reset":
                self._end()
            else:
                body = json.dumps(self._completion(request)).encode()
                if trouble == "slow":
                    server.released.wait(30)
                self._send(200, body, sent=len(body) // 2 if trouble == "cut" else 1 if trouble == "drip" else None)
                if trouble == "drip":
                    server.released.wait(30)
                if trouble in {"cut", "drip"}:
                    self._end()

        def _completion(self, request: dict[str, Any]) -> dict[str, Any]:
            said = server.reply(data_of(request), request)
            message = {"role": "assistant", "content": said if isinstance(said, str) else json.dumps(said)}
            choice = {"index": 0, "message": message, "finish_reason": server.finish}
            return {"id": "x", "object": "chat.completion", "model": server.model, "choices": [choice]} | (
                {"usage": server.usage} if server.usage else {}
            )

        def _send(
            self, status: int, body: bytes, headers: dict[str, str] | None = None, sent: int | None = None
        ) -> None:
            self.send_response_only(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:sent])
            self.wfile.flush()

        def _end(self) -> None:
            self.close_connection = True
            self.connection.close()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that do not wait are expected
    server = VlmServer(f"http://127.0.0.1:{http.server_port}/v1")
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        http.shutdown()
        http.server_close()
