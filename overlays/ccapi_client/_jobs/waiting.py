"""When a job is polled again, and what each response means for the wait. Decides, and does no I/O."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Generic, TypeVar

import attrs
from ccapi_openapi.model import Model
from ccapi_openapi.operations import JobOperation, at

from .._http.retry import is_passing
from .._http.times import Received
from ..errors import (
    CCAPIError,
    JobCancelledError,
    JobFailedError,
    JobTimeoutError,
    MalformedResponseError,
    NotFoundError,
    RateLimitError,
)
from ..policies import PollPolicy
from .pace import Pace, progress_of

J = TypeVar("J", bound=Model)
if TYPE_CHECKING:  # so that `def show(update: JobUpdate)` takes a job of any kind
    import typing_extensions
    from ccapi_openapi.api import AnyJob

    J_co = typing_extensions.TypeVar("J_co", bound=Model, default=AnyJob, covariant=True)
else:
    J_co = TypeVar("J_co", bound=Model, covariant=True)

logger = logging.getLogger("ccapi_client")

GRACE = 5.0
"""How long a job may stay unknown to the service, because it is just too new, in seconds."""


def growing(policy: PollPolicy, polls: int) -> float:
    """The wait after so many polls where nothing is known of the job's end, in seconds."""
    return min(policy.initial * policy.factor ** min(polls, 64), policy.max_interval)


def delay(policy: PollPolicy, *, polls: int, estimate: float | None, retry_after: float | None, chance: float) -> float:
    """How long to wait before the next poll, in seconds.

    Args:
        policy: What the wait was set up with.
        polls: How many polls came too early already: at the end of what the service had estimated, or without an
            estimate at all.
        estimate: How long the job is expected to take from now, in seconds, as far as that is known.
        retry_after: How long the service says to wait, in seconds, as far as it does. It is obeyed up to four times
            `max_interval`.
        chance: A random number from 0 to 1.
    """
    usual = growing(policy, polls)
    if estimate is None or estimate > policy.max_interval:
        wait = (usual if estimate is None else policy.max_interval) * (1 - policy.jitter * chance)
    else:
        # A quarter of the usual wait is the least: an estimate of nothing, again and again, is no busy loop.
        wait = max(estimate, usual / 4) + policy.initial * policy.jitter * chance
    return max(wait, min(retry_after or 0.0, 4 * policy.max_interval))


@attrs.frozen
class JobUpdate(Generic[J_co]):
    """A change of a job's state.

    Attributes:
        job: The job as it is now.
        status: Its status, `job.status`.
        elapsed: How long the wait has taken so far, in seconds.
        estimate: How long the job will take from now, in seconds, by the service's estimate or by its progress so far;
            None if neither is known.
        progress: How far the job is, 0 to 100; None if the service does not say.
    """

    job: J_co
    status: str
    elapsed: float
    estimate: float | None
    progress: float | None = None


