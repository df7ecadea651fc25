"""The desk of a batch, beside a scheduler of Dask: one ledger, one pace and one budget for all workers.

It is a plugin of the scheduler with one RPC handler, which `calls.RemoteDesk` calls. It adds to `local.LocalDesk`:

- what a worker held that Dask has removed is freed at once; a removed worker can't claim anything;
- who started the run receives the rows that end;
- the ledger is closed once the run has ended, or whoever started it is gone.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import socket
from typing import TYPE_CHECKING, Any

from distributed.diagnostics.plugin import SchedulerPlugin

from ..._lazily import anyio
from ..desk import Claim, Problem, Report, Shard, State
from ..errors import BatchError, LedgerError
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
"""How many rows that ended are in the news at once."""
INTERRUPTED = Problem("interrupted", "the run has ended")
PASSED_ON = ("work", "permit", "poll_permit")
"""The calls that are the desk's own affair."""


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
        try:
            more: dict[str, Any] = {"patience": PATIENCE, "on_ended": self._on_ended}
            self.desk = await new_desk(self._ledger, self._settings, self._prices, **more)
            if self._client not in scheduler.clients:  # later, `remove_client` would say so
                raise BatchError("whoever started the run is gone")
        except BaseException:
            self._ledger.close()
            raise
        self._claims: dict[Claim, str] = {}
        self._ended: list[tuple[int, State]] = []
        self._late: set[int] = set()
        self._came = asyncio.Event()
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
        method, arguments = pickle.loads(data)  # noqa: S301 - from members of the cluster, as all of its code
        return pickle.dumps(await getattr(self.desk if method in PASSED_ON else self, method)(*arguments))

    async def claim(self, worker: str, shard: Shard) -> Claim:
        """Claims a shard for a worker."""
        if worker not in self._scheduler.workers:  # it was taken for dead: another one has the shard by now
            return Claim(shard, "")
        claim = await self.desk.claim(shard)
        self._claims[claim] = worker
        self._claims = {each: owner for each, owner in self._claims.items() if self.desk.holds(each)}
        self._late = {row for row in self._late if not shard.first <= row <= shard.last}
        return claim

    async def report(self, claim: Claim, report: Report) -> bool:
        """Takes what became of a request."""
        is_late = not self.desk.holds(claim)
        is_taken = await self.desk.report(claim, report)
        if is_late and is_taken and report.outcome in ("job", "done"):
            self._late.add(report.row)
        return is_taken

    async def release(self, claim: Claim) -> None:
        """Ends a claim."""
        self._claims.pop(claim, None)
        await self.desk.release(claim)

    async def remove_worker(self, scheduler: Scheduler, worker: str, **more: Any) -> None:
        """Frees what a worker held that Dask has removed."""
        for claim in [claim for claim, owner in self._claims.items() if owner == worker]:
            await self.release(claim)

    def _on_ended(self, row: int, state: State) -> None:
        self._late.discard(row)
        self._ended.append((row, state))
        self._came.set()

    async def news(self) -> News:
        """What has happened since the last news; waits for it."""
        if not self._ended:
            self._came.clear()
            with anyio.move_on_after(NEWS):
                await self._came.wait()
        ended, self._ended = tuple(self._ended[:PAGE]), self._ended[PAGE:]
        desk = self.desk
        return News(ended, desk.pace.in_flight, desk.budget.spent, desk.stopped, frozenset(self._late))

    async def end(self) -> None:
        """Has nothing more be sent, waits for what is in flight, and gives the ledger back."""
        self.desk.stop(INTERRUPTED)
        with anyio.move_on_after(LAST_WAIT):
            while self._claims:
                await anyio.sleep(0.05)
        await self.close()

    def remove_client(self, scheduler: Scheduler, client: str) -> None:
        """Ends the desk where whoever started the run is gone."""
        if client == self._client:
            self._ending = asyncio.ensure_future(self.end())

    async def close(self) -> None:
        """Gives the ledger back; the scheduler calls it too as it ends."""
        if self._scheduler.handlers.pop(self.name, None):
            self._claims.clear()
            self._scheduler.plugins.pop(self.name, None)
            self._ledger.close()
