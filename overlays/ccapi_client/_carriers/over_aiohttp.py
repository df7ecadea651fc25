"""Carries requests by aiohttp, `ccapi-client[fast]`: its pool and its parser are quicker than httpx's.

What it raises is given its kind here; what that means for a request is decided in one place, `retry`.
"""

from __future__ import annotations

import asyncio
import io
import math
import socket
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

import aiohttp
from yarl import URL

from .. import _forks
from .._http.address import Address
from .._http.wire import OUT_OF_TIME, Headers, Kind, Request, Response, Secret, TransportError
from .aiohttp_pool import CheckedRequest, Connector, Limits, limits_of_task
from .alarm import Alarm, Limit
from .line import GRACE, LEAST, reason, wants_certificate
from .over_httpcore import proxy_failure
from .pool import LoopTurns, turn
from .trust import context_in_loop

KINDS: tuple[tuple[type[BaseException], Kind], ...] = (
    (aiohttp.ClientConnectorCertificateError, Kind.TLS),
    (aiohttp.ClientConnectorError, Kind.NOT_CONNECTED),
    (aiohttp.InvalidURL, Kind.NOT_SENT),
    (aiohttp.ClientPayloadError, Kind.RECEIVING),
    (aiohttp.ServerDisconnectedError, Kind.RECEIVING),
    (aiohttp.ClientResponseError, Kind.NOT_HTTP),
    (aiohttp.ClientError, Kind.RECEIVING),
    (ValueError, Kind.NOT_SENT),  # a header that can't be sent
    (Exception, Kind.RECEIVING),
)
"""What aiohttp raises, and its kind: the first that fits. Only what failed before there was a connection may become a
kind that lets a POST be retried."""
_REASONS = {
    "Not enough data": Kind.RECEIVING,
    "Got more than": Kind.TOO_MANY_HEADERS,
    "Too many headers": Kind.TOO_MANY_HEADERS,
    "Content-Length": Kind.LENGTHS,
    "Transfer-Encoding": Kind.LENGTHS,
    "chunk": Kind.BAD_CHUNK,
}
"""What aiohttp says of a response that it can't read, and its kind."""

LONGEST_HEADER = 65536
"""The longest header of a response, in bytes; aiohttp's own limit is 8190."""


