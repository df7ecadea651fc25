"""A run on a cluster, where it was started: hands the ledger to the scheduler, and shards of rows to Dask."""

from __future__ import annotations

import math
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import attrs
from distributed import Client, Future
from distributed.scheduler import KilledWorker

from ..._client import sender_of
from ..._lazily import anyio, asyncio
from ...async_client import AsyncCCAPI
from ...client import CCAPI
from ...errors import CCAPIError, ConfigurationError
from ..desk import Shard, State
from ..errors import BatchError
from ..ledger import Ledger
from ..work import Settings, Work
from .calls import News, RemoteDesk
from .plugin import DeskPlugin
from .worker import Part, work_through

LARGEST_SHARD = 2000
"""How many rows a task has at most."""
RETRIES = 3
"""How often Dask runs a task again that failed; no request is sent twice by that."""
CLOSING = 2.0
"""How long the client of Dask may take to cancel tasks, or to close, in seconds."""


@attrs.frozen
class Cluster:
    """Where a batch is run.

    Attributes:
        scheduler: The address of the scheduler.
        client: Makes a client, in each task.
        output: Where workers write files; None where they are not saved.
    """

    scheduler: str
    client: Callable[[], AsyncCCAPI] | Callable[[], CCAPI]
    output: str | None


class ClusterWork(Work):
    """What a run on a cluster does."""

    def __init__(
        self, ledger: Ledger, client: AsyncCCAPI, settings: Settings, done: Callable[[], None], cluster: Cluster
    ) -> None:
        super().__init__(ledger, client, settings, done)
        self._cluster, self._news = cluster, News()
        self._held_back = set[int]()

    async def _run(self) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigurationError("Dask needs asyncio: a batch can't be run on a cluster under trio") from None
        try:
            await self._prepare()
            async with self._connected() as dask:
                with self.ledger.lent():
                    await self._work_through(dask)
        finally:
            for row in sorted(self._held_back):
                self._deliver(row)
            with anyio.CancelScope(shield=True):
                await self.client.close()
        self._check_stopped(self._news.stopped)

    def _on_ended(self, row: int, state: State) -> None:
        self._count(row, state)
        if state == "unknown":  # until the end: a worker that is late may still know what became of it
            self._held_back.add(row)
        else:
            self._held_back.discard(row)
            self._deliver(row)

    def _figures(self) -> tuple[int, float]:
        return self._news.in_flight, self._news.spent

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Client]:
        """A client of Dask; what goes wrong between it and the scheduler is an error of ours."""
        address = self._cluster.scheduler
        try:
            dask: Any = await Client(address, asynchronous=True, set_as_default=False)
        except (OSError, ValueError) as error:
            raise BatchError(f"scheduler: {address} can't be reached: {error}") from error
        try:
            yield dask
        except OSError as error:
            raise BatchError(f"the scheduler, {address}, was lost; the same again goes on from there") from error
        finally:
            with anyio.CancelScope(shield=True):
                await dask.close(timeout=CLOSING)

    async def _work_through(self, dask: Client) -> None:
        settings = attrs.evolve(self.settings, prices=None)
        plugin = DeskPlugin(str(self.ledger.path), self.ledger.id, dask.id, settings, self._prices)
        try:
            await dask.register_plugin(plugin, name=plugin.name)
        except (OSError, CCAPIError):
            raise
        except Exception as error:
            text = f"the scheduler can't have the ledger: {error!r}; is 'ccapi-client[dask]' installed there?"
            raise BatchError(text) from error
        desk = RemoteDesk(dask.scheduler, plugin.name)
        try:
            await self._give_out(dask, desk, plugin.name)
        except OSError:  # the scheduler is gone, and the desk with it
            raise
        except BaseException:
            with anyio.CancelScope(shield=True):
                await desk.end()
            raise
        await desk.end()

    async def _give_out(self, dask: Client, desk: RemoteDesk, name: str) -> None:
        futures: list[Future[None]] = []
        try:
            threads = sum((await dask.nthreads()).values())
            in_flight = math.ceil(self.settings.in_flight / max(1, threads))
            address = sender_of(self.client).options.base_url.redacted
            made, idempotency = self._cluster, self.settings.idempotency
            part = Part(name, made.client, address, made.output, idempotency, in_flight)
            shards, task = self._shards(max(1, threads), in_flight), partial(work_through, part)
            while shards:
                # Named anew each time: Dask takes a name that it knows for the same task, which may be an ended run's.
                names = [f"{name}-{uuid.uuid4().hex}" for _ in shards]
                futures = dask.map(task, shards, key=names, retries=RETRIES)
                await self._watch(futures, desk)
                # What a worker reports that was taken for dead comes when its shard may have been worked through.
                late = () if self._news.stopped else self._news.late
                shards = [shard for shard in shards if any(shard.first <= row <= shard.last for row in late)]
        finally:
            with anyio.move_on_after(CLOSING, shield=True):
                await dask.cancel(futures)

    def _shards(self, threads: int, in_flight: int) -> list[Shard]:
        """The rows that something is left to do about: four shards for each thread, of a size that suits it."""
        query = "SELECT count(*) FROM item WHERE state NOT IN ('saved', 'failed', 'lost')"
        ((count,),) = self.ledger.read(query)
        size = min(LARGEST_SHARD, max(in_flight, math.ceil(count / (4 * threads))))
        query = "SELECT DISTINCT (row-1)/? FROM item WHERE state NOT IN ('saved', 'failed', 'lost') ORDER BY 1"
        return [Shard(number * size + 1, (number + 1) * size) for (number,) in self.ledger.read(query, size)]

    async def _watch(self, futures: list[Future[None]], desk: RemoteDesk) -> None:
        """Takes what happens, until all tasks have ended.

        Raises:
            BatchError: One has failed.
        """
        is_last = False
        while not is_last or self._news.ended:
            is_last = all(future.status != "pending" for future in futures)
            self._take(await desk.news())
            for future in futures:
                if future.status == "error":
                    raise _own_error(await future.exception())
                if future.status == "cancelled":
                    raise BatchError("its tasks were cancelled at the scheduler; the same again goes on from there")

    def _take(self, news: News) -> None:
        self._news = news
        for row, state in news.ended:
            self._on_ended(row, state)
        for row in news.late & self._held_back:  # it goes on
            self._held_back.discard(row)
            self._unknown.discard(row)
            self._states["unknown"] -= 1


def _own_error(error: Any) -> CCAPIError:
    """The public error for one of a task."""
    if isinstance(error, CCAPIError):
        return error
    if isinstance(error, KilledWorker):
        return BatchError(f"too many workers were lost with the same rows; the same again goes on from there: {error}")
    found = BatchError(f"a worker failed: {error!r}")
    found.__cause__ = error
    return found
