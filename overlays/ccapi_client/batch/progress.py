"""How far a run is, and how fast. No I/O."""

from __future__ import annotations

from collections import deque

import attrs

WINDOW = 30.0
"""The time over which a rate is measured, in seconds."""


@attrs.frozen
class Progress:
    """How far a run is.

    Attributes:
        total: How many rows the batch has.
        saved: How many are finished.
        failed: How many failed.
        unknown: How many may have been executed; nothing more is known about them.
        lost: How many were executed, but their result is gone.
        in_flight: How many requests are in flight.
        per_minute: How many rows a minute ended, over the last 30 seconds.
        spent: What all rows have cost at most; None without prices.
        currency: The currency of `spent`.
        seconds_left: How many seconds the rest will take at this rate; None while that isn't known.
    """

    total: int
    saved: int
    failed: int
    unknown: int
    lost: int
    in_flight: int
    per_minute: float
    spent: float | None
    currency: str
    seconds_left: float | None

    @property
    def left(self) -> int:
        """How many rows have not ended."""
        return self.total - self.saved - self.failed - self.unknown - self.lost


class Meter:
    """How many rows end a minute, over the last half a minute."""

    def __init__(self, now: float) -> None:
        self._started = now
        self._ends: deque[float] = deque()

    def add(self, now: float) -> None:
        """Counts a row that has ended."""
        self._ends.append(now)
        self._drop(now)

    def per_minute(self, now: float) -> float:
        """The rate."""
        self._drop(now)
        return 60 * len(self._ends) / max(1.0, min(WINDOW, now - self._started))

    def _drop(self, now: float) -> None:
        while self._ends and self._ends[0] < now - WINDOW:
            self._ends.popleft()
