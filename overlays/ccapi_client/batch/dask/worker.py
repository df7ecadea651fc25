"""What a task of Dask does: it works through one shard of rows, in an event loop of its own."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import attrs
from distributed import get_worker
from distributed.core import rpc

from ..._client import sender_of
from ..._jobs.many import _first
from ..._lazily import asyncio
from ...async_client import AsyncCCAPI
from ...client import CCAPI
from ...errors import ConfigurationError
from ..desk import Idempotency, Shard
from ..run import asynchronous
from ..runner import Runner
from .calls import RemoteDesk
from .files import place


@attrs.frozen
class Part:
    """What all tasks of a run have in common. No secrets are in it: Dask keeps it in many places.

    Attributes:
        name: What the handler of the desk is called.
        client: Makes a client.
        address: Where the run's requests go.
        output: Where files go; None where they are not saved.
        idempotency: What is done about a request whose outcome is not known.
        in_flight: How many rows a task works on at once.
    """

    name: str
    client: Callable[[], AsyncCCAPI] | Callable[[], CCAPI]
    address: str
    output: str | None
    idempotency: Idempotency
    in_flight: int


def work_through(part: Part, shard: Shard) -> None:
    """Works through a shard."""
    worker = get_worker()
    connection = worker.security.get_connection_args("worker")
    asyncio.run(_work_through(part, shard, worker.address, worker.scheduler.address, connection))


async def _work_through(part: Part, shard: Shard, worker: str, scheduler: str, connection: dict[str, Any]) -> None:
    calls = rpc(scheduler, connection_args=connection)
    async with _client(part) as client, calls:
        with place(part.output) as (folder, upload):
            runner = Runner(
                desk=RemoteDesk(calls, part.name, worker, upload),
                sender=sender_of(client),
                folder=folder,
                idempotency=part.idempotency,
                in_flight=part.in_flight,
            )
            try:
                await runner.work_through(shard)
            except BaseExceptionGroup as failures:
                raise _first(failures) from None


def _client(part: Part) -> AsyncCCAPI:
    try:
        made = part.client()
    except ConfigurationError as error:
        raise ConfigurationError(f"a worker, on {socket.gethostname()}: {error}") from None
    client = made if isinstance(made, AsyncCCAPI) else asynchronous(made)
    address = sender_of(client).options.base_url.redacted
    if address != part.address:
        raise ConfigurationError(
            f"a worker, on {socket.gethostname()}, would send to {address}, not to {part.address}: set CCAPI_BASE_URL "
            "alike, or name it in what makes the client"
        )
    return client
