"""A batch: what it is made of, what it costs, and how it is run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self, get_args, overload

from .. import _checks
from ..async_client import AsyncCCAPI
from ..client import CCAPI
from ..errors import ConfigurationError, InvalidRequestError
from . import adding, deciding, estimating, items, limits
from .adding import Added, OnChange
from .desk import Idempotency
from .errors import BatchError
from .estimating import Estimate
from .export import Exported, export
from .items import Counts, Item
from .ledger import Ledger
from .money import PriceList, Prices
from .operations import DEFAULT
from .report import report
from .rows import AnyRows
from .run import BlockingRun, Run
from .work import Settings, Work


class Batch:
    """Many requests, kept in a file, the ledger. Finished rows stay finished, and nothing is sent twice.

    `Batch.open` makes it. It is a context manager. Only one process can have it open at a time.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._is_running = False

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, read_only: bool = False) -> Self:
        """Opens the batch of a ledger.

        Args:
            path: The ledger, a file; it is made if it doesn't exist.
            read_only: Whether to read it only. This works while another process runs it, too.

        Raises:
            BatchInUseError: Another process, or another `Batch`, has it open.
            LedgerError: It can't be used: it is another program's file, or a newer version's, the disk is full …
        """
        return cls(Ledger(path, read_only=read_only))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Batch({str(self._ledger.path)!r})"

    def close(self) -> None:
        """Closes the ledger, so that others can open it."""
        self._ledger.close()

    def add(
        self,
        rows: AnyRows,
        *,
        operation: str = DEFAULT,
        template: Mapping[str, Any] | None = None,
        id: str | None = None,
        on_change: OnChange = "error",
    ) -> Added:
        """Plans a request for each row. If one row is wrong, none is added. Rows that were added before stay.

        Args:
            rows: A file (.txt with a text in each line, .csv, .tsv, .jsonl), or dicts, or texts. JSONL in the shape of
                OpenAI's batches (`custom_id`, `url`, `body`) has its own ids and operations.
            operation: The method to call, such as `create_image`; any POST of the contract.
            template: The fields of the request, with `{column}` for the value of a column. Without a template, the
                columns are the fields: `text`, `model`, `parameters.seed` …
            id: The id of a row, a text with `{column}`; by default its column `id`, otherwise its number.
            on_change: What to do if a row's id was added before with another content: "error", "keep" the earlier
                row, or "replace" it, which may cost again. A row that was never sent is replaced, except by "keep".

        Raises:
            InvalidRequestError: A row can't be read, is not what the contract says, or its id is another row's.
            LedgerError: The rows can't be written.
        """
        if on_change not in get_args(OnChange):
            raise InvalidRequestError(f'on_change: "error", "keep" or "replace" is expected, not {on_change!r}')
        self._check_idle()
        return adding.add(self._ledger, rows, operation=operation, template=template, id=id, on_change=on_change)

    def estimate(self, prices: Prices | None = None) -> Estimate:
        """Returns how many rows are still to be sent, and what they cost at most.

        Args:
            prices: The cost of a request by its model (`""` for requests that name none), or models of the catalog, as
                `client.iter_models()` yields them.
        """
        return estimating.estimate(self._ledger, PriceList(prices, limits.kept(self._ledger).prices))

    @overload
    def run(
        self,
        client: AsyncCCAPI,
        *,
        output: str | os.PathLike[str] | None,
        per_minute: float | None = None,
        in_flight: int = 64,
        max_cost: float | None = None,
        max_failures: float = 0.05,
        prices: Prices | None = None,
        idempotency: Idempotency = "never",
        key_ttl: float = 72_000,
    ) -> Run: ...
    @overload
    def run(
        self,
        client: CCAPI,
        *,
        output: str | os.PathLike[str] | None,
        per_minute: float | None = None,
        in_flight: int = 64,
        max_cost: float | None = None,
        max_failures: float = 0.05,
        prices: Prices | None = None,
        idempotency: Idempotency = "never",
        key_ttl: float = 72_000,
    ) -> BlockingRun: ...
    def run(
        self,
        client: AsyncCCAPI | CCAPI,
        *,
        output: str | os.PathLike[str] | None,
        per_minute: float | None = None,
        in_flight: int = 64,
        max_cost: float | None = None,
        max_failures: float = 0.05,
        prices: Prices | None = None,
        idempotency: Idempotency = "never",
        key_ttl: float = 72_000,
    ) -> Run | BlockingRun:
        """Sends the planned requests, waits for jobs and saves files. Yields each row when it ends.

        To continue after a stop or a crash, make the same call again. If the outcome of a request is unknown, it is
        never retried, unless `idempotency` says that the service honors keys.

        Args:
            client: The client; its own retries are off. With `AsyncCCAPI`, iterate by `async for`.
            output: The folder for files, which are named by the ids of their rows; None saves no files.
            per_minute: How many requests and polls to send a minute at most; by default as many as the service accepts.
            in_flight: How many rows to have in flight at most.
            max_cost: What the whole batch may cost at most, by `prices` or those of the catalog. The ledger keeps it,
                and `prices` by the ids of models, for later runs that are given none. `math.inf` removes it.
            max_failures: The share of rows that may end failed, unknown or lost before the run stops, 0 to 1. It is
                checked from the 20th row that ends.
            prices: The cost of a request, as for `estimate`.
            idempotency: What the service does with a key that it received before. "never": this is unknown, so no
                request is retried. "replay": it sends the first response again. "reject": it responds with 409.
            key_ttl: How long the service remembers a key, in seconds.

        Raises:
            ConfigurationError: An argument can't be used, or the ledger belongs to another address.
            BatchStoppedError: The run stopped; raised after the requests in flight have ended. Its cause says why.
            LedgerError: The ledger can't be written.
        """
        settings = Settings(
            output=None if output is None else _checks.path("output", output).absolute(),
            per_minute=per_minute,
            in_flight=in_flight,
            max_cost=max_cost,
            max_failures=max_failures,
            prices=prices,
            idempotency=idempotency,
            key_ttl=key_ttl,
        )

        return self._start(client, lambda client: Work(self._ledger, client, settings, self._ended))

    def _start(self, client: AsyncCCAPI | CCAPI, make: Callable[[AsyncCCAPI], Work]) -> Run | BlockingRun:
        """A run, for either client, of what `make` makes once it starts."""

        def work(client: AsyncCCAPI) -> Work:
            self._check_idle()
            self._is_running = True
            return make(client)

        if not isinstance(client, AsyncCCAPI | CCAPI):
            raise ConfigurationError(f"client: a CCAPI or an AsyncCCAPI is expected, not {type(client).__name__}")
        return Run(lambda: work(client)) if isinstance(client, AsyncCCAPI) else BlockingRun(work, client)

    def _ended(self) -> None:
        self._is_running = False

    def _check_idle(self) -> None:
        if self._is_running:
            raise BatchError("this batch is running: wait until the run ends, or close it")

    @property
    def max_cost(self) -> float | None:
        """The limit on costs that the ledger keeps, of the last run; None where no run had any."""
        return limits.kept(self._ledger).max_cost

    def retry(self, ids: Iterable[str] | None = None) -> int:
        """Plans failed and lost rows again, which costs again; returns how many rows they are.

        Args:
            ids: The rows; by default all of them, except those that were dropped.
        """
        self._check_idle()
        return deciding.retry(self._ledger, ids)

    def resolve(self, ids: Iterable[str] | None, decision: str) -> int:
        """Decides about rows whose outcome is unknown; returns how many they are.

        Args:
            ids: The rows; None means all rows whose outcome is unknown. A job that never ends is ended by its row's id.
            decision: "resend": the request is retried, and billed again if it was executed. "drop": it is not sent
                again, and counts as failed. For a single row, the id of its job, as the service's own pages show it:
                the next run waits for that job and saves its result.
        """
        self._check_idle()
        return deciding.resolve(self._ledger, ids, decision)

    def items(self, states: Iterable[str] = ()) -> Iterator[Item]:
        """Yields the rows in these states, by default all rows, in the order of the input."""
        return items.items(self._ledger, states)

    def counts(self) -> Counts:
        """Returns how many rows are in which state."""
        return items.counts(self._ledger)

    def export(self, path: str | os.PathLike[str]) -> Exported:
        """Writes the rows into a file, in the order of the input, and returns how many.

        Args:
            path: A `.jsonl` file gets the results in the shape of OpenAI's batches; `errors.jsonl` beside it gets the
                errors. A `.csv` file gets all rows.

        Raises:
            InvalidRequestError: The name has another ending.
            BatchError: The file can't be written.
        """
        return export(self.items(), path)

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Writes a contact sheet, one HTML file with all pictures and what was requested, and returns its path.

        Raises:
            BatchError: The file can't be written.
        """
        return report(self.items(), self.counts(), self._ledger.path.parent.name or "Batch", path)
