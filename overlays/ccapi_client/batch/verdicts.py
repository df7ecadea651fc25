"""What a response, or its absence, means for a row. Decides, and does no I/O.

| what happened | the first time | a retry |
|---|---|---|
| never delivered, 429, 425, 503 with a wait | retried | retried |
| 401; 402, or a 429 for a quota that is used up | the run stops, the row is left | the same |
| no response, 5xx, 408, one that can't be read | unknown, or retried | six times, then unknown |
| 409 | failed | "reject": unknown, and executed; "replay": retried |
| any other 4xx | failed | unknown: nothing is said of the first time |
| a job, or a result | kept | kept |

It is retried with the same key.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import attrs
from ccapi_openapi.model import Model
from ccapi_openapi.response import ResponseInfo

from .._http.retry import REFUSED, Outcome, error_failure, response_failure
from .._http.wire import Response, TransportError
from ..errors import APIConnectionError, APIStatusError, CCAPIError, MalformedResponseError
from .desk import Idempotency, Problem, Seen
from .desk import Outcome as RowOutcome

TRIES = 6
"""How often a request is sent with the same key, the first time included, before it is given up as unknown."""
UNREACHABLE = ("TLS", "PROXY_REFUSES_CREDENTIALS")
"""The kinds of failures that every other request would have too."""
LONGEST_REASON = 500
"""How much of a reason is kept, in characters."""


@attrs.frozen
class Verdict:
    """What became of a request.

    Attributes:
        outcome: What became of it.
        result: The response as a model; None without.
        problem: What is wrong; None where nothing is.
        is_free: Whether it has surely cost nothing.
        stop: Why nothing more should be sent; None where that isn't so.
    """

    outcome: RowOutcome
    result: Model | None = None
    problem: Problem | None = None
    is_free: bool = False
    stop: Problem | None = None


@attrs.frozen
class Situation:
    """Under which circumstances a request was sent.

    Attributes:
        idempotency: What is done about a request whose outcome is not known.
        is_again: Whether its key was sent before.
        sends: How often it was sent in this run, this time included.
    """

    idempotency: Idempotency
    is_again: bool
    sends: int

    @property
    def not_executed(self) -> RowOutcome:
        """What becomes of a row whose request surely was not executed this time."""
        return "doubtful" if self.is_again else "refused"

    @property
    def not_known(self) -> RowOutcome:
        """What becomes of a row whose request may have been executed."""
        return "unknown" if self.idempotency == "never" or self.sends >= TRIES else "doubtful"


def of_silence(failed: APIConnectionError, situation: Situation) -> Verdict:
    """What it means that there is no response."""
    error = failed.__cause__
    if not isinstance(error, TransportError):
        return Verdict(situation.not_known, problem=problem_of(failed))
    failure = error_failure(error)
    problem = Problem("no_response", str(error))
    if failure.outcome is Outcome.NOT_DELIVERED:
        return Verdict(situation.not_executed, problem=problem, is_free=not situation.is_again)
    if error.kind.name in UNREACHABLE:
        stop = Problem("unreachable", str(error))
        return Verdict(situation.not_executed, problem=problem, is_free=not situation.is_again, stop=stop)
    if failure.outcome is Outcome.DEFINITE and not situation.is_again:
        return Verdict("failed", problem=problem, is_free=True)
    return Verdict(situation.not_known, problem=problem)


def of_error(error: CCAPIError, response: Response | None, situation: Situation) -> Verdict:
    """What it means that a response, if there was one, was no result."""
    if isinstance(error, APIConnectionError):
        return of_silence(error, situation)
    problem = problem_of(error)
    if isinstance(error, MalformedResponseError):
        return Verdict(situation.not_known, problem=attrs.evolve(problem, code="malformed"))
    if not isinstance(error, APIStatusError):  # nothing was sent, as the client was closed, or has no key
        stop = attrs.evolve(problem, code="interrupted")
        return Verdict(situation.not_executed, problem=problem, is_free=not situation.is_again, stop=stop)
    failure = None if response is None else response_failure(response, datetime.now(UTC))
    if failure is None:  # an error inside a success
        return Verdict("failed" if not situation.is_again else "unknown", problem=problem)
    return _of_error(error.status_code, failure.outcome, problem, situation)


def _of_error(status: int, outcome: Outcome, problem: Problem, situation: Situation) -> Verdict:
    is_free = not situation.is_again
    if outcome is Outcome.REFUSED:
        return Verdict(situation.not_executed, problem=problem, is_free=is_free)
    if outcome is Outcome.UNKNOWN:
        return Verdict(situation.not_known, problem=problem)
    if status == 401:
        stop = attrs.evolve(problem, code="authentication")
        return Verdict(situation.not_executed, problem=problem, is_free=is_free, stop=stop)
    if status in (402, 429):  # a 429 whose quota is used up
        stop = attrs.evolve(problem, code="billing")
        return Verdict(situation.not_executed, problem=problem, is_free=is_free, stop=stop)
    if status == 409 and (situation.is_again or situation.sends > 1) and situation.idempotency != "never":
        if situation.idempotency == "replay":  # the first one is still being executed
            return Verdict(situation.not_known, problem=problem)
        text = "it was executed, and its response is lost; the service says that its key was used"
        return Verdict("unknown", problem=attrs.evolve(problem, code="executed", message=text))
    if situation.is_again:
        return Verdict("unknown", problem=problem)
    return Verdict("failed", problem=problem, is_free=True)


def problem_of(error: CCAPIError) -> Problem:
    """What is kept of an error."""
    if isinstance(error, APIStatusError):
        code = error.code or error.type or f"status_{error.status_code}"
        text = (error.message or str(error))[:LONGEST_REASON]
        return Problem(code[:100], text, error.status_code, _json_in(error.body))
    return Problem(type(error).__name__, str(error)[:LONGEST_REASON])


def _json_in(body: bytes) -> str | None:
    """A short body that is a JSON object."""
    try:
        document = json.loads(body[:16_384])
    except ValueError:
        return None
    return json.dumps(document, ensure_ascii=False) if isinstance(document, dict) else None


def seen_in(info: ResponseInfo, retry_after: float | None) -> Seen:
    """What a response says of the service's limits."""
    limit, status = info.rate_limit, info.status_code
    is_refused = status in REFUSED or (status == 503 and retry_after is not None)
    return Seen(True, is_refused, limit.limit, limit.remaining, limit.reset, retry_after)
