"""The pool of aiohttp, watched: no request goes by a connection on which something came that belongs to none."""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.hdrs import TRANSFER_ENCODING

from .._http.wire import Kind, Request, TransportError
from .alarm import Alarm, Limit
from .line import keep_alive
from .over_httpcore import MOST_HEADERS, check_head
from .waits import watch

if not hasattr(ResponseHandler, "abort"):
    raise ImportError("aiohttp 3.12.11 or newer is needed")

FITS = 65536
"""The longest body that the buffers of a connection take at once, in bytes: only longer ones can get stuck."""


_LENGTHS = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*(?=\r\n)")


class Limits(Limit):
    """The limits of one exchange until there is a response: for connecting, then for sending and for the head."""

    def __init__(self, alarm: Alarm, request: Request) -> None:
        super().__init__(alarm)
        self.request, self.is_connected, self.has_ended = request, False, False
        self.is_kept = self.is_unsent = False
        self.is_large = request.content is not None and len(request.content) > FITS

    def begin(self, step: float | None) -> None:
        """A step starts."""
        deadline = self.request.deadline
        self.set(deadline if step is None else min(time.monotonic() + step, deadline))

    def connected(self, transport: Any) -> None:
        """There is a connection: now the request is sent, and the head of the response is due."""
        self.is_connected = True
        request, loop = self.request, asyncio.get_running_loop()
        request.abort = lambda: loop.call_soon_threadsafe(self._abort, transport)
        read, write = request.timeout.read, request.timeout.write if self.is_large else 0.0
        self.begin(None if read is None or write is None else read + write)

    def end(self) -> None:
        """There is a response, or a failure: nothing is aborted any more."""
        self.has_ended = True
        self.request.abort = None  # which holds the request: what holds itself is freed late

    def _abort(self, transport: Any) -> None:
        if not self.has_ended and transport:
            transport.abort()


limits_of_task: ContextVar[Limits] = ContextVar("limits_of_task")


class CheckedRequest(aiohttp.ClientRequest):
    """Checks a kept connection once more before the first byte is written."""

    async def write_bytes(self, writer: Any, conn: Any, *rest: Any, **more: Any) -> None:
        limits, protocol = limits_of_task.get(), conn.protocol
        limits.is_unsent = limits.is_kept and (protocol.transport is None or protocol._has_come())
        if limits.is_unsent:  # the other side has hung up meanwhile: nothing is written
            if protocol.transport:
                protocol.transport.abort()  # not `conn.close()`: since Python 3.12, aiohttp reads from it yet
        else:
            await super().write_bytes(writer, conn, *rest, **more)


class _Protocol(ResponseHandler):
    """A connection that hangs up when something comes that belongs to no request."""

    _has_come: Callable[[], bool] = staticmethod(lambda: True)  # where there is no socket to look at
    is_idle, close = False, ResponseHandler.abort  # TLS is not waited for: it takes 30 s, and the loop may end
    still_to_come: float | None = None
    """How many bytes of the response; infinite where that isn't known, None before its first bytes."""

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
            self._has_come = watch(sock)

    async def read(self) -> Any:
        # Here, where aiohttp closes the connection of what raises: once the body has ended it may be another's.
        found: Any = await super().read()
        head = found[0]
        if len(head.raw_headers) > MOST_HEADERS or TRANSFER_ENCODING in head.headers:
            check_head(list(head.raw_headers))
        if any(b"\0" in value for _, value in head.raw_headers):
            raise TransportError(Kind.NOT_HTTP)  # RFC 9110, section 5.5; aiohttp before 3.13.4 takes it
        return found

    def rest(self) -> None:
        """The connection waits for its next request."""
        self.is_idle = True

    def is_usable(self) -> bool:
        """Whether nothing is left over and nothing has come, not even the end; the loop may not have noticed yet."""
        return not (self.has_left_over or self.transport is None or self._has_come())

    def data_received(self, data: bytes) -> None:
        if data and self.is_idle:
            self.close()
            return
        if self.still_to_come is None:
            self.still_to_come = _length(data)
        if len(data) > self.still_to_come:
            # For what follows it, the parser would reject the response too, where both come at once.
            data = data[: int(self.still_to_come)]
            self.force_close()
            if not data:
                return
        self.still_to_come -= len(data)
        super().data_received(data)


def _length(data: bytes) -> float:
    """How long a response is, head and body, by its first bytes; infinite where they don't say."""
    end = data.find(b"\r\n\r\n") + 4
    head = data[: max(end, 0)].lower()
    found = _LENGTHS.findall(head)
    return end + int(found[0]) if len(found) == 1 and b"\r\ntransfer-encoding:" not in head else math.inf


class Connector(aiohttp.TCPConnector):
    """A pool that gives no connection which has bytes left over, or which the other side has closed."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # The only way to a connection's bytes; where it is none any more, no connection is used twice.
        self._factory: Any = partial(_Protocol, loop=asyncio.get_running_loop())

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Any:
        limits = limits_of_task.get()
        limits.is_unsent = False
        limits.begin(limits.request.timeout.connect)
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol: Any = connection.protocol
            if not isinstance(protocol, _Protocol):
                protocol.force_close()
            else:
                if protocol.is_idle and not protocol.is_usable():
                    connection.close()
                    continue
                limits.is_kept, protocol.is_idle, protocol.still_to_come = protocol.is_idle, False, None
                connection.add_callback(protocol.rest)
            break
        limits.connected(connection.transport)
        return connection
