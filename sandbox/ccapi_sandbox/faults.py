"""Faults on demand: what a test asks to go wrong, by the header `X-Sandbox-Fault`, by an option, or by `fail_next`.

A fault is written as its kind and what it needs, `429;retry-after=2;times=2`. `KINDS` lists the kinds. Decides, and does
nothing itself: `app` carries the faults out.
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
    "400 ... 599": "answers with this status, without carrying the request out (with executed=true: after it)",
    "billing": "402, the balance is used up",
    "html-error": "502 with a page of HTML, as proxies send it",
    "empty": "200 without a body",
    "malformed": "200 with JSON that is not what the contract says",
    "extra-fields": "a field that the contract does not list in every JSON object of the response, errors too",
    "cut-body": "carries the request out, and closes the connection in the middle of the answer",
    "cut-stream": "closes the connection after some chunks of a stream (after=2)",
    "stream-error": "an error event after some chunks of a stream (after=2)",
    "no-done": "a stream that ends without [DONE]",
    "stall": "carries the request out and never answers; in a stream, after some chunks (after=2)",
    "slow": "waits before the answer, and between the chunks of a stream (seconds=1)",
    "raw-audio": "createSpeech answers with the audio file itself",
    "job-failed": "the job fails",
    "job-cancelled": "the job is cancelled",
    "job-never-ends": "the job goes on for ever",
    "unknown-status": "the job tells a status that the contract does not list, and is completed later",
}
"""Every kind of fault, and what it does."""

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
    """Something that goes wrong.

    Attributes:
        kind: What, one of `KINDS`.
        retry_after: What the answer says in `Retry-After`, in seconds.
        times: How often at most, for requests of the same `Idempotency-Key`, or else of the same path; 0 for always.
        after: After how many chunks of a stream.
        seconds: How long each wait is.
        model: The chat model that it happens to; every request where it is empty. Goes with a status.
        executed: Whether the request is carried out before it fails with a status.
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
        """The status to answer with, where that is the fault."""
        return int(self.kind) if self.kind.isdigit() else {"billing": 402, "html-error": 502}.get(self.kind)

    @property
    def error(self) -> ApiError:
        """The error to answer with."""
        status = self.status or 503
        kind, code = MESSAGES.get(status, ("api_error", "injected_fault"))
        error = ApiError(status, kind, code, f"The fault {self.kind} was asked for.")
        if self.retry_after is None:
            return error
        wait = {
            "Retry-After": str(max(1, round(self.retry_after))),
            "retry-after-ms": str(round(self.retry_after * 1000)),
        }
        return error.with_headers(wait)


def parse(text: str) -> Fault:
    """A fault as it is written.

    Raises:
        ValueError: It is written wrongly; the message says how.
    """
    kind, *settings = [part.strip() for part in text.split(";")]
    is_status = kind.isdigit() and 400 <= int(kind) <= 599
    if not is_status and (kind not in KINDS or kind[:1].isdigit()):
        raise ValueError(f"{kind!r} is no fault; there are {', '.join(KINDS)}")
    names = {each.name.replace("_", "-"): each.type for each in fields(Fault)[1:]}
    given: dict[str, float | int | str | bool] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in names:
            raise ValueError(f"{name!r} is no setting of a fault; there are {', '.join(names)}")
        given[name.replace("-", "_")] = _value(name, value, str(names[name]))
    fault = Fault(kind, **given)  # type: ignore[arg-type]  # each by its own type
    if (fault.model or fault.executed) and not is_status:
        raise ValueError(f"model and executed are no settings of {kind!r}, but of a status")
    if fault.model and fault.executed:
        raise ValueError("model and executed are no settings that go together: a model that fails is passed over")
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
        every: What goes wrong with any request,
        rate: with this probability.
        seed: The start of the random numbers that decide.
    """

    every: Fault | None = None
    rate: float = 1.0
    seed: int = 0
    _next: deque[Fault] = field(default_factory=deque)
    _seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - no secret

    def fail_next(self, fault: Fault) -> None:
        """Lets the next requests fail, as often as the fault says, once where it says nothing."""
        self._next.extend([fault] * (fault.times or 1))

    def of(self, header: str | None, idempotency_key: str | None, place: str) -> Fault | None:
        """What goes wrong with a request.

        Raises:
            ValueError: The header is written wrongly.
        """
        with suppress(IndexError):  # a test may add to it, or clear it, at any time
            return self._next.popleft()
        if header is not None:
            fault = parse(header)
            key = (header, idempotency_key or place)
            if fault.times and self._seen[key] >= fault.times:
                return None
            if fault.times:
                self._seen[key] += 1
                if len(self._seen) > 10_000:
                    self._seen.clear()
            return fault
        return self.every if self.every and self._dice.random() < self.rate else None

    def reset(self) -> None:
        """Forgets what was asked for and what was counted."""
        self._dice.seed(self.seed)
        self._next.clear()
        self._seen.clear()
