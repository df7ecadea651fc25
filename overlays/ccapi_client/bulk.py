"""Waiting for thousands of image jobs at once, without a task or a thread for each: the clients' parts.

`schedule` says who is to be asked after next. The synchronous client asks one after the other; the asynchronous one has
up to `concurrency` requests under way, so that one slow answer doesn't delay the rest.
"""

from __future__ import annotations

import contextvars
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Self, TypeVar

from . import checks
from .errors import CCAPIError, InvalidRequestError
from .lazily import anyio, asyncio
from .polling import AsyncPolling, Polling, begin
from .schedule import JobOutcome, Schedule, plan
from .waiting import PollPolicy, Waiting, is_job

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from .models import MultimodalImageGenerationResponse as Job

    AnyJob = Job | Mapping[str, Any] | str
T = TypeVar("T")


def _several(jobs: T, kind: Any) -> T:
    if isinstance(jobs, str | Mapping) or is_job(jobs) or not isinstance(jobs, kind):
        raise InvalidRequestError("jobs: several are expected, a list or a generator; for one: wait_for_image_job")
    return jobs


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
                between two questions after those there are. What it raises is raised once they have ended.
            timeout: How long to wait for each job, in seconds, from when it was taken; else as `poll` says.
            poll: How often to ask; else as the client was set up.
            concurrency: How many requests `AsyncCCAPI` has under way at most; this client has one.

        Returns:
            An iterator over a `JobOutcome` for each job. Leaving it early leaves the jobs as they are.

        Raises:
            InvalidRequestError: One of the jobs is none; raised once the others have ended.
        """
        checks.argument("concurrency", concurrency, checks.whole(1))
        self._check_open()
        return self._outcomes(iter(_several(jobs, Iterable)), timeout, poll)

    def _outcomes(
        self, source: Iterator[AnyJob], timeout: float | None, poll: PollPolicy | None
    ) -> Iterator[JobOutcome]:
        schedule = Schedule()
        there_are_more, failure = True, None
        while there_are_more or schedule:
            planned: list[Waiting] = []
            if there_are_more:
                try:
                    planned.append(begin(self, next(source), timeout, poll))
                except StopIteration:
                    there_are_more = False
                except Exception as error:  # noqa: BLE001 - the source's own: what it started already is not lost
                    there_are_more, failure = False, error
            else:
                self._sleep(max((schedule.due() or 0.0) - self._clock(), 0.0))
            planned += schedule.expired(self._clock())
            yield from filter(None, [plan(schedule, each, self._clock(), self._chance()) for each in planned])
            waiting = schedule.take(self._clock())
            outcome = self._ask(schedule, waiting) if waiting else None
            if outcome:
                yield outcome
        if failure:
            raise failure

    def _ask(self, schedule: Schedule, waiting: Waiting) -> JobOutcome | None:
        try:
            if self._poll(waiting):
                schedule.answered(waiting, self._clock())
        except CCAPIError as error:
            return JobOutcome(waiting.job_id, None, error)
        return plan(schedule, waiting, self._clock(), self._chance())


class _Run:
    """The work behind `JobOutcomes`. It knows nothing of them, so that they can be dropped, and it with them."""

    BACKLOG = 1000
    """How many outcomes wait for the consumer before no further jobs are taken."""

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
        self.went = anyio.Event()  # an outcome, to the consumer
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
        except BaseException as error:  # the event loop ends
            self.error = error
            raise
        finally:
            self.is_done = True
            self.came.set()

    async def _feed(self) -> None:
        try:
            async with aclosing(_each(self.jobs)) as jobs:
                async for job in jobs:
                    self._plan(begin(self.client, job, self.how["timeout"], self.how["poll"]))
                    while len(self.outcomes) >= self.BACKLOG:
                        self.went = anyio.Event()
                        await self.went.wait()
        except Exception as error:  # noqa: BLE001 - the source's own: what it started already is not lost
            self.error = error
        self.there_are_more = False
        self.changed.set()

    async def _start_due(self, group: TaskGroup) -> None:
        now = self.client._clock()
        for expired in self.schedule.expired(now):
            self._plan(expired)
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
            if await self.client._poll(waiting):
                self.schedule.answered(waiting, self.client._clock())
            self._plan(waiting)
        except CCAPIError as error:
            self._deliver(JobOutcome(waiting.job_id, None, error))
        self.under_way -= 1
        self.changed.set()

    def _plan(self, waiting: Waiting) -> None:
        outcome = plan(self.schedule, waiting, self.client._clock(), self.client._chance())
        if outcome:
            self._deliver(outcome)
        self.changed.set()

    def _deliver(self, outcome: JobOutcome) -> None:
        self.outcomes.append(outcome)
        self.came.set()


async def _each(jobs: Iterable[AnyJob] | AsyncIterable[AnyJob]) -> AsyncGenerator[AnyJob, None]:
    if isinstance(jobs, AsyncIterable):
        async for job in jobs:
            yield job
    else:
        for job in jobs:
            yield job
            await anyio.lowlevel.checkpoint()


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _start(work: Callable[[], Awaitable[None]]) -> object:
    """Starts work that nobody waits for, under asyncio or trio; it has to be held for as long as it goes on."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        import trio

        return trio.lowlevel.spawn_system_task(work, context=contextvars.copy_context())
    return loop.create_task(work())  # type: ignore[arg-type]


class JobOutcomes:
    """An asynchronous iterator over the outcomes of jobs, as they become known.

    Leaving the loop early drops the iterator, and with it the requests under way; where you hold it in a variable, use
    it as a context manager, or close it. The jobs themselves go on.
    """

    def __init__(self, begin: Callable[[], _Run]) -> None:
        self._begin = begin
        self._run: _Run | None = None
        self._task: object = None
        self._is_closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> JobOutcome:
        if self._is_closed:
            raise StopAsyncIteration
        if self._run is None:
            self._run = self._begin()
            self._task = _start(self._run.run)
        run = self._run
        while not run.outcomes:
            if run.is_done:
                if run.error:
                    raise run.error
                raise StopAsyncIteration
            if run.came.is_set():
                run.came = anyio.Event()
            await run.came.wait()
        run.went.set()
        return run.outcomes.popleft()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Cancels the requests under way, and waits until they have gone."""
        self._is_closed = True
        self._cancel()
        while self._run is not None and not self._run.is_done:
            if self._run.came.is_set():
                self._run.came = anyio.Event()
            await self._run.came.wait()

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
        self._check_open()
        _several(jobs, Iterable | AsyncIterable)
        return JobOutcomes(lambda: _Run(self, jobs, concurrency, timeout=timeout, poll=poll))
