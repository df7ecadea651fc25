"""The asynchronous connections of httpx and httpx2, a transport for each.

Their own pools look through all of their connections for every request. With 64 requests in flight httpx2's takes as
much CPU a request as this one, with 512 sixteen times as much.
"""

from __future__ import annotations

import ssl
import time
from collections import deque
from typing import Any

from .._lazily import anyio
from .httpx_carrier import AsyncCarrier, new_transport
from .wire import Body, Kind, Request, Response, TransportError


class SingleConnectionPool:
    """Transports that have one connection each, so that none has to be looked for."""

    def __init__(self, http: Any, max_connections: int, kept: float, context: ssl.SSLContext) -> None:
        self._http, self._max_connections, self._kept, self._context = http, max_connections, kept, context
        self._idle: dict[object, deque[tuple[float, AsyncCarrier]]] = {}
        self._turns = anyio.Semaphore(max_connections, fast_acquire=True)
        self._loop = anyio.lowlevel.current_token()
        self._is_closed = False

    async def send(self, request: Request, proxy: str | None) -> Response:
        """Sends a request, as `Carrier.send` does."""
        await self._turn(request.timeout.pool)
        idle = self._idle.setdefault((proxy, request.url.origin), deque())
        carrier = idle.pop()[1] if idle else self._new(proxy)
        try:
            response = await carrier.send(request)
        except BaseException:
            # Not given back: httpx may take its connection for one in use, for good.
            self._turns.release()
            with anyio.CancelScope(shield=True):
                await carrier.close()
            raise
        response.body = _Held(self, response.body, carrier, idle)
        return response

    def belongs_to_current_loop(self) -> bool:
        """Whether the loop that is running is theirs."""
        return anyio.lowlevel.current_token() == self._loop

    async def close(self) -> None:
        """Closes those that are idle; the others close with their responses."""
        self._is_closed = True
        await self._close_old()

    async def _turn(self, timeout: float | None) -> None:
        try:
            self._turns.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(timeout):
                await self._turns.acquire()
                return
            raise TransportError(Kind.NO_CONNECTION_FREE, f"{self._max_connections} requests are in flight") from None

    def _new(self, proxy: str | None) -> AsyncCarrier:
        transport = new_transport(self._http, "AsyncHTTPTransport", 1, self._kept, self._context, proxy)
        return AsyncCarrier(self._http, transport)

    def _give_back(self, carrier: AsyncCarrier, idle: deque[tuple[float, AsyncCarrier]]) -> None:
        self._turns.release()
        idle.append((time.monotonic(), carrier))

    async def _close_old(self) -> None:
        for idle in [*self._idle.values()]:
            while idle and (self._is_closed or idle[0][0] < time.monotonic() - self._kept):
                await idle.popleft()[1].close()


class _Held:
    """The body of a response that gives its connection back once it is closed."""

    def __init__(
        self, pool: SingleConnectionPool, body: Body, carrier: AsyncCarrier, idle: deque[tuple[float, AsyncCarrier]]
    ) -> None:
        self._pool, self._body, self._carrier, self._idle = pool, body, carrier, idle
        self.piece = body.piece
        self._is_open = True

    async def close(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        with anyio.CancelScope(shield=True):
            try:
                await self._body.close()
            finally:
                self._pool._give_back(self._carrier, self._idle)
                await self._pool._close_old()
