"""Waiting for thousands of jobs at once, without a task or a thread for each.

`schedule` says which job is polled next. The blocking client polls one after the other; the asynchronous one has up to
`concurrency` requests in flight, so that one slow response doesn't delay the rest.
"""

from __future__ import annotations

import contextvars
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from ccapi_openapi.operations import JobOperation

from .._http.blocking import run
from .._http.sender import Sender
from .._lazily import anyio, asyncio
from ..errors import CCAPIError, InvalidRequestError
from .kinds import Given
from .one import poll, showing
from .schedule import JobOutcome, Schedule, plan
from .waiting import J, J_co, Waiting

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from .progress import Progress

T = TypeVar("T")
Start = Callable[[Given], Waiting[J]]
"""Makes the account of a job that is waited for from now on."""


def several(jobs: T, kind: Any, operation: JobOperation[Any] | None) -> T:
    """The jobs, where they are several, of the kind that the operation polls or of any.

    Raises:
        InvalidRequestError: They are one, or none.
    """
    if isinstance(jobs, str | Mapping) or not isinstance(jobs, kind):
        for_one = operation.job.waited_for_by if operation else "its own wait_for_… method"
        raise InvalidRequestError(f"jobs: a list or a generator of jobs is expected; for one job, use {for_one}")
    return jobs


def outcomes(sender: Sender, jobs: Iterable[Given], start: Start[J], progress: bool) -> Iterator[JobOutcome[J]]:
    """The outcomes of jobs, for the blocking client: one request at a time."""
    with showing(progress, many=True) as shown:
        yield from _outcomes(sender, jobs, start, shown)


def _outcomes(
    sender: Sender, jobs: Iterable[Given], start: Start[J], shown: Progress | None
) -> Iterator[JobOutcome[J]]:
    """A body of its own: the one below lives by tasks, which this client has none of, and a consumer beside it."""
    schedule, source = Schedule(), iter(jobs)
    there_are_more, failure = True, None
    while there_are_more or schedule:
        planned: list[Waiting[J]] = []
        if there_are_more:
            try:
                planned.append(start(next(source)))
            except StopIteration:
                there_are_more = False
            except Exception as error:  # noqa: BLE001 - the source's own: what it started already is not lost
                there_are_more, failure = False, failure or error
        else:
            run(_sleep(sender, max((schedule.due() or 0.0) - sender.clock(), 0.0)))
        planned += schedule.expired(sender.clock())
        yield from filter(None, [_planned(sender, schedule, each, shown) for each in planned])
        waiting = schedule.take(sender.clock())
        try:
            outcome = run(_polled(sender, schedule, waiting, shown)) if waiting else None
        except Exception as error:  # noqa: BLE001 - of a hook, or of what gives the key: it ends no other wait
            outcome, failure = None, failure or error
        if outcome:
            yield outcome
    if failure:
        raise failure


async def _sleep(sender: Sender, seconds: float) -> None:
    await sender.sleep(seconds)


def _planned(
    sender: Sender,
    schedule: Schedule,
    waiting: Waiting[J],
    shown: Progress | None,
    outcome: JobOutcome[J] | None = None,
) -> JobOutcome[J] | None:
    """Plans the next poll of a job; or, where the wait has ended, says how. Shows which."""
    now = sender.clock()
    outcome = outcome or plan(schedule, waiting, now, sender.chance())
    if shown:
        shown.one_of_many(waiting, now, outcome)
    return outcome


async def _polled(
    sender: Sender, schedule: Schedule, waiting: Waiting[J], shown: Progress | None
) -> JobOutcome[J] | None:
    """Polls a job and plans its next poll; or says how its wait ended."""
    outcome: JobOutcome[J] | None = None
    try:
        if await poll(sender, waiting):
            schedule.polled(waiting, sender.clock())
    except CCAPIError as error:
        outcome = JobOutcome(waiting.job_id, None, error)
    return _planned(sender, schedule, waiting, shown, outcome)


