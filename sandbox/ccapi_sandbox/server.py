"""Runs the sandbox: for as long as a `with` block, or until it is interrupted."""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn

from .app import create_app
from .contract import ROOT

PORT = 8765
API_KEY = "sandbox"
JOB_SECONDS = 3.0


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox.

    Attributes:
        base_url: What to give a client as its base URL.
        api_key: The key that the sandbox takes.
    """

    base_url: str
    api_key: str = field(repr=False)


@contextmanager
def running(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    api_key: str = API_KEY,
    job_seconds: float | tuple[float, float] = JOB_SECONDS,
    strict: bool = False,
) -> Iterator[Sandbox]:
    """Runs a sandbox in a thread for as long as the block lasts.

    Args:
        host: The address to listen at.
        port: The port to listen at; 0 takes a free one.
        api_key: The one key that it takes.
        job_seconds: How long an image job takes, in seconds; or how long at least and at most.
        strict: Whether an answer of the sandbox that is not what the contract says becomes a 500.

    Raises:
        OSError: The port is taken.
        ValueError: The key or the time can't be used.
    """
    if not (api_key.isascii() and api_key.isprintable() and api_key and " " not in api_key):
        raise ValueError("api_key: printable ASCII without spaces is expected")
    least, most = job_seconds if isinstance(job_seconds, tuple) else (job_seconds, job_seconds)
    if not 0 <= least <= most < math.inf:
        raise ValueError(f"job_seconds: seconds of 0 or more are expected, not {job_seconds}")
    app = create_app(api_key=api_key, job_seconds=(least, most), strict=strict)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        # Connections inherit it. asyncio sets it only where a socket names its protocol, and this one does not: without
        # it each answer on a connection that is kept waits 40 ms for the client's acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_keep_alive=60,  # longer than clients keep a connection, so that none is cut as it is used again
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name="ccapi-sandbox", daemon=True)
        thread.start()
        try:
            # Connections queue from now on, but an error at the start should show here.
            while not server.started and thread.is_alive():
                time.sleep(0.002)
            if not server.started:
                raise RuntimeError("the sandbox did not start; what it printed says why")
            name = f"[{host}]" if ":" in host else host
            yield Sandbox(f"http://{name}:{listener.getsockname()[1]}{ROOT}", api_key)
        finally:
            server.should_exit = True
            thread.join()
