"""Carries requests by aiohttp, `ccapi-client[fast]`: its pool and its parser are quicker than httpx's.

What it raises is given its kind here; what that means for a request is decided in one place, `retry`.
"""

from __future__ import annotations

import asyncio
import io
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache

import aiohttp
from aiohttp import ConnectionTimeoutError  # here, so that an older aiohttp is taken for none
from multidict import CIMultiDict
from yarl import URL

from .decoding import Decoder
from .wire import Kind, Request, Response, Timeout, TransportError

KINDS: tuple[tuple[type[BaseException], Kind], ...] = (
    (ConnectionTimeoutError, Kind.CONNECT_TIMED_OUT),
    (TimeoutError, Kind.READ_TIMED_OUT),
    (aiohttp.ClientHttpProxyError, Kind.PROXY),
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

LONGEST_HEADER = 65536
"""The longest header of a response, in bytes; aiohttp's own limit is 8190."""
FITS = 65536
"""The longest body that the buffers of a connection take at once, in bytes: only longer ones can get stuck."""
AWAY = 1.0
"""How long nothing has to have been sent for the kept connections to be looked at first, in seconds."""


class AiohttpCarrier:
    """The connections; they belong to the event loop that is running."""

    def __init__(self, max_connections: int, kept: float, context: ssl.SSLContext) -> None:
        self._loop = asyncio.get_running_loop()
        self._sent_at = self._loop.time()
        self._max_connections, self._in_flight = max_connections, 0
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=max_connections, keepalive_timeout=kept, ssl=context),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
        )

    def belongs_to_current_loop(self) -> bool:
        """Whether the loop that is running is theirs."""
        return _running_loop() is self._loop

    async def send(self, request: Request, proxy: str | None) -> Response:
        """Sends a request, as `Carrier.send` does."""
        now = self._loop.time()
        if now > self._sent_at + AWAY:
            # Where something has blocked the loop meanwhile, it has yet to hear that the service has hung up.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        self._sent_at = now
        content, timeout = request.content, request.timeout
        is_large = content is not None and len(content) > FITS
        self._in_flight += 1
        try:
            sending = self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=request.headers,
                data=io.BytesIO(content) if content and is_large else content,
                allow_redirects=False,
                proxy=proxy,
                timeout=_timeout(timeout.pool, timeout.connect, timeout.read),
            )
            response = await (asyncio.wait_for(sending, _sending(timeout)) if is_large else sending)
        except BaseException as error:
            self._in_flight -= 1
            if not isinstance(error, Exception):
                raise
            raise self._failure(error) from error
        protocol = response.connection.protocol if response.connection else None
        if protocol is not None:
            # aiohttp's clock would count what the reader of the body takes; `_Body` counts the waiting alone.
            protocol.read_timeout = None
            protocol.start_timeout()

        headers: Mapping[str, str] = response.headers
        if not all(value.isascii() for _, value in response.raw_headers):
            # What aiohttp makes of others can't be printed.
            headers = CIMultiDict((name.decode(errors="replace"), _text(value)) for name, value in response.raw_headers)
        return Response(request, response.status, headers, _Body(response, timeout.read, self._ended))

    async def close(self) -> None:
        """Closes the connections."""
        closing = self._session.close()
        if _running_loop():
            await closing
            return
        # In trio nothing of asyncio's can be waited for; the first step closes what can be closed.
        with suppress(StopIteration):
            closing.send(None)
        closing.close()

    def _ended(self) -> None:
        self._in_flight -= 1

    def _failure(self, error: Exception) -> TransportError:
        failed = failure(error)
        # To aiohttp, waiting for a connection that is free is a part of connecting.
        if failed.kind is Kind.CONNECT_TIMED_OUT and self._in_flight >= self._max_connections:
            return TransportError(Kind.NO_CONNECTION_FREE)
        return failed


class _Body:
    """The body of a response."""

    def __init__(self, response: aiohttp.ClientResponse, timeout: float | None, ended: Callable[[], None]) -> None:
        self._ended: Callable[[], None] | None = ended
        self._response, self._content, self._timeout = response, response.content, timeout
        codings = response.headers.getall("content-encoding", ())
        self._decoder = Decoder(",".join(codings)) if codings else None
        self._error: TransportError | None = None

    async def piece(self) -> bytes | None:
        """The next piece."""
        if self._decoder is None:
            return await self._raw()
        while (piece := await self._raw()) is not None:
            unpacked = self._decoder.feed(piece)
            if unpacked:
                return unpacked
        decoder, self._decoder = self._decoder, None
        return decoder.rest() or None

    async def close(self) -> None:
        """Closes the response."""
        self._response.close()
        if self._ended:
            self._ended()
            self._ended = None

    async def _raw(self) -> bytes | None:
        if self._error:
            raise self._error
        if self._content.at_eof():
            return None
        try:
            piece = self._content.read_nowait()
            if piece:
                return piece
            async with asyncio.timeout(self._timeout):
                return await self._content.readany() or None
        except Exception as error:
            self._error = failure(error)
            rest = self._content._read_nowait(-1)  # what had come before; the public methods raise before they give it
            if rest:
                return rest
            raise self._error from error


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:  # trio runs, say
        return None


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


@lru_cache(16)
def _timeout(pool: float | None, connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    # To aiohttp, waiting for a turn is a part of connecting.
    both = None if pool is None or connect is None else max(pool, connect)
    return aiohttp.ClientTimeout(connect=both, sock_connect=connect, sock_read=read)


def _sending(timeout: Timeout) -> float | None:
    """How long all may take until there is a response; aiohttp has no limit of its own for sending."""
    steps = (timeout.pool, timeout.connect, timeout.write, timeout.read)
    known = [step for step in steps if step is not None]
    return sum(known) if len(known) == len(steps) else None


def failure(error: Exception) -> TransportError:
    """The failure that an exception is. Most of what they say may quote the address, and what is secret in it."""
    kind = next(kind for found, kind in KINDS if isinstance(error, found))
    if isinstance(error, aiohttp.ClientConnectorError):
        return TransportError(kind, str(error.os_error))
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return TransportError(kind, f"{error.status} {error.message}")
    return TransportError(kind)