class AiohttpCarrier:
    """The connections of one event loop."""

    def __init__(self, most: int, kept: float, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self._loop, self._turns, self._end = asyncio.get_running_loop(), LoopTurns(most), self._while_the_loop_runs()
        self._session = aiohttp.ClientSession(
            connector=Connector(limit=0, keepalive_timeout=kept),
            request_class=CheckedRequest,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        )
        if hasattr(self._session, "_retry_connection"):  # or one attempt of a GET, PUT or DELETE may be two
            self._session._retry_connection = False
        self._connector: Any = self._session.connector
        self._alarm = Alarm()
        _forks.watch(self)
        with suppress(StopIteration):
            anext(self._end).send(None)

    async def send(self, request: Request, proxy: Address | None) -> Response:
        """Sends a request, as `Carrier.send` does."""
        needs_tls = "https" in (request.url.scheme, proxy and proxy.scheme)
        context = self._context or await context_in_loop() if needs_tls else True
        await turn(self._turns, request)
        limits = Limits(self._alarm, request)
        try:
            response = await self._responded(request, proxy, context, limits)
        except BaseException as error:
            self._turns.give_back()
            if not isinstance(error, Exception):
                raise
            found = failure(error, is_connected=limits.is_connected, deadline=request.deadline)
        else:
            body = _Body(response, request, self._turns, self._alarm)
            return Response(request, response.status, Headers(response.raw_headers), body)
        finally:
            limits.end()
        raise found

    async def close(self) -> None:
        """Closes the connections."""
        await self._end.aclose()

    def hang_up(self) -> None:
        """Closes the connections from outside of the loop, which may have ended."""
        if not self._loop.is_closed():
            with suppress(RuntimeError):  # it has ended meanwhile
                self._loop.call_soon_threadsafe(lambda: self._loop.create_task(self.close()))
            return
        # A loop that ended without ending its generators: its transports can't be closed any more, their sockets can.
        for idle in getattr(self._connector, "_conns", {}).values():
            for protocol, _ in idle:
                with suppress(AttributeError, OSError, TypeError):
                    protocol.transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self.forked()

    def forked(self) -> None:
        """Leaves the connections to the parent, whose loop still watches them: to close them here would end that."""
        self._session.detach()
        self._connector._closed = True  # or it closes them when it is dropped
        with suppress(StopIteration, RuntimeError):
            self._end.aclose().send(None)

    async def _while_the_loop_runs(self) -> AsyncGenerator[None, None]:
        # Nothing can be closed in a loop that has ended; what a loop ends last are its asynchronous generators.
        try:
            yield
        finally:
            await self._session.close()
            self._alarm.stop()

    async def _responded(
        self, request: Request, proxy: Address | None, context: ssl.SSLContext | bool, limits: Limits
    ) -> aiohttp.ClientResponse:
        content: Any = request.content
        token = limits_of_task.set(limits)
        try:
            with limits:
                while True:
                    try:
                        return await self._session.request(
                            request.method,
                            URL(str(request.url), encoded=True),
                            headers=request.headers,
                            data=io.BytesIO(content) if limits.is_large else content,
                            allow_redirects=False,
                            proxy=Secret(proxy) if proxy else None,
                            ssl=context,
                        )
                    except aiohttp.ClientError:
                        if not limits.is_unsent:
                            raise
        finally:
            limits_of_task.reset(token)


class _Body:
    """The body of a response."""

    def __init__(self, response: aiohttp.ClientResponse, request: Request, turns: LoopTurns, alarm: Alarm) -> None:
        self._turns: LoopTurns | None = turns
        self._alarm = alarm
        self._response, self._content = response, response.content
        self._step, self._deadline = request.timeout.read, request.deadline
        self._loop = asyncio.get_running_loop()
        self._error: TransportError | None = None

    async def piece(self) -> bytes | None:
        """The next piece."""
        if self._error:
            raise self._error
        if self._content.at_eof():
            return None
        try:
            now = time.monotonic()
            if self._deadline < now - GRACE:
                raise TimeoutError
            piece = self._content.read_nowait()
            if piece:
                return piece
            due = self._deadline if self._step is None else min(now + self._step, self._deadline)
            with Limit(self._alarm, max(due, now + LEAST)):
                return await self._content.readany() or None
        except Exception as error:  # noqa: BLE001 - it is given its kind
            self._error = failure(error, is_connected=True, deadline=self._deadline)
            rest = self._content._read_nowait(-1)  # what had come before; the public methods raise before they give it
        if rest:
            return rest
        raise self._error

    async def close(self) -> None:
        """Ends the reading."""
        self._response.close()
        if self._turns:
            self._turns.give_back()
            self._turns = None

    def abort(self) -> None:
        """Has whoever waits for a piece find that the connection has ended."""
        with suppress(RuntimeError):  # the loop has ended, and with it the connection
            self._loop.call_soon_threadsafe(self._hang_up)

    def _hang_up(self) -> None:
        # In the loop's own thread, where nobody else is given the connection meanwhile.
        transport = self._response.connection and self._response.connection.transport
        if transport:
            transport.abort()


def failure(error: Exception, *, is_connected: bool, deadline: float = math.inf) -> TransportError:
    """The failure that an exception is. Most of what they say may quote the address, and what is secret in it."""
    if isinstance(error, TransportError):
        return TransportError(error.kind, str(error))
    if isinstance(error, TimeoutError):
        kind = Kind.READ_TIMED_OUT if is_connected else Kind.CONNECT_TIMED_OUT
        return TransportError(kind, OUT_OF_TIME if time.monotonic() >= deadline else "")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return proxy_failure(f"{error.status} {error.message}")
    if any(map(wants_certificate, (error, error.__cause__, getattr(error, "os_error", None)))):
        return TransportError(Kind.NO_CERTIFICATE)
    kind = next(kind for found, kind in KINDS if isinstance(error, found))
    if not is_connected and kind in (Kind.NOT_HTTP, Kind.RECEIVING):
        return TransportError(Kind.NOT_CONNECTED if kind is Kind.RECEIVING else Kind.PROXY)
    if kind in (Kind.NOT_HTTP, Kind.RECEIVING):
        text = str(error.__cause__)
        kind = next((found for words, found in _REASONS.items() if words in text), kind)
    os_error = getattr(error, "certificate_error", None) or getattr(error, "os_error", None)
    return TransportError(kind, reason(kind, os_error))
