"""The response behind a result: its status, its headers, and what they say. The generation copies this module."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from . import RATE_LIMIT_HEADERS, REQUEST_ID_HEADERS

_EPOCH, _EPOCH_IN_MS = 1e8, 1e11
"""From where on a number is no length of time but a moment, in seconds or in milliseconds since 1970."""
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = r"(\d+(?:\.\d+)?)(ms|us|µs|ns|[dhms])"
_NUMBER = r"\s*\"?(\d+(?:\.\d+)?)\"?\s*(?:[,;].*)?"
_FIELD = {"limit": r"\b(?:limit|q)=(\d+)", "remaining": r"\b(?:remaining|r)=(\d+)", "reset": r"\b(?:reset|t)=(\d+)"}
"""The parameters of the headers `RateLimit` and `RateLimit-Policy` (IETF, draft-ietf-httpapi-ratelimit-headers)."""


class RateLimit(NamedTuple):
    """What a response says about the rate limit of its request; a value is None if the response doesn't say it.

    Attributes:
        limit: How many requests, or tokens, the limit allows.
        remaining: How many are left.
        reset: How many seconds after the response the limit is reset.
    """

    limit: int | None
    remaining: int | None
    reset: float | None


class ResponseInfo:
    """The response that a result or an error was made of. It is read only.

    A copy, or a pickle, lacks the headers that may be secret, such as cookies.
    """

    __slots__ = ("_all",)

    def __init__(
        self, status_code: int, headers: Mapping[str, str], attempts: int, elapsed: float, at: float | None = None
    ) -> None:
        # One tuple, because it is made for every result.
        self._all = (status_code, headers, attempts, elapsed, time.time() if at is None else at)

    @property
    def status_code(self) -> int:
        """Its HTTP status."""
        return self._all[0]

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers; names match in any case. If a header came several times, its values are joined by commas."""
        return self._all[1]

    @property
    def attempts(self) -> int:
        """How often the request was sent."""
        return self._all[2]

    @property
    def elapsed(self) -> float:
        """How long the call took, retries and the waits between them included, in seconds.

        For a stream: until the response started.
        """
        return self._all[3]

    @property
    def request_id(self) -> str | None:
        """The service's id of the request; None if it sent none."""
        return next(filter(None, map(self.headers.get, REQUEST_ID_HEADERS)), None)

    @property
    def rate_limit(self) -> RateLimit:
        """What the response says about the rate limit of the request."""
        get, at = self.headers.get, self._now()
        for limit, remaining, reset in RATE_LIMIT_HEADERS:
            found = RateLimit(_whole(get(limit)), _whole(get(remaining)), _seconds(get(reset), at))
            if found != (None, None, None):
                return found
        text = f"{get('ratelimit', '')}, {get('ratelimit-policy', '')}"
        values = [re.search(pattern, text, re.ASCII) for pattern in _FIELD.values()]
        whole = [int(each[1][:18]) if each else None for each in values]
        return RateLimit(whole[0], whole[1], None if whole[2] is None else float(whole[2]))

    def _now(self) -> float:
        """When the response came, by the service's own clock where it tells the time: that clock need not be ours."""
        date = _moment(self.headers.get("date"))
        return self._all[4] if date is None else date

    def __reduce__(self) -> tuple[Any, ...]:
        return ResponseInfo, self._all

    def __repr__(self) -> str:
        # Without the headers: some hold what is secret, such as cookies.
        return (
            f"ResponseInfo(status_code={self.status_code}, request_id={self.request_id!r}, "
            f"attempts={self.attempts}, elapsed={self.elapsed:.3f})"
        )


def _whole(text: str | None) -> int | None:
    found = re.fullmatch(_NUMBER, text, re.ASCII) if text else None
    return int(found[1].partition(".")[0][:18]) if found else None


def _seconds(text: str | None, now: float) -> float | None:
    """How long it takes until then: of `12`, `1m30s`, a date, or a moment in seconds since 1970."""
    if not text:
        return None
    number = re.fullmatch(_NUMBER, text, re.ASCII)
    if number:
        value = float(number[1][:18])
        return max(0.0, value / (1000 if value >= _EPOCH_IN_MS else 1) - now) if value >= _EPOCH else value
    if re.fullmatch(rf"\s*(?:{_PART})+\s*", text, re.ASCII):
        return sum(float(digits[:18]) * _UNITS[unit] for digits, unit in re.findall(_PART, text, re.ASCII))
    moment = _moment(text)
    return None if moment is None else max(0.0, moment - now)


def _moment(text: str | None) -> float | None:
    """A date of HTTP (RFC 9110) or of ISO 8601, in seconds since 1970."""
    if not text:
        return None
    from email.utils import parsedate_to_datetime  # only here, for it takes a while to import

    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            date = read(text.strip())
            return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
