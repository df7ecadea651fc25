"""The connections of a client: which carrier a request goes by, and through which proxy.

A transport that the caller gave carries everything. Else the blocking client has one pool, and the asynchronous one a
carrier for each event loop: aiohttp, where that is installed and the loop is asyncio's; else a pool of httpx2 or httpx.
"""

from __future__ import annotations

import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from .. import _forks
from .._http.address import Address
from .._http.wire import Kind, Request, Response, TransportError
from .._lazily import asyncio
from ..errors import ConfigurationError
from .library import chosen, engine
from .proxies import SOCKS, Proxies
from .waits import BlockingWaits, LoopWaits

if TYPE_CHECKING:
    import ssl

    from .given import GivenTransport
    from .pool import Pool

MAX_CONNECTIONS = 1000
"""How many requests of one client are in flight at most; the others wait for their turn, as `timeout` says."""
KEPT = 15.0
"""How long a connection that is not used is kept, in seconds."""


class BlockingConnections:
    """The connections of `CCAPI`."""

    def __init__(self, transport: Any, *, verify: Any = True, cert: Any = None, proxy: Any = None) -> None:
        self.is_closed = False
        self._context = _context(verify, cert)
        self._given = _given(transport, is_blocking=True)
        self._proxies = Proxies({}) if self._given else Proxies.of_option(proxy)
        _check_alone(transport, verify=verify is not True, cert=cert is not None, proxy=proxy is not None)
        self._http = None if self._given else engine()
        self._pool: Pool | None = None
        self.forked()
        _forks.watch(self)

    def forked(self) -> None:
        """Starts without any connection."""
        if self._http:
            self._pool = _new_pool(self._http, self._context, is_blocking=True)

    async def send(self, request: Request) -> Response:
        """Sends a request, as `Connections.send` does; blocks."""
        if self._given:
            return await self._given.send(request)
        assert self._pool is not None  # noqa: S101 - one of the two there is
        proxy = self._proxies.of(request.url)
        try:
            return await self._pool.send(request, proxy)
        except TransportError as error:
            found = _by_proxy(error, proxy)
        raise found

    def proxy_of(self, url: Address) -> Address | None:
        """The proxy for a URL; None where there is none.

        Raises:
            ConfigurationError: The one that the environment names can't be used.
        """
        return self._proxies.of(url)

    async def addresses(self, host: str, seconds: float | None) -> list[str]:
        """The addresses of a host; none where a transport of the caller's looks it up, or nobody knows it. Blocks."""
        return [] if self._given else await _addresses(BlockingWaits(), host, seconds)

    async def close(self) -> None:
        """Closes them all."""
        self.is_closed = True
        if self._given:
            await self._given.close()
        if self._pool:
            self._pool.hang_up()


class Carrier(Protocol):
    """What carries the requests of `AsyncCCAPI` in one event loop."""

    async def send(self, request: Request, proxy: Address | None) -> Response:
        """Sends a request, through a proxy or without one, and returns its response, whose body is still to be read.

        Raises:
            TransportError: There is no response.
        """
        ...

    async def close(self) -> None:
        """Closes the connections."""

    def hang_up(self) -> None:
        """Closes the connections from outside of the loop, which may have ended."""


