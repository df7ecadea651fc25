"""Group commit: changes of the ledger that come at the same time are on the disk by one commit, made in a thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

import attrs

from .._lazily import anyio
from .ledger import Ledger

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


@attrs.define(eq=False)
class _Change:
    work: Work[Any]
    event: Any
    is_done: bool = False
    result: Any = None
    error: Exception | None = None


class Commits:
    """Makes changes of a ledger, for any number of tasks."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: list[_Change] = []
        self._is_busy = False
        self._thread = anyio.CapacityLimiter(1)

    async def do(self, work: Work[T]) -> T:
        """What a function gives that makes changes, once they are on the disk.

        Raises:
            LedgerError: They can't be made; nor were those that came at the same time.
        """
        change = _Change(work, anyio.Event())
        self._waiting.append(change)
        with anyio.CancelScope(shield=True):  # it takes milliseconds, and somebody has to make the changes of others
            if self._is_busy:
                await change.event.wait()
            if not change.is_done:
                await self._make()
        if change.error is not None:
            raise change.error
        result: T = change.result
        return result

    async def _make(self) -> None:
        """Makes the changes that wait; the first of those that come meanwhile makes the next ones."""
        self._is_busy = True
        changes, self._waiting = self._waiting, []
        try:
            results = await anyio.to_thread.run_sync(self._in_thread, changes, limiter=self._thread)
            for change, result in zip(changes, results, strict=True):
                change.result = result
        except Exception as error:  # noqa: BLE001 - each raises it where it waits
            for change in changes:
                change.error = error
        for change in changes:
            change.is_done = True
            change.event.set()
        self._is_busy = bool(self._waiting)
        if self._waiting:
            self._waiting[0].event.set()

    def _in_thread(self, changes: list[_Change]) -> list[Any]:
        return self._ledger.change(lambda connection: [change.work(connection) for change in changes])
