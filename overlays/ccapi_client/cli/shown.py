"""What a command shows of its requests on standard error: long waits, and with `--verbose` each one. No secrets."""

from __future__ import annotations

from collections.abc import Callable

import attrs
from rich.console import Console

from ..policies import OnResponse, ResponseEvent, RetryEvent
from .plain import plain_line

LONG_WAIT = 5.0
"""A wait before a retry is shown where it is at least this long, in seconds."""


@attrs.frozen
class ShownRequests:
    """What is shown of requests.

    Attributes:
        err: Standard error.
        tell: Prints a message, where messages are shown.
        is_verbose: Whether to show each request, and each retry.
    """

    err: Console
    tell: Callable[[str], None]
    is_verbose: bool

    @property
    def on_response(self) -> OnResponse | None:
        """For the client's option of this name."""
        return self._response if self.is_verbose else None

    def on_retry(self, event: RetryEvent) -> None:
        """Shows that a request is retried, and why."""
        if self.is_verbose:
            what = f"status {event.status}" if event.status else str(event.exception)
            self._print(f"{event.method} {event.path}: {what}; retry {event.attempt} in {event.delay:.2f} s")
        elif event.delay >= LONG_WAIT:
            what = f"status {event.status}" if event.status else type(event.exception).__name__
            self.tell(f"{what}; retrying in {event.delay:.0f} s")

    def _response(self, event: ResponseEvent) -> None:
        result = str(event.status or event.error)
        attempts = f", {event.attempts} attempts" if event.attempts > 1 else ""
        request = f", request id {event.request_id}" if event.request_id else ""
        self._print(f"{event.method} {event.url}: {result} in {event.elapsed:.2f} s{attempts}{request}")

    def _print(self, text: str) -> None:
        self.err.print(plain_line(text), style="dim", markup=False, soft_wrap=True)
