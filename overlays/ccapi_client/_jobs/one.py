"""Waiting for one job: polls as `waiting` decides. Both clients wait by these bodies."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Generic

from ccapi_openapi.operations import JobOperation

from .. import _checks
from .._http.operation import execute
from .._http.retry import POLL, asked_wait
from .._http.sender import Sender
from ..errors import CCAPIError
from ..policies import PollPolicy
from .kinds import Given, job_of, operation_of
from .waiting import J, JobUpdate, Waiting

if TYPE_CHECKING:
    from .progress import Progress

OnUpdate = Callable[[JobUpdate[J]], object]


def start(sender: Sender, operation: JobOperation[J] | None, policy: PollPolicy, job: Given) -> Waiting[J]:
    """The account of a job that is waited for from now on; without an operation, the job itself says what polls it."""
    sender.check_open()
    operation = operation_of(job) if operation is None else operation
    return Waiting(operation, policy, job_of(operation, job), sender.clock(), sender.times.of(job))


def check_wait(
    sender: Sender,
    timeout: float | None,
    poll: PollPolicy | None,
    on_update: OnUpdate[J] | None = None,
    progress: bool = False,
) -> PollPolicy:
    """How to wait, by what the caller says.

    Raises:
        ConfigurationError: The client is closed, or an argument can't be used.
    """
    sender.check_open()
    _checks.argument("on_update", on_update, _checks.callback)
    _checks.argument("progress", progress, _checks.flag)
    return sender.options.poll_policy(timeout, poll)


def showing(progress: bool, *, many: bool = False) -> AbstractContextManager[Progress | None]:
    """What shows a wait, or the waits for many jobs; None where nothing is to be shown."""
    if not progress:
        return nullcontext()
    from .progress import Progress  # here, for most programs have no use for it

    return Progress(many=many)


async def wait(
    sender: Sender, waiting: Waiting[J], on_update: OnUpdate[J] | None, progress: bool, *, awaits: bool
) -> J:
    """The completed job; what `on_update` returns is awaited where the client `awaits`.

    Raises:
        CCAPIError: The job did not complete, or can't be polled.
    """
    updates = Updates(sender, waiting)
    with showing(progress) as shown:
        while (update := await updates.next()) is not None:
            if shown:
                shown.state(waiting, update)
            result = on_update(update) if on_update else None
            if awaits and inspect.isawaitable(result):
                await result
    return waiting.completed()


class Updates(Generic[J]):
    """The changes of a job's state, one at a time, the last one final."""

    def __init__(self, sender: Sender, waiting: Waiting[J]) -> None:
        self._sender, self._waiting = sender, waiting
        self._is_first = True

    async def next(self) -> JobUpdate[J] | None:
        """The next change, as soon as a poll sees it; None after the final one.

        Raises:
            CCAPIError: The deadline has passed, or the job can't be polled.
        """
        sender, waiting = self._sender, self._waiting
        while True:
            if not self._is_first:
                if waiting.is_finished:
                    return None
                await sender.sleep(waiting.delay(sender.clock(), sender.chance()))
                await poll(sender, waiting)
            self._is_first = False
            update = waiting.update(sender.clock())
            if update:
                return update


async def poll(sender: Sender, waiting: Waiting[J]) -> bool:
    """Polls a job once; False where the deadline has passed, so that it was not polled.

    Raises:
        CCAPIError: It can't be polled.
    """
    left = waiting.left(sender.clock())
    if left <= 0:
        return False
    operation = waiting.operation
    request = sender.options.poll_request(operation, waiting.job_id, waiting.poll_url, left)
    try:
        known = {operation.job.id: waiting.job_id}
        job, response = await execute(sender, operation, request, known, POLL, left)
        waiting.received(job, asked_wait(response), sender.clock())
    except CCAPIError as error:
        waiting.failed(error, sender.clock())
    return True
