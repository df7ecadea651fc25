"""What travels between the modules: a request, its response, and a failure with its kind. No I/O, no HTTP library.

Plainer than the objects of HTTP libraries, which take as long to make as a small response takes to travel.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, ValuesView
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import attrs
from ccapi_openapi.operations import Secret as Secret  # noqa: PLC0414 - for the modules that import it from here
from ccapi_openapi.response import ResponseInfo

from ..policies import Timeout
from .address import Address

if TYPE_CHECKING:
    from .key import Bearer
    from .report import Report

CONCEALED = "cookie|authoriz|authentic|api-?key|secret|password|credential|session|(access|security)-token"
"""What the name of a header holds, in lower case, whose value is not shown."""
SHORTEST_SECRET = 8
"""How long a secret is at least, in characters: a shorter one is a word that any text may hold."""


@lru_cache(256)  # the names are much the same for each request
def is_concealed(name: str) -> bool:
    """Whether the value of a header, by its name in lower case, is not shown."""
    return re.search(CONCEALED, name) is not None


@attrs.define(eq=False)
class Request:
    """A request.

    Attributes:
        method: Its method, in capitals.
        url: Where it goes.
        headers: By names in lower case.
        content: Its body; None where it has none.
        timeout: How long each step may take.
        deadline: When the whole exchange has to have ended, body included, by `time.monotonic`, in seconds.
        abort: Ends the exchange while its response is waited for, from any thread; None while there is none.
        is_withdrawn: Whether it is not to be sent, or not again.
        may_be_billed: Whether the service may have executed it, and billed it, as far as is known by now.
        bearer: What puts the key into the headers before they are sent; None where they hold it, or have none.
        report: What `on_response` receives at the end of the call; None where the client has no such hook.
    """

    method: str
    url: Address
    headers: dict[str, str] = attrs.field(repr=False)  # the key is one of them
    content: bytes | None = attrs.field(repr=False)
    timeout: Timeout
    deadline: float = math.inf
    abort: Callable[[], object] | None = attrs.field(default=None, repr=False)
    is_withdrawn: bool = False
    may_be_billed: bool = False
    bearer: Bearer | None = attrs.field(default=None, repr=False)
    report: Report | None = attrs.field(default=None, repr=False)

    @property
    def secrets(self) -> list[str]:
        """What may not be shown of what it is sent with: the key, and the values of other headers that are secret."""
        return [
            word
            for name, text in self.headers.items()
            if is_concealed(name)
            for word in _secrets_of(name, text)
            if len(word) >= SHORTEST_SECRET
        ]

    def withdraw(self) -> None:
        """Has the request not be sent, not again, and not be waited for; from any thread."""
        self.is_withdrawn = True
        abort = self.abort  # once, for it is None again once there is a response
        if abort:
            abort()


def _secrets_of(name: str, text: str) -> list[str]:
    """What is secret of a header: neither the scheme, such as `Bearer`, nor the names of cookies."""
    if name in ("authorization", "proxy-authorization"):
        return [text.partition(" ")[2] or text]
    if name == "cookie":
        return [text, *(each.partition("=")[2] for each in text.split(";"))]
    return [text]


class SecretBytes(bytes):
    """Bytes that are not shown, as a `Secret` isn't."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "b'***'"


class Headers(Mapping[str, str]):
    """Headers by names of whatever case; of one that comes several times, the values are joined by commas.

    A copy, or a pickle, lacks those that may be secret, such as cookies.
    """

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs:
            key, text = name.decode("latin-1").lower(), value.decode() if value.isascii() else _text(value)
            self._values[key] = f"{self._values[key]}, {text}" if key in self._values else text

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def values(self) -> ValuesView[str]:
        """The values; as of any mapping, but without a look-up for each."""
        return self._values.values()

    def __getstate__(self) -> dict[str, Any]:
        return {"_values": {name: value for name, value in self.items() if not is_concealed(name)}}

    def __repr__(self) -> str:
        return f"Headers({ ({name: '***' if is_concealed(name) else value for name, value in self.items()}) })"


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


class Body(Protocol):
    """The body of a response as it comes."""

    async def piece(self) -> bytes | None:
        """The next piece, as it was sent; None at the end.

        Raises:
            TransportError: It breaks off, or stays silent for too long.
        """
        ...

    async def close(self) -> None:
        """Ends the reading. The connection is used again where all was read and nothing is left over."""

    def abort(self) -> None:
        """Has whoever waits for a piece find that the connection has ended; from any thread."""


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
        attempts: How often the request was sent.
        elapsed: How long the call took, in seconds.
    """

    request: Request
    status_code: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: Body = attrs.field(repr=False)
    content: bytes = attrs.field(default=b"", repr=False)
    text: str | None = attrs.field(default=None, repr=False)
    attempts: int = 1
    elapsed: float = 0.0

    @property
    def is_success(self) -> bool:
        """Whether its status is one of success."""
        return 200 <= self.status_code < 300

    @property
    def request_id(self) -> str | None:
        """The service's id of the request, where it sent one."""
        return self.info.request_id

    @property
    def info(self) -> ResponseInfo:
        """What a result that is made of it keeps of it: all but the body."""
        headers = self.headers
        shown = "\n".join(headers.values())
        if any(secret in shown for secret in self.request.secrets):
            from .redaction import redacted  # here, for hardly any service repeats the key there

            pairs = redacted(dict(headers), self.request).items()
            headers = Headers((name.encode("latin-1"), value.encode()) for name, value in pairs)
        return ResponseInfo(self.status_code, headers, self.attempts, self.elapsed)


class Kind(Enum):
    """What kept a request from its response; the value says it in words."""

    NOT_CONNECTED = "no connection"
    CONNECT_TIMED_OUT = "connecting timed out"
    NO_CONNECTION_FREE = "no connection became free in time"
    PROXY = "the proxy failed"
    PROXY_REFUSES_CREDENTIALS = "the proxy wants other credentials"
    TLS = "the certificate is not trusted"
    NO_CERTIFICATE = "the other side ended the TLS handshake: it may want another client certificate (cert=...)"
    NOT_SENT = "the request can't be sent"
    SENDING = "the connection broke while the request was sent"
    WRITE_TIMED_OUT = "sending the request timed out"
    READ_TIMED_OUT = "the response did not come in time"
    RECEIVING = "the connection broke before the end of the response"
    NOT_HTTP = "the response is not HTTP"
    TOO_MANY_HEADERS = "the response has too many headers, or too long ones"
    BAD_CHUNK = "the chunks of the response are malformed"
    LENGTHS = "the headers of the response do not say how long it is"
    ENCODING = "the response is not compressed as its headers say"

    @property
    def is_timeout(self) -> bool:
        """Whether time ran out."""
        return self in (Kind.CONNECT_TIMED_OUT, Kind.NO_CONNECTION_FREE, Kind.WRITE_TIMED_OUT, Kind.READ_TIMED_OUT)


OUT_OF_TIME = "the whole call took longer than its timeout allows"


class TransportError(Exception):
    """There is no response, or no end of it.

    It has no cause: what an HTTP library raises holds the request in its frames, and so the key.

    Attributes:
        kind: What happened.
    """

    def __init__(self, kind: Kind, text: str = "") -> None:
        super().__init__(text or kind.value)
        self.kind = kind

    def __reduce__(self) -> tuple[type[TransportError], tuple[Kind, str]]:
        # `RetryEvent` shows it, and what people keep they pickle.
        return type(self), (self.kind, str(self))
