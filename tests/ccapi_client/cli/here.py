"""Runs commands in the process of the tests, which takes a fraction of the time that a process of their own takes."""

import http.server
import io
import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ccapi_client.cli import run
from ccapi_client.cli.app import ccapi


class Here:
    """Runs `ccapi`, with pipes in place of a terminal, in a folder and an environment of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = {"CCAPI_PROFILE": "", "XDG_CONFIG_HOME": str(folder / "config"), **environment}

    def __call__(
        self, *arguments: str, input: str | bytes = "", environment: dict[str, str] | None = None
    ) -> SimpleNamespace:
        with (
            self._process(arguments, input, self.environment | (environment or {})),
            pytest.raises(SystemExit) as ended,
        ):
            run(ccapi)
        return SimpleNamespace(returncode=ended.value.code, stdout=self._out.getvalue(), stderr=self._err.getvalue())

    def json(self, *arguments: str, **more: Any) -> Any:
        done = self(*arguments, "--json", **more)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    @contextmanager
    def _process(self, arguments: tuple[str, ...], input: str | bytes, environment: dict[str, str]) -> Iterator[None]:
        self._out, self._err = io.StringIO(), io.StringIO()
        handler = signal.getsignal(signal.SIGTERM)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", ["ccapi", *arguments])
            content = input.encode() if isinstance(input, str) else input
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), "utf-8"))
            patch.setattr(sys, "stdout", self._out)
            patch.setattr(sys, "stderr", self._err)
            try:
                yield
            finally:
                signal.signal(signal.SIGTERM, handler)


@contextmanager
def recording(
    content: bytes = b"{}", kind: str | None = "application/json"
) -> Iterator[tuple[str, list[SimpleNamespace]]]:
    """A server that keeps what it is sent, with all headers, and responds with a content of a kind; its URL."""
    seen: list[SimpleNamespace] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen.append(
                SimpleNamespace(method=self.command, path=self.path, headers=headers, body=json.loads(body or "null"))
            )
            self.send_response(200)
            if kind is not None:
                self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = respond  # noqa: N815

        def log_message(self, format: str, *arguments: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1", seen
        finally:
            server.shutdown()
            thread.join()
