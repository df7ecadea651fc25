"""The pool of aiohttp, watched: no request goes by a connection on which something came that belongs to none."""

from __future__ import annotations

import asyncio
import math
import time
from contextvars import ContextVar
from functools import partial
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

from .._http.wire import Request
from .line import keep_alive
from .over_httpcore import check_head
from .waits import poll

if not hasattr(ResponseHandler, "abort"):
    raise ImportError("aiohttp 3.12 or newer is needed")

FITS = 65536
"""The longest body that the buffers of a connection take at once, in bytes: only longer ones can get stuck."""


class Limits:
    """The limits of one exchange until there is a response: for connecting, then for sending and for the head."""

    def __init__(self, request: Request) -> None:
        self.request, self.is_connected, self.has_responded = request, False, False
        self.is_large = request.content is not None and len(request.content) > FITS
        self.timer = asyncio.timeout(None)

    def set(self, step: float | None) -> None:
        """A step begins."""
        left = self.request.deadline - time.monotonic()
        seconds = left if step is None else min(step, left)
        self.timer.reschedule(None if seconds == math.inf else asyncio.get_running_loop().time() + max(seconds, 0.0))

    def connected(self, transport: Any) -> None:
        """There is a connection: now the request is sent, and the head of the response is due."""
        self.is_connected = True
        request = self.request
        loop = asyncio.get_running_loop()
        request.abort = lambda: loop.call_soon_threadsafe(self._abort, transport)
        steps = (request.timeout.read, request.timeout.write if self.is_large else 0.0)
        known = [step for step in steps if step is not None]
        self.set(sum(known) if len(known) == len(steps) else None)

    def _abort(self, transport: Any) -> None:
        if not self.has_responded and transport:
            transport.abort()


limits_of_task: ContextVar[Limits] = ContextVar("limits_of_task")


class _Protocol(ResponseHandler):
    """A connection that hangs up when something comes that belongs to no request."""

    is_idle, close = False, ResponseHandler.abort  # TLS is not waited for: it takes 30 s, and the loop may end

    @property
    def has_left_over(self) -> bool:
        """Whether more has come than belonged to the response, the beginning of another one included."""
        parser: Any = self._parser
        return self.should_close or (parser is not None and parser.feed_eof() is not None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            keep_alive(sock)

    async def read(self) -> Any:
        # Here, where aiohttp closes the connection of what raises: once the body has ended it may be another's.
        found: Any = await super().read()
        check_head(list(found[0].raw_headers))
        return found

    def data_received(self, data: bytes) -> None:
        if data and self.is_idle:
            self.close()
        else:
            super().data_received(data)


class Connector(aiohttp.TCPConnector):
    """A pool that gives no connection which has bytes left over, or which the other side has closed."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # The only way to a connection's bytes; where it is none any more, no connection is used twice.
        self._factory: Any = partial(_Protocol, loop=asyncio.get_running_loop())

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Any:
        limits = limits_of_task.get()
        limits.set(limits.request.timeout.connect)
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol: Any = connection.protocol
            if not isinstance(protocol, _Protocol):
                protocol.force_close()
            else:
                if protocol.is_idle and (protocol.has_left_over or not _is_quiet(protocol.transport)):
                    connection.close()
                    continue
                protocol.is_idle = False
                connection.add_callback(partial(setattr, protocol, "is_idle", True))
            break
        limits.connected(connection.transport)
        return connection


def _is_quiet(transport: Any) -> bool:
    """Whether nothing has come, not even the end; the loop may not have noticed yet."""
    sock = transport and transport.get_extra_info("socket")
    return sock is not None and not poll([sock], 0.0, is_reading=True)
