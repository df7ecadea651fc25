"""The desk as a worker sees it: each call goes to the plugin beside the scheduler, by an RPC of Dask."""

from __future__ import annotations

import pickle
from collections.abc import Awaitable, Callable
from typing import Any, cast

import attrs

from ..._lazily import anyio
from ..desk import Claim, Permit, Problem, Report, Shard, State, Work
from ..errors import BatchError
from ..moves import BY_ANYONE
from .files import Upload

WAITS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""The waits before a report is repeated, in seconds: within them, a scheduler that was lost may be there again."""


@attrs.frozen
class News:
    """What has happened at the desk since the last news.

    Attributes:
        ended: The rows that have ended, and their states.
        in_flight: How many requests are in flight.
        spent: What all rows have cost.
        stopped: Why nothing more is sent; None where that isn't so.
        late: The rows of which something was reported after their shard had been given to another worker.
    """

    ended: tuple[tuple[int, State], ...] = ()
    in_flight: int = 0
    spent: float = 0.0
    stopped: Problem | None = None
    late: frozenset[int] = frozenset()


class DeskGoneError(BatchError):
    """The scheduler has no desk of this batch: its run has ended, or the scheduler was started anew."""


@attrs.frozen
class RemoteDesk:
    """The desk; its methods are those of `Desk`, and what the start of the run needs beside them.

    Attributes:
        rpc: What calls the scheduler.
        name: What the handler of the desk is called.
        worker: The address of the worker that claims.
        upload: What is done with a saved file before it is reported.
        sleep: Waits for so many seconds.
    """

    rpc: Any
    name: str
    worker: str = ""
    upload: Upload | None = None
    sleep: Callable[[float], Awaitable[object]] = attrs.field(factory=lambda: anyio.sleep)

    async def _call(self, method: str, *arguments: object) -> Any:
        reply = await getattr(self.rpc, self.name)(data=pickle.dumps((method, arguments)))
        if reply is None:  # so Dask responds where there is no such handler
            raise DeskGoneError("the scheduler has no desk of this batch: its run has ended")
        return pickle.loads(reply)  # noqa: S301 - from the scheduler, which has any code executed here

    async def claim(self, shard: Shard) -> Claim:
        """As `Desk.claim`."""
        return cast("Claim", await self._call("claim", self.worker, shard))

    async def work(self, claim: Claim, count: int) -> list[Work]:
        """As `Desk.work`."""
        return cast("list[Work]", await self._call("work", claim, count))

    async def permit(self, claim: Claim, row: int) -> Permit:
        """As `Desk.permit`."""
        return cast("Permit", await self._call("permit", claim, row))

    async def poll_permit(self, claim: Claim) -> Permit:
        """As `Desk.poll_permit`."""
        return cast("Permit", await self._call("poll_permit", claim))

    async def report(self, claim: Claim, report: Report) -> bool:
        """As `Desk.report`; what nobody else can know is reported again where the scheduler was lost."""
        if self.upload is not None and report.paths:
            report = await self.upload.of_report(report)
        for wait in WAITS if report.outcome in BY_ANYONE else ():
            try:
                return cast("bool", await self._call("report", claim, report))
            except (OSError, DeskGoneError):
                await self.sleep(wait)
        return cast("bool", await self._call("report", claim, report))

    async def release(self, claim: Claim) -> None:
        """As `Desk.release`."""
        await self._call("release", claim)

    async def news(self) -> News:
        """What has happened since the last news; waits a moment for it."""
        return cast("News", await self._call("news"))

    async def end(self) -> None:
        """Ends the desk: nothing more is sent, and the ledger is free again once what is in flight has come."""
        await self._call("end")
