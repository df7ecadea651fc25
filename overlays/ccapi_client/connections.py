"""The connections: what carries a request, and through which proxy of the environment.

A transport that the caller gave carries everything. Else the synchronous client has one transport of httpx for each
proxy. The asynchronous one has `fast`, where that is installed and the loop is asyncio's; or else a transport of httpx
for each connection: httpx's own asynchronous pool looks through all its connections for every request.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

import attrs
import httpx

from .errors import ConfigurationError
from .lazily import anyio, asyncio
from .wire import Answer, AsyncAnswer, Request, SyncAnswer, origin

MAX_CONNECTIONS = 1000
"""How many requests of one client are on their way at most; the others wait for their turn, as `timeout` says."""
KEPT = 15.0
"""How long a connection that is not used is kept, in seconds."""
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


@attrs.frozen
class Proxies:
    """Which proxy a request goes through.

    Attributes:
        addresses: Of the proxies, by the scheme of what goes through them, `http`, `https` or `all`.
    """

    addresses: Mapping[str, str] = attrs.field(repr=False)  # with their passwords

    @classmethod
    def of_environment(cls) -> Proxies:
        """Those that the environment, or the system's settings, name; as urllib reads them.

        Raises:
            ConfigurationError: One can't be used.
        """
        found = urllib.request.getproxies()
        addresses = {scheme: _with_scheme(found[scheme]) for scheme in ("http", "https", "all") if found.get(scheme)}
        try:
            for address in addresses.values():
                # Connects to nothing, so that it needs no certificates.
                httpx.HTTPTransport(proxy=address, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)).close()
        except ImportError as error:
            raise ConfigurationError(f"a proxy that the environment names can't be used: {error}") from None
        except (ValueError, httpx.InvalidURL):  # what they say may quote a password
            raise ConfigurationError("a proxy that the environment names can't be used: its address is none") from None
        return cls(addresses)

    @property
    def need_socks(self) -> bool:
        """Whether one of them speaks SOCKS."""
        return any(address.startswith("socks") for address in self.addresses.values())

    def of(self, url: httpx.URL) -> str | None:
        """The address of the proxy for a URL; None where it is asked without one, as this machine always is."""
        if not self.addresses:
            return None
        address = self.addresses.get(url.scheme) or self.addresses.get("all")
        if address is None or url.host in THIS_MACHINE or urllib.request.proxy_bypass(url.netloc.decode()):
            return None
        return address


def _with_scheme(address: str) -> str:
    return address if "://" in address else f"http://{address}"


def _message(request: Request) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url,
        headers=request.headers,
        content=request.content,
        extensions={"timeout": request.timeout.as_dict()},
    )


class Connections:
    """The connections of `CCAPI`."""

    def __init__(self, transport: httpx.BaseTransport | None) -> None:
        self.is_closed = False
        self._given = transport
        self._proxies = Proxies({}) if transport else Proxies.of_environment()
        self._transports: dict[str | None, httpx.BaseTransport] = {}
        self._lock = threading.Lock()

    def send(self, request: Request) -> SyncAnswer:
        """Sends a request and returns its answer, whose body is still to be read.

        Raises:
            httpx.HTTPError: There is no answer.
        """
        message = _message(request)
        transport = self._given or self._transport(self._proxies.of(request.url))
        response = transport.handle_request(message)
        response.request = message
        return Answer(request, response.status_code, response.headers, response.iter_bytes(), response.close)

    def close(self) -> None:
        """Closes them all."""
        self.is_closed = True
        for transport in [self._given, *self._transports.values()]:
            if transport:
                transport.close()

    def _transport(self, proxy: str | None) -> httpx.BaseTransport:
        with self._lock:
            if proxy not in self._transports:
                limits = httpx.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=KEPT)
                self._transports[proxy] = httpx.HTTPTransport(limits=limits, proxy=proxy)
            return self._transports[proxy]


class Carrier(Protocol):
    """What carries the requests of `AsyncCCAPI`."""

    async def send(self, request: Request, proxy: str | None) -> AsyncAnswer:
        """Sends a request, through a proxy or without one, and returns its answer, whose body is still to be read.

        Raises:
            httpx.HTTPError: There is no answer.
        """
        ...

    def is_here(self) -> bool:
        """Whether it can be used in the event loop that is running: connections are their loop's alone."""
        ...

    async def close(self) -> None:
        """Closes the connections."""


