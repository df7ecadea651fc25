"""The limits of all waits in one event loop of asyncio, on one timer.

A timer of its own for each wait, set, moved and canceled, takes longer than a small response takes to be read. Nearly
all waits end before their limit; so here the timer is set for the next limit alone, and looks around when it fires.
"""

from __future__ import annotations

import asyncio
import math
import time
from contextvars import Context

LEAST = 0.001
"""The shortest time that the timer is set for, in seconds: loops round, and may be early."""


class Alarm:
    """Knows which waits there are, and when the first of them is due."""

    def __init__(self) -> None:
        self.waits: set[Limit] = set()
        self._loop = asyncio.get_running_loop()
        self._next = math.inf
        self._timer: asyncio.TimerHandle | None = None

    def expect(self, due: float) -> None:
        """Rings at that time, by `time.monotonic`, or before."""
        if due < self._next:
            if self._timer:
                self._timer.cancel()
            self._next = due
            # In a context of its own, for that of the caller holds the request.
            delay = max(due - time.monotonic(), LEAST)
            self._timer = self._loop.call_later(delay, self._ring, context=Context())

    def stop(self) -> None:
        """Cancels the timer, unless there are waits that it has to end."""
        if self._timer and not self.waits:
            self._timer.cancel()
            self._next, self._timer = math.inf, None

    def _ring(self) -> None:
        self._next, self._timer = math.inf, None
        now = time.monotonic()
        for each in [*self.waits]:
            if each.due <= now:
                each.expire()
        self.expect(min((each.due for each in self.waits), default=math.inf))


class Limit:
    """A wait that ends with a TimeoutError once it is due, as the block of `asyncio.timeout` does."""

    def __init__(self, alarm: Alarm, due: float = math.inf) -> None:
        self.due, self._alarm, self._has_expired = due, alarm, False

    def set(self, due: float) -> None:
        """Has it be due at another time, by `time.monotonic`."""
        self.due = due
        self._alarm.expect(due)

    def expire(self) -> None:
        """Ends the wait."""
        self._alarm.waits.discard(self)
        self._has_expired = True
        self._task.cancel()

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - aiohttp works in tasks alone
        self._task, self._canceled_before = task, task.cancelling()
        self._alarm.waits.add(self)
        self._alarm.expect(self.due)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        self._alarm.waits.discard(self)
        is_ours = self._has_expired and self._task.uncancel() <= self._canceled_before
        if is_ours and isinstance(error, asyncio.CancelledError):
            raise TimeoutError from error
