"""Another origin than the sandbox's, which serves one file and keeps what it received: no key should be in there."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Literal

Serves = Literal["whole", "cut", "gone"]
"""How the file is served: whole; cut in the middle, the first time; or not at all."""

PAGE = b"<!doctype html><title>404 Not Found</title><h1>404 Not Found</h1>"


@dataclass(frozen=True)
class FileHost:
    """A running host.

    Attributes:
        origin: Its origin, such as `http://127.0.0.1:40123`.
        received: The heads of the requests, as texts.
    """

    origin: str
    received: list[str] = field(default_factory=list)


@contextmanager
def hosting(file: bytes, serves: Serves) -> Iterator[FileHost]:
    """Serves a PNG file at every path, on a free port of this machine, for as long as the block lasts."""
    received: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            received.append(f"{self.requestline}\n{self.headers}")
            body, kind = (PAGE, "text/html") if serves == "gone" else (file, "image/png")
            self.send_response(404 if serves == "gone" else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            is_cut = serves == "cut" and len(received) == 1
            self.wfile.write(body[: len(body) // 2] if is_cut else body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: standard error is the program's."""

    # Not an HTTPServer, which looks up the name of the machine.
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="ccapi-file-host", daemon=True)
        thread.start()
        try:
            yield FileHost(f"http://127.0.0.1:{server.server_address[1]}", received)
        finally:
            server.shutdown()
            thread.join()
