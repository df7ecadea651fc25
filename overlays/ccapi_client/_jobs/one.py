"""Waiting for one job: polls as `waiting` decides. Both clients wait by these bodies."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ccapi_openapi.api.images import get_image_job_operation

from .. import _checks
from .._http.operation import execute
from .._http.retry import POLL, asked_wait
from .._http.sender import Sender
from ..errors import CCAPIError
from ..policies import PollPolicy
from .waiting import JobUpdate, Waiting, job_contract, job_of

if TYPE_CHECKING:
    from ..models import MultimodalImageGenerationResponse as Job

    AnyJob = Job | Mapping[str, Any] | str
OnUpdate = Callable[[JobUpdate], object]


def start(sender: Sender, job: AnyJob, timeout: float | None, poll: PollPolicy | None) -> Waiting:
    """The account of a job that is waited for from now on."""
    sender.check_open()
    policy = sender.options.poll_policy(timeout, poll)
    return Waiting(policy, job_of(job), sender.clock(), sender.times.of(job))


async def wait(sender: Sender, waiting: Waiting, on_update: OnUpdate | None, *, awaits: bool) -> Job:
    """The completed job; what `on_update` returns is awaited where the client `awaits`.

    Raises:
        CCAPIError: The job did not complete, or can't be polled.
    """
    _checks.argument("on_update", on_update, _checks.callback)
    updates = Updates(sender, waiting)
    while (update := await updates.next()) is not None:
        result = on_update(update) if on_update else None
        if awaits and inspect.isawaitable(result):
            await result
    return waiting.completed()


class Updates:
    """The changes of a job's state, one at a time, the last one final."""

    def __init__(self, sender: Sender, waiting: Waiting) -> None:
        self._sender, self._waiting = sender, waiting
        self._is_first = True

    async def next(self) -> JobUpdate | None:
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


async def poll(sender: Sender, waiting: Waiting) -> bool:
    """Polls a job once; False where the deadline has passed, so that it was not polled.

    Raises:
        CCAPIError: It can't be polled.
    """
    left = waiting.left(sender.clock())
    if left <= 0:
        return False
    operation = get_image_job_operation()
    request = sender.options.poll_request(operation, waiting.job_id, waiting.poll_url, left)
    try:
        known = {job_contract().id: waiting.job_id}
        job, response = await execute(sender, operation, request, known, POLL, left)
        waiting.received(job, asked_wait(response), sender.clock())
    except CCAPIError as error:
        waiting.failed(error, sender.clock())
    return True