class AsyncConnections:
    """The connections of `AsyncCCAPI`."""

    def __init__(self, transport: Any, *, verify: Any = True, cert: Any = None, proxy: Any = None) -> None:
        self.is_closed = False
        self._context = _context(verify, cert)
        self._given = _given(transport, is_blocking=False)
        self._proxies = Proxies({}) if self._given else Proxies.of_option(proxy)
        _check_alone(transport, verify=verify is not True, cert=cert is not None, proxy=proxy is not None)
        if not self._given:
            chosen()  # what the environment says is read here, and not only in the first call
        self.forked()
        _forks.watch(self)

    def forked(self) -> None:
        """Starts without any connection."""
        self._carriers: dict[tuple[Any, bool], Carrier] = {}
        self._lock = threading.Lock()

    async def send(self, request: Request) -> Response:
        """Sends a request, as `Connections.send` does."""
        if self._given:
            return await self._given.send(request)
        proxy = self._proxies.of(request.url)
        try:
            return await self._carrier(bool(proxy and proxy.scheme in SOCKS)).send(request, proxy)
        except TransportError as error:
            found = _by_proxy(error, proxy)
        raise found

    def proxy_of(self, url: Address) -> Address | None:
        """The proxy for a URL; None where there is none.

        Raises:
            ConfigurationError: The one that the environment names can't be used.
        """
        return self._proxies.of(url)

    async def addresses(self, host: str, seconds: float | None) -> list[str]:
        """The addresses of a host; none where a transport of the caller's looks it up, or nobody knows it."""
        return [] if self._given else await _addresses(LoopWaits(), host, seconds)

    async def close(self) -> None:
        """Closes them all, those of other event loops too."""
        self.is_closed = True
        if self._given:
            await self._given.close()
        with self._lock:
            carriers, self._carriers = self._carriers, {}
        here = _loop()
        for (loop, _), carrier in carriers.items():
            if loop is here:
                await carrier.close()
            else:
                carrier.hang_up()

    def _carrier(self, is_for_socks: bool) -> Carrier:
        """What carries in the event loop that is running; of loops that have ended nothing is kept."""
        key = _loop(), is_for_socks
        found = self._carriers.get(key)
        if found is None or len(self._carriers) > 1:
            with self._lock:
                others = [each for each in self._carriers if each[0] is not key[0]]
                for other in filter(lambda each: _has_ended(each[0]), others):
                    self._carriers.pop(other).hang_up()
                if found is None:
                    found = self._carriers[key] = _new_carrier(is_for_socks, self._context)
        return found


def _by_proxy(error: TransportError, proxy: Address | None) -> TransportError:
    """The same failure, which says by which proxy there is no connection."""
    if proxy is None or error.kind not in (Kind.NOT_CONNECTED, Kind.CONNECT_TIMED_OUT):
        return TransportError(error.kind, str(error))
    return TransportError(error.kind, f"{error} (by the proxy {proxy.netloc})")


async def _addresses(waits: BlockingWaits | LoopWaits, host: str, seconds: float | None) -> list[str]:
    try:
        found = await waits.addresses(host, 0, seconds)
    except (OSError, UnicodeError):
        found = None  # for the connection to fail, or for a proxy to know
    return [str(each[4][0]) for each in found or []]


def _loop() -> Any:
    """What stands for the event loop that is running: asyncio's itself, a token of trio's."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return import_module("trio").lowlevel.current_trio_token()


def _has_ended(loop: Any) -> bool:
    if hasattr(loop, "is_closed"):
        return bool(loop.is_closed())
    try:
        loop.run_sync_soon(lambda: None)
    except RuntimeError:  # trio.RunFinishedError
        return True
    return False


def _new_carrier(is_for_socks: bool, context: ssl.SSLContext | None = None) -> Carrier:
    is_on_asyncio = hasattr(_loop(), "is_closed")
    if chosen() in (None, "aiohttp") and is_on_asyncio and not is_for_socks:  # aiohttp speaks no SOCKS
        try:
            from .over_aiohttp import AiohttpCarrier  # here, for not everyone has it, and it takes a while to import
        except ImportError:
            pass
        else:
            return AiohttpCarrier(MAX_CONNECTIONS, KEPT, context)
    return _new_pool(engine(), context, is_blocking=False)


# What carries is imported by who makes a client, not by who imports the package: it takes a while.


def _new_pool(http: Any, context: ssl.SSLContext | None, *, is_blocking: bool) -> Pool:
    from .pool import Pool

    return Pool(http, is_blocking=is_blocking, most=MAX_CONNECTIONS, kept=KEPT, context=context)


def _context(verify: Any, cert: Any) -> ssl.SSLContext | None:
    """The context for the client's own `verify` and `cert`; None where it has neither."""
    if verify is True and cert is None:
        return None
    from .trust import given_context

    return given_context(verify, cert)


def _check_alone(transport: Any, **is_set: bool) -> None:
    """Refuses the options that a transport of the caller's would ignore."""
    name = next((name for name, is_given in is_set.items() if is_given), None)
    if transport is not None and name:
        raise ConfigurationError(f"{name}: the transport makes its own connections: set it up there, or leave one out")


def _given(transport: Any, *, is_blocking: bool) -> GivenTransport | None:
    if transport is None:
        return None
    from .given import GivenTransport

    return GivenTransport(transport, is_blocking=is_blocking)
