"""The desk of a batch, where its ledger is: in the process that runs it, or beside a scheduler."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import PurePath
from typing import Any

import attrs

from .._lazily import anyio
from . import moves
from .commits import Commits
from .desk import ENDED, Claim, Idempotency, Permit, Problem, Report, Shard, State, Work
from .ledger import Ledger
from .money import Budget
from .pace import Pace

AT_LEAST = 20
"""How many rows have to end before their failures can stop a run."""
SILENT_WAVES = 7
"""After how many waves of requests without any response, each after a longer wait, the run stops: half a minute."""
NO_ROOM = Problem("ledger", "the disk of the ledger is full: free some room")
TO_WAIT_FOR = ("done", "job")
ENDS_ALL = ("authentication", "unreachable", "output", "interrupted", "ledger")
"""The reasons to stop that end polls too; after the others, jobs that run are waited for and saved."""


@attrs.define(eq=False)
class _Shard:
    """A claim that holds: how far its rows were handed out, and its permits.

    The states are gone through one after the other, each once: a row that is handed out moves on to other states, where
    it must not be taken for one that somebody else has left there.
    """

    claim: Claim
    states: list[State] = attrs.field(factory=lambda: ["done", "job", "sending", "planned"])
    reached: int = 0
    permits: set[int] = attrs.field(factory=set)


@attrs.define(eq=False, kw_only=True)
class LocalDesk:
    """The desk of a batch; its methods are those of `Desk`.

    Attributes:
        ledger: Its ledger.
        pace: Its pace.
        budget: Its budget.
        idempotency: What is done about a request whose outcome is not known.
        key_ttl: How long the service remembers a key, in seconds.
        max_failures: The share of rows that may fail.
        patience: How long a call for a permit waits before it says "wait", in seconds.
        on_ended: Called with each row that ends, and its state.
        clock: Tells the time, in seconds.
        wall: Tells the time, in Unix seconds.
        sleep: Waits for so many seconds.
        stopped: Why nothing more is sent; None where that isn't so.
        ended: How many rows have ended in this run, by their states.
    """

    ledger: Ledger
    pace: Pace
    budget: Budget
    idempotency: Idempotency = "never"
    key_ttl: float = 72_000
    max_failures: float = 0.05
    patience: float = math.inf
    on_ended: Callable[[int, State], object] = lambda row, state: None
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[object]] = attrs.field(factory=lambda: anyio.sleep)
    stopped: Problem | None = attrs.field(init=False, default=None)
    ended: dict[State, int] = attrs.field(init=False, factory=lambda: dict.fromkeys(ENDED, 0))
    _commits: Commits = attrs.field(init=False)
    _shards: dict[Shard, _Shard] = attrs.field(init=False, factory=dict)
    _gate: Any = attrs.field(init=False, factory=lambda: anyio.Lock())
    _changed: Any = attrs.field(init=False, factory=lambda: anyio.Event())

    def __attrs_post_init__(self) -> None:
        self._commits = Commits(self.ledger)

    @property
    def is_over(self) -> bool:
        """Whether not even polls are sent any more."""
        return self.stopped is not None and self.stopped.code in ENDS_ALL

    def stop(self, problem: Problem) -> None:
        """Has nothing more be sent."""
        if self.stopped is None or (problem.code in ENDS_ALL and not self.is_over):
            self.stopped = problem
            self._wake()

    async def claim(self, shard: Shard) -> Claim:
        """Claims a shard. What an earlier claim, or a process that was killed, left in `sending` is decided on."""
        if shard in self._shards:
            await self.release(self._shards[shard].claim)
        claim = Claim(shard, uuid.uuid4().hex)
        self._shards[shard] = _Shard(claim, reached=shard.first - 1)
        oldest, rows = self._oldest_key(), (shard.first, shard.last)
        unknown = await self._commits.do(lambda connection: moves.recover(connection, oldest=oldest, rows=rows))
        for row in unknown:  # not counted in `ended`: what a crash has cost is no reason to stop
            self.on_ended(row, "unknown")
        return claim

    async def work(self, claim: Claim, count: int) -> list[Work]:
        """The next rows to be worked on."""
        shard, found = self._held(claim), list[Work]()
        if shard is None or self.is_over:
            return found
        while shard.states and len(found) < count and (self.stopped is None or shard.states[0] in TO_WAIT_FOR):
            page = await self._page(shard.states[0], shard.reached, claim.shard.last, count - len(found))
            found += page
            shard.reached = page[-1].row if page else claim.shard.first - 1
            if not page:
                del shard.states[0]
        return found

    async def _page(self, state: State, after: int, last: int, count: int) -> list[Work]:
        query = (
            "SELECT row, id, name, body, state, attempt, job, answer, reserved FROM item "
            "JOIN operation ON number=operation WHERE state=? AND row>? AND row<=? ORDER BY row LIMIT ?"
        )
        rows = await anyio.to_thread.run_sync(self.ledger.read, query, state, after, last, count)
        found = [Work(*row) for row in rows]
        for work in found:
            self.budget.plan(work)
        return found

    async def permit(self, claim: Claim, row: int) -> Permit:
        """Whether the row may be sent now."""
        if self.pace.in_flight and self.stopped is None and not self.budget.allows(row):
            changed = self._changed
            with anyio.move_on_after(self.patience):
                await changed.wait()  # what is in flight may turn out to cost less
            return Permit("wait")
        turn = await self._turn(claim, is_poll=False)
        if turn.decision != "go":
            return turn
        cost = self.budget.reserve(row)
        if cost is None:
            self._end(claim, turn.number)
            if self.pace.in_flight:  # which took what was left while this one waited for its turn
                return Permit("wait")
            self.stop(self.budget.problem)
            return Permit("stop")
        now, oldest = self.wall(), self._oldest_key()
        known = cost if self.budget.has_price(row) else None
        try:
            started = await self._commits.do(
                lambda connection: moves.start(connection, row, now=now, oldest=oldest, cost=known)
            )
        except BaseException:
            self._end(claim, turn.number)
            raise
        state, attempt = started
        if state != "planned":  # its cost was counted when it was sent first
            self.budget.change(-cost)
        if state not in ("planned", "sending"):
            self._end(claim, turn.number)
            if state == "unknown":
                self._ended(row, state)
            return Permit("stale")
        key = moves.key_of(self.ledger.id, row, attempt)
        return attrs.evolve(turn, attempt=attempt, key=key, is_again=state == "sending")

    def _oldest_key(self) -> float:
        """When the oldest key was sent that may be retried, in Unix seconds; infinite where none may."""
        return math.inf if self.idempotency == "never" else self.wall() - self.key_ttl

    async def poll_permit(self, claim: Claim) -> Permit:
        """Whether a poll may be sent now."""
        return await self._turn(claim, is_poll=True)

    async def _turn(self, claim: Claim, *, is_poll: bool) -> Permit:
        """Waits until the pace allows a request, in the order of the calls."""
        with anyio.move_on_after(self.patience):
            async with self._gate:
                while True:
                    shard = self._held(claim)
                    if shard is None:
                        return Permit("stale")
                    if self.ledger.is_short_of_room:  # what is left is for what is known of requests in flight
                        self.stop(NO_ROOM)
                    if self.is_over or (self.stopped and not is_poll):
                        return Permit("stop")
                    now = self.clock()
                    wait = self.pace.wait(now)
                    if wait <= 0:
                        number = self.pace.start(now)
                        shard.permits.add(number)
                        return Permit("go", number)
                    await self._wait(wait)
        return Permit("wait")

    async def _wait(self, seconds: float) -> None:
        """Waits for so long, or until something has changed."""
        changed = self._changed
        async with anyio.create_task_group() as group:

            async def sleep() -> None:
                await self.sleep(seconds)
                group.cancel_scope.cancel()

            if seconds < math.inf:
                group.start_soon(sleep)
            await changed.wait()
            group.cancel_scope.cancel()

    async def report(self, claim: Claim, report: Report) -> bool:
        """Takes what became of a request."""
        shard = self._held(claim)
        if report.permit is not None:
            self._end(claim, report.permit, report)
        if report.stop is not None:
            self.stop(report.stop)
        if self.pace.silent_waves >= SILENT_WAVES:
            self.stop(Problem("unreachable", "the service could not be reached for half a minute"))
        if report.outcome not in moves.FROM or (shard is None and report.outcome not in moves.BY_ANYONE):
            return shard is not None
        report = attrs.evolve(report, paths=tuple(map(self._relative, report.paths)))
        had_price, cost = self.budget.has_price(report.row), self.budget.settle(report)
        # An attempt without a price is not to be priced later, where it cost nothing, or its tokens have a price.
        is_priced = report.permit is not None and (report.is_free or (not had_price and cost != 0))
        if not await self._commits.do(lambda connection: moves.apply(connection, report, cost, is_priced=is_priced)):
            return False
        if report.outcome in ENDED:
            self.budget.forget(report.row)
            self._ended(report.row, report.outcome)
        return True

    def _relative(self, path: str) -> str:
        """A path from the folder of the ledger, so that both can be moved; one elsewhere as it is."""
        with suppress(ValueError):  # also of a URL
            return str(PurePath(path).relative_to(self.ledger.path.parent))
        return path

    def _ended(self, row: int, state: State) -> None:
        self.ended[state] += 1
        count = sum(self.ended.values())
        bad = count - self.ended["saved"]
        if count >= AT_LEAST and bad > self.max_failures * count:
            text = f"{bad} of {count} rows have failed, or are unknown or lost: more than max_failures, "
            self.stop(Problem("max_failures", f"{text}{self.max_failures:.0%}"))
        self.on_ended(row, state)

    async def release(self, claim: Claim) -> None:
        """Ends a claim, and gives back its permits."""
        shard = self._held(claim)
        if shard is not None:
            del self._shards[claim.shard]
            for number in shard.permits:
                self.pace.end(number, None, self.clock())
            self._wake()

    def holds(self, claim: Claim) -> bool:
        """Whether a claim is the newest one of its rows."""
        return self._held(claim) is not None

    def _held(self, claim: Claim) -> _Shard | None:
        """The account of a claim; None where it is stale."""
        shard = self._shards.get(claim.shard)
        return shard if shard is not None and shard.claim == claim else None

    def _end(self, claim: Claim, number: int, report: Report | None = None) -> None:
        """Ends a permit; those of a claim that is stale have ended with it, and their numbers may be another desk's."""
        if shard := self._held(claim):
            self.pace.end(number, report.seen if report else None, self.clock())
            shard.permits.discard(number)
            self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
