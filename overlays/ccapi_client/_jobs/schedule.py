"""Many jobs that are waited for: which one is polled next, and how each wait ended. Decides, and does no I/O."""

from __future__ import annotations

import heapq
import itertools
from typing import Any, Generic

import attrs

from ..errors import CCAPIError
from .waiting import J, J_co, Waiting


@attrs.frozen
class JobOutcome(Generic[J_co]):
    """How the wait for one job ended.

    Attributes:
        job_id: The job's id.
        result: The completed job, or None.
        error: Why there is no result: `JobFailedError`, `JobCancelledError`, `JobTimeoutError`, or the error of its
            polls; otherwise None.
    """

    job_id: str
    result: J_co | None
    error: CCAPIError | None

    def completed(self) -> J_co:
        """Returns the completed job, or raises its error.

        Raises:
            CCAPIError: The job is not completed.
        """
        if self.error is not None:
            raise self.error
        assert self.result is not None  # noqa: S101 - one of the two there is
        return self.result


class Schedule:
    """Which job is polled next: a heap of due times. When the service responds with 429, all slow down together."""

    FIRST_GAP, LONGEST_GAP = 0.01, 1.0
    """The gap between two requests after a first 429, and the longest one, in seconds."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Waiting[Any]]] = []
        self._order = itertools.count()
        self._not_before = 0.0
        self._gap = 0.0
        self._paused_until = 0.0

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, waiting: Waiting[Any], due: float) -> None:
        """Puts a job where it belongs by the time at which it is due, in seconds."""
        heapq.heappush(self._heap, (due, next(self._order), waiting))

    def due(self) -> float | None:
        """When something is to be done next, in seconds: a job is polled, or given up; None where there is none."""
        if not self._heap:
            return None
        first = self._heap[0][0]
        if first >= self._not_before:
            return first
        return min(self._not_before, *(waiting.deadline for _, _, waiting in self._heap))

    def expired(self, now: float) -> list[Waiting[Any]]:
        """The jobs whose deadline passes while the service makes all of them wait; else they come up by themselves."""
        if self._not_before <= now:
            return []
        gone = [entry for entry in self._heap if entry[2].deadline <= now]
        if gone:
            self._heap = [entry for entry in self._heap if entry[2].deadline > now]
            heapq.heapify(self._heap)
        return [waiting for _, _, waiting in gone]

    def take(self, now: float) -> Waiting[Any] | None:
        """The job that is to be polled now, if there is one."""
        if not self._heap or max(self._heap[0][0], self._not_before) > now:
            return None
        self._not_before = now + self._gap
        return heapq.heappop(self._heap)[2]

    def polled(self, waiting: Waiting[Any], now: float) -> None:
        """Takes the result of a poll: after a 429 the gap between two polls doubles, after any other it shrinks."""
        if waiting.was_refused:
            # What was in flight already when the service first said so is no news.
            if now >= self._paused_until:
                self._gap = min(max(2 * self._gap, self.FIRST_GAP), self.LONGEST_GAP)
            self._paused_until = max(self._paused_until, now + max(self._gap, waiting.requested_wait))
            self._not_before = max(self._not_before, self._paused_until)
        else:
            self._gap = 0.0 if self._gap < self.FIRST_GAP / 2 else self._gap * 0.8


def plan(schedule: Schedule, waiting: Waiting[J], now: float, chance: float) -> JobOutcome[J] | None:
    """Plans the next poll of a job; or, where the wait has ended, says how."""
    try:
        if waiting.is_finished:
            return JobOutcome(waiting.job_id, waiting.completed(), None)
        schedule.add(waiting, now + waiting.delay(now, chance))
    except CCAPIError as error:  # failed, cancelled, or out of time
        return JobOutcome(waiting.job_id, None, error)
    return None
