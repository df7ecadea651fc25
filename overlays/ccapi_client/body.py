"""The body of an answer as it is read: how much of it, and in what form it is kept. No I/O: `transport` reads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from .errors import MalformedResponseError

MAX_ERROR_BYTES = 1024 * 1024
"""How much of the body of an error is read, in bytes."""

LARGE = 1024 * 1024
"""From which length on the body of a success that is JSON is kept as text, in bytes."""
TEXT = "ccapi_client.text"
"""The extension of an answer that has such a text; its `content` is empty then."""


class Body:
    """The body of an answer as it is read: of an error its first MiB, of a success all up to a limit."""

    def __init__(self, response: httpx.Response, max_bytes: float, is_late: Callable[[], bool]) -> None:
        self.response, self.is_late = response, is_late
        self.is_error = response.status_code >= 300  # of a redirect no more is read either
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
            raise malformed(self.response, message)
        return len(self.content) > self.max_bytes

    def whole(self) -> httpx.Response:
        """The same answer, read."""
        if self.is_error:
            del self.content[MAX_ERROR_BYTES:]
        extensions: dict[str, Any] = {}
        is_json = "json" in self.response.headers.get("content-type", "")
        if is_json and len(self.content) > LARGE and not self.is_error:
            with suppress(UnicodeDecodeError):
                # As text alone: a large answer is then in memory twice at most, as text and as what is read from it.
                extensions[TEXT] = self.content.decode()
                self.content.clear()
        # As bytes, for a header need not be ASCII.
        unpacked = (b"content-encoding", b"content-length")
        headers = [(name, value) for name, value in self.response.headers.raw if name.lower() not in unpacked]
        whole = httpx.Response(
            self.response.status_code,
            headers=headers,
            content=bytes(self.content),
            request=self.response.request,
            extensions=extensions,
        )
        whole.next_request = self.response.next_request
        return whole


def malformed(response: httpx.Response, message: str) -> MalformedResponseError:
    """The error for a success that is none."""
    return MalformedResponseError(
        message,
        status_code=response.status_code,
        request_id=response.headers.get("x-request-id"),
        idempotency_key=response.request.headers.get("idempotency-key"),
    )
