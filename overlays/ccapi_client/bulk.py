"""Waiting for thousands of image jobs at once: one schedule for all of them, and no task or thread for each.

`Schedule` says who is to be asked after next, and does no I/O. The synchronous client asks one after the other; the
asynchronous one has up to `concurrency` requests under way, so that one slow answer doesn't delay the rest.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Self

import anyio
import anyio.lowlevel
import attrs
from anyio.abc import TaskGroup

from . import checks
from .errors import CCAPIError
from .polling import AsyncPolling, Polling
from .waiting import Job, PollPolicy, Waiting

AnyJob = Job | Mapping[str, Any] | str
_END = object()


@attrs.frozen
class JobOutcome:
    """How the wait for one job ended.

    Attributes:
        job_id: The job's id.
        result: The completed job, or None.
        error: Why there is none: `JobFailedError`, `JobCancelledError`, `JobTimeoutError`, or that it could not be
            asked after.
    """

    job_id: str
    result: Job | None
    error: CCAPIError | None


class Schedule:
    """Who is to be asked after next: a heap of due times. When the service says 429, all of them slow down together."""

    FIRST_GAP, LONGEST_GAP = 0.01, 1.0
    """The gap between two requests after a first 429, and the longest one, in seconds."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Waiting]] = []
        self._order = itertools.count()
        self._not_before = 0.0
        self._gap = 0.0
        self._paused_until = 0.0

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, waiting: Waiting, due: float) -> None:
        """Puts a job where it belongs by the time at which it is due, in seconds."""
        heapq.heappush(self._heap, (due, next(self._order), waiting))

    def due(self) -> float | None:
        """When the next job may be asked after, in seconds; None where there is none."""
        return max(self._heap[0][0], self._not_before) if self._heap else None

    def take(self, now: float) -> Waiting | None:
        """The job that is to be asked after now, if there is one."""
        due = self.due()
        if due is None or due > now:
            return None
        self._not_before = now + self._gap
        return heapq.heappop(self._heap)[2]

    def answered(self, waiting: Waiting, now: float) -> None:
        """Takes what came of a question: after a 429 the gap between two doubles, after each answer it shrinks."""
        if waiting.was_refused:
            # What was under way already when the service first said so is no news.
            if now >= self._paused_until:
                self._gap = min(max(2 * self._gap, self.FIRST_GAP), self.LONGEST_GAP)
            self._paused_until = max(self._paused_until, now + max(self._gap, waiting.asked_to_wait))
            self._not_before = max(self._not_before, self._paused_until)
        else:
            self._gap = 0.0 if self._gap < self.FIRST_GAP / 2 else self._gap * 0.8


def _plan(schedule: Schedule, waiting: Waiting, now: float, chance: float) -> JobOutcome | None:
    """Plans the next question after a job; or, where the wait has ended, says how."""
    try:
        if waiting.is_over:
            return JobOutcome(waiting.job_id, waiting.completed(), None)
        schedule.add(waiting, now + waiting.delay(now, chance))
    except CCAPIError as error:  # failed, cancelled, or out of time
        return JobOutcome(waiting.job_id, None, error)
    return None


class Bulk(Polling):
    """The part of `CCAPI` that waits for many jobs."""

    def wait_for_image_jobs(
        self,
        jobs: Iterable[AnyJob],
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        concurrency: int = 64,
    ) -> Iterator[JobOutcome]:
        """Waits for many image jobs, and gives the outcome of each as soon as it is known.

        A job that fails is an outcome and stops no other. When the service says 429, all questions slow down.

        Args:
            jobs: What `generate_images` gave, or ids. It may be a generator that starts jobs: the next one is taken
                between two questions after those there are.
            timeout: How long to wait for each job, in seconds, from when it was taken; else as `poll` says.
            poll: How often to ask; else as the client was set up.
            concurrency: How many requests `AsyncCCAPI` has under way at most; this client has one.

        Returns:
            An iterator over a `JobOutcome` for each job. Leaving it early leaves the jobs as they are.

        Raises:
            InvalidRequestError: One of the jobs is none.
        """
        checks.argument("concurrency", concurrency, checks.whole(1))
        return self._outcomes(iter(jobs), timeout, poll)

    def _outcomes(
        self, source: Iterator[AnyJob], timeout: float | None, poll: PollPolicy | None
    ) -> Iterator[JobOutcome]:
        schedule = Schedule()
        job: Any = next(source, _END)
        while job is not _END or schedule:
            outcome = None
            if job is not _END:
                outcome = _plan(schedule, self._waiting(job, timeout, poll), self._clock(), self._chance())
            else:
                self._sleep(max((schedule.due() or 0.0) - self._clock(), 0.0))
            if outcome:
                yield outcome
            waiting = schedule.take(self._clock())
            outcome = self._ask(schedule, waiting) if waiting else None
            if outcome:
                yield outcome
            if job is not _END:
                job = next(source, _END)

    def _ask(self, schedule: Schedule, waiting: Waiting) -> JobOutcome | None:
        try:
            self._poll(waiting)
        except CCAPIError as error:
            return JobOutcome(waiting.job_id, None, error)
        schedule.answered(waiting, self._clock())
        return _plan(schedule, waiting, self._clock(), self._chance())


