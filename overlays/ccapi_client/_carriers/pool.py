"""The connections of httpx and httpx2: each carries one request at a time, and is kept for the next one.

The engines' own pools look through all of their connections for every request, may take a connection whose request
failed for one in use for good, and use those again that bytes are left over on.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections import deque
from typing import Any, Protocol

from .._http.address import Address
from .._http.wire import Body, Kind, Request, Response, TransportError
from .._lazily import anyio
from .engine import AsyncHalf, BlockingHalf, Half, HungUpError
from .over_httpcore import Connection

Idle = deque[tuple[float, Connection]]


class Turns(Protocol):
    """How many requests may be in flight."""

    async def take(self, seconds: float | None) -> bool:
        """Waits for a turn; False where none came in time."""
        ...

    def give_back(self) -> None:
        """Ends a turn."""


class BlockingTurns:
    """Turns of threads."""

    def __init__(self, most: int) -> None:
        self._left = threading.Semaphore(most)

    async def take(self, seconds: float | None) -> bool:
        """Waits for a turn, as `Turns.take` does."""
        return self._left.acquire(timeout=seconds)

    def give_back(self) -> None:
        """Ends a turn."""
        self._left.release()


class LoopTurns:
    """Turns of tasks."""

    def __init__(self, most: int) -> None:
        self._left = anyio.Semaphore(most, fast_acquire=True)

    async def take(self, seconds: float | None) -> bool:
        """Waits for a turn, as `Turns.take` does."""
        try:
            self._left.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(seconds):
                await self._left.acquire()
                return True
            return False
        return True

    def give_back(self) -> None:
        """Ends a turn."""
        self._left.release()


async def turn(turns: Turns, request: Request) -> None:
    """Waits for a turn for a request.

    Raises:
        TransportError: None came in time.
    """
    left = request.deadline - time.monotonic()
    step = request.timeout.pool
    seconds = left if step is None else min(step, left)
    if not await turns.take(None if seconds == float("inf") else max(seconds, 0.0)):
        raise TransportError(Kind.NO_CONNECTION_FREE)


class Pool:
    """Connections of one engine."""

    def __init__(
        self, http: Any, *, is_blocking: bool, most: int, kept: float, context: ssl.SSLContext | None = None
    ) -> None:
        self._http, self._kept, self._context = http, kept, context
        self._half: Half = BlockingHalf() if is_blocking else AsyncHalf()
        self._turns: Turns = BlockingTurns(most) if is_blocking else LoopTurns(most)
        self._idle: dict[object, Idle] = {}
        self._lock = threading.Lock()
        self._is_closed = False

    async def send(self, request: Request, proxy: Address | None) -> Response:
        """Sends a request, as `Carrier.send` does."""
        await turn(self._turns, request)
        connection: Connection | None = None
        try:
            key = proxy, request.url.origin
            while True:
                idle = self._idle.get(key) or deque()
                connection = _usable(idle, time.monotonic() - self._kept) or await self._new(request.url, proxy)
                try:
                    response = await connection.send(request)
                    break
                except HungUpError:
                    connection.close()
                    if request.is_withdrawn:  # it was us who hung up
                        raise TransportError(Kind.NOT_CONNECTED) from None
        except BaseException:
            self._turns.give_back()
            if connection:
                connection.close()
            raise
        response.body = _Held(self, response.body, connection, key)
        return response

    async def close(self) -> None:
        """Closes those that are idle; the others close with their responses."""
        self.hang_up()

    def hang_up(self) -> None:
        """The same, from anywhere."""
        self._is_closed = True
        self._close_old()

    async def _new(self, address: Address, proxy: Address | None) -> Connection:
        needs_tls = "https" in (address.scheme, proxy and proxy.scheme)
        context = self._context or await self._half.context() if needs_tls else None
        return Connection(self._http, self._half, address, proxy, context)

    def _give_back(self, connection: Connection, key: object) -> None:
        self._turns.give_back()
        if connection.is_usable():
            with self._lock:
                self._idle.setdefault(key, deque()).append((time.monotonic(), connection))
        else:
            connection.close()
        self._close_old()

    def _close_old(self) -> None:
        too_old = float("inf") if self._is_closed else time.monotonic() - self._kept
        old = []
        with self._lock:  # else a connection might be put into what is dropped
            for key, idle in self._idle.copy().items():
                while idle:
                    try:
                        since, connection = idle.popleft()
                    except IndexError:  # another thread took it
                        break
                    if since >= too_old:
                        idle.appendleft((since, connection))
                        break
                    old.append(connection)
                if not idle:
                    del self._idle[key]  # a client of ever new hosts, for downloads, would keep one for each
        for connection in old:
            connection.close()


def _usable(idle: Idle, too_old: float) -> Connection | None:
    """The connection that was used last and can still be used; others are closed."""
    while idle:
        try:
            since, connection = idle.pop()
        except IndexError:  # another thread took it
            return None
        if since > too_old and connection.is_usable():
            return connection
        connection.close()
    return None


class _Held:
    """The body of a response that gives its connection back once it is closed."""

    def __init__(self, pool: Pool, body: Body, connection: Connection, key: object) -> None:
        self._pool, self._body, self._connection, self._key = pool, body, connection, key
        self.piece = body.piece
        self._is_open, self._lock = True, threading.Lock()

    def abort(self) -> None:
        with self._lock:  # else the connection might carry another request by now
            if self._is_open:
                self._body.abort()

    async def close(self) -> None:
        with self._lock:
            if not self._is_open:
                return
            self._is_open = False
        try:
            await self._body.close()
        finally:
            self._pool._give_back(self._connection, self._key)
