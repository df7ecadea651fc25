"""When a request may be sent again: sorted by whether the first one could have been executed, and billed.

| what happened | GET | POST |
|---|---|---|
| `NOT_DELIVERED`: the service never had the request | again | again |
| `REFUSED`: it had it and said that it did nothing | again | again |
| `UNKNOWN`: it may have carried it out, and billed it | again | not, unless `retry_unknown_outcome` |
| `DEFINITE`: the same request would fail in the same way | not | not |

Decides, and does no I/O: `transport` acts.
"""

from __future__ import annotations

import math
import re
import ssl
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum

import attrs
import httpx

from . import checks
from .errors import APIConnectionError, APIStatusError, CCAPIError, envelope_in
from .wire import AnyAnswer


class Outcome(Enum):
    """What a failed attempt means for the request."""

    NOT_DELIVERED = "not delivered"
    REFUSED = "refused before execution"
    UNKNOWN = "may have been executed"
    DEFINITE = "would fail again"


@attrs.frozen
class Failure:
    """A failed attempt.

    Attributes:
        outcome: What it means for the request.
        reason: What happened, in a few words without secrets.
        status: The status of the answer, where there was one.
        error: The exception, where there was no answer.
        retry_after: How long the service asks to wait, in seconds, where it does.
    """

    outcome: Outcome
    reason: str
    status: int | None = None
    error: Exception | None = None
    retry_after: float | None = None


@attrs.frozen
class Decision:
    """Whether to send again.

    Attributes:
        delay: How long to wait before it, in seconds; None to stop.
        reason: Why.
    """

    delay: float | None
    reason: str


NO_QUOTA = Decision(None, "the client's retry quota is used up: most of its calls fail")


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """Which requests are sent again, how often, and after how long.

    Attributes:
        max_attempts: How often a request is sent at most, the first time included, 1 or more.
        base_delay: The longest wait before the second attempt, in seconds; it doubles with each further one. The
            waits are drawn from 0 to there ("full jitter"), so that many clients do not come back at once.
        max_delay: Where the doubling ends, in seconds.
        max_elapsed: How long a call may go on, in seconds, waits included: no wait begins that would pass it.
        max_retry_after: The longest wait that the service may ask for, in seconds. A longer one is not cut short: the
            error is raised, with `retry_after` set.
        retry_unknown_outcome: Whether to send a POST again that may have been executed, and billed, already.

    Raises:
        ConfigurationError: A value is out of its range.
    """

    max_attempts: int = attrs.field(default=4, validator=checks.whole(1))
    base_delay: float = attrs.field(default=0.5, validator=checks.seconds())
    max_delay: float = attrs.field(default=8.0, validator=checks.seconds())
    max_elapsed: float = attrs.field(default=120.0, validator=checks.seconds())
    max_retry_after: float = attrs.field(default=60.0, validator=checks.seconds())
    retry_unknown_outcome: bool = attrs.field(default=False, validator=checks.flag)

    def decide(
        self, method: str, failure: Failure, *, attempt: int, elapsed: float, quota: float, chance: float
    ) -> Decision:
        """Whether to send a request again.

        Args:
            method: Its method.
            failure: What happened to it.
            attempt: How often it was sent already, 1 or more.
            elapsed: How long the call has gone on, in seconds.
            quota: How many retries the client has left, as `RetryQuota.left` says.
            chance: A random number from 0 to 1.
        """
        if failure.outcome is Outcome.DEFINITE:
            return Decision(None, failure.outcome.value)
        if failure.outcome is Outcome.UNKNOWN and method != "GET" and not self.retry_unknown_outcome:
            return Decision(None, f"{failure.outcome.value}: a {method} is not sent again")
        if attempt >= self.max_attempts:
            return Decision(None, f"{attempt} of {self.max_attempts} attempts were made")
        delay = failure.retry_after
        if delay is None:
            # The exponent is bounded only to keep the power a number.
            delay = chance * min(self.max_delay, self.base_delay * 2.0 ** min(attempt - 1, 64))
        elif delay > self.max_retry_after:
            return Decision(None, f"the service asks to wait {delay:g} s, longer than {self.max_retry_after:g} s")
        if elapsed + delay > self.max_elapsed:
            return Decision(None, f"the call would take longer than {self.max_elapsed:g} s")
        if quota < 1:
            return NO_QUOTA
        return Decision(delay, failure.outcome.value)


POLL = RetryPolicy(max_attempts=1)
"""One poll is one request: when it fails, the cadence of the wait decides when the next one is due."""


