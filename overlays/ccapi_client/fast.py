"""The asynchronous connections of `ccapi-client[fast]`: those of aiohttp, whose pool and parser are quicker than httpx's.

What httpx raises is raised here too, so that what it means for a request is decided in one place, `retry`.
"""

from __future__ import annotations

import asyncio
import io
import ssl
from collections.abc import AsyncIterator, Mapping
from functools import lru_cache

import aiohttp
import httpx
from aiohttp import ConnectionTimeoutError  # here, so that an older aiohttp is taken for none
from yarl import URL

from .wire import Answer, AsyncAnswer, Request

ERRORS: tuple[tuple[type[BaseException], type[httpx.TransportError]], ...] = (
    (ConnectionTimeoutError, httpx.ConnectTimeout),
    (TimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientProxyConnectionError, httpx.ProxyError),
    (aiohttp.ClientHttpProxyError, httpx.ProxyError),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.ClientPayloadError, httpx.RemoteProtocolError),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError),
    (aiohttp.ClientResponseError, httpx.RemoteProtocolError),
    (Exception, httpx.ReadError),
)
"""What aiohttp raises, and what it is called here: the first that fits. Only what failed before there was a connection
may become an error of connecting, for it lets an order be sent again."""

LONGEST_HEADER = 65536
"""The longest header of an answer, in bytes; aiohttp's own limit is 8190."""
FITS = 65536
"""How long a body is at most that the buffers of a connection take at once, in bytes: only longer ones can get stuck."""
AWAY = 1.0
"""How long nothing has to have been sent for the kept connections to be looked at first, in seconds."""


class Fast:
    """The connections; they belong to the event loop that is running."""

    def __init__(self, max_connections: int, kept: float, context: ssl.SSLContext) -> None:
        self._loop = asyncio.get_running_loop()
        self._sent_at = self._loop.time()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=max_connections, keepalive_timeout=kept, ssl=context),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
        )

    def is_here(self) -> bool:
        """Whether the loop that is running is theirs."""
        return asyncio.get_running_loop() is self._loop

    async def send(self, request: Request, proxy: str | None) -> AsyncAnswer:
        """Sends a request, as `Carrier.send` does."""
        now = self._loop.time()
        if now > self._sent_at + AWAY:
            # Where something has blocked the loop meanwhile, it has yet to hear that the service has hung up.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        self._sent_at = now
        content, timeout = request.content, request.timeout
        is_large = content is not None and len(content) > FITS
        sending = self._session.request(
            request.method,
            URL(str(request.url), encoded=True),
            headers=request.headers,
            data=io.BytesIO(content) if content and is_large else content,
            allow_redirects=False,
            proxy=proxy,
            timeout=_timeout(timeout.pool, timeout.connect, timeout.read),
        )
        try:
            response = await (asyncio.wait_for(sending, _sending(timeout)) if is_large else sending)
        except Exception as error:
            raise _error(error) from error
        protocol = response.connection.protocol if response.connection else None
        if protocol is not None:
            # aiohttp's clock would count what the reader of the answer takes; `_Pieces` counts the waiting alone.
            protocol.read_timeout = None
            protocol.start_timeout()

        async def close() -> None:
            response.close()

        headers: Mapping[str, str] = response.headers
        if not all(value.isascii() for _, value in response.raw_headers):
            headers = httpx.Headers(response.raw_headers)  # what aiohttp makes of others can't be printed
        pieces: AsyncIterator[bytes] = _Pieces(response.content, timeout.read)
        if "content-encoding" in headers:
            coding = {"content-encoding": headers["content-encoding"]}
            pieces = httpx.Response(response.status, headers=coding, stream=_Stream(pieces)).aiter_bytes()
        return Answer(request, response.status, headers, pieces, close)

    async def close(self) -> None:
        """Closes the connections."""
        await self._session.close()


class _Stream(httpx.AsyncByteStream):
    """Pieces that httpx unpacks, as it does those of its own."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces


class _Pieces:
    """What comes of a body. No generator: the loop keeps a list of those that are open."""

    def __init__(self, body: aiohttp.StreamReader, timeout: float | None) -> None:
        self._body, self._timeout = body, timeout
        self._error: httpx.TransportError | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._error:
            raise self._error
        if self._body.at_eof():
            raise StopAsyncIteration
        try:
            piece = self._body.read_nowait()
            if piece:
                return piece
            async with asyncio.timeout(self._timeout):
                return await self._body.readany()
        except Exception as error:
            self._error = _error(error)
            rest = self._body._read_nowait(-1)  # what had come before; the public methods raise before they give it
            if rest:
                return rest
            raise self._error from error


@lru_cache(16)
def _timeout(pool: float | None, connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    # To aiohttp, waiting for a turn is a part of connecting.
    both = None if pool is None or connect is None else max(pool, connect)
    return aiohttp.ClientTimeout(connect=both, sock_connect=connect, sock_read=read)


def _sending(timeout: httpx.Timeout) -> float | None:
    """How long all may take until there is an answer; aiohttp has no limit of its own for sending."""
    steps = (timeout.pool, timeout.connect, timeout.write, timeout.read)
    known = [step for step in steps if step is not None]
    return sum(known) if len(known) == len(steps) else None


def _error(error: Exception) -> httpx.TransportError:
    kind = next(kind for found, kind in ERRORS if isinstance(error, found))
    if isinstance(error, aiohttp.ClientConnectorError):
        return kind(str(error.os_error) or type(error).__name__)
    if isinstance(error, aiohttp.ClientPayloadError):
        return kind("the connection was closed before the end of the answer")
    # What others say may quote the address, and what is secret in it.
    return kind(str(error) if isinstance(error, aiohttp.ServerDisconnectedError) else type(error).__name__)
