"""The desk: all that whoever sends the requests of a batch calls, in this process or on another machine.

    desk   one for a batch: it alone has the ledger, the pace and the budget (`local.LocalDesk`)
    runner `runner.work_through(desk, …)`: sends requests and saves files; any number of them, anywhere

A runner works through a shard of rows like this. Everything that travels is plain: numbers, texts, tuples.

    claim = await desk.claim(Shard(1, 500))          the newest claim of a row counts; its token fences off older ones
    for work in await desk.work(claim, 50):          each row once for a claim; none: the shard has no more
        permit = await desk.permit(claim, work.row)  waits for pace and budget, commits `sending`, then says go
        …the POST, with permit.key…
        await desk.report(claim, Report(…))          committed once it returns; ends the permit
        permit = await desk.poll_permit(claim)       before each poll; ends with a report of "polled", or what it found
    await desk.release(claim)                        its permits are given back

- `permit` waits a second at most (`LocalDesk.patience`), then says "wait": call it again. So what a dead runner waits
  for is soon nobody's. "stop" means: send nothing more; "stale" means: the claim is an older one, drop the row.
- A permit that was granted counts as in flight until its report, or until `release(claim)`, which whoever notices a
  runner's death calls for it.
- A report of an older claim is taken only for what can't be had again: "job", "done", "saved".
- No call is repeated by the desk. Repeating `report` is harmless: a row that is there already stays as it is.
"""

from __future__ import annotations

from typing import Literal, Protocol

import attrs

State = Literal["planned", "sending", "job", "done", "saved", "failed", "unknown", "lost"]
STATES: tuple[State, ...] = ("planned", "sending", "job", "done", "saved", "failed", "unknown", "lost")
"""The states of a row.

planned: to be sent. sending: sent, and the outcome is not known yet. job: it runs at the service. done: the response is
here, its files are not. saved: finished. failed: rejected, or its job failed. unknown: it may have been executed, and
billed. lost: it was executed, and its result can't be had any more.
"""
ENDED: tuple[State, ...] = ("saved", "failed", "unknown", "lost")
"""The states that a run leaves as they are."""

Idempotency = Literal["never", "replay", "reject"]
"""What is done about a request whose outcome is not known.

never: it is not retried. replay: it is retried with the same key, to which the service responds as it did the
first time. reject: the same, but the service responds with 409.
"""

Outcome = Literal["job", "done", "saved", "refused", "doubtful", "unknown", "failed", "lost", "polled"]
"""What became of a request.

refused: surely not executed, to be retried. doubtful: not known, to be retried. polled: nothing new. The others
are the state that the row has from now on.
"""


@attrs.frozen
class Shard:
    """A range of rows.

    Attributes:
        first: The first row.
        last: The last one.
    """

    first: int
    last: int


@attrs.frozen
class Claim:
    """The right to work through a shard, until somebody claims its rows anew.

    Attributes:
        shard: The shard.
        token: Tells it from any other claim.
    """

    shard: Shard
    token: str


@attrs.frozen
class Work:
    """A row that is to be worked on.

    Attributes:
        row: Its number.
        id: Its id.
        operation: The operation, by its id in the contract.
        body: The body to send, as JSON.
        state: Its state.
        attempt: How many attempts have ended.
        job: The id of its job; None without.
        answer: The response as it was stored, as JSON; None without.
        reserved: What its current attempt counts for, in the prices' currency.
    """

    row: int
    id: str
    operation: str
    body: str
    state: State
    attempt: int
    job: str | None = None
    answer: str | None = None
    reserved: float = 0.0


@attrs.frozen
class Permit:
    """Whether a request may go out now.

    Attributes:
        decision: go; wait: call again; stop: nothing more is sent; stale: the row is somebody else's by now.
        number: Which permit it is, for the report.
        attempt: The attempt, for the report of a POST.
        key: The `Idempotency-Key` to send, for a POST.
        is_again: Whether the key was sent before, and its outcome is not known.
    """

    decision: Literal["go", "wait", "stop", "stale"]
    number: int = 0
    attempt: int = 0
    key: str = ""
    is_again: bool = False


@attrs.frozen
class Seen:
    """What a response says of the service's limits.

    Attributes:
        came: Whether there was a response at all.
        is_refused: Whether the service does not take more for now: 429, 503 with a wait, no connection.
        limit: How many requests it takes in a window; None where it does not say.
        remaining: How many of them are left.
        reset: How long the window lasts from now, in seconds.
        retry_after: How long the service says to wait, in seconds.
    """

    came: bool = True
    is_refused: bool = False
    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None
    retry_after: float | None = None


@attrs.frozen
class Problem:
    """Why a row is in its state.

    Attributes:
        code: The reason in one word: `executed`, `no_response`, the service's own code …
        message: The reason in a sentence.
        status: The HTTP status; None if there was no response.
        body: The error as the service sent it, as JSON; None if it sent none.
    """

    code: str
    message: str
    status: int | None = None
    body: str | None = None


@attrs.frozen
class Report:
    """What became of a request, or of a poll.

    Attributes:
        row: The row.
        attempt: Its attempt, as in the `Work`.
        outcome: What became of it.
        permit: The number of the permit that ends; None where it has ended already.
        seen: What the response says of the service's limits; None without.
        job: The id of the job.
        answer: The response, as JSON.
        paths: The files that were saved.
        is_free: Whether this attempt has surely cost nothing.
        tokens: How many tokens the response says were used, for the cost; None where it does not say.
        problem: Why it is not what was hoped for.
        stop: Why nothing more should be sent, by anyone; None where that isn't so.
    """

    row: int
    attempt: int
    outcome: Outcome
    permit: int | None = None
    seen: Seen | None = None
    job: str | None = None
    answer: str | None = None
    paths: tuple[str, ...] = ()
    is_free: bool = False
    tokens: int | None = None
    problem: Problem | None = None
    stop: Problem | None = None


class Desk(Protocol):
    """What a runner calls. An implementation for runners elsewhere forwards each call as it is."""

    async def claim(self, shard: Shard) -> Claim:
        """Claims the rows of a shard; older claims of them are stale from now on."""
        ...

    async def work(self, claim: Claim, count: int) -> list[Work]:
        """The next rows to be worked on, `count` at most, each once for a claim; none where there are no more.

        First what is to be saved, then what is to be waited for, then what is to be sent.
        """
        ...

    async def permit(self, claim: Claim, row: int) -> Permit:
        """Whether the row may be sent now; "go" is said once `sending` is committed."""
        ...

    async def poll_permit(self, claim: Claim) -> Permit:
        """Whether a poll may be sent now."""
        ...

    async def report(self, claim: Claim, report: Report) -> bool:
        """Takes what became of a request; True once it is committed, False where the claim is stale and it is not."""
        ...

    async def release(self, claim: Claim) -> None:
        """Ends a claim, and gives back its permits."""
        ...
