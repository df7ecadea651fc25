"""Runs the sandbox: for as long as a `with` block, or until it is interrupted."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Unpack

import uvicorn

from .app import create_app
from .contract import ROOT
from .faults import parse
from .gateway import Clock, Gateway
from .ledger import Entry
from .settings import Arguments, Settings

LOCAL = ("127.0.0.1", "localhost", "::1")
UNFINISHED = "ASGI callable returned without completing response."


def _is_unexpected(record: logging.LogRecord) -> bool:
    """Whether the server's log is to say it: not that an answer was cut on purpose, or as the sandbox was stopped."""
    error = record.exc_info[1] if record.exc_info else None
    return record.getMessage() != UNFINISHED and not isinstance(error, asyncio.CancelledError)


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox.

    Attributes:
        base_url: What to give a client as its base URL.
        api_key: The key that the sandbox takes.
        clock: Its time, `clock.advance(60)` moves it on: jobs go on as if a minute had passed.
    """

    base_url: str
    api_key: str = field(repr=False)
    clock: Clock = field(repr=False)
    _gateway: Gateway = field(repr=False)
    _loop: asyncio.AbstractEventLoop = field(repr=False)

    @property
    def requests(self) -> list[Entry]:
        """The last requests, oldest first: what was asked, carried out and billed."""
        return list(self._gateway.ledger.entries)

    def fail_next(self, fault: str = "500") -> None:
        """Lets the next request fail, as the header `X-Sandbox-Fault` says it: `429;retry-after=2;times=3` fails three.

        Raises:
            ValueError: There is no such fault.
        """
        self._gateway.faults.fail_next(parse(fault))

    def reset(self) -> None:
        """Forgets every job, file, request and fault, and sets the clock back: as if just started."""
        asyncio.run_coroutine_threadsafe(self._gateway.reset(), self._loop).result()


@contextmanager
def running(*, host: str = "127.0.0.1", port: int = 0, **settings: Unpack[Arguments]) -> Iterator[Sandbox]:
    """Runs a sandbox in a thread for as long as the block lasts.

    Args:
        host: The address to listen at; one that other machines reach needs `allow_remote=True`.
        port: The port to listen at; 0 takes a free one.
        **settings: How it behaves; `Settings` says what each is.

    Raises:
        OSError: The port is taken.
        ValueError: A setting can't be used.
    """
    chosen = Settings(**settings)
    if not chosen.allow_remote and host not in LOCAL:
        others = "allow_remote=True (--allow-remote) serves others"
        raise ValueError(f"host: {host} is not this machine, {', '.join(LOCAL)}; {others}")
    app, gateway = create_app(chosen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=4096) as listener:
        # Connections inherit it. asyncio sets it only where a socket names its protocol, and this one does not: without
        # it each answer on a connection that is kept waits 40 ms for the client's acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            ws="none",  # there is nothing to upgrade to
            backlog=4096,
            timeout_keep_alive=60,  # longer than clients keep a connection, so that none is cut as it is used again
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        log = logging.getLogger("uvicorn.error")
        own_filter = partial(_is_unexpected)  # several sandboxes may run: each removes its own
        log.addFilter(own_filter)
        thread = threading.Thread(target=server.run, args=([listener],), name="ccapi-sandbox", daemon=True)
        thread.start()
        try:
            # Connections queue from now on, but an error at the start should show here.
            while not server.started and thread.is_alive():
                time.sleep(0.002)
            if not server.started or gateway.loop is None:
                raise RuntimeError("the sandbox did not start; what it printed says why")
            name = f"[{host}]" if ":" in host else host
            yield Sandbox(
                f"http://{name}:{listener.getsockname()[1]}{ROOT}", chosen.api_key, gateway.clock, gateway, gateway.loop
            )
        finally:
            server.should_exit = True
            thread.join()
            log.removeFilter(own_filter)