@attrs.frozen
class RetryEvent:
    """What `on_retry` is told, before each wait.

    Attributes:
        method: The method of the request.
        path: Its path, without the query.
        attempt: How often it was sent already.
        delay: How long is waited before it is sent again, in seconds.
        reason: Why it may be sent again.
        status: The status of the answer, where there was one.
        exception: What happened instead of an answer.
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


class RetryQuota:
    """How many retries a client has left: a token bucket, shared by its copies and their threads.

    It starts with the retries that the policy allows one call. Each call adds three quarters of a retry, each retry takes one, and a call
    that succeeds gives back what it took. So a service that fails now and then is asked as often as it takes, and one
    that is down sees 1.75 requests a call, and with the default policy three more: less than two a call from the 13th on.
    """

    PER_CALL, MOST = 0.75, 100.0

    def __init__(self, start: float) -> None:
        self._lock = threading.Lock()
        self._left = start

    @property
    def left(self) -> float:
        """How many retries are left."""
        return self._left

    def add(self, retries: float) -> None:
        """Adds what a new call brings, or what one that succeeded gives back."""
        with self._lock:
            self._left = min(self.MOST, self._left + retries)

    def take(self) -> bool:
        """Takes one retry; False where there is none."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True


REFUSED = {425, 429}
UNKNOWN = {408, 500, 502, 503, 504, *range(520, 530)}
SPENT = re.compile("quota|billing|balance|credit|payment")
"""What the `code` or `type` of a 429 says when it is no rate limit: waiting would not help."""


def answer_failure(response: AnyAnswer, now: datetime) -> Failure | None:
    """What an answer means for its request; None when it is a success. An error's body has to be read already."""
    status = response.status_code
    if status < 400:
        return None
    wait = retry_after(response.headers, now)
    error = envelope_in(response.content) or {}
    kind = f"{error.get('code')} {error.get('type')}".lower()
    if status in REFUSED:
        outcome = Outcome.DEFINITE if SPENT.search(kind) else Outcome.REFUSED
    elif status == 503 and wait is not None:
        outcome = Outcome.REFUSED
    else:
        outcome = Outcome.UNKNOWN if status in UNKNOWN else Outcome.DEFINITE
    return Failure(outcome, f"status {status}", status=status, retry_after=wait)


def error_failure(error: httpx.HTTPError) -> Failure:
    """What it means for a request that it was not answered."""
    outcome = Outcome.UNKNOWN
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError):
        outcome = Outcome.DEFINITE if _is_about_certificates(error) else Outcome.NOT_DELIVERED
    elif isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol | httpx.DecodingError):
        outcome = Outcome.DEFINITE
    return Failure(outcome, type(error).__name__, error=error)


def is_passing(error: CCAPIError) -> bool:
    """Whether a question that failed in this way may be answered later: 429, 5xx, or no connection."""
    if isinstance(error, APIStatusError):
        spent = error.status_code == 429 and SPENT.search(f"{error.code} {error.type}".lower())
        return (error.status_code in (408, *REFUSED) and not spent) or error.status_code >= 500
    if isinstance(error, APIConnectionError):
        cause = error.__cause__
        return not isinstance(cause, httpx.HTTPError) or error_failure(cause).outcome is not Outcome.DEFINITE
    return False


def _is_about_certificates(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long the service asks to wait, in seconds, 0 or more; None where it asks for nothing that can be read.

    `retry-after-ms` in milliseconds; else `Retry-After` (RFC 9110, section 10.2.3) in seconds, or as a date, which is
    held against the answer's own `Date` where it has one: the service's clock need not be ours.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return max(0.0, milliseconds / 1000)
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is None:
        date = _http_date(value)
        if date is None:
            return None
        seconds = (date - (_http_date(headers.get("date")) or now)).total_seconds()
    return max(0.0, seconds)


def asked_wait(response: AnyAnswer) -> float | None:
    """How long an answer asks to wait before the next question, in seconds, as far as it does."""
    return retry_after(response.headers, datetime.now(UTC))


def _number(text: str | None) -> float | None:
    if text is None or not re.fullmatch(r"\s*[+-]?[0-9]+(\.[0-9]*)?\s*", text, re.ASCII):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


_HTTP_DATE = re.compile(
    r"(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?,? [\w -]*\d\d:\d\d:\d\d( GMT| \d{4})?",
    re.ASCII | re.IGNORECASE,
)


def _http_date(text: str | None) -> datetime | None:
    """A date in any of the three forms of RFC 9110, section 5.6.7: IMF-fixdate, RFC 850 and asctime."""
    if text is None or not _HTTP_DATE.fullmatch(text.strip()):
        return None
    from dateutil.parser import parse  # only here, for it takes a while to import

    try:
        date = parse(text)
    except (ValueError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date
