"""The ledger of requests, and the limits on them.

`Ledger` records which requests were executed and what they would have cost, so a test can check that nothing is billed
twice. `Limits` rejects requests as the service does.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .errors import ApiError

MOST_ENTRIES = 10_000
LONGEST_BODY = 16 * 1024
"""The longest body that is kept, in bytes."""
MOST_BYTES = 32 * 1024 * 1024
"""The most bytes of all bodies that are kept; the oldest are dropped."""


@dataclass
class Entry:
    """One request.

    Attributes:
        time: When it arrived, in Unix seconds.
        method: Its method.
        path: Its path.
        operation: The operation of the contract, by its operationId.
        idempotency_key: Its `Idempotency-Key`; None if it has none.
        request_id: The `x-request-id` of the response.
        status: The status of the response; None until there is one.
        executed: Whether it was executed.
        billed: What it would have cost, in US dollars.
        model: The model that served it; None if there was none.
        fault: The kind of its fault; None if it had none.
        raw: Its body, if it is kept: up to 16 KiB, and 32 MiB for all requests together; older ones are dropped.
    """

    time: float
    method: str
    path: str
    operation: str
    idempotency_key: str | None
    request_id: str
    status: int | None = None
    executed: bool = False
    billed: float = 0.0
    model: str | None = None
    fault: str | None = None
    raw: bytes = field(default=b"", repr=False)  # as objects, it would take up to a hundred times as much memory

    @property
    def body(self) -> Any:
        """Its body as JSON; None if it has none, or if it is not kept. `GET /sandbox/ledger` leaves it out."""
        return json.loads(self.raw) if self.raw else None


class Ledger:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=MOST_ENTRIES)
        self._with_body: deque[Entry] = deque()
        self._bytes = 0

    def keep(self, entry: Entry, body: bytes | bytearray) -> None:
        """Keeps the body of a request, unless it is too long. Drops the oldest bodies if there are too many."""
        if not 0 < len(body) <= LONGEST_BODY:
            return
        entry.raw = bytes(body)
        self._with_body.append(entry)
        self._bytes += len(body)
        while self._bytes > MOST_BYTES or len(self._with_body) > MOST_ENTRIES:
            oldest = self._with_body.popleft()
            self._bytes -= len(oldest.raw)
            oldest.raw = b""

    def document(self) -> dict[str, Any]:
        """The ledger as JSON: the sums, the sums by `Idempotency-Key`, and the requests."""
        entries = list(self.entries)
        keys: dict[str, dict[str, Any]] = {}
        for entry in entries:
            if entry.idempotency_key is not None:
                sums = keys.setdefault(entry.idempotency_key, {"requests": 0, "executed": 0, "billed": 0.0})
                sums["requests"] += 1
                sums["executed"] += entry.executed
                sums["billed"] = _money([sums["billed"], entry.billed])
        return {
            "requests": len(entries),
            "executed": sum(entry.executed for entry in entries),
            "billed": _money(entry.billed for entry in entries),
            "currency": "USD",
            "by_idempotency_key": keys,
            "entries": [{name: value for name, value in vars(each).items() if name != "raw"} for each in entries],
        }


def _money(sums: Iterable[float]) -> float:
    return round(math.fsum(sums), 9)


class Limits:
    """The limit on requests per minute, and the balance that pays for them."""

    def __init__(self, now: Callable[[], float], requests_per_minute: int | None, balance: float | None) -> None:
        self._now, self._per_minute, self.balance = now, requests_per_minute, balance
        self._window, self._used = -math.inf, 0

    def take(self) -> None:
        """Counts a request.

        Raises:
            ApiError: 429 if there were too many in this minute.
        """
        if self._per_minute is None:
            return
        if self._left() <= 0:
            self._window, self._used = self._now(), 0
        if self._used >= self._per_minute:
            left = self._left()
            wait = {"Retry-After": str(math.ceil(left)), "retry-after-ms": str(math.ceil(left * 1000))}
            message = f"Too many requests. Try again in {math.ceil(left)} seconds."
            raise ApiError(429, "rate_limit_error", "rate_limit_exceeded", message).with_headers(wait)
        self._used += 1

    def headers(self) -> dict[str, str]:
        """The contract's headers for the limit and what is left of it; empty if there is no limit."""
        if self._per_minute is None:
            return {}
        left = max(0.0, self._left())
        return {
            "x-ratelimit-limit-requests": str(self._per_minute),
            "x-ratelimit-remaining-requests": str(self._per_minute - (self._used if left else 0)),
            "x-ratelimit-reset-requests": f"{math.ceil(left)}s",
        }

    def _left(self) -> float:
        """How long this minute lasts from now, in seconds; 0 or less once it has passed."""
        return self._window + 60 - self._now()

    def check_balance(self) -> None:
        """Rejects the request if the balance is used up.

        Raises:
            ApiError: 402 if it is.
        """
        if self.balance is not None and self.balance <= 0:
            raise ApiError(402, "billing_error", "insufficient_balance", "The balance of this account is used up.")

    def pay(self, cost: float) -> None:
        """Subtracts a cost in US dollars from the balance."""
        if self.balance is not None:
            self.balance -= cost
