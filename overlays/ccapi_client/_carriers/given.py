"""Carries requests by a transport of the caller's, of httpx or of httpx2. How long its steps take is its own affair."""

from __future__ import annotations

import ssl
from functools import lru_cache
from importlib import import_module
from typing import Any

from .._http.address import Address
from .._http.wire import Headers, Kind, Request, Response, TransportError
from ..errors import ConfigurationError
from .engine import AsyncHalf, BlockingHalf, Half

KINDS = {
    "InvalidURL": Kind.NOT_SENT,
    "ConnectTimeout": Kind.CONNECT_TIMED_OUT,
    "PoolTimeout": Kind.NO_CONNECTION_FREE,
    "WriteTimeout": Kind.WRITE_TIMED_OUT,
    "TimeoutException": Kind.READ_TIMED_OUT,
    "ProxyError": Kind.PROXY,
    "ConnectError": Kind.NOT_CONNECTED,
    "LocalProtocolError": Kind.NOT_SENT,
    "UnsupportedProtocol": Kind.NOT_SENT,
    "RemoteProtocolError": Kind.NOT_HTTP,
    "DecodingError": Kind.ENCODING,
    "WriteError": Kind.SENDING,
    "HTTPError": Kind.RECEIVING,
}
"""What a transport raises, by the names of its classes, which both libraries have; the first that fits."""
_BEFORE_SENDING = (Kind.NOT_CONNECTED, Kind.CONNECT_TIMED_OUT, Kind.NO_CONNECTION_FREE, Kind.PROXY)


class GivenTransport:
    """A transport of the caller's."""

    def __init__(self, transport: Any, *, is_blocking: bool) -> None:
        self._half: Half = BlockingHalf() if is_blocking else AsyncHalf()
        method = "handle_request" if is_blocking else "handle_async_request"
        if not hasattr(transport, method):
            found = type(transport).__name__
            raise ConfigurationError(
                f"transport: a transport of httpx or httpx2 that has {method} is expected, not {found}"
            )
        self._transport, self._http = transport, _library_of(transport)

    async def send(self, request: Request) -> Response:
        """Sends a request and returns its response, whose body is still to be read.

        Raises:
            TransportError: There is no response.
        """
        try:
            message = _message(self._http, request)
            response = await self._half.handle(self._transport, message)
        except Exception as error:  # noqa: BLE001 - what is not the library's is raised again
            found = failure(error)
        else:
            response.request = message
            pairs, read = response.headers.raw, None
            if response.is_stream_consumed and not isinstance(response.stream, self._http.ByteStream):
                # The transport has read it, for a log or a cache: then it is decoded, and can't be read again.
                read = response.content
                pairs = [(name, value) for name, value in pairs if name.lower() != b"content-encoding"]
            return Response(request, response.status_code, Headers(pairs), _Body(self._half, response, read))
        raise found

    async def close(self) -> None:
        """Closes the transport."""
        await self._half.close(self._transport)


class _Body:
    """The body of a response."""

    def __init__(self, half: Half, response: Any, read: bytes | None) -> None:
        self._half, self._response, self._read = half, response, read
        self._pieces = half.pieces(response) if read is None else None

    async def piece(self) -> bytes | None:
        """The next piece."""
        if self._pieces is None:
            read, self._read = self._read, None
            return read
        try:
            return await self._half.next(self._pieces)
        except Exception as error:  # noqa: BLE001 - what is not the library's is raised again
            found = failure(error)
        raise found

    async def close(self) -> None:
        """Closes the response; a call that is cancelled frees its connection all the same."""
        try:
            await self._half.shielded(self._close)
        except Exception as error:  # noqa: BLE001 - what is not the library's is raised again
            found = failure(error)
        else:
            return
        raise found

    def abort(self) -> None:
        """Does nothing: the transport has no way to be told from another thread."""

    async def _close(self) -> None:
        await self._half.close(self._response)


def failure(error: Exception) -> TransportError:
    """The failure that an exception of the library is; one of something else is raised as it is."""
    names = [each.__name__ for each in type(error).__mro__ if each.__module__ in ("httpx", "httpx2")]
    kind = next((found for name, found in KINDS.items() if name in names), None)
    if kind is None:
        raise error
    if kind in _BEFORE_SENDING and _is_about_certificates(error):
        kind = Kind.TLS
    if kind is Kind.NOT_HTTP and ("closed" in str(error) or "disconnected" in str(error)):
        kind = Kind.RECEIVING
    # What was wrong with our own request is not shown: it may be a header that is a secret.
    return TransportError(kind, "" if kind is Kind.NOT_SENT else str(error) or type(error).__name__)


def _is_about_certificates(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


def _library_of(transport: object) -> Any:
    names = [each.__module__.partition(".")[0] for each in type(transport).__mro__]
    return import_module("httpx2" if "httpx2" in names and "httpx" not in names else "httpx")


@lru_cache(256)
def _url(http: Any, address: Address) -> Any:
    """The library's own URL; to make one takes longer than all the rest of a small call."""
    return http.URL(str(address))


def _message(http: Any, request: Request) -> Any:
    timeout = request.timeout
    limits = {"connect": timeout.connect, "read": timeout.read, "write": timeout.write, "pool": timeout.pool}
    return http.Request(
        request.method,
        _url(http, request.url),
        headers=request.headers,
        content=request.content,
        extensions={"timeout": limits},
    )
