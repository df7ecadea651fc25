"""An HTTP proxy on a real socket, spoken to in TLS or not, that fails in every way there is before and in the tunnel."""

import asyncio
import random
import ssl
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from .fault_server import reset

BEFORE_TUNNEL = ("hang-up", "reset", "garbage", "403", "502", "cut-head", "hang-up-in-handshake", "no-handshake")
"""The last two only where it is spoken to in TLS."""
IN_TUNNEL = ("cut-client", "cut-server")
LONGEST = 4000
"""After how many bytes a tunnel is cut at most: some handshakes, and some requests."""


class FaultProxy:
    """The proxy.

    Attributes:
        context: Of its TLS; None where it is spoken to without.
        done: How often it did what.
    """

    def __init__(self, faults: Sequence[str], seed: int, context: ssl.SSLContext | None) -> None:
        self.context = context
        self.choices = [each for each in faults if context or "handshake" not in each]
        self.dice, self.port = random.Random(seed), 0
        self._deck: list[str] = []
        self.done: Counter[str] = Counter()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves a connection."""
        if not self._deck:  # each comes in every round
            self._deck = self.dice.sample(self.choices, len(self.choices))
        fault = self._deck.pop()
        self.done[fault] += 1
        if self.context:
            if "handshake" in fault:
                await reader.read(100)  # of the greeting
                writer.write(b"HTTP/1.1 400 No TLS Here\r\n\r\n" if fault == "no-handshake" else b"\x16\x03\x03")
                await writer.drain()
                return
            await writer.start_tls(self.context)
        line, _, _ = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")
        method, target, _ = line.decode().split(" ")
        assert method == "CONNECT"
        if fault in BEFORE_TUNNEL:
            if fault == "garbage":
                writer.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
            elif fault == "cut-head":
                writer.write(b"HTTP/1.1 200 Conn")
            elif fault == "reset":
                reset(writer)
            elif fault != "hang-up":
                writer.write(f"HTTP/1.1 {fault} No\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            return
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", int(target.rpartition(":")[2]))
        except OSError:
            self.done["unreachable"] += 1
            writer.write(b"HTTP/1.1 502 Refused\r\nContent-Length: 0\r\n\r\n")
            return
        try:
            writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
            limits = [self.dice.randrange(1, LONGEST) if fault == each else None for each in IN_TUNNEL]
            async with asyncio.TaskGroup() as group:
                ways = [
                    group.create_task(relay(reader, inner_writer, limits[0])),
                    group.create_task(relay(inner_reader, writer, limits[1])),
                ]
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for each in ways:
                    each.cancel()
        finally:
            inner_writer.close()
            with suppress(OSError):
                await inner_writer.wait_closed()


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None) -> None:
    """Passes on what comes, until it ends or was so many bytes."""
    with suppress(OSError):
        while piece := await reader.read(65536):
            if limit is not None and len(piece) >= limit:
                writer.write(piece[:limit])
                await writer.drain()
                return
            writer.write(piece)
            await writer.drain()
            if limit is not None:
                limit -= len(piece)
