"""A server on a real socket that fails in every way there is, and counts what it executed.

It speaks just enough HTTP for the client, so that it can break it anywhere. What it responds names the request that it
responds to: a response that reaches another caller is noticed.
"""

import asyncio
import json
import random
import socket
import ssl
import struct
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

import attrs

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: %s\r\nContent-Length: %d\r\n\r\n"
EMPTY = b"HTTP/1.1 %s No\r\nX-Request-Id: %s\r\n%sContent-Length: 0\r\n\r\n"
BEFORE_EXECUTION = ("429", "503", "425")
AFTER_EXECUTION = ("cut-head", "cut-after-head", "cut-body", "garbage", "reset", "stall", "500", "502", "520")
GOOD = ("ok", "drip", "surplus")
RELEASE = "release"
"""The prompt that lets streams go on."""
PATIENCE = 20.0
"""After how many seconds a test that waits for something has failed."""


def answer_to(prompt: str) -> bytes:
    """The whole response to a request that was executed."""
    body = json.dumps({"data": [{"url": f"http://127.0.0.1/{prompt}"}]}).encode()
    return HEAD % (prompt.encode(), len(body)) + body


@attrs.define(eq=False)
class Seen:
    """What came on one connection.

    Attributes:
        prompts: Of the requests, in their order.
        has_ended: Whether the client has hung up.
    """

    prompts: list[str] = attrs.field(factory=list)
    has_ended: bool = False


class FaultServer:
    """The server.

    Attributes:
        executed: How often a request was executed, by its prompt.
        faults: What was done to each attempt of a request, by its prompt.
        connections: Those that were accepted.
        hung_up: How many connections were closed before a request.
    """

    def __init__(self, faults: Sequence[str], seed: int, accept_and_close: float = 0.0) -> None:
        self.choices, self.accept_and_close = faults, accept_and_close
        self.dice = random.Random(seed)
        self.requests = self.hung_up = self.port = 0
        self.executed: Counter[str] = Counter()
        self.faults: defaultdict[str, list[str]] = defaultdict(list)
        self.connections: list[Seen] = []
        self._changed = threading.Condition()
        self._release = asyncio.Event()

    def wait(self, until: Callable[[], bool], why: str) -> None:
        """Waits, in another thread than the server's, for what a client does."""
        with self._changed:
            assert self._changed.wait_for(until, PATIENCE), why

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves a connection."""
        seen = Seen()
        self._change(lambda: self.connections.append(seen))
        if self.dice.random() < self.accept_and_close:
            self.hung_up += 1
            return
        try:
            while await self._serve(seen, reader, writer):
                pass
        finally:
            self._change(lambda: setattr(seen, "has_ended", True))

    def _change(self, change: Callable[[], object]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()

    async def _serve(self, seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serves one request; says whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next((int(line.split(":")[1]) for line in head.splitlines() if line.startswith("content-length:")), 0)
        body = json.loads(await reader.readexactly(length) or b"{}")
        if body.get("stream"):
            await self._stream(writer)
            return False
        prompt = body.get("prompt", "")
        if prompt == RELEASE:
            self._release.set()
        self.requests += 1
        fault = self.dice.choice(self.choices)
        self.faults[prompt].append(fault)
        self._change(lambda: seen.prompts.append(prompt))
        if fault in BEFORE_EXECUTION:
            writer.write(EMPTY % (fault.encode(), prompt.encode(), b"retry-after-ms: 1\r\n"))
            return True
        self.executed[prompt] += 1
        whole = answer_to(prompt)
        if fault == "ok":
            writer.write(whole)
        elif fault == "surplus":
            writer.write(whole + answer_to(f"surplus-after-{prompt}"))
        elif fault == "drip":
            for position in range(0, len(whole), 16):
                writer.write(whole[position : position + 16])
                await writer.drain()
                await asyncio.sleep(0.001)
        elif fault in ("500", "502", "520"):
            writer.write(EMPTY % (fault.encode(), prompt.encode(), b""))
        elif fault == "cut-head":
            writer.write(whole[:30])
        elif fault == "cut-after-head":
            writer.write(whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
        elif fault == "cut-body":
            writer.write(whole[:-10])
        elif fault == "garbage":
            writer.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
        elif fault == "stall":
            await reader.read()  # until the client gives up
        elif fault == "reset":
            reset(writer)
        await writer.drain()
        return fault in (*GOOD, "500", "502", "520")

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        """Streams a chat, of which the rest comes after a request whose prompt is `RELEASE`."""
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + chunk("one "))
        await self._release.wait()
        writer.write(chunk("two", finish_reason="stop") + b"data: [DONE]\n\n")


def chunk(content: str, **ending: str) -> bytes:
    """An event of a streamed chat."""
    choice = {"index": 0, "delta": {"content": content}, **ending}
    return b"data: %s\n\n" % json.dumps({"choices": [choice]}).encode()


def reset(writer: asyncio.StreamWriter) -> None:
    """Closes a connection in the rudest way."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


class Served(Protocol):
    """What serves connections."""

    port: int

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves a connection; that it breaks or ends is no error."""
        ...


S = TypeVar("S", bound=Served)


@contextmanager
def serving(server: S, context: ssl.SSLContext | None = None) -> Iterator[S]:
    """Runs a server in a thread, on a free port of 127.0.0.1; where a context is given, it speaks TLS."""
    loop, tasks = asyncio.new_event_loop(), list[asyncio.Task[None]]()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.append(task)
        with suppress(asyncio.IncompleteReadError, OSError):
            try:
                await server.connected(reader, writer)
            finally:
                writer.close()
                await writer.wait_closed()

    async def start() -> asyncio.Server:
        # A peer that says nothing more is gone soon.
        limits: dict[str, Any] = {"ssl_shutdown_timeout": 0.5} if context else {}
        return await asyncio.start_server(handle, "127.0.0.1", 0, backlog=1024, ssl=context, **limits)

    async def stop() -> None:
        await asyncio.sleep(0.01)  # a server that is closed while it accepts a connection leaves that open
        listening.close()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.wait(others, timeout=1)
        await asyncio.sleep(0)  # what was closed last is told so
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result

    listening = loop.run_until_complete(start())
    server.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server
    finally:
        try:
            asyncio.run_coroutine_threadsafe(stop(), loop).result(2 * PATIENCE)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()
