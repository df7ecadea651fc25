"""The asynchronous connections of `ccapi-client[fast]`: those of aiohttp, whose pool and parser are quicker than httpx's.

What httpx raises is raised here too, so that what it means for a request is decided in one place, `retry`.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import aiohttp
import httpx
from yarl import URL

from .wire import Answer, AsyncAnswer, Request

ERRORS: tuple[tuple[type[BaseException], type[httpx.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
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


class Fast:
    """The connections; they belong to the event loop that is running."""

    def __init__(self, max_connections: int, kept: float, context: ssl.SSLContext) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=max_connections, keepalive_timeout=kept, ssl=context),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
        )

    async def send(self, request: Request, proxy: str | None) -> AsyncAnswer:
        """Sends a request, as `Carrier.send` does."""
        try:
            response = await self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=request.headers,
                data=request.content,
                allow_redirects=False,
                proxy=proxy,
                timeout=_timeout(request.timeout),
            )
        except Exception as error:
            raise _error(error) from error

        async def close() -> None:
            response.close()

        pieces = _pieces(response)
        if "content-encoding" in response.headers:
            coding = {"content-encoding": response.headers["content-encoding"]}
            pieces = httpx.Response(response.status, headers=coding, stream=_Stream(pieces)).aiter_bytes()
        return Answer(request, response.status, response.headers, pieces, close)

    async def close(self) -> None:
        """Closes the connections."""
        await self._session.close()


class _Stream(httpx.AsyncByteStream):
    """Pieces that httpx unpacks, as it does those of its own."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces


async def _pieces(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        while piece := await response.content.readany():
            yield piece
    except Exception as error:
        raise _error(error) from error


def _timeout(timeout: httpx.Timeout) -> aiohttp.ClientTimeout:
    # To aiohttp, waiting for a turn is a part of connecting.
    connect = None if timeout.pool is None or timeout.connect is None else max(timeout.pool, timeout.connect)
    return aiohttp.ClientTimeout(connect=connect, sock_connect=timeout.connect, sock_read=timeout.read)


def _error(error: Exception) -> httpx.TransportError:
    kind = next(kind for found, kind in ERRORS if isinstance(error, found))
    # What others say may quote the address, and what is secret in it.
    is_plain = isinstance(error, aiohttp.ClientConnectorError | aiohttp.ServerDisconnectedError)
    return kind(str(error) if is_plain else type(error).__name__)
