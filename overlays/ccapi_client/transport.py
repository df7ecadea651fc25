"""Sends a request until it is answered or `retry` says to stop, over `connections`.

`Call` keeps account of one call and does no I/O; `Transport` and `AsyncTransport`, the clients' parts, send, read and
sleep: an answer that breaks off while it is read counts as a failure of its attempt.
"""

from __future__ import annotations

import logging
import math
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Generic, TypeVar

import attrs
import httpx

from .body import Body, malformed
from .connections import AsyncConnections, Connections
from .errors import APIConnectionError, APITimeoutError, ConfigurationError
from .options import Options
from .retry import NO_QUOTA, POLL, Failure, OnRetry, RetryEvent, RetryPolicy, RetryQuota, answer_failure, error_failure
from .wire import AnyAnswer, AsyncAnswer, Request, SyncAnswer, shown

H = TypeVar("H", Connections, AsyncConnections)

logger = logging.getLogger("ccapi_client")
logger.addHandler(logging.NullHandler())  # what to do with its lines is for the program to say

LOGGED_HEADERS = ("x-request-id", "retry-after", "retry-after-ms")
"""The headers of an answer that may be logged. Of a request none are, nor its query, nor any body."""


@attrs.define
class Call:
    """The account of one call: how often it was sent, since when, and what it took of the quota."""

    request: Request
    policy: RetryPolicy
    on_retry: OnRetry | None
    quota: RetryQuota
    started: float
    attempt: int = 0
    taken: int = 0

    def __attrs_post_init__(self) -> None:
        """Gives a POST the key by which the service can tell a repetition from a new order, unless it has one."""
        if self.request.method == "POST":
            self.request.headers.setdefault("idempotency-key", str(uuid.uuid4()))
        if self.policy is not POLL:
            self.quota.add(self.quota.PER_CALL)

    def answered(self, response: AnyAnswer, now: float, chance: float) -> float | None:
        """How long to wait before sending again, in seconds; None where the answer is the last, good or bad."""
        self.attempt += 1
        failure = answer_failure(response, datetime.now(UTC))
        if failure is None:
            self.quota.add(self.taken)
            return None
        headers = [f"{name}={response.headers[name]}" for name in LOGGED_HEADERS if name in response.headers]
        return self._delay(failure, now, chance, ", ".join(headers))

    def failed(self, error: httpx.HTTPError, now: float, chance: float) -> float:
        """How long to wait before sending again, in seconds.

        Raises:
            APIConnectionError: It is not sent again.
        """
        self.attempt += 1
        delay = self._delay(error_failure(error), now, chance, "")
        if delay is None:
            raise own_error(error, self.request) from error
        return delay

    def _delay(self, failure: Failure, now: float, chance: float, seen: str) -> float | None:
        request, policy, elapsed = self.request, self.policy, now - self.started
        decision = policy.decide(
            request.method, failure, attempt=self.attempt, elapsed=elapsed, quota=self.quota.left, chance=chance
        )
        place = f"{request.method} {request.url.path}"
        seen = f" ({seen})" if seen else ""
        if decision.delay is not None and not self.quota.take():  # another thread was faster
            decision = NO_QUOTA
        if decision.delay is None:
            # Whether a wait ends with a poll that failed is not known here.
            level = logging.INFO if policy is POLL else logging.WARNING
            logger.log(
                level,
                "%s failed after %d attempts in %.2f s: %s%s; %s",
                *(place, self.attempt, elapsed, failure.reason, seen, decision.reason),
            )
            return None
        self.taken += 1
        logger.info(
            "%s: %s%s; sending again in %.2f s, attempt %d of %d",
            *(place, failure.reason, seen, decision.delay, self.attempt + 1, policy.max_attempts),
        )
        if self.on_retry:
            event = RetryEvent(
                method=request.method,
                path=request.url.path,
                attempt=self.attempt,
                delay=decision.delay,
                reason=decision.reason,
                status=failure.status,
                exception=failure.error,
                idempotency_key=request.headers.get("idempotency-key"),
            )
            self.on_retry(event)
        return decision.delay


def own_error(error: httpx.HTTPError, request: Request) -> APIConnectionError:
    """Our error for one of httpx."""
    place = f"{request.method} {shown(request.url)}"
    key = request.headers.get("idempotency-key")
    if isinstance(error, httpx.TimeoutException):
        return APITimeoutError(f"{place}: no answer in time ({type(error).__name__})", idempotency_key=key)
    # What was wrong with our own request is not told: it may be a header that is a secret.
    reason = "" if isinstance(error, httpx.LocalProtocolError) else str(error)
    return APIConnectionError(f"{place}: {reason or type(error).__name__}", idempotency_key=key)


