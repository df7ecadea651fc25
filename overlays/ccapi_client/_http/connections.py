"""The connections of a client: which carrier a request goes by, and through which proxy of the environment.

A transport that the caller gave carries everything. Else the blocking client has one transport for each proxy. The
asynchronous one has aiohttp, where that is installed and the loop is asyncio's; else httpx2 or httpx.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from importlib.metadata import version
from typing import Any, Protocol

from .._lazily import anyio, asyncio
from .httpx_carrier import (
    AsyncCarrier,
    BlockingCarrier,
    chosen,
    is_installed,
    library,
    library_of,
    new_transport,
    tls_context,
)
from .proxies import Proxies
from .wire import Request, Response

MAX_CONNECTIONS = 1000
"""How many requests of one client are in flight at most; the others wait for their turn, as `timeout` says."""
KEPT = 15.0
"""How long a connection that is not used is kept, in seconds."""


class BlockingConnections:
    """The connections of `CCAPI`."""

    def __init__(self, transport: Any) -> None:
        self.is_closed = False
        is_given = transport is not None
        self._given = BlockingCarrier(library_of(transport), transport) if is_given else None
        self._proxies = Proxies({}) if is_given else Proxies.of_environment()
        self._http = None if is_given else library()
        self._carriers: dict[str | None, BlockingCarrier] = {}
        self._lock = threading.Lock()

    async def send(self, request: Request) -> Response:
        """Sends a request, as `Connections.send` does; blocks."""
        return await (self._given or self._carrier(self._proxies.of(request.url))).send(request)

    async def addresses(self, host: str) -> list[str]:
        """The addresses of a host; none where a transport of the caller's looks it up, or nobody knows it. Blocks."""
        if self._given:
            return []
        try:
            return [str(found[4][0]) for found in socket.getaddrinfo(host, None)]
        except (OSError, UnicodeError):
            return []  # for the connection to fail, or for a proxy to know

    async def close(self) -> None:
        """Closes them all."""
        self.is_closed = True
        for carrier in [self._given, *self._carriers.values()]:
            if carrier:
                carrier.close()

    def _carrier(self, proxy: str | None) -> BlockingCarrier:
        with self._lock:
            if proxy not in self._carriers:
                context = tls_context()
                transport = new_transport(self._http, "HTTPTransport", MAX_CONNECTIONS, KEPT, context, proxy)
                self._carriers[proxy] = BlockingCarrier(self._http, transport)
            return self._carriers[proxy]


class Carrier(Protocol):
    """What carries the requests of `AsyncCCAPI`."""

    async def send(self, request: Request, proxy: str | None) -> Response:
        """Sends a request, through a proxy or without one, and returns its response, whose body is still to be read.

        Raises:
            TransportError: There is no response.
        """
        ...

    def belongs_to_current_loop(self) -> bool:
        """Whether it can be used in the event loop that is running: connections are their loop's alone."""
        ...

    async def close(self) -> None:
        """Closes the connections."""


class AsyncConnections:
    """The connections of `AsyncCCAPI`."""

    def __init__(self, transport: Any) -> None:
        self.is_closed = False
        self._is_given = transport is not None
        self._carrier: Carrier | None = AsyncCarrier(library_of(transport), transport) if self._is_given else None
        self._proxies = Proxies({}) if self._is_given else Proxies.of_environment()
        if not self._is_given:
            chosen()  # what the environment says is read here, and not only in the first call

    async def send(self, request: Request) -> Response:
        """Sends a request, as `Connections.send` does."""
        if self._carrier and not self._carrier.belongs_to_current_loop():
            await self._leave(self._carrier)
            self._carrier = None
        if self._carrier is None:
            self._carrier = _new_carrier(self._proxies)
        return await self._carrier.send(request, self._proxies.of(request.url))

    async def addresses(self, host: str) -> list[str]:
        """The addresses of a host; none where a transport of the caller's looks it up, or nobody knows it."""
        if self._is_given:
            return []
        try:
            return [str(found[4][0]) for found in await anyio.getaddrinfo(host, None)]
        except (OSError, UnicodeError):
            return []  # for the connection to fail, or for a proxy to know

    async def close(self) -> None:
        """Closes them all."""
        self.is_closed = True
        if self._carrier:
            await self._leave(self._carrier)

    async def _leave(self, carrier: Carrier) -> None:
        # Of a loop that has ended, what can be closed is closed; the rest went with it.
        with suppress(*([] if carrier.belongs_to_current_loop() else [RuntimeError])):
            await carrier.close()


def _new_carrier(proxies: Proxies) -> Carrier:
    if chosen() in (None, "aiohttp") and _on_asyncio() and not proxies.need_socks:  # aiohttp speaks no SOCKS
        try:
            from .aiohttp_carrier import AiohttpCarrier  # here, for not everyone has it, and it takes a while to import
        except ImportError:
            pass
        else:
            return AiohttpCarrier(MAX_CONNECTIONS, KEPT, tls_context())
    from .pool import SingleConnectionPool

    return SingleConnectionPool(library(), MAX_CONNECTIONS, KEPT, tls_context())


def _on_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def carrier_name() -> str:
    """What carries, with its version: for the blocking client, and for the asynchronous one where that differs.

    Raises:
        ConfigurationError: The one that the environment chooses is not installed.
    """
    http = library()
    name = f"{http.__name__} {http.__version__}"
    if chosen() in (None, "aiohttp") and is_installed("aiohttp"):
        name += f" (AsyncCCAPI on asyncio: aiohttp {version('aiohttp')})"
    return name
