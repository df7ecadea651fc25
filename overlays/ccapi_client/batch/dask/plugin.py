"""The desk of a batch, beside a scheduler of Dask: one ledger, one pace and one budget for all workers.

It is a plugin of the scheduler with one RPC handler, which `calls.RemoteDesk` calls. It adds to `local.LocalDesk`:

- what a worker held that Dask has removed is freed at once; a removed worker can't claim anything;
- who started the run hears of the rows that end;
- the ledger is closed once the run has ended, or whoever started it is gone.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import socket
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any

from distributed.diagnostics.plugin import SchedulerPlugin

from ..._lazily import anyio
from ..desk import Claim, Permit, Problem, Report, Shard, State, Work
from ..errors import LedgerError
from ..ledger import Ledger
from ..local import LocalDesk
from ..money import PriceList
from ..runner import LAST_WAIT
from ..work import Settings, new_desk
from .calls import News

if TYPE_CHECKING:
    from distributed import Scheduler

PATIENCE = 1.0
"""How long a call waits at most, in seconds: so what a worker waits for that is lost is soon nobody's."""
NEWS = 0.2
"""How long whoever started the run waits for news at most, in seconds."""
PAGE = 1000
"""How many rows that ended are told of at once."""
INTERRUPTED = Problem("interrupted", "the run has ended")
CALLS = ("claim", "work", "permit", "poll_permit", "report", "release", "news", "end")


class DeskPlugin(SchedulerPlugin):
    """The desk of a batch, as a plugin of the scheduler.

    Args:
        path: The ledger.
        batch: The id of the batch in it.
        client: The id of the client of Dask that started the run.
        settings: How the batch is run; without its prices.
        prices: What requests cost.
    """

    desk: LocalDesk
    _ledger: Ledger
    _scheduler: Scheduler

    def __init__(self, path: str, batch: str, client: str, settings: Settings, prices: PriceList) -> None:
        self.name = f"ccapi-batch-{batch}"
        self._path, self._batch, self._client = path, batch, client
        self._settings, self._prices = settings, prices

    async def start(self, scheduler: Scheduler) -> None:
        """Opens the ledger, and serves.

        Raises:
            LedgerError: The scheduler can't use it.
        """
        self._ledger = self._open()
        self.desk = await new_desk(
            self._ledger, self._settings, self._prices, patience=PATIENCE, on_ended=self._on_ended
        )
        self._claims: dict[str, list[Claim]] = {}
        self._ended: deque[tuple[int, State]] = deque()
        self._taken = 0
        self._late: set[int] = set()
        self._came = asyncio.Event()
        self._is_over = False
        self._ending: asyncio.Future[None] | None = None
        self._scheduler = scheduler
        scheduler.handlers[self.name] = self.call

    def _open(self) -> Ledger:
        elsewhere = (
            f"{self._path}: the scheduler, on {socket.gethostname()}, does not have this ledger: start the run on the "
            "machine of the scheduler"
        )
        if not os.path.isfile(self._path):
            raise LedgerError(elsewhere)
        ledger = Ledger(self._path)
        if ledger.id != self._batch:
            ledger.close()
            raise LedgerError(elsewhere)
        return ledger

    async def call(self, data: bytes) -> bytes:
        """One call of a worker, or of whoever started the run."""
        method, worker, arguments = pickle.loads(data)  # noqa: S301 - from members of the cluster, as all of its code
        if method not in CALLS:
            raise ValueError(f"there is no call {method!r}")
        return pickle.dumps(await getattr(self, method)(worker, *arguments))

    async def claim(self, worker: str, shard: Shard) -> Claim:
        """Claims a shard for a worker."""
        if worker not in self._scheduler.workers:  # it was taken for dead: another one has the shard by now
            return Claim(shard, "")
        before = await self._unknown(shard)
        claim = await self.desk.claim(shard)
        self._late = {row for row in self._late if not shard.first <= row <= shard.last}
        self._claims.setdefault(worker, []).append(claim)
        for row in sorted(await self._unknown(shard) - before):
            self._tell(row, "unknown")
        return claim

    async def _unknown(self, shard: Shard) -> set[int]:
        query = "SELECT row FROM item WHERE state='unknown' AND row BETWEEN ? AND ?"
        rows = await anyio.to_thread.run_sync(self._ledger.read, query, shard.first, shard.last)
        return {row for (row,) in rows}

    async def work(self, worker: str, claim: Claim, count: int) -> list[Work]:
        """The next rows of a claim."""
        return await self.desk.work(claim, count)

    async def permit(self, worker: str, claim: Claim, row: int) -> Permit:
        """Whether a row may be sent now."""
        return await self.desk.permit(claim, row)

    async def poll_permit(self, worker: str, claim: Claim) -> Permit:
        """Whether a poll may be sent now."""
        return await self.desk.poll_permit(claim)

    async def report(self, worker: str, claim: Claim, report: Report) -> bool:
        """Takes what became of a request."""
        is_late = not self.desk.holds(claim)
        is_taken = await self.desk.report(claim, report)
        if is_late and is_taken and report.outcome in ("job", "done"):
            self._late.add(report.row)
        return is_taken

    async def release(self, worker: str, claim: Claim) -> None:
        """Ends a claim."""
        held = self._claims.get(worker, [])
        if claim in held:
            held.remove(claim)
        await self.desk.release(claim)

    def remove_worker(self, scheduler: Scheduler, worker: str, *, stimulus_id: str, **more: Any) -> Any:
        """Frees what a worker held that Dask has removed."""
        return self._free(worker)

    async def _free(self, worker: str) -> None:
        for claim in self._claims.pop(worker, []):
            await self.desk.release(claim)

    def _on_ended(self, row: int, state: State) -> None:
        self._late.discard(row)
        self._tell(row, state)

    def _tell(self, row: int, state: State) -> None:
        self._ended.append((row, state))
        self._came.set()

    async def news(self, worker: str, received: int) -> News:
        """What has happened since so many rows that ended were received; waits for it."""
        while self._ended and self._taken < received:
            self._ended.popleft()
            self._taken += 1
        if not self._ended:
            self._came.clear()
            with anyio.move_on_after(NEWS):
                await self._came.wait()
        desk = self.desk
        ended = tuple(islice(self._ended, PAGE))
        return News(ended, desk.pace.in_flight, desk.budget.spent, desk.stopped, frozenset(self._late))

    async def end(self, worker: str = "") -> None:
        """Has nothing more be sent, waits for what is in flight, and gives the ledger back."""
        if self._is_over:
            return
        self.desk.stop(INTERRUPTED)
        with anyio.move_on_after(LAST_WAIT):
            while any(self._claims.values()):
                await anyio.sleep(0.05)
        self._stop()

    def remove_client(self, scheduler: Scheduler, client: str) -> None:
        """Ends the desk where whoever started the run is gone."""
        if client == self._client and not self._is_over:
            self._ending = asyncio.ensure_future(self.end())

    async def close(self) -> None:
        """Gives the ledger back as the scheduler ends."""
        self._stop()

    def _stop(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._claims.clear()
            self._scheduler.handlers.pop(self.name, None)
            self._scheduler.plugins.pop(self.name, None)
            self._ledger.close()
