"""The socket under one connection, the same for both clients: httpcore speaks HTTP over it, ssl encrypts.

The libraries' own streams read ahead into buffers that nobody can look into, and time each read by itself. Here nothing
is read before it is wanted, so that bytes left over from a response are seen; every step ends by the deadline; and
`abort` wakes whoever waits, from any thread.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
import threading
import time
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from .. import _forks
from .._http.wire import OUT_OF_TIME, Kind, Request, TransportError
from .waits import Waits, poll

AT_ONCE = 65536
"""How many bytes are received at once, at most."""
LEAST = 0.001
"""The shortest wait, in seconds: what has come by the deadline is still taken."""
GRACE = 0.1
"""How long after its limit, in seconds, what has come is still taken."""
HEAD_START = 0.25
"""How long one address of a host is tried alone before the next one is tried too (RFC 8305), in seconds."""
BUSY = {errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY, getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK)}


class Channel(Protocol):
    """What bytes go through: the bare socket, or TLS over it."""

    async def receive(self, step: float | None) -> bytes:
        """The next bytes; none once the other side has hung up."""
        ...

    async def send(self, content: bytes, step: float | None) -> None:
        """Sends all of the content."""
        ...

    def take(self) -> bytes | None:
        """What has come already; None where nothing has, nothing in it where the other side has hung up."""
        ...


class Line:
    """The limits of what happens on one connection, and its socket once there is one."""

    def __init__(self, waits: Waits, connections: int) -> None:
        self.waits = waits
        self.is_aborted = self.is_leaving = self.is_kept = False
        self._socket: socket.socket | None = None
        self._steps_left = connections  # until the connection is there
        self._deadline = self._due = float("inf")
        self._read: float | None = None
        self._is_waiting = True  # for the connection, or for the head of a response
        self._exchange: Request | None = None  # whose response is waited for
        self._lock = threading.Lock()

    @property
    def is_connecting(self) -> bool:
        """Whether the request can't have been sent yet."""
        return self._steps_left > 0

    def start(self, request: Request) -> None:
        """Starts an exchange: from now on its limits hold."""
        self._deadline, self._read, self._is_waiting = request.deadline, request.timeout.read, True
        self._exchange, request.abort = request, partial(self._abort_exchange, request)
        connect = request.timeout.connect
        self.is_leaving, self.is_kept = False, not self.is_connecting
        self._due = time.monotonic() + connect if self.is_connecting and connect is not None else float("inf")

    def stepped(self) -> None:
        """One step to the connection is done."""
        self._steps_left -= 1
        if not self.is_connecting:
            self._due = float("inf")

    def sent(self) -> None:
        """A piece of the request was sent: the head of the response is due, however it drips."""
        if self._is_waiting and not self.is_connecting and self._read is not None:
            self._due = time.monotonic() + self._read

    def responded(self) -> None:
        """The head of the response is there; each piece of its body has its own time."""
        self._is_waiting, self._due = False, float("inf")
        with self._lock:
            request, self._exchange = self._exchange, None
        if request:
            request.abort = None  # which holds the request: what holds itself is freed late

    def seconds(self, step: float | None, *, is_sending: bool = False) -> float | None:
        """How long a step may take, in seconds."""
        end = self._deadline if is_sending and not self.is_connecting else min(self._deadline, self._due)
        if end == float("inf"):
            return step
        left = max(end - time.monotonic(), LEAST)
        return left if step is None else min(step, left)

    def is_late(self) -> bool:
        """Whether the limit of the exchange or of its head has passed by more than a last look."""
        return time.monotonic() > min(self._deadline, self._due) + GRACE

    def failure(self, kind: Kind, error: Exception | None = None) -> TransportError:
        """The failure of a step; before there is a connection, whatever failed has delivered nothing."""
        if self.is_connecting:
            kind = Kind.CONNECT_TIMED_OUT if kind.is_timeout else Kind.NOT_CONNECTED
            if isinstance(error, ssl.SSLCertVerificationError):
                kind = Kind.TLS
        if wants_certificate(error):
            kind = Kind.NO_CERTIFICATE
        if kind.is_timeout and time.monotonic() >= self._deadline:
            return TransportError(kind, OUT_OF_TIME)
        return TransportError(kind, reason(kind, error))

    async def connect(self, host: str, port: int) -> Wire:
        """Connects, to whichever address of the host accepts first.

        Raises:
            TransportError: None does, or not in time.
        """
        self._socket = await self._first_of(await self._addresses(host, port))
        _forks.watch(self)
        return Wire(self, self._socket)

    def _abort_exchange(self, request: Request) -> None:
        with self._lock:  # else the connection might carry another request by now
            if self._exchange is request:
                self.abort()

    def abort(self) -> None:
        """Ends the exchange: whoever waits for the connection finds that it has ended. From any thread."""
        self.is_aborted = True
        if self._socket:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def leave(self) -> None:
        """Ends the exchange, but for what has come already: where that is all, the connection is as good as new."""
        self.is_leaving = True
        self._deadline = min(self._deadline, time.monotonic())

    def close(self) -> None:
        """Hangs up. Only for whom the connection belongs to: no other may wait for it."""
        self.is_aborted = True
        if self._socket:
            self._socket.close()

    def forked(self) -> None:
        """Leaves the connection to the parent: to shut it down here would end it there too."""
        self.close()

    async def _addresses(self, host: str, port: int) -> list[Any]:
        try:
            found = await self.waits.addresses(host, port, self.seconds(None))
        except (OSError, UnicodeError) as error:
            cause = error if isinstance(error, OSError) else None
        else:
            if found is None:
                raise self.failure(Kind.CONNECT_TIMED_OUT)
            # By turns, as RFC 8305 has it: where one family leads nowhere, the other is next.
            first = [each for each in found if each[0] == found[0][0]]
            other = [each for each in found if each[0] != found[0][0]]
            turns = [each for pair in zip(first, other, strict=False) for each in pair]
            return turns + first[len(other) :] + other[len(first) :]
        raise self.failure(Kind.NOT_CONNECTED, cause)

    async def _first_of(self, addresses: list[Any]) -> socket.socket:
        tried: list[socket.socket] = []
        error: OSError | None = None
        try:
            while addresses or tried:
                if addresses:
                    family, kind, protocol, _, address = addresses.pop(0)
                    try:
                        tried.append(_started(family, kind, protocol, address))
                    except OSError as refused:
                        error = refused
                        continue
                left = self.seconds(None)
                if left is not None and left <= LEAST:
                    raise self.failure(Kind.CONNECT_TIMED_OUT)
                step = min(HEAD_START, left or HEAD_START) if addresses else left
                for each in await self.waits.writable(tried, step):
                    number = each.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    tried.remove(each)
                    if number == 0:
                        return each
                    each.close()
                    error = OSError(number, os.strerror(number))
        finally:
            for each in tried:
                each.close()
        raise self.failure(Kind.NOT_CONNECTED, error)


