"""The asynchronous client, `AsyncCCAPI`: the methods of `CCAPI` as coroutines, by the same bodies."""

from __future__ import annotations

import io
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, overload

from ccapi_openapi.api import AsyncApi
from ccapi_openapi.model import Model
from ccapi_openapi.operations import AsyncStream, CallOptions, JobOperation, Operation, StreamedOperation

from . import _checks
from ._carriers.connections import AsyncConnections
from ._chat.stream import AsyncChatStream
from ._client import Client, new_sender
from ._files.download import MAX_BYTES, checked_parts, write
from ._files.save import MAX_BYTES as MAX_SAVED_BYTES
from ._files.save import AnyPath, save
from ._files.source import is_some
from ._http.key import AsyncKeyFunction, key_option
from ._http.operation import call
from ._http.options import Options
from ._http.pages import Pages, next_page
from ._http.settings import NewClientOptions, concealed
from ._lazily import many, one
from ._plain import AsyncPlainRequests
from .policies import PollPolicy

if TYPE_CHECKING:
    from ._files.source import OneFile, SomeFiles
    from ._jobs.kinds import Given
    from ._jobs.many import JobOutcomes
    from ._jobs.one import OnUpdate, Updates
    from ._jobs.waiting import JobUpdate

C = TypeVar("C", bound=Model)
R = TypeVar("R", bound=Model)
I = TypeVar("I", bound=Model)


class AsyncCCAPI(Client[AsyncKeyFunction], AsyncPlainRequests, AsyncApi):
    """The asynchronous client, for asyncio and trio: the methods of `CCAPI` as coroutines.

    Its arguments are those of `CCAPI`. `api_key` may be a coroutine function too; a plain one is called in a thread.
    """

    _is_blocking = False

    def __init__(
        self,
        api_key: str | AsyncKeyFunction | None = None,
        *,
        transport: Any = None,
        **options: Unpack[NewClientOptions],
    ) -> None:
        key, options = key_option(api_key, is_blocking=False), concealed(options)
        del api_key  # for whoever records this frame
        self._check_names(options)
        chosen = Options(api_key=key, **options)
        connections = AsyncConnections(transport, verify=chosen.verify, cert=chosen.cert, proxy=chosen.proxy)
        self._sender = new_sender(connections, chosen, is_blocking=False)

    async def close(self) -> None:
        """Closes the connections."""
        if self._is_set_up and self._sender.owns_connections:
            await self._sender.connections.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def _call(
        self,
        operation: Operation[R],
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> R:
        return await call(self._sender, operation, parameters, body, options)

    async def _parse(
        self,
        operation: Operation[R],
        kind: type,
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> R:
        from ._chat.parsing import parse  # here, for most programs have no use for it

        return await parse(self._sender, operation, kind, parameters, body, options)

    def _stream(
        self,
        operation: StreamedOperation[C, R],
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncStream[C, R]:
        request = self._sender.options.stream_request(operation, parameters, body, options)
        return AsyncChatStream(self._sender, operation, request)

    def _pages(
        self,
        operation: Operation[Any],
        item: type[I],
        *,
        page_size: int,
        parameters: Mapping[str, Any],
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[I]:
        return self._items(operation, Pages(page_size, parameters, options))

    async def _items(self, operation: Operation[Any], pages: Pages) -> AsyncIterator[Any]:
        while not pages.is_done:
            for item in await next_page(self._sender, operation, pages):
                yield item

    def _check_wait(
        self, *, timeout: float | None, poll: PollPolicy | None, on_update: OnUpdate[R] | None, progress: bool
    ) -> PollPolicy:
        return one.check_wait(self._sender, timeout, poll, on_update, progress)

    async def _wait(
        self,
        operation: JobOperation[R],
        job: Given,
        *,
        timeout: float | None,
        poll: PollPolicy | None,
        on_update: OnUpdate[R] | None,
        progress: bool,
        is_billed: bool = False,
    ) -> R:
        policy = self._check_wait(timeout=timeout, poll=poll, on_update=on_update, progress=progress)
        begin = partial(one.start, self._sender, operation, policy, job)
        return await one.wait(self._sender, begin, on_update, progress, awaits=True, is_billed=is_billed)

    def _watch(
        self, operation: JobOperation[R], job: Given, *, timeout: float | None, poll: PollPolicy | None
    ) -> AsyncIterator[JobUpdate[R]]:
        policy = one.check_wait(self._sender, timeout, poll)
        return self._updates(one.Updates(self._sender, one.start(self._sender, operation, policy, job)))

    async def _updates(self, updates: Updates[R]) -> AsyncIterator[JobUpdate[R]]:
        while (update := await updates.next()) is not None:
            yield update

    def _wait_for_many(
        self,
        operation: JobOperation[R] | None,
        jobs: Iterable[Given] | AsyncIterable[Given],
        *,
        timeout: float | None,
        poll: PollPolicy | None,
        concurrency: int,
        progress: bool,
    ) -> JobOutcomes[R]:
        _checks.argument("concurrency", concurrency, _checks.whole(1))
        policy = one.check_wait(self._sender, timeout, poll, progress=progress)
        jobs = many.several(jobs, Iterable | AsyncIterable, operation)
        begin = partial(one.start, self._sender, operation, policy)
        return many.JobOutcomes(self._sender, jobs, concurrency, begin, progress)

    def wait_for_jobs(
        self,
        jobs: Iterable[Model | Mapping[str, Any]] | AsyncIterable[Model | Mapping[str, Any]],
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        concurrency: int = 64,
        progress: bool = False,
    ) -> JobOutcomes:
        """Waits for many jobs of any kinds; arguments, items and errors are those of `CCAPI.wait_for_jobs`.

        `jobs` may be an asynchronous generator too, as for `wait_for_image_jobs`.
        """
        return self._wait_for_many(None, jobs, timeout=timeout, poll=poll, concurrency=concurrency, progress=progress)

    @overload
    async def download(self, source: OneFile, *, max_bytes: int = MAX_BYTES) -> bytes: ...
    @overload
    async def download(self, source: SomeFiles, *, max_bytes: int = MAX_BYTES) -> list[bytes]: ...
    async def download(self, source: OneFile | SomeFiles, *, max_bytes: int = MAX_BYTES) -> bytes | list[bytes]:
        """Returns the bytes of a file; arguments, result and errors are those of `CCAPI.download`."""
        files = []
        for part in checked_parts(source, max_bytes):
            file = io.BytesIO()
            await write(self._sender, part, file, max_bytes)
            files.append(file.getvalue())
        return files if is_some(source) else files[0]

    @overload
    async def save(self, source: OneFile, path: AnyPath, *, max_bytes: int = MAX_SAVED_BYTES) -> Path: ...
    @overload
    async def save(self, source: SomeFiles, path: AnyPath, *, max_bytes: int = MAX_SAVED_BYTES) -> list[Path]: ...
    async def save(
        self, source: OneFile | SomeFiles, path: AnyPath, *, max_bytes: int = MAX_SAVED_BYTES
    ) -> Path | list[Path]:
        """Writes a file; arguments, result and errors are those of `CCAPI.save`."""
        paths = await save(self._sender, source, path, max_bytes)
        return paths if is_some(source) else paths[0]
