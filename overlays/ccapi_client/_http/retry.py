"""When a request may be retried: sorted by whether the first attempt could have been executed, and billed.

| what happened | GET | POST |
|---|---|---|
| `NOT_DELIVERED`: the service never received the request | retry | retry |
| `REFUSED`: the service received it and said that it did nothing | retry | retry |
| `UNKNOWN`: the service may have executed it, and billed it | retry | no, unless `retry_unknown_outcome` |
| `DEFINITE`: the same request would fail in the same way | no | no |

Decides, and does no I/O: `sender` acts.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum

import attrs

from .. import _forks
from ..errors import APIConnectionError, APIStatusError, CCAPIError
from ..policies import RetryPolicy
from .envelope import reason_in
from .wire import Kind, Response, TransportError


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
        status: The status of the response, where there was one.
        error: The exception, where there was no response.
        retry_after: How long the service says to wait, in seconds, where it does.
    """

    outcome: Outcome
    reason: str
    status: int | None = None
    error: Exception | None = None
    retry_after: float | None = None


@attrs.frozen
class Decision:
    """Whether to retry.

    Attributes:
        delay: How long to wait before it, in seconds; None to stop.
        reason: Why.
    """

    delay: float | None
    reason: str


NO_QUOTA = Decision(None, "the client's retry quota is used up: most of its calls fail")


NO_TIME = Decision(None, "the call would take longer than its timeout allows")


def decide(
    policy: RetryPolicy, method: str, failure: Failure, *, attempt: int, elapsed: float, quota: float, chance: float
) -> Decision:
    """Whether to retry a request.

    Args:
        policy: What the client was set up with.
        method: Its method.
        failure: What happened to it.
        attempt: How often it was sent already, 1 or more.
        elapsed: How long the call has been running, in seconds.
        quota: How many retries the client has left, as `RetryQuota.left` says.
        chance: A random number from 0 to 1.
    """
    if failure.outcome is Outcome.DEFINITE:
        return Decision(None, failure.outcome.value)
    if failure.outcome is Outcome.UNKNOWN and method != "GET" and not policy.retry_unknown_outcome:
        return Decision(None, f"{failure.outcome.value}: a {method} is not retried")
    if attempt >= policy.max_attempts:
        return Decision(None, f"{attempt} of {policy.max_attempts} attempts were made")
    delay = failure.retry_after
    if delay is None:
        # The exponent is bounded only to keep the power a number.
        delay = chance * min(policy.max_delay, policy.base_delay * 2.0 ** min(attempt - 1, 64))
    elif delay > policy.max_retry_after:
        return Decision(None, f"Retry-After is {delay:g} s, longer than {policy.max_retry_after:g} s")
    if elapsed + delay > policy.max_elapsed:
        return Decision(None, f"the call would take longer than {policy.max_elapsed:g} s")
    if quota < 1:
        return NO_QUOTA
    return Decision(delay, failure.outcome.value)


POLL = RetryPolicy(max_attempts=1)
"""One poll is one request: when it fails, the poll policy decides when the next one is due."""


class RetryQuota:
    """How many retries a client has left: a token bucket, shared by its copies and their threads.

    It starts with the retries that the policy allows one call. Each call adds three quarters of a retry, each retry
    takes one, and a call that succeeds gives back what it took. So a service that fails now and then gets as many
    requests as it takes, and one that is down gets 1.75 a call, and with the default policy three more: less than two a
    call from the 13th on.
    """

    PER_CALL, MOST = 0.75, 100.0

    def __init__(self, start: float) -> None:
        self._left = start
        self.forked()
        _forks.watch(self)

    def forked(self) -> None:
        """Goes on in a forked process, whose parent may have held the lock."""
        self._lock = threading.Lock()

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


def response_failure(response: Response, now: datetime) -> Failure | None:
    """What a response means for its request; None when it is a success. An error's body has to be read already."""
    status = response.status_code
    if status < 400:
        return None
    wait = retry_after(response.headers, now)
    error = reason_in(response.content)
    kind = f"{error.get('code')} {error.get('type')}".lower()
    if status in REFUSED:
        outcome = Outcome.DEFINITE if SPENT.search(kind) else Outcome.REFUSED
    elif status == 503 and wait is not None:
        outcome = Outcome.REFUSED
    else:
        outcome = Outcome.UNKNOWN if status in UNKNOWN else Outcome.DEFINITE
    return Failure(outcome, f"status {status}", status=status, retry_after=wait)


_OUTCOMES = {
    Kind.NOT_CONNECTED: Outcome.NOT_DELIVERED,
    Kind.CONNECT_TIMED_OUT: Outcome.NOT_DELIVERED,
    Kind.NO_CONNECTION_FREE: Outcome.NOT_DELIVERED,
    Kind.PROXY: Outcome.NOT_DELIVERED,
    Kind.PROXY_REFUSES_CREDENTIALS: Outcome.DEFINITE,
    Kind.TLS: Outcome.DEFINITE,
    Kind.NO_CERTIFICATE: Outcome.DEFINITE,
    Kind.NOT_SENT: Outcome.DEFINITE,
    Kind.ENCODING: Outcome.DEFINITE,
}
"""What happened without a response, and what it means; whatever else happened, the request may have been executed."""


def error_failure(error: TransportError) -> Failure:
    """What it means for a request that it got no response."""
    return Failure(_OUTCOMES.get(error.kind, Outcome.UNKNOWN), error.kind.value, error=error)


def is_passing(error: CCAPIError) -> bool:
    """Whether a poll that failed in this way may succeed later: 429, 5xx, or no connection."""
    if isinstance(error, APIStatusError):
        spent = error.status_code == 429 and SPENT.search(f"{error.code} {error.type}".lower())
        return (error.status_code in (408, *REFUSED) and not spent) or error.status_code >= 500
    if isinstance(error, APIConnectionError):
        cause = error.__cause__
        return not isinstance(cause, TransportError) or error_failure(cause).outcome is not Outcome.DEFINITE
    return False


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long the service says to wait, in seconds, 0 or more; None where it says nothing that can be read.

    `retry-after-ms` in milliseconds; else `Retry-After` (RFC 9110, section 10.2.3) in seconds, or as a date, which is
    held against the response's own `Date` where it has one: the service's clock need not be ours.
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


def asked_wait(response: Response) -> float | None:
    """How long a response says to wait before the next request, in seconds, as far as it does."""
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
