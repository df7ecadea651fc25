"""When a job is polled again, and what each response means for the wait. Decides, and does no I/O."""

from __future__ import annotations

import inspect
import logging
import math
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeGuard

import attrs
from ccapi_openapi.api.images import get_image_job_operation
from ccapi_openapi.operations import JobContract

from .. import models
from .._http.retry import is_passing
from .._http.times import Received
from ..errors import (
    CCAPIError,
    InvalidRequestError,
    JobCancelledError,
    JobFailedError,
    JobTimeoutError,
    MalformedResponseError,
    NotFoundError,
    RateLimitError,
)
from ..policies import PollPolicy

if TYPE_CHECKING:  # loading the models takes a while, and not everyone waits for jobs
    from ..models import MultimodalImageGenerationResponse as Job

logger = logging.getLogger("ccapi_client")

GRACE = 5.0
"""How long a job may stay unknown to the service, because it is just too new, in seconds."""


@cache
def job_contract() -> JobContract:
    """Where the response holds what a wait looks at, and which statuses are final: the contract's `x-job`."""
    found = get_image_job_operation().job
    if found is None:
        raise AssertionError("the contract has no x-job at getImageJob")
    return found


def is_job(value: object) -> TypeGuard[Job]:
    """Whether a value is what `generate_images` and `get_image_job` give."""
    return isinstance(value, models.MultimodalImageGenerationResponse)


def job_of(job: Job | Mapping[str, Any] | str) -> Job | str:
    """The job, or its id.

    Raises:
        InvalidRequestError: It is neither.
    """
    if isinstance(job, Mapping):
        try:
            job = models.MultimodalImageGenerationResponse.from_dict(job)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise InvalidRequestError("job: a response of generate_images is expected, with id and status") from None
    if inspect.isawaitable(job):
        if inspect.iscoroutine(job):
            job.close()
        raise InvalidRequestError("job: it has to be awaited first; a generator that does so is an asynchronous one")
    if not (isinstance(job, str) or is_job(job)) or not job:
        raise InvalidRequestError("job: a response of generate_images, or a job's id, is expected")
    if is_job(job) and not job[job_contract().id] and job_contract().end(job) is None:
        raise InvalidRequestError("job: it has no id, by which it could be polled")
    return job


def delay(policy: PollPolicy, *, polls: int, estimate: float | None, retry_after: float | None, chance: float) -> float:
    """How long to wait before the next poll, in seconds.

    Args:
        policy: What the wait was set up with.
        polls: How many polls came too early already: at the end of what the service had estimated, or without an
            estimate at all.
        estimate: How long the service says the job will take from now, in seconds, as far as it does.
        retry_after: How long the service asks to wait, in seconds, as far as it does. It is obeyed up to four times
            `max_interval`.
        chance: A random number from 0 to 1.
    """
    usual = min(policy.initial * policy.factor ** min(polls, 64), policy.max_interval)
    if estimate is None or estimate > policy.max_interval:
        wait = (usual if estimate is None else policy.max_interval) * (1 - policy.jitter * chance)
    else:
        # A quarter of the usual wait is the least: an estimate of nothing, again and again, is no busy loop.
        wait = max(estimate, usual / 4) + policy.initial * policy.jitter * chance
    return max(wait, min(retry_after or 0.0, 4 * policy.max_interval))


@attrs.frozen
class JobUpdate:
    """A change of a job's state.

    Attributes:
        job: The job as it is now.
        status: Its status, `job.status`.
        elapsed: How long the wait has taken so far, in seconds.
        estimate: How long the service says the job will take from now, in seconds, as far as it does.
    """

    job: Job
    status: str
    elapsed: float
    estimate: float | None


