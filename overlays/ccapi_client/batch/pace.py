"""When the next request may go out: one pace for requests and polls. Decides, and does no I/O.

What bounds it, all of it at once:

- a rate that was given: evenly spaced;
- what the service says is left of its window (`x-ratelimit-remaining-…`): as fast as it goes while some are left, then
  nothing until the window ends. A fixed rate at the limit runs into 40 % more 429s;
- how many are in flight: doubled each round trip until the first 429, then one more each round trip, and times 0.7 once
  for each wave of 429s;
- `Retry-After`: nobody sends before. Without one, a wave of refusals is a wait of half a second, doubled with each
  further wave without a success;
- where even one in flight is too many, and the service doesn't say how long to wait: a gap between any two requests,
  twice as long after a refusal, a tenth shorter after a success.
"""

from __future__ import annotations

import math

from .desk import Seen

FIRST_WINDOW = 16.0
"""How many requests are in flight at first."""
CUT = 0.7
"""What a wave of refusals leaves of the number in flight."""
CATCH_UP = 0.25
"""How much of a given rate may be made up for, in seconds, where requests started later than they could have."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""How long a wave of refusals pauses all requests where the service doesn't say, at first and at most, in seconds."""
GAP_SHRINKS, LEAST_GAP = 0.9, 0.05
"""What a success leaves of the gap between two requests, and from which length on there is one, in seconds."""
LONGEST_RETRY_AFTER = 24 * 3600.0
"""The longest wait that the service can say, in seconds; a longer one is a mistake."""


class Pace:
    """The pace of a batch.

    Args:
        per_minute: How many requests to send a minute at most; None for as many as the service takes.
        in_flight: How many of them are in flight at most.
    """

    def __init__(self, per_minute: float | None, in_flight: int) -> None:
        self._interval = 60 / per_minute if per_minute else 0.0
        self._most = float(in_flight)
        self._window = min(self._most, FIRST_WINDOW)
        self._is_doubling = True
        self._started: dict[int, float] = {}
        self._count = 0
        self._next = -math.inf
        self._paused_until = -math.inf
        self._cut_at = -math.inf
        self._gap = 0.0
        self._limit: int | None = None
        self._left: int | None = None
        self._reset_at = -math.inf
        self.waves = 0
        """How many waves of refusals there were since the last success."""
        self.silent_waves = 0
        """How many of them had no response at all."""

    @property
    def in_flight(self) -> int:
        """How many requests are in flight."""
        return len(self._started)

    @property
    def window(self) -> float:
        """How many may be."""
        return self._window

    def wait(self, now: float) -> float:
        """How long until the next request may start, in seconds; infinite where one has to end first."""
        if self.in_flight >= max(1, int(self._window)):
            return math.inf
        until = max(self._next, self._paused_until)
        if self._left is not None and now >= self._reset_at:  # a new window, of which no response has told yet
            self._left = self._limit
        if self._left is not None and self._left <= self.in_flight:
            if self.in_flight:  # their responses tell what is left
                return math.inf
            if now < self._reset_at:
                until = max(until, self._reset_at)
        return max(0.0, until - now)

    def start(self, now: float) -> int:
        """Counts a request that starts; gives its number."""
        self._count += 1
        self._started[self._count] = now
        if self._interval:
            self._next = max(self._next, now - CATCH_UP) + self._interval
        if self._gap:
            self._next = max(self._next, now + self._gap)
        return self._count

    def end(self, number: int, seen: Seen | None, now: float) -> None:
        """Takes what was seen of a request; None where it was not sent, or where nothing is known of it."""
        started = self._started.pop(number, None)
        if started is None or seen is None:
            return
        self._read_limit(seen, now)
        if seen.is_refused:
            self._refused(seen, started, now)
        else:
            self.waves = self.silent_waves = 0
            self._gap = self._gap * GAP_SHRINKS if self._gap * GAP_SHRINKS > LEAST_GAP else 0.0
            if not self._gap:  # else it is the gap that holds back, and nothing is learned of the number
                self._window = min(self._most, self._window + (1.0 if self._is_doubling else 1.0 / self._window))
        if seen.retry_after is not None and seen.is_refused:
            self._paused_until = max(self._paused_until, now + min(seen.retry_after, LONGEST_RETRY_AFTER))

    def _read_limit(self, seen: Seen, now: float) -> None:
        if seen.remaining is None:
            return
        reset_at = now + (60.0 if seen.reset is None else seen.reset)
        is_new = self._left is None or now >= self._reset_at or seen.remaining > self._left + self.in_flight + 1
        self._left = seen.remaining if is_new or self._left is None else min(self._left, seen.remaining)
        self._reset_at = reset_at
        self._limit = seen.limit or self._limit

    def _refused(self, seen: Seen, started: float, now: float) -> None:
        if started < self._cut_at:  # of a wave that has been counted
            return
        if self._window * CUT < 2 and seen.came and seen.retry_after is None:
            self._gap = min(LONGEST_PAUSE, max(FIRST_PAUSE, 2 * self._gap))
        self._cut_at, self._is_doubling = now, False
        self._window = max(1.0, self._window * CUT)
        self.waves += 1
        self.silent_waves = 0 if seen.came else self.silent_waves + 1
        if seen.retry_after is None:
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self.waves - 1, 16))
            self._paused_until = max(self._paused_until, now + pause)