Leave = Callable[[AnyAnswer], bool]


def _none(answer: AnyAnswer) -> bool:
    return False


class _Sender(Generic[H]):
    """What both transports are, short of sending."""

    _options: Options
    _connections: H
    _quota: RetryQuota
    _clock: Callable[[], float]
    _chance: Callable[[], float]
    _looks_up: bool
    """Whether names of hosts are looked up on this machine: not by a transport of the caller's own."""

    def _check_open(self) -> None:
        if self._connections.is_closed:
            raise ConfigurationError("this client is closed: make a new one")

    def _deadline(self, within: float) -> Callable[[], bool]:
        """Whether so many seconds from now are over."""
        end = self._clock() + within
        return lambda: self._clock() > end

    def _new_call(self, request: Request, retry: RetryPolicy | None) -> Call:
        options = self._options
        return Call(request, retry or options.retry, options.on_retry, self._quota, self._clock())


class Transport(_Sender[Connections]):
    """The part of `CCAPI` that sends."""

    _sleep: Callable[[float], None]

    def _send(
        self,
        request: Request,
        *,
        retry: RetryPolicy | None = None,
        leave: Leave = _none,
        max_bytes: float = math.inf,
        within: float = math.inf,
    ) -> SyncAnswer:
        """Sends a request until it is answered, or `retry`, or else the client's own policy, says to stop.

        Where `leave` says so of a success, its body is left for the caller to read, and the answer to close. Else all
        of it has to have come `within` so many seconds.

        Raises:
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is larger than `max_bytes`, or can't be unpacked.
        """
        call, is_late = self._new_call(request, retry), self._deadline(within)
        while True:
            try:
                response = self._attempt(request, leave, max_bytes, is_late)
            except httpx.HTTPError as error:
                delay = call.failed(error, self._clock(), self._chance())
            else:
                again = call.answered(response, self._clock(), self._chance())
                if again is None:
                    return response
                delay = again
            self._sleep(delay)

    def _attempt(self, request: Request, leave: Leave, max_bytes: float, is_late: Callable[[], bool]) -> SyncAnswer:
        self._check_open()
        answer = self._connections.send(request)
        body = Body(answer, max_bytes, is_late)
        if not body.is_error and leave(answer):
            return answer
        try:
            for piece in answer.pieces:
                if body.add(piece):
                    break
        except httpx.DecodingError as error:
            if not body.is_error:
                raise malformed(answer, "the answer is not compressed in the way that it says") from error
        except httpx.HTTPError:
            if not body.is_error:  # what breaks off is an error of this status all the same
                raise
        finally:
            answer.close()
        body.keep()
        return answer


class AsyncTransport(_Sender[AsyncConnections]):
    """The part of `AsyncCCAPI` that sends."""

    _sleep: Callable[[float], Awaitable[None]]

    async def _send(
        self,
        request: Request,
        *,
        retry: RetryPolicy | None = None,
        leave: Leave = _none,
        max_bytes: float = math.inf,
        within: float = math.inf,
    ) -> AsyncAnswer:
        """Sends a request until it is answered, or `retry`, or else the client's own policy, says to stop.

        Where `leave` says so of a success, its body is left for the caller to read, and the answer to close. Else all
        of it has to have come `within` so many seconds.

        Raises:
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is larger than `max_bytes`, or can't be unpacked.
        """
        call, is_late = self._new_call(request, retry), self._deadline(within)
        while True:
            try:
                response = await self._attempt(request, leave, max_bytes, is_late)
            except httpx.HTTPError as error:
                delay = call.failed(error, self._clock(), self._chance())
            else:
                again = call.answered(response, self._clock(), self._chance())
                if again is None:
                    return response
                delay = again
            await self._sleep(delay)

    async def _attempt(
        self, request: Request, leave: Leave, max_bytes: float, is_late: Callable[[], bool]
    ) -> AsyncAnswer:
        self._check_open()
        answer = await self._connections.send(request)
        body = Body(answer, max_bytes, is_late)
        if not body.is_error and leave(answer):
            return answer
        try:
            async for piece in answer.pieces:
                if body.add(piece):
                    break
        except httpx.DecodingError as error:
            if not body.is_error:
                raise malformed(answer, "the answer is not compressed in the way that it says") from error
        except httpx.HTTPError:
            if not body.is_error:  # what breaks off is an error of this status all the same
                raise
        finally:
            await answer.close()
        body.keep()
        return answer
