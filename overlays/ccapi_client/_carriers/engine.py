"""The two halves of httpcore and of httpx, the blocking and the asynchronous one, told apart here and nowhere else."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any, Protocol

from .._http.blocking import run
from .._http.wire import Kind, TransportError
from .._lazily import anyio
from .line import Channel, Line
from .tls import Tls
from .trust import context_in_loop, tls_context
from .waits import BlockingWaits, LoopWaits, Waits


class HungUpError(Exception):
    """The other side hung up before anything of the request was sent: it goes by another connection."""


class Half(Protocol):
    """One half of the engine, the blocking or the asynchronous one, with its names for the same things."""

    @property
    def prefix(self) -> str:
        """What the names of its classes begin with."""
        ...

    @property
    def waits(self) -> Waits:
        """How it waits."""
        ...

    async def context(self) -> ssl.SSLContext:
        """What is trusted."""
        ...

    def backend(self, http: Any, line: Line) -> Any:
        """What the engine connects by."""
        ...

    async def handle(self, connection: Any, message: Any) -> Any:
        """Sends a message; returns the response to it."""
        ...

    def pieces(self, response: Any) -> Any:
        """An iterator over the body."""
        ...

    async def next(self, pieces: Any) -> bytes | None:
        """The next piece; None at the end."""
        ...

    async def close(self, closable: Any) -> None:
        """Closes a transport, or a response."""
        ...

    async def shielded(self, steps: Callable[[], Any]) -> None:
        """Runs a coroutine function to its end, even where the caller is cancelled."""
        ...


class BlockingHalf:
    """The blocking half."""

    prefix = ""
    waits: Waits = BlockingWaits()

    async def context(self) -> ssl.SSLContext:
        """What is trusted."""
        return tls_context()

    def backend(self, http: Any, line: Line) -> Any:
        """What the engine connects by."""
        return _BlockingBackend(http, line)

    async def handle(self, connection: Any, message: Any) -> Any:
        """Sends a message; returns the response to it."""
        return connection.handle_request(message)

    def pieces(self, response: Any) -> Any:
        """An iterator over the body."""
        return iter(response.stream)

    async def next(self, pieces: Any) -> bytes | None:
        """The next piece; None at the end."""
        piece: bytes | None = next(pieces, None)
        return piece

    async def close(self, closable: Any) -> None:
        """Closes a transport, or a response."""
        closable.close()

    async def shielded(self, steps: Callable[[], Any]) -> None:
        """Runs a coroutine function to its end."""
        await steps()


class AsyncHalf:
    """The asynchronous half."""

    prefix = "Async"

    def __init__(self) -> None:
        self.waits: Waits = LoopWaits()

    async def context(self) -> ssl.SSLContext:
        """What is trusted."""
        return await context_in_loop()

    def backend(self, http: Any, line: Line) -> Any:
        """What the engine connects by."""
        return _Backend(http, line)

    async def handle(self, connection: Any, message: Any) -> Any:
        """Sends a message; returns the response to it."""
        return await connection.handle_async_request(message)

    def pieces(self, response: Any) -> Any:
        """An iterator over the body."""
        return aiter(response.stream)

    async def next(self, pieces: Any) -> bytes | None:
        """The next piece; None at the end."""
        return await anext(pieces, None)

    async def close(self, closable: Any) -> None:
        """Closes a transport, or a response."""
        await closable.aclose()

    async def shielded(self, steps: Callable[[], Any]) -> None:
        """Runs a coroutine function to its end, even where the caller is cancelled."""
        with anyio.CancelScope(shield=True):
            await steps()


class _Stream:
    """A network stream of httpcore, the asynchronous kind."""

    def __init__(self, http: Any, line: Line, channel: Channel) -> None:
        self._http, self._line, self._channel = http, line, channel

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._channel.receive(timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._line.is_kept:  # it may have ended since the pool looked
            self._line.is_kept = False
            if self._channel.take() is not None:
                raise HungUpError
        try:
            await self._channel.send(buffer, timeout)
        except TransportError as error:
            if error.kind is not Kind.SENDING:
                raise
        else:
            self._line.sent()
            return
        raise self._http.WriteError  # upon which the engine looks whether the service has responded already

    async def aclose(self) -> None:
        self._line.close()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Any:
        channel: Any = self._channel
        over = Tls(self._line, channel, ssl_context, server_hostname)
        await over.shake_hands(timeout)
        return type(self)(self._http, self._line, over)

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":  # the engine wants it once a connection, to the proxy or to the service, is there
            self._line.stepped()
        # What is left over is taken, for the connection is not used again where there is something.
        return self._channel.take() is not None if info == "is_readable" else None


class _BlockingStream:
    """A network stream of httpcore, the blocking kind."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream
        self.get_extra_info = stream.get_extra_info

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return run(self._stream.read(max_bytes, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        run(self._stream.write(buffer, timeout))

    def close(self) -> None:
        run(self._stream.aclose())

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Any:
        return _BlockingStream(run(self._stream.start_tls(ssl_context, server_hostname, timeout)))


class _Backend:
    """A network backend of httpcore, the asynchronous kind."""

    def __init__(self, http: Any, line: Line) -> None:
        self._http, self._line = http, line

    async def connect_tcp(self, host: str, port: int, **settings: Any) -> Any:
        return _Stream(self._http, self._line, await self._line.connect(host, port))


class _BlockingBackend(_Backend):
    """A network backend of httpcore, the blocking kind."""

    def connect_tcp(self, host: str, port: int, **settings: Any) -> Any:
        return _BlockingStream(run(super().connect_tcp(host, port)))