class Waiting:
    """The account of one job that is waited for: what was received of it, and when it is polled. No I/O."""

    def __init__(self, policy: PollPolicy, job: Job | str, now: float, received: Received | None = None) -> None:
        """Starts to wait.

        Args:
            policy: How to.
            job: The job, or its id: then it is polled at once.
            now: The time, in seconds.
            received: When the response came that the job is from.
        """
        self.policy, self.started = policy, now
        self.job = job if is_job(job) else None
        self.job_id: str = job if isinstance(job, str) else job[job_contract().id]
        self.poll_url = job[job_contract().poll_url] if is_job(job) else None
        self.early_polls = 0
        self._received_at = received.at if received else now
        self._retry_after = None if received is None or received.not_before is None else received.not_before - now
        self._reported: str | None = None
        self._unknown: set[str] = set()
        self._has_polled = self._is_last = False
        self._not_found_since: float | None = None
        self._last_error: CCAPIError | None = None
        self.was_refused = False
        """Whether the last poll was refused with a 429."""

    @property
    def requested_wait(self) -> float:
        """How long the service asks to wait, in seconds, as far as it is obeyed."""
        return min(self._retry_after or 0.0, 4 * self.policy.max_interval)

    @property
    def status(self) -> str:
        """The job's status; empty before it is known."""
        return str(self.job[job_contract().status]) if self.job is not None else ""

    @property
    def is_finished(self) -> bool:
        """Whether the job is known to have finished."""
        return self.job is not None and job_contract().end(self.job) is not None

    def update(self, now: float) -> JobUpdate | None:
        """The change of the job's state since the last call; None where there was none."""
        if self.job is None or self.status == self._reported:
            return None
        self._reported = self.status
        return JobUpdate(self.job, self.status, now - self.started, self._estimate(now))

    def completed(self) -> Job:
        """The job, where it is completed.

        Raises:
            JobFailedError: It failed.
            JobCancelledError: It was cancelled.
        """
        job, contract = self.job, job_contract()
        end = None if job is None else contract.end(job)
        if job is None or end is None:
            raise RuntimeError("the job has not finished")
        if end == "failed":
            error = job[contract.error]
            reason = getattr(error, "message", error) or "the service gave no reason"
            raise JobFailedError(f"image job {self.job_id} failed: {reason}", job_id=self.job_id, job=job)
        if end == "cancelled":
            raise JobCancelledError(f"image job {self.job_id} was cancelled", job_id=self.job_id, job=job)
        return job

    def delay(self, now: float, chance: float) -> float:
        """How long to wait before the next poll, in seconds. The last poll is sent just before the deadline.

        Raises:
            JobTimeoutError: The deadline has passed.
            NotFoundError: The deadline has passed, and the job was never found.
        """
        left = self.left(now)
        if self._is_last or left <= 0:
            raise self._timeout(now) from self._last_error
        estimate = self._estimate(now)
        wait = 0.0
        if self.job is not None or self._has_polled:
            wait = delay(
                self.policy,
                polls=self.early_polls,
                estimate=estimate,
                retry_after=self._retry_after,
                chance=chance,
            )
            # An estimate that is longer than the longest wait is not proved wrong by a poll before its end.
            self.early_polls += estimate is None or estimate <= self.policy.max_interval
        self._has_polled = True
        reserve = min(1.0, self.policy.timeout / 10)
        if self.requested_wait > left - reserve:  # the service wants no poll before the deadline: then there is none
            return left
        self._is_last = wait >= left - reserve
        return min(wait, max(left - reserve, 0.0))

    def _timeout(self, now: float) -> CCAPIError:
        failure = self._last_error
        if self.job is None and isinstance(failure, NotFoundError):
            return failure
        logger.warning("image job %s: the wait timed out after %.1f s", self.job_id, now - self.started)
        status = f"was still {self.status}" if self.job else "was not seen"
        message = f"image job {self.job_id} {status} after {now - self.started:.1f} s"
        if failure:
            message += f"; the last poll failed: {failure}"
        return JobTimeoutError(
            f"{message}; wait again with its id", job_id=self.job_id, job=self.job, waited=now - self.started
        )

    def _estimate(self, now: float) -> float | None:
        """How long the job will take from now, in seconds, by what the service estimated last."""
        estimate = _estimate(self.job)
        return None if estimate is None else max(0.0, estimate - (now - self._received_at))

    @property
    def deadline(self) -> float:
        """When the wait times out, in seconds."""
        return self.started + self.policy.timeout

    def left(self, now: float) -> float:
        """How long until the deadline, in seconds."""
        return self.deadline - now

    def received(self, job: Job, retry_after: float | None, now: float) -> None:
        """Takes the response to a poll.

        Raises:
            MalformedResponseError: It is about another job.
        """
        contract = job_contract()
        if job[contract.id] != self.job_id:
            message = f"the response to a poll of image job {self.job_id} is about {job[contract.id]}"
            error = MalformedResponseError(message, status_code=200)
            error.response = job.response
            raise error
        self.job, self._received_at = job, now
        self._retry_after, self.was_refused, self._last_error = retry_after, False, None
        self.poll_url = job[contract.poll_url] or self.poll_url
        if not contract.is_known(job) and self.status not in self._unknown:
            self._unknown.add(self.status)
            logger.warning("image job %s: status %r is not known; waiting on", self.job_id, self.status)

    def failed(self, error: CCAPIError, now: float) -> None:
        """Takes a poll that failed: a failure that may pass costs time, and no more.

        Raises:
            CCAPIError: It will not pass.
        """
        too_new = False
        if isinstance(error, NotFoundError):
            self._not_found_since = now if self._not_found_since is None else self._not_found_since
            too_new = now - self._not_found_since < GRACE
        if not too_new and not is_passing(error):
            logger.warning("image job %s: the wait ends: %s", self.job_id, type(error).__name__)
            raise error
        self._last_error = error
        self._retry_after = getattr(error, "retry_after", None)
        self.was_refused = isinstance(error, RateLimitError)


def _estimate(job: Job | None) -> float | None:
    try:
        estimate = float(job[job_contract().estimate])  # type: ignore[index]  # whatever the service sent
    except (TypeError, ValueError, OverflowError):
        return None
    return max(estimate, 0.0) if math.isfinite(estimate) else None
