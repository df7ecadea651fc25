"""TLS over a channel, by ssl without a socket: the same for both clients, and over TLS as well."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from .._http.wire import Kind, TransportError
from .line import AT_ONCE, Channel, Line

T = TypeVar("T")


class Tls:
    """TLS over a channel, which may be TLS itself: a tunnel of a proxy that is spoken to in TLS."""

    def __init__(self, line: Line, inner: Channel, context: ssl.SSLContext, host: str | None) -> None:
        self._line, self._inner = line, inner
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    async def shake_hands(self, step: float | None) -> None:
        """Makes sure of the other side.

        Raises:
            TransportError: It can't be trusted, or it speaks no TLS.
        """
        await self._do(self._tls.do_handshake, step, Kind.NOT_CONNECTED)

    async def receive(self, step: float | None) -> bytes:
        """The next bytes, as `Channel.receive` gives them."""
        try:
            return await self._do(partial(self._tls.read, AT_ONCE), step, Kind.RECEIVING)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    async def send(self, content: bytes, step: float | None) -> None:
        """Sends all of the content, as `Channel.send` does."""
        left = memoryview(content)
        while left:
            left = left[await self._do(partial(self._tls.write, left[:AT_ONCE]), step, Kind.SENDING) :]

    def take(self) -> bytes | None:
        """What has come; None where nothing has but what TLS itself sends."""
        while True:
            try:
                return self._tls.read(AT_ONCE)
            except ssl.SSLWantReadError:
                more = self._inner.take()
                if not more:
                    return more
                self._incoming.write(more)
            except ssl.SSLError:
                return b""

    async def _do(self, work: Callable[[], T], step: float | None, kind: Kind) -> T:
        while True:
            try:
                result = work()
            except ssl.SSLWantReadError:
                await self._flush(step)
                received = await self._inner.receive(step)
                if received:
                    self._incoming.write(received)
                else:
                    self._incoming.write_eof()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError) as error:
                if kind is Kind.RECEIVING:
                    raise
                raise self._line.failure(kind, error) from None
            except ssl.SSLError as error:
                with suppress(TransportError):
                    await self._flush(step)  # the other side may want to know why
                raise self._line.failure(kind, error) from None
            else:
                await self._flush(step)
                return result

    async def _flush(self, step: float | None) -> None:
        if self._outgoing.pending:
            await self._inner.send(self._outgoing.read(), step)
