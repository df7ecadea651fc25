"""A batch on a cluster of Dask: needs `ccapi-client[dask]`, also on the scheduler and the workers.

    run      this module: `run(batch, "tcp://…", CCAPI, output=…)`
    work     where the run was started: hands the ledger to the scheduler, gives shards of rows to Dask, watches
    plugin   beside the scheduler: ledger, pace and budget, the one desk of all workers
    worker   a task of Dask: works through a shard, by the same runner as a run without a cluster

A worker that is lost, frozen or run again by Dask sends nothing twice: each shard is claimed, and each request is
permitted, at the desk.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import overload

from ..._extras import how_to_install
from ...async_client import AsyncCCAPI
from ...client import CCAPI
from ...errors import ConfigurationError
from ..batch import Batch
from ..desk import Idempotency
from ..money import Prices
from ..run import BlockingRun, Run
from ..work import Settings

try:
    from .work import Cluster, ClusterWork
except ModuleNotFoundError as error:
    if error.name != "distributed":
        raise
    raise ConfigurationError(f"Dask is missing: {how_to_install('dask')}") from None

__all__ = ["run"]


@overload
def run(
    batch: Batch,
    scheduler: str,
    client: Callable[[], AsyncCCAPI],
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
    batch: Batch,
    scheduler: str,
    client: Callable[[], CCAPI],
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
    batch: Batch,
    scheduler: str,
    client: Callable[[], AsyncCCAPI] | Callable[[], CCAPI],
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
    """Runs a batch on a cluster; gives each row as it ends.

    It does what `batch.run` does, and its other arguments mean the same, for the whole cluster together. The scheduler
    has the ledger while it runs, so it has to be on this machine.

    Args:
        batch: The batch.
        scheduler: The address of the scheduler, as tcp://host:8786.
        client: Makes a client: here, and in each task. `CCAPI`, `AsyncCCAPI`, or a function that can be pickled. It
            finds the key where it is called, as in the environment of a worker; no key is sent to a worker.
        output: The folder for files, where workers write them: one that they share, or a URL that fsspec knows, as
            s3://bucket/foxes. None to save none.
        per_minute: As in `batch.run`.
        in_flight: As in `batch.run`.
        max_cost: As in `batch.run`.
        max_failures: As in `batch.run`.
        prices: As in `batch.run`.
        idempotency: As in `batch.run`.
        key_ttl: As in `batch.run`.

    Raises:
        ConfigurationError: An argument can't be used, or a worker has no key, or another address.
        BatchStoppedError: The run stopped; its message says why.
        BatchError: The scheduler can't be reached, or was lost; the same call again goes on from there.
        LedgerError: The scheduler can't use the ledger.
    """
    settings = Settings(
        output=None,
        per_minute=per_minute,
        in_flight=in_flight,
        max_cost=max_cost,
        max_failures=max_failures,
        prices=prices,
        idempotency=idempotency,
        key_ttl=key_ttl,
    )
    if not callable(client):
        raise ConfigurationError("client: what makes a client is expected, such as CCAPI, since workers need their own")
    cluster = Cluster(scheduler, client, None if output is None else _absolute(output))
    # A `CCAPI` opens nothing here: its asynchronous twin does the work.
    return batch._start(client(), lambda used: ClusterWork(batch._ledger, used, settings, batch._ended, cluster))


def _absolute(output: str | os.PathLike[str]) -> str:
    return str(output) if "://" in str(output) else str(Path(output).absolute())
