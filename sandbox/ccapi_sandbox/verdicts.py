"""What a client did wrong in a scenario, by the requests that it sent and by what it reported. Decides; does no I/O."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .ledger import Entry
from .scenarios import Scenario

TOLERANCE = 0.05
"""How much earlier than it may a request arrives without a complaint, in seconds: timers are not exact."""
LATE = 1.0
"""How long after its end a job may be polled without a complaint, in seconds: it starts a while after its request."""

TAKEN = {
    "image": "took a request that failed for one that succeeded",
    "job": "took a job that failed for one that succeeded",
    "file": "took a download that failed for one that succeeded",
    "stream": "took a stream that broke off for complete",
}
"""What a client did that reports a result where it should report an error, by the task."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was seen of a client in a scenario.

    Attributes:
        requests: What the sandbox received, oldest first.
        elsewhere: The heads of the requests that the other origin received.
        result: The object that the program printed; None if it printed none.
        ended: How the program ended, if it printed none.
        file: What is at the path of CCAPI_FILE; None if there is no file.
        picture: What should be there.
        api_key: The key.
    """

    requests: Sequence[Entry]
    elsewhere: Sequence[str]
    result: Mapping[str, Any] | None
    ended: str
    file: bytes | None
    picture: bytes
    api_key: str


def problems(scenario: Scenario, seen: Seen) -> list[str]:
    """What the client did wrong, in plain English; empty if nothing."""
    if not seen.requests:
        missing = "no request with the key of CCAPI_API_KEY came to CCAPI_BASE_URL"
        return [missing, *_outcome(scenario, seen)] if seen.result is None else [missing]
    found = [
        *_posts(scenario, seen),
        *_polls(scenario, seen),
        *_outcome(scenario, seen),
        *_file(scenario, seen),
        *_key(seen),
    ]
    return list(dict.fromkeys(found))


def _posts(scenario: Scenario, seen: Seen) -> Iterator[str]:
    posts = [request for request in seen.requests if request.method == "POST"]
    for before, after in pairwise(posts):
        waited = after.time - before.time
        if before.status in (429, 503):
            if waited < scenario.retry_after - TOLERANCE:
                yield f"retried too early: after {waited:.2f} s; Retry-After said {scenario.retry_after:g} s"
        elif before.executed or (before.status or 500) >= 500:
            yield f"retried a POST that may have been executed and billed (the response: {_shown(before)})"
        else:
            yield f"retried a request that would fail again (the response: {_shown(before)})"
        if after.idempotency_key is None:
            yield "sent a retry without an Idempotency-Key"
        elif after.idempotency_key != before.idempotency_key:
            yield "sent a retry with another Idempotency-Key"
    executed = [request for request in posts if request.executed]
    if len(executed) > 1:
        total = sum(request.billed for request in executed)
        yield f"had the request executed {len(executed)} times, for {total:.3f} US dollars in all"


def _shown(request: Entry) -> str:
    is_status = request.fault is None or request.fault.isdigit()
    return str(request.status) if is_status else f"{request.status}, {request.fault}"


def _polls(scenario: Scenario, seen: Seen) -> Iterator[str]:
    accepted = next((request for request in seen.requests if request.status == 202), None)
    polls = [request for request in seen.requests if request.method == "GET"]
    if accepted is None or not polls:
        return
    early, end = [], accepted.time + scenario.job_seconds
    for before, poll in pairwise([accepted, *polls]):
        if before is accepted:
            reason, due = "Retry-After", before.time + scenario.first_poll_after
        elif before.status == 200:
            reason, due = "estimated_time", end
        else:
            reason, due = "Retry-After", before.time + scenario.poll_retry_after
        if poll.time < due - TOLERANCE:
            waited, wanted = poll.time - before.time, due - before.time
            early.append(f"after {waited:.2f} s; {reason} said {wanted:.2f} s")
    if early and scenario.is_timed:
        times = f", {len(early)} times; the first" if len(early) > 1 else ""
        yield f"polled too early{times}: {early[0]}"
    late = sum(before.time > end + LATE for before in polls[:-1])
    if late:
        yield f"polled a job that had ended, {late} times"


def _outcome(scenario: Scenario, seen: Seen) -> Iterator[str]:
    if seen.result is None:
        yield seen.ended
        return
    error = seen.result.get("error")
    if error is not None and not isinstance(error, Mapping):
        yield f"printed an error that is no object: {_brief(error)}"
    elif error is None and scenario.outcome == "error":
        yield TAKEN[scenario.task]
    elif error is not None and scenario.outcome == "result":
        yield f"gave up: {_brief(error)}"
    else:
        reported = seen.result if error is None else error
        for name, value in scenario.fields.items():
            if reported.get(name) != value:
                yield f"reported {name} {_brief(reported.get(name))}, not {_brief(value)}"


def _file(scenario: Scenario, seen: Seen) -> Iterator[str]:
    if scenario.task != "file":
        return
    if seen.file is None:
        if seen.result is not None and "error" not in seen.result:
            yield "reported success, and saved no file as CCAPI_FILE"
    elif seen.file != seen.picture:
        is_cut = seen.picture.startswith(seen.file)
        shown = f"the first {len(seen.file)} of {len(seen.picture)} bytes" if is_cut else "not the picture"
        yield f"left a broken file as CCAPI_FILE: {shown}"


def _key(seen: Seen) -> Iterator[str]:
    if any(seen.api_key in head for head in seen.elsewhere):
        yield "sent the key to another origin, from which it downloaded"


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}…"
