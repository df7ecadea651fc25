"""A run of a batch: an iterator over the rows that end, for either client.

The work goes on in a task of its own. For the blocking client, an event loop in a thread of its own does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Self

import attrs

from .._carriers.connections import AsyncConnections
from .._client import new_sender, sender_of
from .._http.key import Keys
from .._jobs.many import _in_background
from .._lazily import anyio
from ..async_client import AsyncCCAPI
from ..client import CCAPI
from ..errors import ConfigurationError
from . import items
from .items import Item
from .progress import Progress
from .work import Work


class Run:
    """An asynchronous iterator that yields each row when it ends. The run starts when you iterate.

    If you leave the loop early, the run stops: nothing more is sent, and the ledger keeps what is known about the
    requests in flight. If you keep the iterator in a variable, use it as a context manager, or close it.
    """

    def __init__(self, work: Callable[[], Work]) -> None:
        self._start = work
        self._work: Work | None = None
        self._task: object = None
        self._is_closed = False

    @property
    def progress(self) -> Progress | None:
        """How far the run is; None before it has started."""
        return self._work.progress if self._work else None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        item = await self.next()
        if item is None:
            raise StopAsyncIteration
        return item

    async def next(self) -> Item | None:
        """Returns the next row that ends; None when the run has ended.

        Raises:
            BatchError: The run has stopped; the message says why.
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
        """Stops the run, and waits for the responses to requests in flight, ten seconds at most."""
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
    """An iterator that yields each row when it ends. An event loop in another thread does the work.

    If you leave the loop early, the run stops as soon as the iterator is closed or dropped. It is a context manager.
    """

    def __init__(self, work: Callable[[AsyncCCAPI], Work], client: CCAPI) -> None:
        self._steps = _steps(self, work, client)
        self._run: Run | None = None

    @property
    def progress(self) -> Progress | None:
        """How far the run is; None before it has started."""
        return self._run.progress if self._run else None

    def __next__(self) -> Item:
        item: Item = next(self._steps)
        return item

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Stops the run, and waits for the responses to requests in flight, ten seconds at most."""
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
    sender = sender_of(client)
    if getattr(sender.connections, "_given", None):
        raise ConfigurationError(
            "client: a transport of your own can't be used from another thread: pass an AsyncCCAPI"
        )
    options, key = sender.options, sender.options.api_key
    if isinstance(key, Keys):
        options = attrs.evolve(options, api_key=key.for_loops())
    connections = AsyncConnections(None, verify=options.verify, cert=options.cert, proxy=options.proxy)
    twin = object.__new__(AsyncCCAPI)
    twin._sender = new_sender(connections, options, is_blocking=False)
    return twin
