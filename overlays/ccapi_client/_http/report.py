"""What `on_response` receives of a call, once, at its end. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from ccapi_openapi.model import Model

from ..policies import OnResponse, ResponseEvent
from .wire import Request, Response


class Report:
    """The report of one call, for a `with` block that lasts as long as the call.

    A call that is cancelled, or interrupted, is not reported, nor is one that failed before anything was sent.

    Attributes:
        operation: The client's method for it.
        model: The model that the request names.
        attempts: How often it was sent so far.
        response: The last response; None where none came.
        result: What it holds.
    """

    def __init__(self, hook: OnResponse) -> None:
        self._hook: OnResponse | None = hook
        self.operation: str | None = None
        self.model: object = None
        self.attempts = 0
        self.response: Response | None = None
        self.result: Any = None

    def start(self, request: Request, clock: Callable[[], float]) -> Self:
        """Starts the report; its `elapsed` counts from now on."""
        self._request, self._clock, self._started = request, clock, clock()
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, Exception):
            self.end(error)

    def end(self, error: Exception | None) -> None:
        """The call has ended; of several ends the first counts."""
        hook, self._hook = self._hook, None
        if hook is None or not self.attempts:
            return
        url, response = self._request.url, self.response
        usage = getattr(self.result, "usage", None)
        event = ResponseEvent(
            operation=self.operation,
            method=self._request.method,
            path=url.path,
            url=url.redacted,
            status=response.status_code if response else None,
            attempts=self.attempts,
            elapsed=self._clock() - self._started,
            request_id=response.request_id if response else None,
            model=_text(self.model),
            response_model=_text(getattr(self.result, "model", None)),
            usage=usage.to_dict() if isinstance(usage, Model) else None,
            error=type(error).__name__ if error else None,
        )
        hook(event)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
