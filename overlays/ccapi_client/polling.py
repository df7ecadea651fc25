"""Waiting for an image job: the clients' parts that sleep and ask, as `waiting` decides. Both wait in the same way."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from ccapi_openapi.api.images import AsyncImagesApi, ImagesApi

from . import checks, models
from .errors import CCAPIError, InvalidRequestError
from .response import read_response
from .retry import POLL, asked_wait
from .transport import AsyncTransport, Transport
from .waiting import Hints, JobUpdate, PollPolicy, Waiting, is_job

if TYPE_CHECKING:
    from .models import MultimodalImageGenerationResponse as Job

OnUpdate = Callable[[JobUpdate], object]


def _job_of(job: Job | Mapping[str, Any] | str) -> Job | str:
    if isinstance(job, Mapping):
        try:
            return models.MultimodalImageGenerationResponse.from_dict(job)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise InvalidRequestError("job: a response of generate_images is expected, with id and status") from None
    if inspect.isawaitable(job):
        if inspect.iscoroutine(job):
            job.close()
        raise InvalidRequestError("job: it has to be awaited first; a generator that does so is an asynchronous one")
    if not (isinstance(job, str) or is_job(job)) or not job:
        raise InvalidRequestError("job: a response of generate_images, or a job's id, is expected")
    return job


def begin(
    client: Polling | AsyncPolling, job: Job | Mapping[str, Any] | str, timeout: float | None, poll: PollPolicy | None
) -> Waiting:
    """The account of a job that a client waits for from now on."""
    client._check_open()
    return Waiting(client._options.poll_policy(timeout, poll), _job_of(job), client._clock(), client._hints.of(job))


class Polling(Transport, ImagesApi):
    """The part of `CCAPI` that waits for jobs."""

    _hints: Hints

    def wait_for_image_job(
        self,
        job: Job | Mapping[str, Any] | str,
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        on_update: OnUpdate | None = None,
    ) -> Job:
        """Waits until an image job is completed.

        A poll that fails for a reason that may pass (429, 5xx, no connection) does not end the wait; nor does a 404
        for five seconds. The last poll is sent a tenth of the time, at most a second, before it is up. A status that is not known is waited for, and logged once. A status may go back. A job
        that is completed is returned with the `data` that it has, even none.

        Args:
            job: What `generate_images` gave, or the job's id. One that is completed already costs no request.
            timeout: How long to wait, in seconds; else as `poll` says.
            poll: How often to ask; else as the client was set up.
            on_update: Called with a `JobUpdate` once for each change of the job's status that a poll sees. What it raises ends the
                wait; the job goes on, and can be waited for again.

        Returns:
            The completed job; `data` holds its pictures.

        Raises:
            JobFailedError: The job failed.
            JobCancelledError: The job was cancelled.
            JobTimeoutError: The job was still going on when the time was up. It can be waited for again.
            MalformedResponseError: The service told of another job, or of none.
            APIStatusError: The job can't be asked after: 401, 402, 403, 404 and others that would not pass.
        """
        checks.argument("on_update", on_update, checks.callback)
        waiting = begin(self, job, timeout, poll)
        for update in self._watch(waiting):
            if on_update:
                on_update(update)
        return waiting.completed()

    def watch_image_job(
        self, job: Job | Mapping[str, Any] | str, *, timeout: float | None = None, poll: PollPolicy | None = None
    ) -> Iterator[JobUpdate]:
        """Iterates over the states of an image job: a `JobUpdate` for each change of its status, the last one final.

        Arguments and errors are those of `wait_for_image_job`, but that a job which failed or was cancelled raises
        nothing: its last state says so.
        """
        return self._watch(begin(self, job, timeout, poll))

    def _watch(self, waiting: Waiting) -> Iterator[JobUpdate]:
        while True:
            update = waiting.update(self._clock())
            if update:
                yield update
            if waiting.is_over:
                return
            self._sleep(waiting.delay(self._clock(), self._chance()))
            self._poll(waiting)

    def _poll(self, waiting: Waiting) -> bool:
        """Asks after a job once; False where the time is up, so that it was not asked after.

        Raises:
            CCAPIError: It can't be asked after.
        """
        left = waiting.left(self._clock())
        if left <= 0:
            return False
        request = self._options.poll_request(waiting.job_id, waiting.poll_url, left)
        try:
            response = self._send(request, retry=POLL, within=left)
            waiting.told(
                read_response(models.MultimodalImageGenerationResponse, response), asked_wait(response), self._clock()
            )
        except CCAPIError as error:
            waiting.failed(error, self._clock())
        return True


class AsyncPolling(AsyncTransport, AsyncImagesApi):
    """The part of `AsyncCCAPI` that waits for jobs."""

    _hints: Hints

    async def wait_for_image_job(
        self,
        job: Job | Mapping[str, Any] | str,
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        on_update: OnUpdate | None = None,
    ) -> Job:
        """Waits until an image job is completed; arguments, result and errors are those of `CCAPI.wait_for_image_job`.

        `on_update` may be a coroutine function.
        """
        checks.argument("on_update", on_update, checks.callback)
        waiting = begin(self, job, timeout, poll)
        async with aclosing(self._watch(waiting)) as updates:
            async for update in updates:
                told = on_update(update) if on_update else None
                if inspect.isawaitable(told):
                    await told
        return waiting.completed()

    def watch_image_job(
        self, job: Job | Mapping[str, Any] | str, *, timeout: float | None = None, poll: PollPolicy | None = None
    ) -> AsyncIterator[JobUpdate]:
        """Iterates over the states of an image job; arguments, items and errors are those of `CCAPI.watch_image_job`."""
        return self._watch(begin(self, job, timeout, poll))

    async def _watch(self, waiting: Waiting) -> AsyncGenerator[JobUpdate, None]:
        while True:
            update = waiting.update(self._clock())
            if update:
                yield update
            if waiting.is_over:
                return
            await self._sleep(waiting.delay(self._clock(), self._chance()))
            await self._poll(waiting)

    async def _poll(self, waiting: Waiting) -> bool:
        """Asks after a job once; False where the time is up, so that it was not asked after.

        Raises:
            CCAPIError: It can't be asked after.
        """
        left = waiting.left(self._clock())
        if left <= 0:
            return False
        request = self._options.poll_request(waiting.job_id, waiting.poll_url, left)
        try:
            response = await self._send(request, retry=POLL, within=left)
            waiting.told(
                read_response(models.MultimodalImageGenerationResponse, response), asked_wait(response), self._clock()
            )
        except CCAPIError as error:
            waiting.failed(error, self._clock())
        return True
