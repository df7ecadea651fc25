"""When a job that is waited for is to be asked after again, and what each answer means. Decides, and does no I/O."""

from __future__ import annotations

import logging
import math
import weakref
from functools import cache
from typing import TYPE_CHECKING, TypeGuard

import attrs
from ccapi_openapi.api.images import get_image_job_operation
from ccapi_openapi.operations import JobContract

from . import checks, models
from .errors import (
    CCAPIError,
    JobCancelledError,
    JobFailedError,
    JobTimeoutError,
    MalformedResponseError,
    NotFoundError,
    RateLimitError,
)
from .retry import asked_wait, is_passing
from .wire import AnyAnswer

if TYPE_CHECKING:  # loading the models takes a while, and not everyone waits for jobs
    from .models import MultimodalImageGenerationResponse as Job

logger = logging.getLogger("ccapi_client")

GRACE = 5.0
"""How long a job may go on not being found, because it is just too new, in seconds."""


@cache
def job_contract() -> JobContract:
    """How a job is told of: the contract's `x-job`."""
    told = get_image_job_operation().job
    if told is None:
        raise AssertionError("the contract has no x-job at getImageJob")
    return told


def is_job(value: object) -> TypeGuard[Job]:
    """Whether a value is what `generate_images` and `get_image_job` give."""
    return isinstance(value, models.MultimodalImageGenerationResponse)


@attrs.frozen(kw_only=True)
class PollPolicy:
    """How often a job is asked after.

    Attributes:
        initial: The first wait, in seconds, where the service gives no hint how long the job takes.
        factor: How many times as long as the one before it each further wait is, 1 to 10.
        max_interval: The longest wait, in seconds.
        jitter: How far a wait may be off, 0 to 1, so that many clients do not ask in step: how much earlier it may
            end, as a share of it; after an estimate how much later, as a share of `initial`.
        timeout: How long to wait for a job altogether, in seconds.

    Raises:
        ConfigurationError: A value is out of its range.
    """

    initial: float = attrs.field(default=1.0, validator=checks.seconds(0.001))
    factor: float = attrs.field(default=1.6, validator=checks.number(1, 10))
    max_interval: float = attrs.field(default=15.0, validator=checks.seconds(0.001))
    jitter: float = attrs.field(default=0.1, validator=checks.number(0, 1))
    timeout: float = attrs.field(default=600.0, validator=checks.seconds(0.001))

    def delay(self, *, asked: int, estimate: float | None, retry_after: float | None, chance: float) -> float:
        """How long to wait before asking again, in seconds.

        Args:
            asked: How often it was asked too early already: at the end of what the service had estimated, or without
                an estimate at all.
            estimate: How long the service says the job will take from now, in seconds, as far as it does.
            retry_after: How long the service asks to wait, in seconds, as far as it does. It is obeyed up to four
                times `max_interval`.
            chance: A random number from 0 to 1.
        """
        usual = min(self.initial * self.factor ** min(asked, 64), self.max_interval)
        if estimate is None or estimate > self.max_interval:
            wait = (usual if estimate is None else self.max_interval) * (1 - self.jitter * chance)
        else:
            # A quarter of the usual wait is the least: an estimate of nothing, again and again, is no busy loop.
            wait = max(estimate, usual / 4) + self.initial * self.jitter * chance
        return max(wait, min(retry_after or 0.0, 4 * self.max_interval))


@attrs.frozen
class JobUpdate:
    """A change of a job's state.

    Attributes:
        job: The job as it is now.
        status: Its status, `job.status`.
        elapsed: How long it was waited for so far, in seconds.
        estimate: How long the service says it will take from now, in seconds, as far as it does.
    """

    job: Job
    status: str
    elapsed: float
    estimate: float | None


@attrs.frozen
class Hint:
    """What is known of an answer.

    Attributes:
        told_at: When it came, in seconds.
        due: Before when the service wants not to be asked, in seconds.
    """

    told_at: float
    due: float | None


