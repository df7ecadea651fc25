"""The body of a response as it is read: how much of it, and in what form it is kept. No I/O: `sender` reads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from ..errors import MalformedResponseError
from .billing import noted
from .wire import Kind, Response, TransportError

MAX_ERROR_BYTES = 1024 * 1024
"""How much of the body of an error is read, in bytes."""

LARGE = 1024 * 1024
"""From which length on the body of a success that is JSON is kept as text, in bytes."""


class Reading:
    """The body of a response as it is read: of an error its first MiB, of a success all up to a limit."""

    limit = "max_response_bytes"
    """The option that limits it."""

    def __init__(self, response: Response, max_bytes: int, is_late: Callable[[], bool]) -> None:
        self.response, self.is_late = response, is_late
        self.is_error = response.status_code >= 300  # of a redirect no more is read either
        self.max_bytes = MAX_ERROR_BYTES if self.is_error else max_bytes
        self.content = bytearray()

    def add(self, piece: bytes) -> bool:
        """Takes the next piece; says whether that is enough.

        Raises:
            MalformedResponseError: The body of a success is larger than the limit.
            TransportError: It takes too long altogether.
        """
        self.content += piece
        if self.is_late():
            raise TransportError(Kind.READ_TIMED_OUT, "the response comes too slowly")
        if len(self.content) > self.max_bytes and not self.is_error:
            message = f"the response is larger than {self.limit}, {self.max_bytes} bytes"
            raise malformed(self.response, message)
        return len(self.content) > self.max_bytes

    def keep(self) -> None:
        """Gives the response the body that was read."""
        if self.is_error:
            del self.content[MAX_ERROR_BYTES:]
        elif len(self.content) > LARGE and "json" in self.response.headers.get("content-type", ""):
            with suppress(UnicodeDecodeError):
                # As text alone: a large response is then in memory twice at most, as text and as what is read from it.
                self.response.text = self.content.decode()
                self.content.clear()
        self.response.content = bytes(self.content)


def malformed(response: Response, message: str) -> MalformedResponseError:
    """The error for a success that is none."""
    error = MalformedResponseError(
        message,
        status_code=response.status_code,
        request_id=response.request_id,
        idempotency_key=response.request.headers.get("idempotency-key"),
    )
    return noted(error, response.request, response)
