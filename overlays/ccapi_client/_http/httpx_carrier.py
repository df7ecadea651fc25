"""Carries requests by httpx, or by httpx2, its maintained successor: one class for each client, given the library.

Here, and in no other module but `aiohttp_carrier`, an HTTP library is imported; what it raises is given its kind here.
To move to httpx2 for good, change `library` and the dependencies in pyproject.toml.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from .._lazily import anyio
from ..errors import ConfigurationError
from .address import Address
from .wire import Kind, Request, Response, TransportError

CARRIERS = ("httpx", "httpx2", "aiohttp")
"""What `CCAPI_CARRIER` may name."""
EXTRAS = {"aiohttp": "fast"}
"""The extra of the package that brings a carrier, where it has another name."""

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
"""What the library raises, by the names of its classes, which both have; the first that fits."""
_BEFORE_SENDING = (Kind.NOT_CONNECTED, Kind.CONNECT_TIMED_OUT, Kind.NO_CONNECTION_FREE, Kind.PROXY)


def chosen() -> str | None:
    """The carrier that the environment chooses, `CCAPI_CARRIER`; None where it leaves the choice to the client.

    Raises:
        ConfigurationError: There is no such carrier, or it is not installed.
    """
    name = os.environ.get("CCAPI_CARRIER") or None
    if name is None:
        return None
    if name not in CARRIERS:
        raise ConfigurationError(f"CCAPI_CARRIER: {', '.join(CARRIERS)} are the carriers, not {name!r}")
    if not is_installed(name):
        extra = EXTRAS.get(name, name)
        raise ConfigurationError(f"CCAPI_CARRIER: {name} is missing: pip install 'ccapi-client[{extra}]'")
    return name


def library() -> Any:
    """httpx2 where it is installed, else httpx, unless `CCAPI_CARRIER` says otherwise.

    Raises:
        ConfigurationError: The one that the environment chooses is not installed.
    """
    name = chosen()
    if name is None or name == "aiohttp":
        name = "httpx2" if is_installed("httpx2") else "httpx"
    return import_module(name)


@cache
def is_installed(name: str) -> bool:
    """Whether a library is installed."""
    return find_spec(name) is not None


def tls_context() -> ssl.SSLContext:
    """What is trusted, whichever library carries: certifi's certificates, or those that the environment names.

    It is made here, for the libraries' own contexts differ: httpx2 trusts what the system does.
    """
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file:
        return ssl.create_default_context(cafile=file)
    if folder:
        return ssl.create_default_context(capath=folder)
    import certifi  # here, for a client whose transport is given needs none

    return ssl.create_default_context(cafile=certifi.where())


def new_transport(
    http: Any, name: str, max_connections: int, kept: float, context: ssl.SSLContext, proxy: str | None
) -> Any:
    """A transport of the library: `HTTPTransport` or `AsyncHTTPTransport`."""
    limits = http.Limits(max_connections=max_connections, keepalive_expiry=kept)
    via: Any = proxy
    if proxy and proxy.startswith("https:"):  # else the proxy's own certificate would be held against another context
        via = http.Proxy(proxy, ssl_context=context)
    return getattr(http, name)(verify=context, limits=limits, proxy=via)


def check_proxy(address: str) -> None:
    """Raises a `ConfigurationError` where the library can't use a proxy."""
    http = library()
    try:
        # Connects to nothing, so that it needs no certificates.
        http.HTTPTransport(proxy=address, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)).close()
    except ImportError as error:
        raise ConfigurationError(f"a proxy that the environment names can't be used: {error}") from None
    except (ValueError, http.InvalidURL):  # what it says may quote a password
        raise ConfigurationError("a proxy that the environment names can't be used: its address is none") from None


def library_of(transport: object) -> Any:
    """The library that a transport of the caller's is of."""
    names = [each.__module__.partition(".")[0] for each in type(transport).__mro__]
    return import_module("httpx2" if "httpx2" in names and "httpx" not in names else "httpx")


