"""Waiting for an image job: when to ask again, and what each state means.

`_wait` decides and does no I/O: it gives the seconds to sleep, is sent the job's next state, and returns the finished
job. `Polling` and `AsyncPolling`, the clients' parts, sleep and ask; so both wait in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator

import attrs
from ccapi_openapi.api.images import AsyncImagesApi, ImagesApi

from . import checks
from .errors import JobCancelledError, JobFailedError, JobTimeoutError
from .models import ErrorObject, MultimodalImageGenerationResponse
from .transport import AsyncTransport, Transport

Job = MultimodalImageGenerationResponse
OnUpdate = Callable[[Job], object]


@attrs.frozen(kw_only=True)
class PollPolicy:
    """How often a job is asked after.

    Attributes:
        initial: The first wait, in seconds; longer, where the service gives a longer estimate.
        factor: How many times as long as the one before it each further wait is, 1 to 10.
        max_interval: The longest wait, in seconds.
        jitter: How far a wait may be off, as a share of it, 0 to 1: many clients should not ask in step.
        timeout: How long to wait for a job altogether, in seconds.

    Raises:
        ConfigurationError: A value is out of its range.
    """

    initial: float = attrs.field(default=1.0, validator=checks.seconds(0.001))
    factor: float = attrs.field(default=1.6, validator=checks.number(1, 10))
    max_interval: float = attrs.field(default=15.0, validator=checks.seconds(0.001))
    jitter: float = attrs.field(default=0.1, validator=checks.number(0, 1))
    timeout: float = attrs.field(default=600.0, validator=checks.seconds(0.001))

    def delay(self, polls: int, estimate: float | None, left: float, chance: float) -> float:
        """How long to wait before asking again, in seconds.

        Args:
            polls: How often the job was asked after already.
            estimate: How long the service says the job will take, in seconds, as far as it does.
            left: How long until the deadline, in seconds. No wait is longer.
            chance: A random number from 0 to 1.
        """
        wait = self.initial * self.factor ** min(polls, 64)
        if polls == 0 and estimate is not None and math.isfinite(estimate):
            wait = max(estimate, self.initial)
        wait = min(wait, self.max_interval) * (1 + self.jitter * (2 * chance - 1))
        return max(0.0, min(wait, left))


def _wait(
    job: Job,
    policy: PollPolicy,
    on_update: OnUpdate | None,
    clock: Callable[[], float],
    chance: Callable[[], float],
) -> Generator[float, Job, Job]:
    """Gives seconds to sleep, is sent the job's next state, returns the completed job.

    Raises:
        JobFailedError: The job failed.
        JobCancelledError: The job was cancelled.
        JobTimeoutError: The policy's timeout has passed.
    """
    started, polls, seen = clock(), 0, None
    while True:
        if on_update and job.status != seen:
            on_update(job)
        seen = job.status
        if job.status == "completed":
            return job
        if job.status == "failed":
            reason = job.error.message if isinstance(job.error, ErrorObject) else "the service gave no reason"
            raise JobFailedError(f"image job {job.id} failed: {reason}", job)
        if job.status == "cancelled":
            raise JobCancelledError(f"image job {job.id} was cancelled", job)
        waited = clock() - started
        if waited >= policy.timeout:
            raise JobTimeoutError(
                f"image job {job.id} was still {job.status} after {waited:.0f} s; wait again with its id", job, waited
            )
        estimate = job.estimated_time if isinstance(job.estimated_time, int | float) else None
        job = yield policy.delay(polls, estimate, policy.timeout - waited, chance())
        polls += 1


class Polling(Transport, ImagesApi):
    """The part of `CCAPI` that waits for jobs."""

    def wait_for_image_job(
        self,
        job: Job | str,
        *,
        timeout: float | None = None,
        on_update: OnUpdate | None = None,
    ) -> Job:
        """Waits until an image job is done.

        Args:
            job: What `generate_images` gave, or the job's id. One that is completed already costs no request.
            timeout: How long to wait, in seconds; else as the client's `PollPolicy` says.
            on_update: Called with the job once for each status that it takes.

        Returns:
            The completed job; `data` holds its pictures.

        Raises:
            JobFailedError: The job failed.
            JobCancelledError: The job was cancelled.
            JobTimeoutError: The job was still going on when the time was up. It can be waited for again.
            CCAPIError: The job could not be asked after, as for `get_image_job`.
        """
        policy = self._options.poll_policy(timeout)
        state = job if isinstance(job, Job) else self.get_image_job(job)
        steps = _wait(state, policy, on_update, self._clock, self._chance)
        try:
            seconds = next(steps)
            while True:
                self._sleep(seconds)
                seconds = steps.send(self.get_image_job(state.id))
        except StopIteration as done:
            final: Job = done.value
            return final


class AsyncPolling(AsyncTransport, AsyncImagesApi):
    """The part of `AsyncCCAPI` that waits for jobs."""

    async def wait_for_image_job(
        self,
        job: Job | str,
        *,
        timeout: float | None = None,
        on_update: OnUpdate | None = None,
    ) -> Job:
        """Waits until an image job is done; arguments, result and errors are those of `CCAPI.wait_for_image_job`."""
        policy = self._options.poll_policy(timeout)
        state = job if isinstance(job, Job) else await self.get_image_job(job)
        steps = _wait(state, policy, on_update, self._clock, self._chance)
        try:
            seconds = next(steps)
            while True:
                await self._sleep(seconds)
                seconds = steps.send(await self.get_image_job(state.id))
        except StopIteration as done:
            final: Job = done.value
            return final
