"""A run of a batch: an iterator over the rows that end, and the work behind it.

The work goes on in a task of its own. For the blocking client, an event loop in a thread of its own does it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import attrs

from .._client import sender_of
from .._jobs.many import _first, _in_background
from .._lazily import anyio
from ..async_client import AsyncCCAPI
from ..client import CCAPI
from ..errors import ConfigurationError, InvalidRequestError
from . import adding, items
from .desk import Idempotency, Shard, State
from .errors import BatchError, BatchStoppedError
from .items import Item
from .ledger import Ledger
from .local import LocalDesk
from .money import Budget, PriceList, Prices
from .pace import Pace
from .progress import Meter, Progress
from .runner import Runner

BACKLOG = 1000
"""How many rows that ended wait for the consumer before no further ones are sent."""


@attrs.frozen(kw_only=True)
class Settings:
    """How a batch is run; `Batch.run` says what each means."""

    output: Path | None
    per_minute: float | None
    in_flight: int
    max_cost: float | None
    max_failures: float
    prices: Prices | None
    idempotency: Idempotency
    key_ttl: float


class Work:
    """What a run does. It knows nothing of who consumes it, so that it can be dropped."""

    def __init__(self, ledger: Ledger, client: AsyncCCAPI, settings: Settings, done: Callable[[], None]) -> None:
        self.ledger, self.client, self.settings, self._done = ledger, client, settings, done
        self.ended: deque[int] = deque()
        self.error: BaseException | None = None
        self.is_done = False
        self.scope = anyio.CancelScope()
        self.came = anyio.Event()
        self.desk: LocalDesk | None = None
        self._before, self._prices = items.Counts(), PriceList(None)
        self._meter = Meter(sender_of(client).clock())

    async def run(self) -> None:
        """Works until nothing is left, or something stops it."""
        try:
            with self.scope:
                await self._run()
        except BaseExceptionGroup as failures:
            self.error = _first(failures)
        except Exception as error:  # noqa: BLE001 - the consumer gets it
            self.error = error
        except BaseException as error:  # the event loop ends
            self.error = error
            raise
        finally:
            self.is_done = True
            self._done()
            self.came.set()

    async def _run(self) -> None:
        sender, settings = sender_of(self.client), self.settings
        sender.check_open()
        self._check_address(sender.options.base_url.redacted)
        if settings.output is not None:
            _make_folder(settings.output)
        self._prices = await self._read_prices()
        spent = await anyio.to_thread.run_sync(items.spent, self.ledger)
        self.desk = desk = LocalDesk(
            ledger=self.ledger,
            pace=Pace(settings.per_minute, settings.in_flight),
            budget=Budget(self._prices, settings.max_cost, spent),
            idempotency=settings.idempotency,
            key_ttl=settings.key_ttl,
            max_failures=settings.max_failures,
            on_ended=self._on_ended,
            clock=sender.clock,
            sleep=sender.sleep,
        )
        self._before = await anyio.to_thread.run_sync(items.counts, self.ledger)
        ((last,),) = self.ledger.read("SELECT coalesce(max(row), 0) FROM item")
        runner = Runner(
            desk=desk,
            sender=sender,
            folder=settings.output,
            idempotency=settings.idempotency,
            in_flight=settings.in_flight,
        )
        await runner.work_through(Shard(1, last))
        if desk.stopped is not None:
            left = items.counts(self.ledger).left
            text = f"{desk.stopped.message}; {left} rows are left: the same again goes on from there"
            raise BatchStoppedError(text, code=desk.stopped.code, left=left)

    def _on_ended(self, row: int, state: State) -> None:
        self._meter.add(sender_of(self.client).clock())
        self.ended.append(row)
        self.came.set()

    def _check_address(self, url: str) -> None:
        with self.ledger.transaction() as connection:
            (known,) = connection.execute("SELECT base_url FROM batch").fetchone()
            if known is None:
                connection.execute("UPDATE batch SET base_url=?", (url,))
            elif known != url:
                raise ConfigurationError(
                    f"{self.ledger.path}: its requests were sent to {known}, not to {url}; use the same address, or a "
                    "new ledger"
                )

    async def _read_prices(self) -> PriceList:
        prices = self.settings.prices
        if prices is None and self.settings.max_cost is not None:
            prices = [model async for model in self.client.iter_models()]
        found = PriceList(prices)
        if self.settings.max_cost is not None:
            unpriced = (await anyio.to_thread.run_sync(adding.estimate, self.ledger, found)).unpriced
            if unpriced:
                names = ", ".join(name or "the service's default" for name in unpriced)
                raise InvalidRequestError(
                    f"max_cost: what a request costs is not known for the model: {names}; name it in prices (--price), "
                    "name the model in the rows, and for chats set max_tokens too"
                )
        return found

    @property
    def progress(self) -> Progress:
        """How far it is."""
        before, desk, now = self._before, self.desk, sender_of(self.client).clock()
        ended = desk.ended if desk else dict.fromkeys(("saved", "failed", "unknown", "lost"), 0)
        rate = self._meter.per_minute(now)
        left = before.left - sum(ended.values())
        return Progress(
            total=before.total,
            saved=before.saved + ended["saved"],
            failed=before.failed + ended["failed"],
            unknown=before.unknown + ended["unknown"],
            lost=before.lost + ended["lost"],
            in_flight=desk.pace.in_flight if desk else 0,
            per_minute=rate,
            spent=desk.budget.spent if desk and self._prices else None,
            currency=self._prices.currency,
            seconds_left=60 * left / rate if rate else None,
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BatchError(f"output: {folder} can't be made: {error.strerror}") from None


class Run:
    """An asynchronous iterator over the rows that end, as they end. It starts with the first of them that is asked for.

    Leaving the loop early stops the run: nothing more is sent, and what is known of the requests in flight is kept.
    Where you hold it in a variable, use it as a context manager, or close it.

    Attributes:
        progress: How far it is.
    """

    def __init__(self, work: Callable[[], Work]) -> None:
        self._start = work
        self._work: Work | None = None
        self._task: object = None
        self._is_closed = False

    @property
    def progress(self) -> Progress | None:
        """How far it is; None before it has started."""
        return self._work.progress if self._work else None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        item = await self.next()
        if item is None:
            raise StopAsyncIteration
        return item

    async def next(self) -> Item | None:
        """The next row that ends; None once the run has ended.

        Raises:
            BatchError: It has stopped; the message says why.
        """
        if self._is_closed:
            return None
        if self._work is None:
            self._work = self._start()
            self._task = _in_background(self._work.run)
        work = self._work
        while not work.ended:
            if work.is_done:
                self._is_closed = True
                if work.error:
                    raise work.error
                return None
            if work.came.is_set():
                work.came = anyio.Event()
            await work.came.wait()
        return items.item(work.ledger, work.ended.popleft())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stops the run, and waits, ten seconds at most, for the responses to requests in flight."""
        self._is_closed = True
        self._cancel()
        while self._work is not None and not self._work.is_done:
            if self._work.came.is_set():
                self._work.came = anyio.Event()
            await self._work.came.wait()

    def __del__(self) -> None:
        self._cancel()

    def _cancel(self) -> None:
        if self._work is not None and not self._work.is_done:
            with suppress(RuntimeError):  # the event loop is gone already
                self._work.scope.cancel()