def failure(error: Exception) -> TransportError | None:
    """The failure that an exception of the library is; None where it is of something else."""
    names = [each.__name__ for each in type(error).__mro__ if each.__module__ in ("httpx", "httpx2")]
    kind = next((found for name, found in KINDS.items() if name in names), None)
    if kind is None:
        return None
    if kind in _BEFORE_SENDING and _is_about_certificates(error):
        kind = Kind.TLS
    if kind is Kind.NOT_HTTP and ("closed" in str(error) or "disconnected" in str(error)):
        kind = Kind.RECEIVING
    # What was wrong with our own request is not shown: it may be a header that is a secret.
    return TransportError(kind, "" if kind is Kind.NOT_SENT else str(error) or type(error).__name__)


def failed(error: Exception) -> TransportError:
    """The failure that an exception of the library is; one of something else is raised as it is."""
    found = failure(error)
    if found is None:
        raise error
    return found


def _is_about_certificates(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


@lru_cache(256)
def _url(http: Any, address: Address) -> Any:
    """The library's own URL; to make one takes longer than all the rest of a small call."""
    return http.URL(str(address))


def _message(http: Any, request: Request) -> Any:
    return http.Request(
        request.method,
        _url(http, request.url),
        headers=request.headers,
        content=request.content,
        extensions={
            "timeout": {
                "connect": request.timeout.connect,
                "read": request.timeout.read,
                "write": request.timeout.write,
                "pool": request.timeout.pool,
            }
        },
    )


class BlockingBody:
    """The body of a response of a blocking transport."""

    def __init__(self, pieces: Iterator[bytes], close: Callable[[], None]) -> None:
        self._pieces, self._close = pieces, close

    async def piece(self) -> bytes | None:
        """The next piece; blocks until it comes."""
        try:
            return next(self._pieces, None)
        except Exception as error:
            raise failed(error) from error

    async def close(self) -> None:
        """Closes the response."""
        try:
            self._close()
        except Exception as error:
            raise failed(error) from error


class AsyncBody:
    """The body of a response of an asynchronous transport."""

    def __init__(self, pieces: AsyncIterator[bytes], close: Callable[[], Any]) -> None:
        self._pieces, self._close = pieces, close

    async def piece(self) -> bytes | None:
        """The next piece."""
        try:
            return await anext(self._pieces, None)
        except Exception as error:
            raise failed(error) from error

    async def close(self) -> None:
        """Closes the response; a call that is cancelled frees its connection all the same."""
        with anyio.CancelScope(shield=True):
            try:
                await self._close()
            except Exception as error:
                raise failed(error) from error


class BlockingCarrier:
    """A blocking transport."""

    def __init__(self, http: Any, transport: Any) -> None:
        self._http, self._transport = http, transport

    async def send(self, request: Request) -> Response:
        """Sends a request and returns its response, whose body is still to be read; blocks.

        Raises:
            TransportError: There is no response.
        """
        try:
            message = _message(self._http, request)
            response = self._transport.handle_request(message)
        except Exception as error:
            raise failed(error) from error
        response.request = message
        return Response(
            request, response.status_code, response.headers, BlockingBody(response.iter_bytes(), response.close)
        )

    def close(self) -> None:
        """Closes the transport."""
        self._transport.close()


class AsyncCarrier:
    """An asynchronous transport."""

    def __init__(self, http: Any, transport: Any) -> None:
        self._http, self._transport = http, transport

    async def send(self, request: Request, proxy: str | None = None) -> Response:
        """Sends a request and returns its response, whose body is still to be read.

        Which proxy there is, the transport knows.

        Raises:
            TransportError: There is no response.
        """
        try:
            message = _message(self._http, request)
            response = await self._transport.handle_async_request(message)
        except Exception as error:
            raise failed(error) from error
        response.request = message
        return Response(
            request, response.status_code, response.headers, AsyncBody(response.aiter_bytes(), response.aclose)
        )

    def belongs_to_current_loop(self) -> bool:
        """Whether the transport can be used in this loop is its own business."""
        return True

    async def close(self) -> None:
        """Closes the transport."""
        await self._transport.aclose()
