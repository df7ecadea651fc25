"""The body of an answer as it is read: how much of it, and in what form it is kept. No I/O: `transport` reads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import httpx

from .errors import MalformedResponseError
from .wire import AnyAnswer

MAX_ERROR_BYTES = 1024 * 1024
"""How much of the body of an error is read, in bytes."""

LARGE = 1024 * 1024
"""From which length on the body of a success that is JSON is kept as text, in bytes."""


class Body:
    """The body of an answer as it is read: of an error its first MiB, of a success all up to a limit."""

    def __init__(self, answer: AnyAnswer, max_bytes: float, is_late: Callable[[], bool]) -> None:
        self.answer, self.is_late = answer, is_late
        self.is_error = answer.status_code >= 300  # of a redirect no more is read either
        self.max_bytes = MAX_ERROR_BYTES if self.is_error else max_bytes
        self.content = bytearray()

    def add(self, piece: bytes) -> bool:
        """Takes the next piece; says whether that is enough.

        Raises:
            MalformedResponseError: The body of a success is larger than the limit.
            httpx.ReadTimeout: It takes too long altogether.
        """
        self.content += piece
        if self.is_late():
            raise httpx.ReadTimeout("the answer comes too slowly")
        if len(self.content) > self.max_bytes and not self.is_error:
            message = f"the answer is larger than max_bytes, {self.max_bytes} bytes"
            raise malformed(self.answer, message)
        return len(self.content) > self.max_bytes

    def keep(self) -> None:
        """Gives the answer the body that was read."""
        if self.is_error:
            del self.content[MAX_ERROR_BYTES:]
        elif len(self.content) > LARGE and "json" in self.answer.headers.get("content-type", ""):
            with suppress(UnicodeDecodeError):
                # As text alone: a large answer is then in memory twice at most, as text and as what is read from it.
                self.answer.text = self.content.decode()
                self.content.clear()
        self.answer.content = bytes(self.content)


def malformed(answer: AnyAnswer, message: str) -> MalformedResponseError:
    """The error for a success that is none."""
    return MalformedResponseError(
        message,
        status_code=answer.status_code,
        request_id=answer.headers.get("x-request-id"),
        idempotency_key=answer.request.headers.get("idempotency-key"),
    )
