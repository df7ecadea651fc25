"""The blocking client, `CCAPI`: the operations of the contract and what is built on them.

It holds a `Sender` and hands it to the bodies that do the work (`_http`, `_jobs`, `_chat`, `_files`), each of which it
drives to its end. `AsyncCCAPI`, in `async_client`, awaits the same ones.
"""

from __future__ import annotations

import inspect
import io
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, overload

from ccapi_openapi.api import Api
from ccapi_openapi.model import Model
from ccapi_openapi.operations import CallOptions, JobOperation, Operation, Stream, StreamedOperation

from . import _checks
from ._carriers.connections import BlockingConnections
from ._chat.stream import ChatStream
from ._client import Client, new_sender
from ._files.download import MAX_BYTES, checked_parts, write
from ._files.save import MAX_BYTES as MAX_SAVED_BYTES
from ._files.save import AnyPath, save
from ._files.source import is_some
from ._http.blocking import run
from ._http.key import KeyFunction, key_option
from ._http.operation import call
from ._http.options import Options
from ._http.pages import Pages, next_page
from ._http.settings import NewClientOptions, concealed
from ._lazily import many, one
from ._plain import PlainRequests
from .errors import ConfigurationError
from .policies import PollPolicy

if TYPE_CHECKING:
    from ._files.source import OneFile, SomeFiles
    from ._jobs.kinds import Given
    from ._jobs.one import OnUpdate, Updates
    from ._jobs.schedule import JobOutcome
    from ._jobs.waiting import JobUpdate

C = TypeVar("C", bound=Model)
R = TypeVar("R", bound=Model)
I = TypeVar("I", bound=Model)