class AsyncConnections:
    """The connections of `AsyncCCAPI`."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None) -> None:
        self.is_closed = False
        self._carrier: Carrier | None = Given(transport) if transport else None
        self._proxies = Proxies({}) if transport else Proxies.of_environment()

    async def send(self, request: Request) -> AsyncAnswer:
        """Sends a request, as `Carrier.send` does."""
        if self._carrier and not self._carrier.is_here():
            await self._leave(self._carrier)
            self._carrier = None
        if self._carrier is None:
            self._carrier = _carrier(self._proxies)
        return await self._carrier.send(request, self._proxies.of(request.url))

    async def close(self) -> None:
        """Closes them all."""
        self.is_closed = True
        if self._carrier:
            await self._leave(self._carrier)

    async def _leave(self, carrier: Carrier) -> None:
        # Of a loop that has ended, what can be closed is closed; the rest went with it.
        with suppress(*([] if carrier.is_here() else [RuntimeError])):
            await carrier.close()


def _carrier(proxies: Proxies) -> Carrier:
    """`Fast`, where aiohttp is installed and can be used; `CCAPI_FAST=0` in the environment says that it is not wanted."""
    context = httpx.create_ssl_context()
    if _on_asyncio() and os.environ.get("CCAPI_FAST") != "0" and not proxies.need_socks:
        try:
            from .fast import Fast  # here, for not everyone has it, and it takes a while to import
        except ImportError:
            pass
        else:
            return Fast(MAX_CONNECTIONS, KEPT, context)
    return Lanes(MAX_CONNECTIONS, KEPT, context)


def _on_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class Given:
    """A transport of httpx."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def send(self, request: Request, proxy: str | None) -> AsyncAnswer:
        """Sends a request, as `Carrier.send` does; which proxy there is, the transport knows."""
        message = _message(request)
        response = await self._transport.handle_async_request(message)
        response.request = message

        async def close() -> None:
            # A call that is cancelled has to give its connection back all the same.
            with anyio.CancelScope(shield=True):
                await response.aclose()

        return Answer(request, response.status_code, response.headers, response.aiter_bytes(), close)

    def is_here(self) -> bool:
        """Whether the transport can be used in this loop is its own business."""
        return True

    async def close(self) -> None:
        """Closes the transport."""
        await self._transport.aclose()


class Lanes:
    """Transports of httpx that have one connection each, so that none has to be looked for."""

    def __init__(self, max_connections: int, kept: float, context: ssl.SSLContext) -> None:
        self._max_connections, self._kept, self._context = max_connections, kept, context
        self._idle: dict[object, deque[tuple[float, Given]]] = {}
        self._turns = anyio.Semaphore(max_connections, fast_acquire=True)
        self._loop = anyio.lowlevel.current_token()
        self._is_closed = False

    async def send(self, request: Request, proxy: str | None) -> AsyncAnswer:
        """Sends a request, as `Carrier.send` does."""
        await self._turn(request.timeout.pool)
        idle = self._idle.setdefault((proxy, origin(request.url)), deque())
        lane = idle.pop()[1] if idle else self._new(proxy)
        try:
            answer = await lane.send(request, proxy)
        except BaseException:
            self._back(lane, idle)
            raise
        end, is_open = answer.close, True

        async def close() -> None:
            nonlocal is_open
            if is_open:
                is_open = False
                with anyio.CancelScope(shield=True):
                    try:
                        await end()
                    finally:
                        self._back(lane, idle)
                        await self._close_old()

        answer.close = close
        return answer

    def is_here(self) -> bool:
        """Whether the loop that is running is theirs."""
        return anyio.lowlevel.current_token() == self._loop

    async def close(self) -> None:
        """Closes those that are idle; the others close with their answers."""
        self._is_closed = True
        await self._close_old()

    async def _turn(self, timeout: float | None) -> None:
        try:
            self._turns.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(timeout):
                await self._turns.acquire()
                return
            raise httpx.PoolTimeout(f"{self._max_connections} requests are on their way") from None

    def _new(self, proxy: str | None) -> Given:
        limits = httpx.Limits(max_connections=1, keepalive_expiry=self._kept)
        return Given(httpx.AsyncHTTPTransport(verify=self._context, limits=limits, proxy=proxy))

    def _back(self, lane: Given, idle: deque[tuple[float, Given]]) -> None:
        self._turns.release()
        idle.append((time.monotonic(), lane))

    async def _close_old(self) -> None:
        for idle in [*self._idle.values()]:
            while idle and (self._is_closed or idle[0][0] < time.monotonic() - self._kept):
                await idle.popleft()[1].close()