class _Run(Generic[J]):
    """The work behind `JobOutcomes`. It knows nothing of them, so that they can be dropped, and it with them."""

    BACKLOG = 1000
    """How many outcomes wait for the consumer before no further jobs are taken."""

    def __init__(
        self,
        sender: Sender,
        jobs: Iterable[Given] | AsyncIterable[Given],
        concurrency: int,
        start: Start[J],
        progress: bool,
    ) -> None:
        self.sender, self.jobs, self.concurrency, self.start = sender, jobs, concurrency, start
        self.progress = progress
        self.shown: Progress | None = None
        self.schedule = Schedule()
        self.outcomes: deque[JobOutcome[J]] = deque()
        self.error: BaseException | None = None
        self.is_done = False
        self.in_flight = 0
        self.there_are_more = True
        self.scope = anyio.CancelScope()
        self.came = anyio.Event()  # an outcome, or the end
        self.went = anyio.Event()  # an outcome, to the consumer
        self.changed = anyio.Event()  # something to be planned anew

    async def run(self) -> None:
        try:
            with self.scope, showing(self.progress, many=True) as self.shown:
                async with anyio.create_task_group() as group:
                    group.start_soon(self._feed)
                    while self.there_are_more or self.schedule or self.in_flight:
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
                    self._plan(self.start(job))
                    while len(self.outcomes) >= self.BACKLOG:
                        self.went = anyio.Event()
                        await self.went.wait()
        except Exception as error:  # noqa: BLE001 - the source's own: what it started already is not lost
            self.error = self.error or error
        self.there_are_more = False
        self.changed.set()

    async def _start_due(self, group: TaskGroup) -> None:
        now = self.sender.clock()
        expired = self.schedule.expired(now)
        for each in expired:
            self._plan(each)
        if expired:  # they may have been the last: then nothing would wake this up
            return
        waiting = self.schedule.take(now) if self.in_flight < self.concurrency else None
        if waiting is not None:
            self.in_flight += 1
            group.start_soon(self._poll, waiting)
            return
        due = self.schedule.due() if self.in_flight < self.concurrency else None
        self.changed = anyio.Event()
        with anyio.move_on_after(None if due is None else max(due - now, 0.0)):
            await self.changed.wait()

    async def _poll(self, waiting: Waiting[J]) -> None:
        try:
            self._take(await _polled(self.sender, self.schedule, waiting, self.shown))
        except Exception as error:  # noqa: BLE001 - of a hook, or of what gives the key: it ends no other wait
            self.error = self.error or error
        self.in_flight -= 1
        self.changed.set()

    def _plan(self, waiting: Waiting[J]) -> None:
        self._take(_planned(self.sender, self.schedule, waiting, self.shown))
        self.changed.set()

    def _take(self, outcome: JobOutcome[J] | None) -> None:
        if outcome:
            self.outcomes.append(outcome)
            self.came.set()


async def _each(jobs: Iterable[Given] | AsyncIterable[Given]) -> AsyncGenerator[Given, None]:
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


def _in_background(work: Callable[[], Awaitable[None]]) -> object:
    """Starts work that nobody waits for, under asyncio or trio; it has to be held for as long as it runs."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        import trio

        return trio.lowlevel.spawn_system_task(work, context=contextvars.copy_context())
    return loop.create_task(work())  # type: ignore[arg-type]


class JobOutcomes(Generic[J_co]):
    """An asynchronous iterator over the outcomes of jobs, as they become known.

    If you leave the loop early, the iterator and its requests in flight are dropped. If you keep it in a variable, use
    it as a context manager, or close it. The jobs keep running.
    """

    def __init__(
        self,
        sender: Sender,
        jobs: Iterable[Given] | AsyncIterable[Given],
        concurrency: int,
        start: Start[J_co],
        progress: bool,
    ) -> None:
        self._start = partial(_Run[J_co], sender, jobs, concurrency, start, progress)
        self._run: _Run[J_co] | None = None
        self._task: object = None
        self._is_closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> JobOutcome[J_co]:
        if self._is_closed:
            raise StopAsyncIteration
        if self._run is None:
            self._run = self._start()
            self._task = _in_background(self._run.run)
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
        """Cancels the requests in flight, and waits until they have ended."""
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
