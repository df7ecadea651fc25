"""What each call of the traffic does, what goes wrong with it and what has to come of it: all of it by the seed alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

ANSWERED = "answered"
ON_ANY = "503;retry-after=0.02;times=1"
"""What the sandbox does, now and then, to a request that names no fault: to polls too. Every client gets over it."""
NONE = "slow;seconds=0"
"""A fault that is none, where `ON_ANY` would change what comes of a call."""


@dataclass(frozen=True)
class Ending:
    """What has to come of a call.

    Attributes:
        outcomes: What it may give: `answered`, or the class of its error with the status.
        executed: How often it may be executed.
    """

    outcomes: tuple[str, ...]
    executed: tuple[int, ...]


def _ends(outcome: str, *executed: int) -> Ending:
    return Ending((outcome,), executed)


ONCE = _ends(ANSWERED, 1)
REFUSED = {
    "400": _ends("BadRequestError 400", 0),
    "401": _ends("AuthenticationError 401", 0),
    "billing": _ends("BillingError 402", 0),
    "403": _ends("PermissionDeniedError 403", 0),
    "404": _ends("NotFoundError 404", 0),
    "409": _ends("ConflictError 409", 0),
    "422": _ends("UnprocessableEntityError 422", 0),
    "429;retry-after=0.02": _ends("RateLimitError 429", 0),
    "500": _ends("InternalServerError 500", 0),
    "502;executed=true": _ends("InternalServerError 502", 1),
    "html-error": _ends("InternalServerError 502", 0),
}
SURVIVED = {
    "429;retry-after=0.05;times=2": ONCE,
    "503;retry-after=0.05;times=1": ONCE,
    "extra-fields": ONCE,
    "slow;seconds=0.02": ONCE,
}
BROKEN = {
    "empty": _ends("MalformedResponseError", 0),
    "malformed": _ends("MalformedResponseError", 0),
    "cut-body": _ends("APIConnectionError", 1),
    "stall": _ends("APITimeoutError", 1),
}
OF_STREAMS = {
    "empty": _ends("MalformedResponseError", 0),
    "malformed": _ends("MalformedResponseError", 0),
    "cut-body": _ends("StreamInterruptedError", 1),
    "cut-stream;after=3": _ends("StreamInterruptedError", 1),
    "stream-error;after=3": _ends("StreamError", 1),
    # The second, where the machine is too busy for a first chunk in time.
    "stall;after=3": Ending(("StreamInterruptedError", "APITimeoutError"), (1,)),
    "no-done": ONCE,
}
OF_JOBS = {
    "job-failed": _ends("JobFailedError", 1),
    "job-cancelled": _ends("JobCancelledError", 1),
    "job-never-ends": _ends("JobTimeoutError", 1),
    "unknown-status": ONCE,
}
OFTEN = tuple(range(5))
"""How often a list may be executed, which costs nothing: once for each of its attempts."""
LISTED = Ending((ANSWERED,), OFTEN)
OF_LISTS = {
    "500;times=2": LISTED,
    "503;times=3": LISTED,
    "html-error;times=1": LISTED,
    "cut-body;times=1": LISTED,
    "stall;times=1": LISTED,
    "extra-fields": LISTED,
    "404": _ends("NotFoundError 404", 0),
    "malformed": _ends("MalformedResponseError", 0),
    "500": _ends("InternalServerError 500", 0),
}
POSTED = {**SURVIVED, **REFUSED, **BROKEN}
FAULTS: dict[str, dict[str, Ending]] = {
    "chat": POSTED,
    "tool": POSTED,
    "stream": {**SURVIVED, **REFUSED, **OF_STREAMS},
    "tool-stream": {**SURVIVED, **OF_STREAMS},
    "picture": POSTED,
    "saved": POSTED,
    "speech": {**POSTED, "raw-audio": ONCE},
    "upload": POSTED,
    "job": {**POSTED, **OF_JOBS},
    "job-at-once": {**SURVIVED, **OF_JOBS},
    "list": OF_LISTS,
}
"""What may go wrong with each kind of call, and what has to come of it."""
WITHOUT: dict[str, Ending] = {
    "jobs": ONCE,
    "wrong-field": _ends("InvalidRequestError", 0),
    "wrong-key": _ends("AuthenticationError 401", 0),
    "unknown-job": _ends("NotFoundError 404", 0),
    "nowhere": _ends("APIConnectionError", 0),
    "left": _ends("left", 1),
    "closed": _ends("closed", 1),
    "cancelled": Ending(("cancelled", ANSWERED), (0, 1)),
}
"""The kinds that have no fault of the sandbox's, and what has to come of them."""
WEIGHTS = {
    "chat": 20,
    "stream": 18,
    "tool": 7,
    "tool-stream": 4,
    "picture": 5,
    "saved": 5,
    "speech": 4,
    "upload": 4,
    "job": 8,
    "job-at-once": 4,
    "list": 7,
    "jobs": 2,
    "wrong-field": 1,
    "wrong-key": 1,
    "unknown-job": 1,
    "nowhere": 1,
    "left": 2,
    "closed": 2,
    "cancelled": 4,
}
FAULTY = 0.45
"""The share of calls with a fault, where a kind has any."""
TOGETHER = 3
"""How many jobs are waited for at once."""


@dataclass(frozen=True)
class Plan:
    """One call.

    Attributes:
        number: Which one it is.
        kind: What it does, one of `WEIGHTS`.
        fault: What goes wrong with it, as in the header `X-Sandbox-Fault`; None for nothing.
        chance: A number from 0 to 1, for what else is random.
        key: Its `Idempotency-Key`.
    """

    number: int
    kind: str
    fault: str | None
    chance: float
    key: str

    @property
    def ending(self) -> Ending:
        """What has to come of it."""
        if self.fault is None:
            return WITHOUT.get(self.kind, ONCE)
        return FAULTS[self.kind][self.fault]

    @property
    def keys(self) -> Sequence[str]:
        """The keys of its requests."""
        return [f"{self.key}-{each}" for each in range(TOGETHER)] if self.kind == "jobs" else [self.key]


def plan(seed: int, number: int) -> Plan:
    """A call, the same one for the same seed and number."""
    dice = random.Random(f"{seed}/{number}")
    (kind,) = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))
    faults = list(FAULTS.get(kind, ()))
    fault = dice.choice(faults) if faults and dice.random() < FAULTY else None
    return Plan(number, kind, fault, dice.random(), f"soak-{seed}-{number}")