class BlockingRun(Iterator[Item]):
    """An iterator over the rows that end, as they end; an event loop in a thread of its own does the work.

    Leaving the loop early stops the run once the iterator is closed, or dropped. It is a context manager.
    """

    def __init__(self, work: Callable[[AsyncCCAPI], Work], client: CCAPI) -> None:
        self._steps = _steps(self, work, client)
        self._run: Run | None = None

    @property
    def progress(self) -> Progress | None:
        """How far it is; None before it has started."""
        return self._run.progress if self._run else None

    def __next__(self) -> Item:
        item: Item = next(self._steps)
        return item

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Stops the run, and waits, ten seconds at most, for the responses to requests in flight."""
        self._steps.close()


def _steps(own: BlockingRun, work: Callable[[AsyncCCAPI], Work], client: CCAPI) -> Any:
    from anyio.from_thread import start_blocking_portal

    with start_blocking_portal() as portal:
        twin = portal.call(asynchronous, client)
        own._run = run = Run(lambda: work(twin))
        try:
            while (item := portal.call(run.next)) is not None:
                yield item
        finally:
            portal.call(run.aclose)
            portal.call(twin.close)


def asynchronous(client: CCAPI) -> AsyncCCAPI:
    """An asynchronous client with the options of a blocking one."""
    options = sender_of(client).options
    names = [field.name for field in attrs.fields(type(options)) if field.name != "base_url"]
    return AsyncCCAPI(base_url=str(options.base_url), **{name: getattr(options, name) for name in names})
