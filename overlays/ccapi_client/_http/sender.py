"""Sends a request until there is a response or `retry` says to stop. Everything that both clients do is built on it.

`Call` is the account of one call and does no I/O. `Sender` is the one body that sends: its steps are coroutines. The
asynchronous client awaits them, the blocking client drives them to their end (`blocking`). A response that breaks off
while it is read counts as a failure of its attempt.
"""

from __future__ import annotations

import logging
import math
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import attrs

from ..errors import APIConnectionError, APITimeoutError, ConfigurationError
from ..policies import OnRetry, RetryEvent, RetryPolicy
from . import billing
from .address import Address
from .billing import noted
from .body import Reading, malformed
from .decoding import unpack
from .options import Options
from .retry import NO_QUOTA, NO_TIME, POLL, Failure, Outcome, RetryQuota, decide, error_failure, response_failure
from .times import ResponseTimes
from .wire import OUT_OF_TIME, Kind, Request, Response, TransportError

logger = logging.getLogger("ccapi_client")
logger.addHandler(logging.NullHandler())  # what to do with its lines is for the program to say

LOGGED_HEADERS = ("x-request-id", "retry-after", "retry-after-ms")
"""The headers of a response that may be logged. Of a request none are, nor its query, nor any body."""


class Connections(Protocol):
    """What carries requests."""

    is_closed: bool

    async def send(self, request: Request) -> Response:
        """Sends a request and returns its response, whose body is still to be read.

        Raises:
            TransportError: There is no response.
        """
        ...

    def proxy_of(self, url: Address) -> Address | None:
        """The proxy for a URL; None where there is none."""
        ...

    async def addresses(self, host: str, seconds: float | None) -> list[str]:
        """The addresses of a host; none where they are not looked up on this machine, or do not come in time."""
        ...

    async def close(self) -> None:
        """Closes the connections."""


@attrs.define
class Call:
    """The account of one call: how often it was sent, since when, and what it took of the quota."""

    request: Request
    policy: RetryPolicy
    on_retry: OnRetry | None
    quota: RetryQuota
    started: float
    end: float = math.inf
    attempt: int = 0
    taken: int = 0

    def __attrs_post_init__(self) -> None:
        """Gives a POST the key by which the service can tell a retry from a new request, unless it has one."""
        if self.request.method == "POST":
            self.request.headers.setdefault("idempotency-key", str(uuid.uuid4()))
        if self.policy is not POLL:
            self.quota.add(self.quota.PER_CALL)

    def responded(self, response: Response, now: float, chance: float) -> float | None:
        """How long to wait before the retry, in seconds; None where the response is the last, good or bad."""
        self.attempt += 1
        response.elapsed = now - self.started
        failure = response_failure(response, datetime.now(UTC))
        if failure is None:
            if self.taken:
                self.quota.add(self.taken)
            return None
        headers = response.info.headers  # without the key, which some services repeat
        seen = [f"{name}={headers[name]}" for name in LOGGED_HEADERS if name in headers]
        return self._delay(failure, now, chance, ", ".join(seen))

    def rejected(self, response: Response) -> None:
        """The service rejected the key, and there is another: the request is retried with that at once."""
        self.attempt += 1
        failure = Failure(Outcome.REFUSED, "the key was rejected, and api_key gives another", response.status_code)
        logger.info("%s %s: %s; retry at once", self.request.method, self.request.url.path, failure.reason)
        self._tell(failure, failure.reason, 0.0)

    def failed(self, error: TransportError, now: float, chance: float) -> float:
        """How long to wait before the retry, in seconds.

        Raises:
            APIConnectionError: It is not retried.
        """
        self.attempt += 1
        delay = self._delay(error_failure(error), now, chance, "")
        if delay is None:
            raise own_error(error, self.request) from error
        return delay

    def _delay(self, failure: Failure, now: float, chance: float, seen: str) -> float | None:
        request, policy, elapsed = self.request, self.policy, now - self.started
        decision = decide(
            policy, request.method, failure, attempt=self.attempt, elapsed=elapsed, quota=self.quota.left, chance=chance
        )
        place = f"{request.method} {request.url.path}"
        seen = f" ({seen})" if seen else ""
        if decision.delay is not None and now + decision.delay >= self.end:
            decision = NO_TIME
        if decision.delay is not None and not self.quota.take():  # another thread was faster
            decision = NO_QUOTA
        if decision.delay is None:
            # Whether a wait ends with a poll that failed is not known here.
            level = logging.INFO if policy is POLL else logging.WARNING
            logger.log(
                level,
                "%s failed after %d attempt%s in %.2f s: %s%s; %s",
                *(place, self.attempt, "s" if self.attempt > 1 else "", elapsed, failure.reason, seen, decision.reason),
            )
            return None
        self.taken += 1
        logger.info(
            "%s: %s%s; retry in %.2f s, attempt %d of %d",
            *(place, failure.reason, seen, decision.delay, self.attempt + 1, policy.max_attempts),
        )
        self._tell(failure, decision.reason, decision.delay)
        return decision.delay

    def _tell(self, failure: Failure, reason: str, delay: float) -> None:
        if self.on_retry:
            event = RetryEvent(
                method=self.request.method,
                path=self.request.url.path,
                attempt=self.attempt,
                delay=delay,
                reason=reason,
                status=failure.status,
                exception=failure.error,
                idempotency_key=self.request.headers.get("idempotency-key"),
            )
            self.on_retry(event)