class _Run:
    """The work behind `JobOutcomes`. It knows nothing of them, so that they can be dropped, and it with them."""

    def __init__(self, client: AsyncBulk, jobs: Iterable[AnyJob] | AsyncIterable[AnyJob], concurrency: int, **how: Any):
        self.client, self.jobs, self.concurrency, self.how = client, jobs, concurrency, how
        self.schedule = Schedule()
        self.outcomes: deque[JobOutcome] = deque()
        self.error: BaseException | None = None
        self.is_done = False
        self.under_way = 0
        self.there_are_more = True
        self.scope = anyio.CancelScope()
        self.came = anyio.Event()  # an outcome, or the end
        self.changed = anyio.Event()  # something to be planned anew

    async def run(self) -> None:
        try:
            with self.scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(self._feed)
                    while self.there_are_more or self.schedule or self.under_way:
                        await self._start_due(group)
        except BaseExceptionGroup as failures:
            self.error = _first(failures)
        finally:
            self.is_done = True
            self.came.set()

    async def _feed(self) -> None:
        jobs = self.jobs
        if isinstance(jobs, AsyncIterable):
            async for job in jobs:
                self._take(job)
        else:
            for job in jobs:
                self._take(job)
                await anyio.lowlevel.checkpoint()
        self.there_are_more = False
        self.changed.set()

    def _take(self, job: AnyJob) -> None:
        self._plan(self.client._waiting(job, self.how["timeout"], self.how["poll"]))

    async def _start_due(self, group: TaskGroup) -> None:
        now = self.client._clock()
        waiting = self.schedule.take(now) if self.under_way < self.concurrency else None
        if waiting is not None:
            self.under_way += 1
            group.start_soon(self._ask, waiting)
            return
        due = self.schedule.due() if self.under_way < self.concurrency else None
        self.changed = anyio.Event()
        with anyio.move_on_after(None if due is None else max(due - now, 0.0)):
            await self.changed.wait()

    async def _ask(self, waiting: Waiting) -> None:
        try:
            await self.client._poll(waiting)
        except CCAPIError as error:
            self._deliver(JobOutcome(waiting.job_id, None, error))
        else:
            self.schedule.answered(waiting, self.client._clock())
            self._plan(waiting)
        self.under_way -= 1
        self.changed.set()

    def _plan(self, waiting: Waiting) -> None:
        outcome = _plan(self.schedule, waiting, self.client._clock(), self.client._chance())
        if outcome:
            self._deliver(outcome)
        self.changed.set()

    def _deliver(self, outcome: JobOutcome) -> None:
        self.outcomes.append(outcome)
        self.came.set()


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _start(work: Callable[[], Awaitable[None]]) -> object:
    """Starts work that nobody waits for, under asyncio or trio; it has to be held for as long as it goes on."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        import trio

        return trio.lowlevel.spawn_system_task(work)
    return loop.create_task(work())  # type: ignore[arg-type]


class JobOutcomes:
    """An asynchronous iterator over the outcomes of jobs, as they become known.

    Leaving the loop early, cancelling the task, or closing it cancels the requests under way; the jobs go on.
    """

    def __init__(self, begin: Callable[[], _Run]) -> None:
        self._begin = begin
        self._run: _Run | None = None
        self._task: object = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> JobOutcome:
        if self._run is None:
            self._run = self._begin()
            self._task = _start(self._run.run)
        run = self._run
        try:
            while not run.outcomes:
                if run.is_done:
                    if run.error:
                        raise run.error
                    raise StopAsyncIteration
                run.came = anyio.Event()
                await run.came.wait()
        except BaseException:
            self._cancel()
            raise
        return run.outcomes.popleft()

    async def aclose(self) -> None:
        """Cancels the requests under way."""
        self._cancel()

    def __del__(self) -> None:
        self._cancel()

    def _cancel(self) -> None:
        if self._run is not None and not self._run.is_done:
            with suppress(RuntimeError):  # the event loop is gone already
                self._run.scope.cancel()


class AsyncBulk(AsyncPolling):
    """The part of `AsyncCCAPI` that waits for many jobs."""

    def wait_for_image_jobs(
        self,
        jobs: Iterable[AnyJob] | AsyncIterable[AnyJob],
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        concurrency: int = 64,
    ) -> JobOutcomes:
        """Waits for many image jobs; arguments, items and errors are those of `CCAPI.wait_for_image_jobs`.

        `jobs` may be an asynchronous generator too; jobs are taken from it while others are waited for. Leaving the
        iterator early cancels the requests under way.
        """
        checks.argument("concurrency", concurrency, checks.whole(1))
        return JobOutcomes(lambda: _Run(self, jobs, concurrency, timeout=timeout, poll=poll))
