"""What a run of a batch does: it makes the desk, has the rows worked through, and says what ended it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import attrs

from .. import _checks
from .._client import sender_of
from .._files.drafts import remove_abandoned
from .._jobs.many import _first
from .._lazily import anyio
from ..async_client import AsyncCCAPI
from ..errors import ConfigurationError, InvalidRequestError
from . import estimating, items, limits
from .deciding import SANDBOX, was_sent
from .desk import ENDED, STATES, Idempotency, Problem, Shard, State
from .errors import BatchError, BatchStoppedError
from .ledger import Ledger
from .limits import Limit
from .local import LocalDesk
from .money import Budget, PriceList, Prices, given
from .pace import Pace
from .progress import Meter, Progress
from .runner import Runner


def _is_idempotency(settings: object, attribute: object, value: object) -> None:
    if value not in get_args(Idempotency):
        raise ConfigurationError(f'idempotency: "never", "replay" or "reject" is expected, not {value!r}')


LIMIT = attrs.validators.optional(_checks.number(1e-9, 1e12))


@attrs.frozen(kw_only=True)
class Settings:
    """How a batch is run; `Batch.run` says what each means."""

    output: Path | None
    per_minute: float | None = attrs.field(validator=LIMIT)
    in_flight: int = attrs.field(validator=_checks.whole(1, 10_000))
    max_cost: float | None = attrs.field(validator=attrs.validators.optional(_checks.number(1e-9, math.inf)))
    max_failures: float = attrs.field(validator=_checks.number(0, 1))
    prices: Prices | None
    idempotency: Idempotency = attrs.field(validator=_is_idempotency)
    key_ttl: float = attrs.field(validator=_checks.number(0, math.inf, " of seconds"))


async def new_desk(ledger: Ledger, settings: Settings, prices: PriceList, **more: Any) -> LocalDesk:
    """The desk of a run, where its ledger is."""
    spent = await anyio.to_thread.run_sync(items.spent, ledger)
    return LocalDesk(
        ledger=ledger,
        pace=Pace(settings.per_minute, settings.in_flight),
        budget=Budget(prices, settings.max_cost, spent),
        idempotency=settings.idempotency,
        key_ttl=settings.key_ttl,
        max_failures=settings.max_failures,
        **more,
    )


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
        self._total, self._states = 0, dict.fromkeys(STATES, 0)
        self._unknown = set[int]()
        """The rows that are counted as unknown: they may end anew."""
        self._prices = PriceList(None)
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
        await self._prepare()
        sender, settings = sender_of(self.client), self.settings
        if settings.output is not None:
            await anyio.to_thread.run_sync(make_folder, settings.output)
        more = {"on_ended": self._on_ended, "clock": sender.clock, "sleep": sender.sleep}
        self.desk = await new_desk(self.ledger, settings, self._prices, **more)
        ((last,),) = self.ledger.read("SELECT coalesce(max(row), 0) FROM item")
        runner = Runner(
            desk=self.desk,
            sender=sender,
            folder=settings.output,
            idempotency=settings.idempotency,
            in_flight=settings.in_flight,
        )
        await runner.work_through(Shard(1, last))
        self._check_stopped(self.desk.stopped)

    async def _prepare(self) -> None:
        """Finds out what has to be known before anything is sent."""
        sender = sender_of(self.client)
        sender.check_open()
        self._check_address(sender.options.base_url.redacted)
        limit = limits.keep(self.ledger, self.settings.max_cost, given(self.settings.prices))
        self.settings = attrs.evolve(self.settings, max_cost=limit.max_cost)
        self._prices = await self._read_prices(limit)
        counts = await anyio.to_thread.run_sync(items.counts, self.ledger)
        self._total, self._states = counts.total, {state: getattr(counts, state) for state in STATES}
        unknown = await anyio.to_thread.run_sync(self.ledger.read, "SELECT row FROM item WHERE state='unknown'")
        self._unknown = {row for (row,) in unknown}

    def _check_stopped(self, problem: Problem | None) -> None:
        if problem is not None:
            left = items.counts(self.ledger).left
            rows = "1 row is" if left == 1 else f"{left:,} rows are"
            same = "the same with a higher max_cost" if problem.code == "max_cost" else "the same again"
            text = f"{problem.message}; {rows} left: {same} goes on from there"
            raise BatchStoppedError(text, code=problem.code, left=left)

    def _on_ended(self, row: int, state: State) -> None:
        self._count(row, state)
        self._deliver(row)

    def _count(self, row: int, state: State) -> None:
        self._meter.add(sender_of(self.client).clock())
        self._states[state] += 1
        if row in self._unknown:
            self._states["unknown"] -= 1
            self._unknown.discard(row)
        if state == "unknown":
            self._unknown.add(row)

    def _deliver(self, row: int) -> None:
        """Gives a row to the consumer."""
        self.ended.append(row)
        self.came.set()

    def _check_address(self, url: str) -> None:
        with self.ledger.transaction() as connection:
            (known,) = connection.execute("SELECT base_url FROM batch").fetchone()
            if known is not None and known.removeprefix(SANDBOX) == url:
                return
            if known is None or not was_sent(connection):
                connection.execute("UPDATE batch SET base_url=?", (url,))
            else:
                raise ConfigurationError(
                    f"{self.ledger.path}: its requests were sent to {known}, not to {url}; use the same address, or a "
                    "new ledger"
                )

    async def _read_prices(self, limit: Limit) -> PriceList:
        prices = self.settings.prices
        if prices is None and limit.max_cost is None:
            return PriceList(None)
        if prices is None:
            prices = [model async for model in self.client.iter_models()]
        found = PriceList(prices, limit.prices)
        _, unpriced = await anyio.to_thread.run_sync(estimating.estimate_and_unpriced, self.ledger, found)
        await anyio.to_thread.run_sync(estimating.price_sent, self.ledger, found, unpriced)
        if limit.max_cost is not None and unpriced.models:
            names = ", ".join(name or "the service's default" for name in unpriced.models)
            raise InvalidRequestError(
                f"max_cost: what a request costs is not known for the model: {names}; {'; '.join(unpriced.fixes)}; "
                "the ledger keeps the limit, and max_cost=inf removes it"
            )
        return found

    @property
    def progress(self) -> Progress:
        """How far it is."""
        in_flight, spent = self._figures()
        rate, states = self._meter.per_minute(sender_of(self.client).clock()), self._states
        left = self._total - sum(states[state] for state in ENDED)
        return Progress(
            total=self._total,
            saved=states["saved"],
            failed=states["failed"],
            unknown=states["unknown"],
            lost=states["lost"],
            in_flight=in_flight,
            per_minute=rate,
            spent=spent if self._prices else None,
            currency=self._prices.currency,
            seconds_left=60 * left / rate if rate else None,
        )

    def _figures(self) -> tuple[int, float]:
        """How many requests are in flight, and what all rows have cost."""
        return (self.desk.pace.in_flight, self.desk.budget.spent) if self.desk else (0, 0.0)


def make_folder(folder: Path) -> None:
    """Makes the folder for files; what killed runs began to write there is removed.

    Raises:
        BatchError: It can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BatchError(f"output: {folder} can't be made: {error.strerror}") from None
    remove_abandoned(folder)
