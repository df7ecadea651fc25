"""A request and its answer, in plain fields: what the decisions look at, whatever carries them. No I/O.

Lighter than those of httpx, which take as long to make as a small answer takes to travel.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

import attrs
import httpx

P = TypeVar("P")
C = TypeVar("C")


@attrs.define(eq=False)
class Request:
    """A request.

    Attributes:
        method: Its method, in capitals.
        url: Where it goes.
        headers: By names in lower case.
        content: Its body; None where it has none.
        timeout: How long to wait for each step, in seconds.
    """

    method: str
    url: httpx.URL
    headers: dict[str, str] = attrs.field(repr=False)  # the key is one of them
    content: bytes | None = attrs.field(repr=False)
    timeout: httpx.Timeout


@attrs.define(eq=False)
class Answer(Generic[P, C]):
    """An answer. Its body is either in `content` or `text`, or still to be had.

    Attributes:
        request: What it answers.
        status_code: Its status.
        headers: By names of whatever case.
        pieces: Gives the body as it comes, unpacked.
        close: Ends the reading of it; can't be cancelled.
        content: The body, once it has been read.
        text: The same, of a large one that is JSON.
    """

    request: Request
    status_code: int
    headers: Mapping[str, str]
    pieces: P = attrs.field(repr=False)
    close: Callable[[], C] = attrs.field(repr=False)
    content: bytes = attrs.field(default=b"", repr=False)
    text: str | None = attrs.field(default=None, repr=False)

    @property
    def is_success(self) -> bool:
        """Whether its status is one of success."""
        return 200 <= self.status_code < 300


SyncAnswer = Answer[Iterator[bytes], None]
AsyncAnswer = Answer[AsyncIterator[bytes], Awaitable[None]]
AnyAnswer = Answer[Any, Any]


def shown(url: httpx.URL) -> str:
    """A URL without what may be secret in it."""
    return str(url.copy_with(username=None, password=None, query=None, fragment=None))


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port, as RFC 6454 compares them."""
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)
