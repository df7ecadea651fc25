"""Waiting for an image job: when to ask again, and what each state means.

`Waiting` keeps account of one wait and does no I/O; `Polling` and `AsyncPolling`, the clients' parts, sleep and ask. So
both wait in the same way.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable

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


class Waiting:
    """The account of one wait: what was seen, and since when. Does no I/O."""

    def __init__(self, policy: PollPolicy, now: float) -> None:
        self.policy, self.started = policy, now
        self.polls = 0
        self.seen: str | None = None

    def is_new(self, job: Job) -> bool:
        """Whether the job's status is another than the last time."""
        before, self.seen = self.seen, job.status
        return before != self.seen

    def after(self, job: Job, now: float, chance: float) -> float | None:
        """How long to wait before asking again, in seconds; None where the job is completed.

        Args:
            job: The job as it is.
            now: The time, in seconds.
            chance: A random number from 0 to 1.

        Raises:
            JobFailedError: The job failed.
            JobCancelledError: The job was cancelled.
            JobTimeoutError: The policy's timeout has passed.
        """
        if job.status == "completed":
            return None
        if job.status == "failed":
            reason = job.error.message if isinstance(job.error, ErrorObject) else job.error
            raise JobFailedError(f"image job {job.id} failed: {reason or 'the service gave no reason'}", job)
        if job.status == "cancelled":
            raise JobCancelledError(f"image job {job.id} was cancelled", job)
        waited = now - self.started
        if waited >= self.policy.timeout:
            raise JobTimeoutError(
                f"image job {job.id} was still {job.status} after {waited:.1f} s; wait again with its id", job, waited
            )
        delay = self.policy.delay(self.polls, _estimate(job), self.policy.timeout - waited, chance)
        self.polls += 1
        return delay


def _estimate(job: Job) -> float | None:
    try:
        return float(job.estimated_time)  # type: ignore[arg-type]  # whatever the service sent
    except (TypeError, ValueError, OverflowError):
        return None


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
        waiting = Waiting(policy, self._clock())
        while True:
            if waiting.is_new(state) and on_update:
                on_update(state)
            delay = waiting.after(state, self._clock(), self._chance())
            if delay is None:
                return state
            self._sleep(delay)
            state = self.get_image_job(state.id)


class AsyncPolling(AsyncTransport, AsyncImagesApi):
    """The part of `AsyncCCAPI` that waits for jobs."""

    async def wait_for_image_job(
        self,
        job: Job | str,
        *,
        timeout: float | None = None,
        on_update: OnUpdate | None = None,
    ) -> Job:
        """Waits until an image job is done; arguments, result and errors are those of `CCAPI.wait_for_image_job`.

        `on_update` may be a coroutine function.
        """
        policy = self._options.poll_policy(timeout)
        state = job if isinstance(job, Job) else await self.get_image_job(job)
        waiting = Waiting(policy, self._clock())
        while True:
            if waiting.is_new(state) and on_update:
                told = on_update(state)
                if inspect.isawaitable(told):
                    await told
            delay = waiting.after(state, self._clock(), self._chance())
            if delay is None:
                return state
            await self._sleep(delay)
            state = await self.get_image_job(state.id)