class CCAPI(Client[KeyFunction], PlainRequests, Api):
    """The client: a method for each operation of the contract, and those that wait for jobs and save files.

    Args:
        api_key: The key, or a function that returns it; by default the environment variable `CCAPI_API_KEY`. The
            function is called before the first request, and once more if the service rejects the key (401). If it
            raises an error, the call raises that error.
        transport: A transport of httpx or httpx2 to send with, for instance `httpx.MockTransport` in tests.
        base_url: The address of the API, a text or a URL of httpx or httpx2. By default the environment variable
            `CCAPI_BASE_URL`, otherwise the service in production. A query in it is sent where the key is sent, and is
            never shown.
        timeout: How long each step of a request may take, in seconds. A `Timeout`, or one of httpx or httpx2, sets each
            step by itself. By default, a connection may take 5 seconds, a response to a POST 600, to a GET 60, and to a
            poll 30.
        retry: Which requests are retried, how often, and after how long: a `RetryPolicy`.
        poll: How often and how long jobs are polled: a `PollPolicy`.
        on_retry: Called with a `RetryEvent` before each wait for the next attempt.
        on_response: Called with a `ResponseEvent` at the end of each call. If it raises an error, the call raises it.
        headers: Sent with every request to the API.
        max_response_bytes: The largest response to accept, in bytes (256 MiB by default).
        verify: The certificates to trust: a file, a folder, or an `ssl.SSLContext`. By default those that the
            environment names, otherwise certifi's. It can't be False.
        cert: The client's own certificate, for servers that want one: the path of a file that also has its key, or
            `(certificate, key)`, or `(certificate, key, password)`.
        proxy: The proxy for every request: `http://`, `https://`, `socks5://` or `socks5h://`, with a user and a
            password if the proxy wants them. By default those that the environment names.

    Raises:
        ConfigurationError: There is no key, or an option can't be used; the message names the option.
    """

    _is_blocking = True

    def __init__(
        self,
        api_key: str | KeyFunction | None = None,
        *,
        transport: Any = None,
        **options: Unpack[NewClientOptions],
    ) -> None:
        key, options = key_option(api_key, is_blocking=True), concealed(options)
        del api_key  # for whoever records this frame
        self._check_names(options)
        chosen = Options(api_key=key, **options)
        connections = BlockingConnections(transport, verify=chosen.verify, cert=chosen.cert, proxy=chosen.proxy)
        self._sender = new_sender(connections, chosen, is_blocking=True)

    def close(self) -> None:
        """Closes the connections."""
        if self._is_set_up and self._sender.owns_connections:
            run(self._sender.connections.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _call(
        self,
        operation: Operation[R],
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> R:
        return run(call(self._sender, operation, parameters, body, options))

    def _parse(
        self,
        operation: Operation[R],
        kind: type,
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> R:
        from ._chat.parsing import parse  # here, for most programs have no use for it

        return run(parse(self._sender, operation, kind, parameters, body, options))

    def _stream(
        self,
        operation: StreamedOperation[C, R],
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> Stream[C, R]:
        request = self._sender.options.stream_request(operation, parameters, body, options)
        return ChatStream(self._sender, operation, request)

    def _pages(
        self,
        operation: Operation[Any],
        item: type[I],
        *,
        page_size: int,
        parameters: Mapping[str, Any],
        **options: Unpack[CallOptions],
    ) -> Iterator[I]:
        return self._items(operation, Pages(page_size, parameters, options))

    def _items(self, operation: Operation[Any], pages: Pages) -> Iterator[Any]:
        while not pages.is_done:
            yield from run(next_page(self._sender, operation, pages))

    def _check_wait(
        self, *, timeout: float | None, poll: PollPolicy | None, on_update: OnUpdate[R] | None, progress: bool
    ) -> PollPolicy:
        if inspect.iscoroutinefunction(on_update):
            raise ConfigurationError("on_update: a coroutine function goes with AsyncCCAPI; a function is expected")
        return one.check_wait(self._sender, timeout, poll, on_update, progress)

    def _wait(
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
        return run(one.wait(self._sender, begin, on_update, progress, awaits=False, is_billed=is_billed))

    def _watch(
        self, operation: JobOperation[R], job: Given, *, timeout: float | None, poll: PollPolicy | None
    ) -> Iterator[JobUpdate[R]]:
        policy = one.check_wait(self._sender, timeout, poll)
        return self._updates(one.Updates(self._sender, one.start(self._sender, operation, policy, job)))

    def _updates(self, updates: Updates[R]) -> Iterator[JobUpdate[R]]:
        while (update := run(updates.next())) is not None:
            yield update

    def _wait_for_many(
        self,
        operation: JobOperation[R] | None,
        jobs: Iterable[Given],
        *,
        timeout: float | None,
        poll: PollPolicy | None,
        concurrency: int,
        progress: bool,
    ) -> Iterator[JobOutcome[R]]:
        _checks.argument("concurrency", concurrency, _checks.whole(1))
        policy = one.check_wait(self._sender, timeout, poll, progress=progress)
        jobs = many.several(jobs, Iterable, operation)
        return many.outcomes(self._sender, jobs, partial(one.start, self._sender, operation, policy), progress)

    def wait_for_jobs(
        self,
        jobs: Iterable[Model | Mapping[str, Any]],
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        concurrency: int = 64,
        progress: bool = False,
    ) -> Iterator[JobOutcome]:
        """Waits for many jobs of any kinds, and yields the outcome of each as soon as it is known.

        Arguments, items and errors are those of `wait_for_image_jobs`, with one difference: a job is what a call
        returned, or its `to_dict()`. An id alone does not say what kind of job it is.
        """
        return self._wait_for_many(None, jobs, timeout=timeout, poll=poll, concurrency=concurrency, progress=progress)

    @overload
    def download(self, source: OneFile, *, max_bytes: int = MAX_BYTES) -> bytes: ...
    @overload
    def download(self, source: SomeFiles, *, max_bytes: int = MAX_BYTES) -> list[bytes]: ...
    def download(self, source: OneFile | SomeFiles, *, max_bytes: int = MAX_BYTES) -> bytes | list[bytes]:
        """Returns the bytes of a file, from inside the response or from its URL.

        A download that breaks off is resumed, as often as the client's `RetryPolicy` allows attempts. The key is sent
        to the API's own origin only. Addresses of this machine and of private networks are refused, unless the API
        itself is at such an address. Host names are looked up first; a name whose address changes afterwards can
        escape this check.

        Args:
            source: One of the `data` of an image response, a speech response, a job whose result is one file, or a URL
                (https, http, data). A whole image response, or the `to_dict()` of any of these, gives a list.
            max_bytes: The largest file to accept, in bytes. The file is held in memory.

        Raises:
            InvalidRequestError: The source has no file, or its address is refused.
            APIStatusError: The server did not send the file.
            APIConnectionError: No response came, or it broke off too often.
            MalformedResponseError: The file is larger than `max_bytes`, or not the one that was announced.
        """
        files = []
        for part in checked_parts(source, max_bytes):
            file = io.BytesIO()
            run(write(self._sender, part, file, max_bytes))
            files.append(file.getvalue())
        return files if is_some(source) else files[0]

    @overload
    def save(self, source: OneFile, path: AnyPath, *, max_bytes: int = MAX_SAVED_BYTES) -> Path: ...
    @overload
    def save(self, source: SomeFiles, path: AnyPath, *, max_bytes: int = MAX_SAVED_BYTES) -> list[Path]: ...
    def save(
        self, source: OneFile | SomeFiles, path: AnyPath, *, max_bytes: int = MAX_SAVED_BYTES
    ) -> Path | list[Path]:
        """Writes a file, whole or not at all, and returns its path; for a whole image response or a dict, a list.

        Args:
            source: One of the `data` of an image response, a speech response, a job whose result is one file, or a URL
                (https, http, data); a whole image response; or the `to_dict()` of any of these.
            path: The file. It replaces an existing one. Without an extension, it gets the one that fits the content.
                Several pictures get numbers, `fox-0.png`. Or a folder (an existing one, or a path that ends in `/`),
                where each file gets a name that is still free. Missing folders are made.
            max_bytes: The largest file to accept, in bytes. It is written as it arrives, and never held in memory.

        Raises:
            CCAPIError: The file can't be downloaded; see `download`.
            OSError: The file can't be written.
        """
        paths = run(save(self._sender, source, path, max_bytes))
        return paths if is_some(source) else paths[0]
