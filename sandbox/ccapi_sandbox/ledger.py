"""The ledger of requests, and the limits on them.

`Ledger` records which requests were executed and what they would have cost, so a test can check that nothing is billed
twice. `Limits` rejects requests as the service does.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from .archive import Archive
from .errors import ApiError

MOST_ENTRIES = 10_000
"""The most requests in memory; older ones are on disk."""
LONGEST_BODY = 16 * 1024
"""The longest body that is kept, in bytes."""
MOST_BYTES = 32 * 1024 * 1024
"""The most bytes of all bodies that are kept; the oldest are dropped."""
AT_ONCE = 1000
"""How many entries are written into one piece of the ledger's JSON."""


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
    number: int = field(default=-1, repr=False, compare=False)  # its place in the ledger, which sets it

    @property
    def body(self) -> Any:
        """Its body as JSON; None if it has none, or if it is not kept. `GET /sandbox/ledger` leaves it out."""
        return json.loads(self.raw) if self.raw else None


class Ledger:
    """The requests, oldest first: the last ones in memory, older ones on disk.

    It drops the oldest if there are too many, or if they take too much room on disk, and counts them. While it is read,
    it drops none. All methods may be called from any thread.

    Args:
        most: How many requests it keeps.
    """

    def __init__(self, most: int = 1_000_000) -> None:
        self._most = most
        self._recent: deque[Entry] = deque()
        self._old = Archive()
        self._count, self._readers = 0, 0
        self._lock = RLock()  # the end of a reader may be noticed, by the collector of garbage, where it is held
        self._with_body: deque[Entry] = deque()
        self._bytes = 0

    @property
    def dropped(self) -> int:
        """How many requests were dropped."""
        with self._lock:
            return self._count - len(self._recent) - len(self._old)

    def add(self, entry: Entry) -> None:
        """Records a request. What changes in the entry is recorded too, until `finish`."""
        with self._lock:
            entry.number = self._count
            self._count += 1
            self._recent.append(entry)
            while len(self._recent) > MOST_ENTRIES:
                self._put(self._recent.popleft())
            self._trim()

    def finish(self, entry: Entry) -> None:
        """Records how a request ended, also if it took so long that it is on disk by now."""
        with self._lock:
            if self._recent and entry.number < self._recent[0].number and self._old.has(entry.number):
                self._put(entry)

    def latest(self, count: int) -> list[Entry]:
        """The last requests, newest first, of those in memory."""
        with self._lock:
            return [self._recent[-position] for position in range(1, min(count, len(self._recent)) + 1)]

    def read(self) -> Iterator[Entry]:
        """Every request, oldest first, up to the last one at the end of reading."""
        with self._lock:
            self._readers += 1
        try:
            last, is_old = -1, True
            while is_old:
                with self._lock:
                    page = [Entry(**json.loads(line), number=number) for number, line in self._old.page(last)]
                    if not page:  # under the same lock, so that none moves from memory to disk in between
                        page, is_old = [each for each in self._recent if each.number > last], False
                yield from page
                last = page[-1].number if page else last
        finally:
            with self._lock:
                self._readers -= 1
                self._trim()

    def _put(self, entry: Entry) -> None:
        self._old.put(entry.number, json.dumps(_fields(entry)))

    def _trim(self) -> None:
        if self._readers:
            return
        self._old.shrink(max(0, self._most - len(self._recent)))
        while len(self._recent) > self._most:
            self._recent.popleft()

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

    def pieces(self) -> Iterator[str]:
        """The ledger as JSON, in pieces: the requests, the sums, the sums by `Idempotency-Key`, what was dropped."""
        total, keys, lines = Sums(), dict[str, Sums](), list[str]()
        yield '{"entries": ['
        for entry in self.read():
            total.add(entry)
            if entry.idempotency_key is not None:
                keys.setdefault(entry.idempotency_key, Sums()).add(entry)
            lines.append(f"{', ' if total.requests > 1 else ''}{json.dumps(_fields(entry))}")
            if len(lines) == AT_ONCE:
                yield "".join(lines)
                lines.clear()
        by_key = {key: vars(sums) for key, sums in keys.items()}
        rest = {**vars(total), "currency": "USD", "dropped": self.dropped, "by_idempotency_key": by_key}
        yield f"{''.join(lines)}], {json.dumps(rest)[1:]}"


@dataclass
class Sums:
    """What requests have cost together."""

    requests: int = 0
    executed: int = 0
    billed: float = 0.0

    def add(self, entry: Entry) -> None:
        """Counts a request."""
        self.requests += 1
        self.executed += entry.executed
        self.billed = round(math.fsum((self.billed, entry.billed)), 9)


def _fields(entry: Entry) -> dict[str, Any]:
    return {name: value for name, value in vars(entry).items() if name not in ("raw", "number")}


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