class Waiting(Generic[J]):
    """The account of one job that is waited for: what was received of it, and when it is polled. No I/O."""

    def __init__(
        self,
        operation: JobOperation[J],
        policy: PollPolicy,
        job: J | str,
        now: float,
        received: Received | None = None,
    ) -> None:
        """Starts to wait.

        Args:
            operation: What polls the job.
            policy: How to.
            job: The job, or its id: then it is polled at once.
            now: The time, in seconds.
            received: When the response came that the job is from.
        """
        self.operation, self.contract = operation, operation.job
        self.policy, self.started = policy, now
        self.job: J | None = None if isinstance(job, str) else job
        self.job_id: str = job if isinstance(job, str) else job[self.contract.id]
        self.poll_url = at(self.job, self.contract.poll_url)
        self.early_polls = self.early_by_progress = 0
        self._received_at = received.at if received else now
        self._retry_after = None if received is None or received.not_before is None else received.not_before - now
        self.progress = progress_of(at(self.job, self.contract.progress))
        self._pace = Pace.after(None, self.progress, self._received_at)
        self._reported: object = None
        self._unknown: set[str] = set()
        self._has_polled = self._is_last = False
        self._not_found_since: float | None = None
        self._last_error: CCAPIError | None = None
        self.was_refused = False
        """Whether the last poll was refused with a 429."""

    @property
    def requested_wait(self) -> float:
        """How long the service says to wait, in seconds, as far as it is obeyed."""
        return min(self._retry_after or 0.0, 4 * self.policy.max_interval)

    @property
    def status(self) -> str:
        """The job's status; empty before it is known."""
        return str(at(self.job, self.contract.status)) if self.job is not None else ""

    @property
    def is_finished(self) -> bool:
        """Whether the job is known to have finished."""
        return self.job is not None and self.contract.end(self.job) is not None

    def update(self, now: float) -> JobUpdate[J] | None:
        """The change of the job's state since the last call; None where there was none."""
        if self.job is None or (self.status, self.progress) == self._reported:
            return None
        self._reported = self.status, self.progress
        return JobUpdate(self.job, self.status, now - self.started, self._estimate(now), self.progress)

    def completed(self) -> J:
        """The job, where it is completed.

        Raises:
            JobFailedError: It failed.
            JobCancelledError: It was cancelled.
        """
        job, contract = self.job, self.contract
        end = None if job is None else contract.end(job)
        if job is None or end is None:
            raise RuntimeError("the job has not finished")
        if end == "failed":
            error = at(job, contract.error)
            reason = getattr(error, "message", error) or "the service gave no reason"
            raise JobFailedError(f"{contract.kind} {self.job_id} failed: {reason}", job_id=self.job_id, job=job)
        if end == "cancelled":
            raise JobCancelledError(f"{contract.kind} {self.job_id} was cancelled", job_id=self.job_id, job=job)
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
        estimate, polls = self._told(now), self.early_polls
        expected = self._expected(now) if estimate is None else None
        # The progress may bring the next poll forward, and never puts it off: a job may speed up.
        if expected is not None and expected < growing(self.policy, polls):
            estimate, polls = expected, self.early_by_progress
            self.early_by_progress += 1
        wait = 0.0
        if self.job is not None or self._has_polled:
            wait = delay(
                self.policy,
                polls=polls,
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
        logger.warning("%s %s: the wait timed out after %.1f s", self.contract.kind, self.job_id, now - self.started)
        status = f"was still {self.status}" if self.job else "was not seen"
        message = f"{self.contract.kind} {self.job_id} {status} after {now - self.started:.1f} s"
        if failure:
            message += f"; the last poll failed: {failure}"
        return JobTimeoutError(
            f"{message}; wait again with its id", job_id=self.job_id, job=self.job, waited=now - self.started
        )

    def _estimate(self, now: float) -> float | None:
        """How long the job is expected to take from now, in seconds."""
        told = self._told(now)
        return self._expected(now) if told is None else told

    def _told(self, now: float) -> float | None:
        """How long it will take from now by what the service estimated last, in seconds."""
        return self._from(now, _seconds(at(self.job, self.contract.estimate)))

    def _expected(self, now: float) -> float | None:
        """How long it will take from now if its progress goes on as it has, in seconds."""
        return self._from(now, self._pace.rest if self._pace else None)

    def _from(self, now: float, rest: float | None) -> float | None:
        """What is left now of the time that was left when the last response came."""
        return None if rest is None else max(0.0, rest - (now - self._received_at))

    @property
    def deadline(self) -> float:
        """When the wait times out, in seconds."""
        return self.started + self.policy.timeout

    def left(self, now: float) -> float:
        """How long until the deadline, in seconds."""
        return self.deadline - now

    def received(self, job: J, retry_after: float | None, now: float) -> None:
        """Takes the response to a poll.

        Raises:
            MalformedResponseError: It is about another job.
        """
        contract, found = self.contract, job[self.contract.id]
        if found != self.job_id:
            message = f"the response to a poll of {contract.kind} {self.job_id} is about {found}"
            response = job.response
            status, request_id = (response.status_code, response.request_id) if response else (200, None)
            error = MalformedResponseError(message, status_code=status, request_id=request_id)
            error.response = response
            raise error
        self.job, self._received_at = job, now
        self._retry_after, self.was_refused, self._last_error = retry_after, False, None
        self.poll_url = at(job, contract.poll_url) or self.poll_url
        self.progress = progress_of(at(job, contract.progress))
        self._pace = Pace.after(self._pace, self.progress, now)
        if not contract.is_known(job) and self.status not in self._unknown:
            self._unknown.add(self.status)
            logger.warning("%s %s: status %r is not known; waiting on", contract.kind, self.job_id, self.status)

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
            logger.warning("%s %s: the wait ends: %s", self.contract.kind, self.job_id, type(error).__name__)
            raise error
        self._last_error = error
        self._retry_after = getattr(error, "retry_after", None)
        self.was_refused = isinstance(error, RateLimitError)


def _seconds(value: object) -> float | None:
    """A number of seconds that the service sent, in whatever form."""
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None