class Waiting:
    """The account of one job that is waited for: what was seen of it, and when it is to be asked after. No I/O."""

    def __init__(self, policy: PollPolicy, job: Job | str, now: float, hint: Hint | None = None) -> None:
        """Begins to wait.

        Args:
            policy: How to.
            job: The job, or its id: then it is to be asked after at once.
            now: The time, in seconds.
            hint: What is known of the answer that the job is from.
        """
        self.policy, self.started = policy, now
        self.job = job if is_job(job) else None
        self.job_id = job if isinstance(job, str) else job.id
        self.poll_url = job.poll_url if is_job(job) else None
        self.asked = 0
        self._told_at = hint.told_at if hint else now
        self._retry_after = None if hint is None or hint.due is None else hint.due - now
        self._told_of: str | None = None
        self._odd: set[str] = set()
        self._has_asked = self._is_last = False
        self._not_found_since: float | None = None
        self._last_error: CCAPIError | None = None
        self.was_refused = False
        """Whether the last question was refused with a 429."""

    @property
    def asked_to_wait(self) -> float:
        """How long the service asked to wait, in seconds, as far as it is obeyed."""
        return min(self._retry_after or 0.0, 4 * self.policy.max_interval)

    @property
    def is_over(self) -> bool:
        """Whether the job is known to have finished."""
        return self.job is not None and job_contract().is_final(self.job.status)

    def update(self, now: float) -> JobUpdate | None:
        """The change of the job's state since the last call; None where there was none."""
        if self.job is None or self.job.status == self._told_of:
            return None
        self._told_of = self.job.status
        return JobUpdate(self.job, self.job.status, now - self.started, self._estimate(now))

    def completed(self) -> Job:
        """The job, where it is completed.

        Raises:
            JobFailedError: It failed.
            JobCancelledError: It was cancelled.
        """
        job = self.job
        told = job_contract()
        if job is None or not told.is_final(job.status):
            raise RuntimeError("the wait is not over")
        if job.status.lower() in told.failed:
            reason = job.error.message if isinstance(job.error, models.ErrorObject) else job.error
            message = f"image job {job.id} failed: {reason or 'the service gave no reason'}"
            raise JobFailedError(message, job_id=job.id, job=job)
        if job.status.lower() in told.cancelled:
            raise JobCancelledError(f"image job {job.id} was cancelled", job_id=job.id, job=job)
        return job

    def delay(self, now: float, chance: float) -> float:
        """How long to wait before asking, in seconds. The last question is asked just before the time is up.

        Raises:
            JobTimeoutError: The time is up.
            NotFoundError: The time is up, and the job was never found.
        """
        left = self.left(now)
        if self._is_last or left <= 0:
            raise self._timeout(now) from self._last_error
        estimate = self._estimate(now)
        wait = 0.0
        if self.job is not None or self._has_asked:
            hints = {"estimate": estimate, "retry_after": self._retry_after}
            wait = self.policy.delay(asked=self.asked, chance=chance, **hints)
            # An estimate that is longer than the longest wait is not proved wrong by asking before its end.
            self.asked += estimate is None or estimate <= self.policy.max_interval
        self._has_asked = True
        reserve = min(1.0, self.policy.timeout / 10)
        if self.asked_to_wait > left - reserve:  # it wants not to be asked before the time is up: then it is not
            return left
        self._is_last = wait >= left - reserve
        return min(wait, max(left - reserve, 0.0))

    def _timeout(self, now: float) -> CCAPIError:
        failure = self._last_error
        if self.job is None and isinstance(failure, NotFoundError):
            return failure
        logger.warning("image job %s: not waited for any longer after %.1f s", self.job_id, now - self.started)
        status = f"was still {self.job.status}" if self.job else "was not seen"
        message = f"image job {self.job_id} {status} after {now - self.started:.1f} s"
        if failure:
            message += f"; the last question failed: {failure}"
        return JobTimeoutError(
            f"{message}; wait again with its id", job_id=self.job_id, job=self.job, waited=now - self.started
        )

    def _estimate(self, now: float) -> float | None:
        """How long the job will take from now, in seconds, by what the service said when it last told of it."""
        estimate = _estimate(self.job)
        return None if estimate is None else max(0.0, estimate - (now - self._told_at))

    @property
    def deadline(self) -> float:
        """When the time is up, in seconds."""
        return self.started + self.policy.timeout

    def left(self, now: float) -> float:
        """How long until the time is up, in seconds."""
        return self.deadline - now

    def told(self, job: Job, retry_after: float | None, now: float) -> None:
        """Takes an answer.

        Raises:
            MalformedResponseError: It is about another job.
        """
        if job.id != self.job_id:
            message = f"asked after image job {self.job_id}, the service told of {job.id}"
            raise MalformedResponseError(message, status_code=200)
        self.job, self._told_at = job, now
        self._retry_after, self.was_refused, self._last_error = retry_after, False, None
        self.poll_url = job.poll_url or self.poll_url
        if not job_contract().is_known(job.status) and job.status not in self._odd:
            self._odd.add(job.status)
            logger.warning("image job %s: status %r is not known; waiting on", self.job_id, job.status)

    def failed(self, error: CCAPIError, now: float) -> None:
        """Takes a failure to get an answer: one that may pass costs time, and no more.

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
        estimate = float(job.estimated_time)  # type: ignore[union-attr,arg-type]  # whatever the service sent
    except (AttributeError, TypeError, ValueError, OverflowError):
        return None
    return max(estimate, 0.0) if math.isfinite(estimate) else None


class Hints:
    """What is known of answers that tell of a job, each for as long as somebody holds it."""

    def __init__(self) -> None:
        self._known: dict[int, Hint] = {}

    def keep(self, answer: object, response: AnyAnswer, now: float) -> None:
        """Notes when an answer came, and when the service wants to be asked again."""
        if is_job(answer):
            seconds = asked_wait(response)
            self._known[id(answer)] = Hint(now, None if seconds is None else now + seconds)
            weakref.finalize(answer, self._known.pop, id(answer), None).atexit = False

    def of(self, answer: object) -> Hint | None:
        """What was noted of an answer."""
        return self._known.get(id(answer))
