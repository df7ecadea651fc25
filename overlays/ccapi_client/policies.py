"""How long requests may take, the policies of retries and of polls, and what `on_retry` and `on_response` receive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import attrs

from . import _checks

STEPS = ("connect", "read", "write", "pool")


class _Default(float):
    """A number of seconds that nobody has set: of a GET or a poll it is less."""


@attrs.frozen(kw_only=True)
class Timeout:
    """How long each step of a request may take, in seconds; None for as long as it takes.

    A GET waits 60 seconds at most, and a poll of a job 30, at each step that is not set.

    Attributes:
        connect: Until there is a connection, TLS and the proxy included.
        read: Until the head of the response is there, and then until each next piece of its body comes.
        write: Until the next piece of the request is sent.
        pool: Until a connection is free: a client has 1,000.
        total: How long the whole call may take, retries and the waits between them included; of a stream or a
            download, until its end.

    Raises:
        ConfigurationError: A value is out of its range.
    """

    connect: float | None = attrs.field(default=_Default(5), validator=_checks.limit)
    read: float | None = attrs.field(default=_Default(600), validator=_checks.limit)
    write: float | None = attrs.field(default=_Default(60), validator=_checks.limit)
    pool: float | None = attrs.field(default=_Default(600), validator=_checks.limit)
    total: float | None = attrs.field(default=None, validator=_checks.limit)

    def where_not_set(self, most: float) -> Timeout:
        """The same, each step that nobody has set no longer than `most` seconds."""
        steps = {name: getattr(self, name) for name in STEPS}
        return attrs.evolve(self, **{name: min(most, each) for name, each in steps.items() if type(each) is _Default})

    def capped(self, most: float) -> Timeout:
        """The same, each step no longer than `most` seconds."""
        steps = (self.connect, self.read, self.write, self.pool)
        connect, read, write, pool = [most if each is None else min(each, most) for each in steps]
        return Timeout(connect=connect, read=read, write=write, pool=pool, total=self.total)


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """Which requests are retried, how often, and after how long.

    Attributes:
        max_attempts: How often a request is sent at most, the first time included, 1 or more.
        base_delay: The longest wait before the second attempt, in seconds; it doubles with each further one. Each wait
            is drawn from 0 to there ("full jitter"), so that many clients do not come back at once.
        max_delay: Where the doubling ends, in seconds.
        max_elapsed: How long a call may take, in seconds, waits included: no wait starts that would pass it.
        max_retry_after: The longest wait that the service may ask for, in seconds. A longer one is not cut short: the
            error is raised, with `retry_after` set.
        retry_unknown_outcome: Whether to retry a POST that may have been executed, and billed, already.

    Raises:
        ConfigurationError: A value is out of its range.
    """

    max_attempts: int = attrs.field(default=4, validator=_checks.whole(1))
    base_delay: float = attrs.field(default=0.5, validator=_checks.seconds())
    max_delay: float = attrs.field(default=8.0, validator=_checks.seconds())
    max_elapsed: float = attrs.field(default=120.0, validator=_checks.seconds())
    max_retry_after: float = attrs.field(default=60.0, validator=_checks.seconds())
    retry_unknown_outcome: bool = attrs.field(default=False, validator=_checks.flag)


@attrs.frozen
class RetryEvent:
    """What `on_retry` receives before each wait.

    Attributes:
        method: The method of the request.
        path: Its path, without the query.
        attempt: How often it was sent already.
        delay: How long the client waits before it retries, in seconds.
        reason: Why it may be retried.
        status: The status of the response, where there was one.
        exception: What happened, where there was no response.
        idempotency_key: The `Idempotency-Key` of a POST, the same on every attempt.
    """

    method: str
    path: str
    attempt: int
    delay: float
    reason: str
    status: int | None
    exception: Exception | None
    idempotency_key: str | None


OnRetry = Callable[[RetryEvent], object]


class ResponseEvent(NamedTuple):
    """What `on_response` receives at the end of each call: no keys, no bodies, no queries.

    Attributes:
        operation: The client's method for the operation, `create_image` for instance, `get_image_job` for a poll; None
            where the contract has no such operation, as for a download.
        method: The method of the request.
        path: Its path, without the query.
        url: Its address, without the query.
        status: The status of the last response; None where none came.
        attempts: How often the request was sent; of a download, how many requests there were.
        elapsed: How long the call took, in seconds: retries, their waits and the body included; of a stream, until its
            end.
        request_id: The service's id of the last request, where it sent one.
        model: The model that the request names; None where it names none.
        response_model: The model that the response names; None where it names none.
        usage: The tokens that the response reports, such as `{"prompt_tokens": 21}`; None where it reports none.
        error: The class of the error that the call raises, `RateLimitError` for instance; None where it raises none.
    """

    operation: str | None
    method: str
    path: str
    url: str
    status: int | None
    attempts: int
    elapsed: float
    request_id: str | None
    model: str | None
    response_model: str | None
    usage: Mapping[str, Any] | None
    error: str | None


OnResponse = Callable[[ResponseEvent], object]


@attrs.frozen(kw_only=True)
class PollPolicy:
    """How often a job is polled.

    Attributes:
        initial: The first wait, in seconds, where the service gives no estimate of how long the job takes.
        factor: How many times as long as the one before it each further wait is, 1 to 10.
        max_interval: The longest wait, in seconds.
        jitter: How far a wait may be off, 0 to 1, so that many clients do not poll in step: how much earlier it may
            end, as a share of it; after an estimate how much later, as a share of `initial`.
        timeout: How long to wait for a job altogether, in seconds.

    Raises:
        ConfigurationError: A value is out of its range.
    """

    initial: float = attrs.field(default=1.0, validator=_checks.seconds(0.001))
    factor: float = attrs.field(default=1.6, validator=_checks.number(1, 10))
    max_interval: float = attrs.field(default=15.0, validator=_checks.seconds(0.001))
    jitter: float = attrs.field(default=0.1, validator=_checks.number(0, 1))
    timeout: float = attrs.field(default=600.0, validator=_checks.seconds(0.001))
