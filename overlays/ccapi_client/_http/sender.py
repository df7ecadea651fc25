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
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import attrs
from ccapi_openapi.model import Model
from ccapi_openapi.operations import Operation

from ..errors import APIConnectionError, APITimeoutError, ConfigurationError
from ..policies import OnRetry, RetryEvent, RetryPolicy
from .body import Reading, malformed
from .decoding import unpack
from .options import Options
from .reading import read_response
from .retry import NO_QUOTA, OUT_OF_TIME, POLL, Failure, RetryQuota, decide, error_failure, response_failure
from .times import ResponseTimes
from .wire import Kind, Request, Response, TransportError

R = TypeVar("R", bound=Model)

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
        failure = response_failure(response, datetime.now(UTC))
        if failure is None:
            if self.taken:
                self.quota.add(self.taken)
            return None
        headers = [f"{name}={response.headers[name]}" for name in LOGGED_HEADERS if name in response.headers]
        return self._delay(failure, now, chance, ", ".join(headers))

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
            decision = OUT_OF_TIME
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
            "%s: %s%s; retry in %.2f s, attempt %d of %d",
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


def own_error(error: TransportError, request: Request) -> APIConnectionError:
    """The public error for a failure."""
    place = f"{request.method} {request.url.redacted}"
    key = request.headers.get("idempotency-key")
    if error.kind.is_timeout:
        return APITimeoutError(f"{place}: {error}", idempotency_key=key)
    return APIConnectionError(f"{place}: {error}", idempotency_key=key)


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
        while True:
            try:
                response = await self._attempt(request, stream_if, call.end)
            except TransportError as error:
                _check_wanted(request)
                delay = call.failed(error, self.clock(), self.chance())
            else:
                again = call.responded(response, self.clock(), self.chance())
                if again is None:
                    return response
                delay = again
            await self.sleep(delay)

    async def _attempt(self, request: Request, stream_if: Callable[[Response], bool], end: float) -> Response:
        self.check_open()
        _check_wanted(request)
        if end < math.inf:
            request.deadline = time.monotonic() + self.left(end)
        response = await self.connections.send(request)
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


async def call(
    sender: Sender,
    operation: Operation[R],
    *,
    parameters: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> R:
    """Executes an operation of the contract, and gives what its response holds."""
    response = await sender.send(sender.options.operation_request(operation, parameters, body, extra_body))
    result = read_response(operation.response, response)
    if operation.polled_by is not None or operation.job is not None:
        sender.times.keep(result, response, sender.clock())
    return result
