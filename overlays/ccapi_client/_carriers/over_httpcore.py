"""Carries requests by the engine of httpx, httpcore, or of httpx2, httpcore2: one class for each, given the engine.

A connection here is one of the engine's, over a socket of ours (`line`). What the engine raises is given its kind here.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any, Self

from .._http.address import Address
from .._http.wire import Headers, Kind, Request, Response, SecretBytes, TransportError
from .engine import Half
from .line import Line

MOST_HEADERS = 128
"""How many headers a response may have: as many as aiohttp takes."""
_IS_PROXY = {"http": "HTTPProxy", "https": "HTTPProxy", "socks5": "SOCKSProxy", "socks5h": "SOCKSProxy"}

KINDS = {
    "ProxyError": Kind.PROXY,
    "SOCKSError": Kind.PROXY,
    "LocalProtocolError": Kind.NOT_SENT,
    "UnsupportedProtocol": Kind.NOT_SENT,
    "RemoteProtocolError": Kind.NOT_HTTP,
    "WriteError": Kind.SENDING,
}
"""What the engine itself raises, by the names of its classes, which both have; sockets raise ours (`line`)."""


class Connection:
    """One connection, for one request at a time."""

    def __init__(
        self, http: Any, half: Half, address: Address, proxy: Address | None, context: ssl.SSLContext | None
    ) -> None:
        self._http, self._half = http, half
        kind = _IS_PROXY[proxy.scheme] if proxy else "ConnectionPool"
        self._line = Line(half.waits, 2 if kind == "HTTPProxy" and address.scheme == "https" else 1)
        backend = half.backend(http, self._line)
        settings: dict[str, Any] = {"ssl_context": context, "network_backend": backend}
        if proxy:
            settings["proxy_url"] = _url(http, proxy.without_user())
            if proxy.user and kind == "HTTPProxy":
                basic = b"Basic " + base64.b64encode(proxy.credentials.encode())
                settings["proxy_headers"] = [(b"Proxy-Authorization", SecretBytes(basic))]
            elif proxy.user:
                name, _, password = proxy.credentials.partition(":")
                settings["proxy_auth"] = (name.encode(), SecretBytes(password.encode()))
            if proxy.scheme == "https":
                settings["proxy_ssl_context"] = context
        # A pool is what makes connections, those through a proxy too; none is kept in it.
        pool = getattr(http, f"{half.prefix}{kind}")(**settings)
        self._connection = pool.create_connection(_url(http, address).origin)

    async def send(self, request: Request) -> Response:
        """Sends a request and returns its response, whose body is still to be read.

        Raises:
            TransportError: There is no response.
        """
        self._line.start(request)
        try:
            response = await self._half.handle(self._connection, _message(self._http, request))
        except Exception as error:  # noqa: BLE001 - what is not the engine's is raised again
            found = failure(error, is_connecting=self._line.is_connecting)
        else:
            self._line.responded()
            check_head(response.headers)
            body = Body(self._half, self._line, response)
            return Response(request, response.status, Headers(response.headers), body)
        raise found

    def is_usable(self) -> bool:
        """Whether it may carry another request: nothing has come that belongs to no request, and nobody hung up."""
        connection = self._connection
        is_free = connection.is_idle() and not self._line.is_aborted
        return is_free and not connection.has_expired() and not _left_over(connection)

    def close(self) -> None:
        """Hangs up."""
        self._line.close()


class Body:
    """The body of a response."""

    def __init__(self, half: Half, line: Line, response: Any) -> None:
        self._half, self._line, self._stream = half, line, response.stream
        self._pieces = half.pieces(response)
        self._is_over = False

    async def piece(self) -> bytes | None:
        """The next piece."""
        if self._is_over:
            return None
        try:
            piece = await self._half.next(self._pieces)
        except Exception as error:  # noqa: BLE001 - what is not the engine's is raised again
            self._is_over, found = True, failure(error)
        else:
            self._is_over = piece is None
            return piece
        raise found

    async def close(self) -> None:
        """Ends the reading; what was not read goes with the connection."""
        if not self._is_over:
            self._line.leave()
        await self._half.shielded(self._run_out)

    def abort(self) -> None:
        """Has whoever waits for a piece find that the connection has ended."""
        self._line.abort()

    async def _run_out(self) -> None:
        # To its end, where it comes upon an end of the connection: trio tells of generators that are just dropped.
        with suppress(Exception):
            while not self._is_over and await self._half.next(self._pieces) is not None:
                pass
        self._is_over = True
        await self._half.close(self._stream)


def failure(error: Exception, *, is_connecting: bool = False) -> TransportError:
    """The failure that an exception of the engine is; one of something else is raised as it is."""
    if isinstance(error, TransportError):
        return TransportError(error.kind, str(error))
    names = [each.__name__ for each in type(error).__mro__ if each.__module__.startswith(("httpcore", "socksio"))]
    kind = next((found for name, found in KINDS.items() if name in names), None)
    if kind is None:
        raise error
    text = str(error)
    if kind is Kind.PROXY and "SOCKSError" not in names:
        return proxy_failure(text)
    if kind is Kind.NOT_HTTP:
        kind = next((found for words, found in _REASONS.items() if words in text), kind)
        if is_connecting:
            kind = Kind.PROXY
    # What it says may quote a header, of ours or of the response.
    return TransportError(kind)


_REASONS = {
    "closed": Kind.RECEIVING,
    "disconnected": Kind.RECEIVING,
    "buffer too long": Kind.TOO_MANY_HEADERS,
    "Content-Length": Kind.LENGTHS,
    "Transfer-Encoding": Kind.LENGTHS,
    "chunk": Kind.BAD_CHUNK,
}
"""What h11 says of a response that it can't read, and its kind."""


