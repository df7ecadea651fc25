"""When responses came that tell of a job, and how long the service then said to wait. No I/O.

A wait that starts later counts from there.
"""

from __future__ import annotations

import weakref

import attrs

from .retry import asked_wait
from .wire import Response


@attrs.frozen
class Received:
    """When a response came.

    Attributes:
        at: When it came, in seconds.
        not_before: Until when the service wants no further request, in seconds; None where it says nothing.
    """

    at: float
    not_before: float | None


class ResponseTimes:
    """What is known of each result, for as long as somebody holds it."""

    def __init__(self) -> None:
        self._known: dict[int, Received] = {}

    def keep(self, result: object, response: Response, now: float) -> None:
        """Notes when the response of a result came."""
        seconds = asked_wait(response)
        self._known[id(result)] = Received(now, None if seconds is None else now + seconds)
        weakref.finalize(result, self._known.pop, id(result), None).atexit = False

    def of(self, result: object) -> Received | None:
        """What was noted of a result."""
        return self._known.get(id(result))