def own_error(error: TransportError, request: Request) -> APIConnectionError:
    """The public error for a failure."""
    place = f"{request.method} {request.url.redacted}"
    key = request.headers.get("idempotency-key")
    kind = APITimeoutError if error.kind.is_timeout else APIConnectionError
    return noted(kind(f"{place}: {error}", idempotency_key=key), request)


def never(response: Response) -> bool:
    """No response's body is left to the caller."""
    return False


@attrs.define(kw_only=True, eq=False)
class Sender:
    """What a client's parts send with.

    Attributes:
        options: What the client was set up with.
        connections: What carries its requests.
        quota: How many retries it has left.
        times: When its responses came.
        clock: Tells the time, in seconds.
        sleep: Waits for so many seconds.
        chance: Gives a random number from 0 to 1.
        offload: Does work that takes a while where it holds up nobody else.
        owns_connections: Whether closing the client closes the connections.
    """

    options: Options
    connections: Connections
    quota: RetryQuota
    times: ResponseTimes
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[object]]
    chance: Callable[[], float]
    offload: Callable[[Callable[[], object]], Awaitable[object]]
    owns_connections: bool = True

    def with_options(self, **changes: Any) -> Sender:
        """A sender with other options on the same connections; closing it leaves them open."""
        return attrs.evolve(self, options=self.options.with_changes(**changes), owns_connections=False)

    def check_open(self) -> None:
        """Raises a `ConfigurationError` where the client was closed."""
        if self.connections.is_closed:
            raise ConfigurationError("this client is closed: make a new one")

    def new_call(self, request: Request, retry: RetryPolicy | None = None, within: float = math.inf) -> Call:
        """The account of a call that starts now, and ends `within` so many seconds, or else by the `total` timeout."""
        now, total = self.clock(), request.timeout.total
        end = now + (within if total is None else min(within, total))
        return Call(request, retry or self.options.retry, self.options.on_retry, self.quota, now, end)

    def left(self, end: float) -> float:
        """How long until then, in seconds."""
        return end - self.clock()

    async def send(
        self,
        request: Request,
        *,
        retry: RetryPolicy | None = None,
        stream_if: Callable[[Response], bool] = never,
        within: float = math.inf,
    ) -> Response:
        """Sends a request until there is a response, or `retry`, or else the client's own policy, says to stop.

        Where `stream_if` says so of a success, its body is left for the caller to read, and to close. All of it has to
        come `within` so many seconds, retries included.

        Raises:
            APIConnectionError: There is no response.
            MalformedResponseError: The response is larger than the client takes, or can't be unpacked.
        """
        call = self.new_call(request, retry, within)
        try:
            while True:
                try:
                    response = await self._attempt(call, stream_if)
                except TransportError as error:
                    billing.failed(request, error.kind)
                    _check_wanted(request)
                    delay = call.failed(error, self.clock(), self.chance())
                else:
                    if request.bearer and response.status_code == 401 and await request.bearer.replaced_in(request):
                        call.rejected(response)  # it was not executed: the service did not know whose it is
                        continue
                    again = call.responded(response, self.clock(), self.chance())
                    if again is None:
                        return response
                    delay = again
                await self.sleep(delay)
        except ConfigurationError as error:  # of this attempt; one before it may have been executed
            noted(error, request)
            raise

    async def _attempt(self, call: Call, stream_if: Callable[[Response], bool]) -> Response:
        request, end = call.request, call.end
        self.check_open()
        _check_wanted(request)
        if request.bearer:
            await request.bearer.put_into(request)
            _check_wanted(request)  # what gives the key may have taken long
        if end < math.inf:
            left = self.left(end)
            if left <= 0:
                raise TransportError(Kind.CONNECT_TIMED_OUT, OUT_OF_TIME)
            request.deadline = time.monotonic() + left
        report = request.report
        if report:
            report.attempts, report.response = report.attempts + 1, None
        response = await self.connections.send(request)
        if report:
            report.response = response
        response.attempts, response.elapsed = call.attempt + 1, self.clock() - call.started
        billing.responded(request, response)
        unpack(response)
        reading = Reading(response, self.options.max_response_bytes, lambda: self.clock() > end)
        if not reading.is_error and stream_if(response):
            return response
        try:
            while (piece := await response.body.piece()) is not None:
                if reading.add(piece):
                    break
        except TransportError as error:
            if reading.is_error:  # what breaks off is an error of this status all the same
                pass
            elif error.kind is Kind.ENCODING:
                raise malformed(response, str(error)) from error
            else:
                raise
        finally:
            await response.body.close()
        reading.keep()
        return response


def _check_wanted(request: Request) -> None:
    """Raises a `ConfigurationError` where somebody has closed what the request is for."""
    if request.is_withdrawn:
        raise ConfigurationError("the stream was closed while it was being opened")