def _started(family: int, kind: int, protocol: int, address: Any) -> socket.socket:
    """A socket that is connecting, and that will notice when a silent connection is gone."""
    made = socket.socket(family, kind, protocol)
    try:
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        keep_alive(made)
        number = made.connect_ex(address)
        if number not in (0, *BUSY):
            raise OSError(number, os.strerror(number))
    except BaseException:
        made.close()
        raise
    return made


def keep_alive(sock: Any) -> None:
    """Has the system send a sign of life after a minute of silence: NATs forget connections that are silent."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPALIVE", 60), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5)):
            if hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class Wire:
    """The bare socket."""

    def __init__(self, line: Line, sock: socket.socket) -> None:
        self._line, self._socket = line, sock

    async def receive(self, step: float | None) -> bytes:
        """The next bytes, as `Channel.receive` gives them."""
        line = self._line
        await line.waits.breathe()
        while not line.is_aborted:
            if line.is_late():
                raise line.failure(Kind.READ_TIMED_OUT)
            try:
                return self._socket.recv(AT_ONCE)
            except BlockingIOError:
                if line.is_leaving:  # there is more to come, which nobody wants
                    line.abort()
                    break
            except OSError as error:
                raise line.failure(Kind.RECEIVING, error) from None
            if not await line.waits.readable(self._socket, line.seconds(step)):
                raise line.failure(Kind.READ_TIMED_OUT)
        return b""

    async def send(self, content: bytes, step: float | None) -> None:
        """Sends all of the content, as `Channel.send` does."""
        line, left = self._line, memoryview(content)
        while left:
            try:
                left = left[self._socket.send(left) :]
            except BlockingIOError:
                if not await line.waits.writable([self._socket], line.seconds(step, is_sending=True)):
                    # It may not read on because it has responded already.
                    has_come = bool(poll([self._socket], 0.0, is_reading=True))
                    raise line.failure(Kind.SENDING if has_come else Kind.WRITE_TIMED_OUT) from None
            except OSError as error:
                raise line.failure(Kind.SENDING, error) from None

    def take(self) -> bytes | None:
        """What has come; None where nothing has."""
        try:
            return self._socket.recv(AT_ONCE)
        except BlockingIOError:
            return None
        except OSError:
            return b""


_ALERTS = re.compile(
    "CERTIFICATE_(REQUIRED|UNKNOWN|EXPIRED|REVOKED)|(BAD|UNSUPPORTED)_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED"
    "|ALERT_HANDSHAKE_FAILURE"  # TLS 1.2 has no alert of its own for a certificate that is missing
)


def wants_certificate(error: BaseException | None) -> bool:
    """Whether the other side has ended the connection because of the client's certificate, or because it has none."""
    is_alert = isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLCertVerificationError)
    return is_alert and _ALERTS.search(str(getattr(error, "reason", ""))) is not None


def reason(kind: Kind, error: BaseException | None) -> str:
    """What a failure says of its cause: the system's own words, and nothing that an address or a header may be in."""
    number = error.errno if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{kind.value}: {error.verify_message}"
    if isinstance(error, socket.gaierror):
        return f"{kind.value}: the name of the host is not known"
    if isinstance(error, ssl.SSLError) and kind is not Kind.NO_CERTIFICATE:
        return f"{kind.value}: the other side does not speak TLS as it should"
    return f"{kind.value}: {os.strerror(number)}" if number else ""
