"""Faults on demand, requested by the header `X-Sandbox-Fault`, by an option, or by `fail_next`.

A fault is written as its kind and its settings, `429;retry-after=2;times=2`. `KINDS` lists the kinds. This module only
decides which fault a request gets; `app` and `faulty` apply it.
"""

from __future__ import annotations

import math
import random
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field, fields

from .catalog import Outcome
from .errors import ApiError

HEADER = "X-Sandbox-Fault"

KINDS = {
    "400 ... 599": "responds with this status and does not execute the request (with executed=true: executes it first)",
    "billing": "402, the balance is used up",
    "html-error": "502 with a page of HTML, as proxies send it",
    "empty": "200 without a body",
    "malformed": "200 with JSON that violates the contract",
    "extra-fields": "every JSON object of the response, errors included, has a field that the contract does not list",
    "cut-body": "executes the request, and closes the connection in the middle of the response",
    "cut-stream": "closes the connection after some chunks of a stream (after=2)",
    "stream-error": "an error event after some chunks of a stream (after=2)",
    "no-done": "a stream that ends without [DONE]",
    "stall": "executes the request and never responds; a stream goes silent after some chunks (after=2)",
    "slow": "waits before the response, and between the chunks of a stream (seconds=1)",
    "raw-audio": "createSpeech responds with the audio file itself",
    "job-failed": "the job fails",
    "job-cancelled": "the job is cancelled",
    "job-never-ends": "the job never finishes",
    "unknown-status": "the job reports a status that the contract does not list, and is completed later",
}
"""Every kind of fault, and what it does."""

