"""How long requests may take, the policies of retries and of polls, and what `on_retry` and `on_response` receive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import attrs

from . import _checks

STEPS = ("connect", "read", "write", "pool")


class _Default(float):
    """A number of seconds that nobody has set: for a GET or a poll, a smaller one holds."""


@attrs.frozen(kw_only=True)
class Timeout:
    """How long each step of a request may take, in seconds; None means no limit.

    A step that you don't set takes at most 60 seconds for a GET, and 30 for a poll of a job.

    Attributes:
        connect: Until there is a connection, TLS and the proxy included.
        read: Until the headers of the response are there, and then until each next piece of its body comes.
        write: Until the next piece of the request is sent.
        pool: Until one of the client's 1,000 connections is free.
        total: How long the whole call may take, including its retries and their waits; for a stream or a download,
            until its end.

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
        max_attempts: How often a request is sent at most, including the first time; 1 or more.
        base_delay: The longest wait before the second attempt, in seconds. It doubles with each further attempt. The
            client waits for a random time up to that ("full jitter"), so that many clients do not retry at once.
        max_delay: The longest wait that the doubling can reach, in seconds.
        max_elapsed: How long a call may take, in seconds, including waits. No wait starts that would pass it.
        max_retry_after: The longest `Retry-After` that the client obeys, in seconds. If the service sends a longer one,
            the client raises the error, with `retry_after` set.
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
        attempt: How often it has been sent.
        delay: How long the client waits before the retry, in seconds.
        reason: Why it may be retried.
        status: The status of the response; None if there was none.
        exception: What happened, if there was no response.
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
        operation: The client's method for the operation, for instance `create_image`, or `get_image_job` for a poll;
            None if the contract has no such operation, as for a download.
        method: The method of the request.
        path: Its path, without the query.
        url: Its address, without the query.
        status: The status of the last response; None if none came.
        attempts: How often the request was sent; for a download, the number of requests.
        elapsed: How long the call took, in seconds, including retries, their waits and the body; for a stream, until
            its end.
        request_id: The service's id of the last request; None if it sent none.
        model: The model that the request names, or None.
        response_model: The model that the response names, or None.
        usage: The tokens that the response reports, such as `{"prompt_tokens": 21}`, or None.
        error: The class of the error that the call raises, for instance `RateLimitError`, or None.
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
        initial: The first wait, in seconds, if the service gives no estimate of how long the job takes.
        factor: How many times longer each wait is than the one before it, 1 to 10.
        max_interval: The longest wait, in seconds.
        jitter: A random part of each wait, 0 to 1, so that many clients do not poll at the same time. A wait may end
            earlier, by up to this share of it. After an estimate it may end later, by up to this share of `initial`.
        timeout: How long to wait for a job altogether, in seconds.

    Raises:
        ConfigurationError: A value is out of its range.
    """

    initial: float = attrs.field(default=1.0, validator=_checks.seconds(0.001))
    factor: float = attrs.field(default=1.6, validator=_checks.number(1, 10))
    max_interval: float = attrs.field(default=15.0, validator=_checks.seconds(0.001))
    jitter: float = attrs.field(default=0.1, validator=_checks.number(0, 1))
    timeout: float = attrs.field(default=600.0, validator=_checks.seconds(0.001))