def proxy_failure(text: str) -> TransportError:
    """The failure for what a proxy responds instead of connecting: a status and its phrase."""
    kind = Kind.PROXY_REFUSES_CREDENTIALS if text.startswith("407") else Kind.PROXY
    return TransportError(kind, f"{kind.value}: {text}")


_FRAMING_LENGTHS = {len("content-length"), len("transfer-encoding")}


def check_head(pairs: list[tuple[bytes, bytes]]) -> None:
    """Refuses the head of a response that can't be trusted to say where the response ends.

    Raises:
        TransportError: It says so in two ways, or in one that was not requested (RFC 9112, section 6); or it has too
            many headers.
    """
    if len(pairs) > MOST_HEADERS:
        raise TransportError(Kind.TOO_MANY_HEADERS)
    framing = [(name.lower(), value.strip().lower()) for name, value in pairs if len(name) in _FRAMING_LENGTHS]
    codings = [value for name, value in framing if name == b"transfer-encoding"]
    if codings and (codings != [b"chunked"] or any(name == b"content-length" for name, _ in framing)):
        raise TransportError(Kind.LENGTHS)


def _left_over(connection: Any) -> bool:
    """Whether the engine has received more than belonged to the response. It says so nowhere in public."""
    while not hasattr(connection, "_h11_state"):
        connection = connection._connection
    more, _ = connection._h11_state.trailing_data
    return bool(more)


class _Content:
    """The body of a request, for either half. No generator: trio tells of those that are dropped before their end."""

    def __init__(self, content: bytes | None) -> None:
        self._pieces = [content] if content else []

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._pieces:
            return self._pieces.pop()
        raise StopAsyncIteration


@lru_cache(256)
def _url(http: Any, address: Address) -> Any:
    target = address.path if address.query is None else f"{address.path}?{address.query}"
    return http.URL(scheme=address.scheme, host=address.host, port=address.port, target=target)


def _message(http: Any, request: Request) -> Any:
    timeout, content = request.timeout, request.content
    length = () if content is None and request.method == "GET" else (("content-length", str(len(content or b""))),)
    return http.Request(
        request.method,
        _url(http, request.url),
        headers=[
            (name.encode("ascii"), value.encode("ascii"))
            for name, value in (("host", request.url.netloc), *request.headers.items(), *length)
        ],
        content=_Content(content),
        extensions={"timeout": {"connect": timeout.connect, "read": timeout.read, "write": timeout.write}},
    )
