"""What the clients wait with: the blocking one by the system's poll, the asynchronous one by its event loop."""

from __future__ import annotations

import queue
import select
import socket
import threading
from collections.abc import Callable
from typing import Any, Protocol

from .._lazily import anyio

Addresses = list[tuple[Any, ...]]
BREATH = 4
"""After how many pieces that had come already others have their turn."""


class Waits(Protocol):
    """How to wait for a socket, and for the addresses of a host."""

    async def breathe(self) -> None:
        """Lets others have their turn now and then: where all has come already, nothing else would."""
        ...

    async def readable(self, sock: socket.socket, seconds: float | None) -> bool:
        """Waits until something has come; False where nothing did in time."""
        ...

    async def writable(self, socks: list[socket.socket], seconds: float | None) -> list[socket.socket]:
        """Waits until something can be sent, or a connection is there; returns which sockets are so far, if any."""
        ...

    async def addresses(self, host: str, port: int, seconds: float | None) -> Addresses | None:
        """The addresses of a host; None where they did not come in time.

        Raises:
            OSError: It has none.
            UnicodeError: It can't be looked up.
        """
        ...


def look_up(host: str, port: int) -> Addresses:
    """The addresses of a host, as `socket.getaddrinfo` gives them."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class BlockingWaits:
    """Blocks the thread."""

    async def breathe(self) -> None:
        """Nobody else has a turn."""

    async def readable(self, sock: socket.socket, seconds: float | None) -> bool:
        """Waits until something has come."""
        return bool(poll([sock], seconds, is_reading=True))

    async def writable(self, socks: list[socket.socket], seconds: float | None) -> list[socket.socket]:
        """Waits until something can be sent."""
        return poll(socks, seconds, is_reading=False)

    async def addresses(self, host: str, port: int, seconds: float | None) -> Addresses | None:
        """The addresses of a host, looked up in a thread of its own: the system's resolver has no limit."""
        found: queue.SimpleQueue[Addresses | Exception] = queue.SimpleQueue()

        def work() -> None:
            try:
                found.put(look_up(host, port))
            except Exception as error:  # noqa: BLE001 - raised where it is waited for
                found.put(error)

        try:
            threading.Thread(target=work, name="ccapi-look-up", daemon=True).start()
        except RuntimeError:  # at the end of the program there are no new threads
            work()
        try:
            result = found.get(timeout=seconds)
        except queue.Empty:
            return None
        if isinstance(result, Exception):
            raise result
        return result


def poll(socks: list[socket.socket], seconds: float | None, *, is_reading: bool) -> list[socket.socket]:
    """The sockets that are ready, once one of them is; none where the time passes first."""
    if not hasattr(select, "poll"):  # Windows
        rest: list[socket.socket] = []
        found = select.select(*((socks, rest) if is_reading else (rest, socks)), socks, seconds)
        return [each for each in socks if any(each in ready for ready in found)]
    poller = select.poll()
    for each in socks:
        poller.register(each, select.POLLIN if is_reading else select.POLLOUT)
    numbers = {number for number, _ in poller.poll(None if seconds is None else seconds * 1000)}
    return [each for each in socks if each.fileno() in numbers]


def watch(sock: Any) -> Callable[[], bool]:
    """What says at once whether something has come by a socket; cheaper than `poll` where it is often called."""
    if not hasattr(select, "poll"):  # Windows
        return lambda: bool(poll([sock], 0.0, is_reading=True))
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    return lambda: bool(poller.poll(0))


class LoopWaits:
    """Waits in the event loop that is running, asyncio's or trio's."""

    def __init__(self) -> None:
        self._breaths = 0

    async def breathe(self) -> None:
        """Lets others have their turn now and then."""
        self._breaths += 1
        if self._breaths % BREATH == 0:
            await anyio.lowlevel.checkpoint()

    async def readable(self, sock: socket.socket, seconds: float | None) -> bool:
        """Waits until something has come."""
        with anyio.move_on_after(seconds):
            await anyio.wait_readable(sock)
            return True
        return False

    async def writable(self, socks: list[socket.socket], seconds: float | None) -> list[socket.socket]:
        """Waits until something can be sent."""
        ready: list[socket.socket] = []

        async def wait(sock: socket.socket, cancel: Callable[[], None]) -> None:
            await anyio.wait_writable(sock)
            ready.append(sock)
            cancel()

        with anyio.move_on_after(seconds):
            async with anyio.create_task_group() as group:
                for each in socks:
                    group.start_soon(wait, each, group.cancel_scope.cancel)
        return ready

    async def addresses(self, host: str, port: int, seconds: float | None) -> Addresses | None:
        """The addresses of a host."""
        with anyio.move_on_after(seconds):
            return await anyio.to_thread.run_sync(look_up, host, port, abandon_on_cancel=True)
        return None
