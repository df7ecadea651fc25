"""What travels between the modules: a request, its response, and a failure with its kind. No I/O, no HTTP library.

Plainer than the objects of HTTP libraries, which take as long to make as a small response takes to travel.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Protocol

import attrs
from ccapi_openapi import REQUEST_ID_HEADERS

from .address import Address

STEPS = ("connect", "read", "write", "pool")


@attrs.frozen
class Timeout:
    """How long each step of a request may take, in seconds; None for as long as it takes.

    Attributes:
        connect: Until there is a connection, TLS included.
        read: Until the next piece of the response comes.
        write: Until the next piece of the request is sent.
        pool: Until a connection is free.
    """

    connect: float | None
    read: float | None
    write: float | None
    pool: float | None

    def capped(self, most: float) -> Timeout:
        """The same, each step no longer than `most` seconds."""
        return Timeout(*[most if each is None else min(each, most) for each in attrs.astuple(self)])


@attrs.define(eq=False)
class Request:
    """A request.

    Attributes:
        method: Its method, in capitals.
        url: Where it goes.
        headers: By names in lower case.
        content: Its body; None where it has none.
        timeout: How long each step may take.
    """

    method: str
    url: Address
    headers: dict[str, str] = attrs.field(repr=False)  # the key is one of them
    content: bytes | None = attrs.field(repr=False)
    timeout: Timeout


class Body(Protocol):
    """The body of a response as it comes."""

    async def piece(self) -> bytes | None:
        """The next piece, unpacked; None at the end.

        Raises:
            TransportError: It breaks off, or stays silent for too long.
        """
        ...

    async def close(self) -> None:
        """Ends the reading and frees the connection; can't be cancelled."""


@attrs.define(eq=False)
class Response:
    """A response. Its body is either in `content` or `text`, or still to be had from `body`.

    Attributes:
        request: What it responds to.
        status_code: Its status.
        headers: By names of whatever case.
        body: Gives the body as it comes.
        content: The body, once it has been read.
        text: The same, of a large one that is JSON.
    """

    request: Request
    status_code: int
    headers: Mapping[str, str]
    body: Body = attrs.field(repr=False)
    content: bytes = attrs.field(default=b"", repr=False)
    text: str | None = attrs.field(default=None, repr=False)

    @property
    def is_success(self) -> bool:
        """Whether its status is one of success."""
        return 200 <= self.status_code < 300

    @property
    def request_id(self) -> str | None:
        """The service's id of the request, where it sent one."""
        return next(filter(None, map(self.headers.get, REQUEST_ID_HEADERS)), None)


class Kind(Enum):
    """What kept a request from its response; the value says it in words."""

    NOT_CONNECTED = "no connection"
    CONNECT_TIMED_OUT = "connecting timed out"
    NO_CONNECTION_FREE = "no connection became free in time"
    PROXY = "the proxy failed"
    TLS = "the certificate is not trusted"
    NOT_SENT = "the request can't be sent"
    SENDING = "the connection broke while the request was sent"
    WRITE_TIMED_OUT = "sending the request timed out"
    READ_TIMED_OUT = "the response did not come in time"
    RECEIVING = "the connection broke before the end of the response"
    NOT_HTTP = "the response is not HTTP"
    ENCODING = "the response is not compressed in the way that it says"

    @property
    def is_timeout(self) -> bool:
        """Whether time ran out."""
        return self in (Kind.CONNECT_TIMED_OUT, Kind.NO_CONNECTION_FREE, Kind.WRITE_TIMED_OUT, Kind.READ_TIMED_OUT)


class TransportError(Exception):
    """There is no response, or no end of it. What the HTTP library raised is the `__cause__`.

    Attributes:
        kind: What happened.
    """

    def __init__(self, kind: Kind, text: str = "") -> None:
        super().__init__(text or kind.value)
        self.kind = kind

    def __reduce__(self) -> tuple[type[TransportError], tuple[Kind, str]]:
        # `RetryEvent` shows it, and what people keep they pickle.
        return type(self), (self.kind, str(self))
