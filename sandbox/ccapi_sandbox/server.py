"""Runs the sandbox: for as long as a `with` block, or until it is interrupted."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from .app import create_app
from .contract import ROOT


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox.

    Attributes:
        base_url: What to give a client as its base URL.
        api_key: The key that the sandbox takes.
    """

    base_url: str
    api_key: str


@contextmanager
def running(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    api_key: str = "sandbox",
    job_seconds: float = 3.0,
    strict: bool = False,
) -> Iterator[Sandbox]:
    """Runs a sandbox in a thread for as long as the block lasts.

    Args:
        host: The address to listen at.
        port: The port to listen at; 0 takes a free one.
        api_key: The one key that it takes.
        job_seconds: How long an image job takes, in seconds.
        strict: Whether an answer of the sandbox that is not what the contract says becomes a 500.

    Raises:
        OSError: The port is taken.
    """
    app = create_app(api_key=api_key, job_seconds=job_seconds, strict=strict)
    with socket.create_server((host, port)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, args=([listener],), name="ccapi-sandbox", daemon=True)
        thread.start()
        try:
            # Connections queue from now on, but an error at the start should show here.
            while not server.started and thread.is_alive():
                time.sleep(0.002)
            yield Sandbox(f"http://{host}:{listener.getsockname()[1]}{ROOT}", api_key)
        finally:
            server.should_exit = True
            thread.join()