MAX_HEADER = 1000
"""The longest header, in characters: those that set `times` are kept."""
MOST = 10_000
EXPECTED = {"bool": "true or false", "int": f"a whole number from 0 to {MOST}", "float": "a number of 0 or more"}
JOBS: dict[str, Outcome] = {
    "job-failed": "failed",
    "job-cancelled": "cancelled",
    "job-never-ends": "never",
    "unknown-status": "unknown",
}
"""How a job ends, by the kind of fault."""
MESSAGES = {
    400: ("invalid_request_error", "invalid_request"),
    401: ("invalid_request_error", "unauthorized"),
    402: ("billing_error", "insufficient_balance"),
    403: ("invalid_request_error", "forbidden"),
    404: ("invalid_request_error", "not_found"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
}


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a request.

    Attributes:
        kind: A status from 400 to 599, or one of `KINDS`.
        retry_after: The `Retry-After` of the response, in seconds.
        times: The maximum number of failures for requests with the same `Idempotency-Key`; 0 sets no limit. Without
            the key, requests to the same path count, and their count begins anew once one has passed.
        after: How many chunks of a stream come before the fault.
        seconds: The length of each wait, in seconds.
        model: The one chat model that fails; empty for every request. Only for a status.
        executed: Whether the request is executed before it fails. Only for a status.
    """

    kind: str
    retry_after: float | None = None
    times: int = 0
    after: int = 2
    seconds: float = 1.0
    model: str = ""
    executed: bool = False

    @property
    def status(self) -> int | None:
        """The status to respond with; None if the fault is something else."""
        return int(self.kind) if self.kind.isdigit() else {"billing": 402, "html-error": 502}.get(self.kind)

    @property
    def error(self) -> ApiError:
        """The error to respond with."""
        status = self.status or 503
        kind, code = MESSAGES.get(status, ("api_error", "injected_fault"))
        error = ApiError(status, kind, code, f"The fault {self.kind} was requested.")
        if self.retry_after is None:
            return error
        wait = {
            "Retry-After": str(max(1, round(self.retry_after))),
            "retry-after-ms": str(round(self.retry_after * 1000)),
        }
        return error.with_headers(wait)


def parse(text: str) -> Fault:
    """The fault that a text describes, such as `429;retry-after=2;times=2`.

    Raises:
        ValueError: The text is not a fault; the message says why.
    """
    kind, *settings = [part.strip() for part in text.split(";")]
    is_status = kind.isdigit() and 400 <= int(kind) <= 599
    if not is_status and (kind not in KINDS or kind[:1].isdigit()):
        raise ValueError(f"{kind!r} is not a fault; there are {', '.join(KINDS)}")
    names = {each.name.replace("_", "-"): each.type for each in fields(Fault)[1:]}
    given: dict[str, float | int | str | bool] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in names:
            raise ValueError(f"{name!r} is not a setting of a fault; there are {', '.join(names)}")
        given[name.replace("-", "_")] = _value(name, value, str(names[name]))
    fault = Fault(kind, **given)  # type: ignore[arg-type]  # each by its own type
    if (fault.model or fault.executed) and not is_status:
        raise ValueError(f"model and executed only apply to a status, not to {kind!r}")
    if fault.model and fault.executed:
        raise ValueError("model and executed can't be combined: a model that fails does not execute the request")
    return fault


def _value(name: str, text: str, kind: str) -> float | int | str | bool:
    try:
        if kind == "bool":
            return {"true": True, "false": False}[text]
        if kind == "int":
            if not (text.isascii() and text.isdigit() and int(text) <= MOST):
                raise ValueError
            return int(text)
        if kind.startswith("float"):
            number = float(text)
            if not 0 <= number < math.inf:
                raise ValueError
            return number
    except (KeyError, ValueError):
        raise ValueError(f"{name}: {EXPECTED[kind.split()[0]]} is expected, not {text!r}") from None
    return text


@dataclass
class Faults:
    """Which request fails, and how.

    Attributes:
        every: The fault for all requests; None for no fault.
        rate: The probability of that fault, 0 to 1.
        seed: The seed of the random numbers that decide.
    """

    every: Fault | None = None
    rate: float = 1.0
    seed: int = 0
    _next: deque[Fault] = field(default_factory=deque)
    _by_key: Counter[tuple[Fault, str]] = field(default_factory=Counter)
    _by_place: dict[str, tuple[Fault, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - no secret

    def fail_next(self, fault: Fault) -> None:
        """Makes the next requests fail: as many as the fault's `times`, or one if that is 0.

        A fault with `times` that is set again begins anew; what was left of it is dropped.
        """
        if fault.times:
            self._next = deque(each for each in self._next if each != fault)
        self._next.extend([fault] * (fault.times or 1))

    def unused(self) -> list[str]:
        """The faults of `fail_next` that no request has met, a line for each kind."""
        return [
            f"fail_next: {count} of {kind}" for kind, count in Counter(each.kind for each in list(self._next)).items()
        ]

    def of(self, header: str | None, idempotency_key: str | None, place: str) -> Fault | None:
        """The fault of a request; None if nothing goes wrong.

        Raises:
            ValueError: The header is not a fault; the message says why.
        """
        with suppress(IndexError):  # a test may add to it, or clear it, at any time
            return self._next.popleft()
        if header is None:
            fault = self.every if self.every and self._dice.random() < self.rate else None
        elif len(header) > MAX_HEADER:
            raise ValueError(f"it has more than {MAX_HEADER} characters, the maximum here")
        else:
            fault = parse(header)
        if idempotency_key is None:
            return self._counted(fault, place)
        if fault and fault.times:
            key = (fault, idempotency_key)
            if self._by_key[key] >= fault.times:
                return None
            self._by_key[key] += 1
            if len(self._by_key) > MOST:
                self._by_key.clear()
        return fault

    def _counted(self, fault: Fault | None, place: str) -> Fault | None:
        """The fault of a request without a key; None once it has happened `times` times in a row.

        Nothing says which requests are retries. So one that passes, or that has another fault, ends the row.
        """
        before, count = self._by_place.pop(place, (None, 0))
        if fault is None or not fault.times:
            return fault
        count = count if before == fault else 0
        if count >= fault.times:
            return None
        if len(self._by_place) >= MOST:
            self._by_place.clear()
        self._by_place[place] = (fault, count + 1)
        return fault
