"""Works through a shard of rows: each in a task of its own, so many at once.

It knows the desk alone, so it does the same in the process that has the ledger, and on another machine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import attrs

from .._http.sender import Sender
from .._lazily import anyio
from .desk import Desk, Idempotency, Shard
from .row import Row

T = TypeVar("T")

LAST_WAIT = 10.0
"""How long an interrupted run waits for the responses to requests that were sent, in seconds: they may be billed."""
PAGE = 200
"""How many rows are taken from the desk at a time."""


@attrs.define(eq=False, kw_only=True)
class Runner:
    """What works through shards.

    Attributes:
        desk: The desk of the batch.
        sender: What the client sends with.
        folder: Where files go; None where they are not saved.
        idempotency: What is done about a request whose outcome is not known.
        in_flight: How many rows are worked on at once.
    """

    desk: Desk
    sender: Sender
    folder: Path | None
    idempotency: Idempotency
    in_flight: int
    _posts: set[Any] = attrs.field(init=False, factory=set)

    async def work_through(self, shard: Shard) -> None:
        """Works through a shard until none of its rows is left, or nothing more is to be sent."""
        claim = await self.desk.claim(shard)
        slots = anyio.Semaphore(self.in_flight)
        try:
            async with anyio.create_task_group() as group:
                try:
                    while page := await self.desk.work(claim, PAGE):
                        for work in page:
                            await slots.acquire()
                            group.start_soon(self._in_slot, slots, Row(self, claim, work))
                    await self._all_free(slots)
                except BaseException:
                    self._hurry()
                    raise
        except BaseException:
            self._hurry()
            raise
        finally:
            with anyio.CancelScope(shield=True):
                await self.desk.release(claim)

    async def _all_free(self, slots: Any) -> None:
        for _ in range(self.in_flight):
            await slots.acquire()

    async def _in_slot(self, slots: Any, row: Row) -> None:
        try:
            await row.work_on()
        finally:
            slots.release()

    def _hurry(self) -> None:
        """Has the responses that are waited for come soon."""
        for scope in self._posts:
            scope.deadline = min(scope.deadline, anyio.current_time() + LAST_WAIT)

    async def unhurried(self, steps: Callable[[], Awaitable[T]]) -> T:
        """Does what has to come to its end, also in a run that was interrupted."""
        result: T | None = None
        with anyio.CancelScope(shield=True) as scope:
            self._posts.add(scope)
            try:
                result = await steps()
            finally:
                self._posts.discard(scope)
        if scope.cancelled_caught:  # no response came in time: the run was interrupted
            await anyio.lowlevel.checkpoint()
        return result  # type: ignore[return-value]  # it is there, unless the checkpoint has raised
