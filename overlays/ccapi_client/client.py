"""The clients: the operations of the contract, carried out over connections to the service.

`CCAPI` and `AsyncCCAPI` are two thin shells around the same decisions: `options` what to send, `contract` what may be
sent and what was received, `waiting` when to ask again, `streaming` what a stream means, `fetch` what a file is.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any, Self, TypeVar

import httpx
from ccapi_openapi.api import Api, AsyncApi
from ccapi_openapi.model import Model
from ccapi_openapi.operations import Operation

from .bulk import AsyncBulk, Bulk
from .connections import AsyncConnections, Connections
from .files import AsyncFiles, Files
from .lazily import anyio
from .options import Options
from .paging import AsyncPaging, Paging
from .response import read_response
from .retry import OnRetry, RetryPolicy, RetryQuota
from .streaming import AsyncStreaming, Streaming
from .waiting import Hints, PollPolicy

R = TypeVar("R", bound=Model)


class _Client:
    """What both clients are, short of sending."""

    _options: Options
    _owns_connections = True

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={str(self._options.base_url)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(f"{type(self).__name__} holds connections and a key and can't be pickled: make one anew")

    def with_options(
        self,
        *,
        api_key: str | None = None,
        base_url: str | httpx.URL | None = None,
        timeout: float | httpx.Timeout | None = None,
        retry: RetryPolicy | None = None,
        poll: PollPolicy | None = None,
        on_retry: OnRetry | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """A copy on the same connections, with what is given here instead; `headers` are added to those there are.

        The connections stay those of the client that the copy was made of: closing the copy leaves them open.

        Raises:
            ConfigurationError: An argument can't be used; the message says which.
        """
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy._options = self._options.with_changes(
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            retry=retry,
            poll=poll,
            on_retry=on_retry,
            headers=headers,
        )
        copy._owns_connections = False
        return copy


class CCAPI(_Client, Bulk, Files, Streaming, Paging, Api):
    """The client: a method for each operation of the contract, and those that wait for jobs and save files.

    Args:
        api_key: The key; else `CCAPI_API_KEY` of the environment.
        base_url: Where the API is; else `CCAPI_BASE_URL` of the environment, else the service in production.
        timeout: How long to wait for a connection, and for each next piece of an answer, in seconds; or an
            `httpx.Timeout` that tells them apart.
        retry: Which requests are sent again, how often, and after how long.
        poll: How often, and how long, jobs are asked after.
        on_retry: Called with a `RetryEvent` before each wait for the next attempt.
        headers: Sent with every request to the API.
        transport: An httpx transport to send with, for instance `httpx.MockTransport` in tests.

    Raises:
        ConfigurationError: There is no key, or an argument can't be used; the message says which.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | httpx.URL | None = None,
        timeout: float | httpx.Timeout = 60.0,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
        poll: PollPolicy = PollPolicy(),  # noqa: B008 - frozen
        on_retry: OnRetry | None = None,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._options = Options(
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            retry=retry,
            poll=poll,
            on_retry=on_retry,
            headers=headers,
        )
        self._quota, self._hints = RetryQuota(self._options.retry.max_attempts - 1), Hints()
        self._clock, self._sleep, self._chance = time.monotonic, time.sleep, random.random
        self._looks_up = transport is None
        self._connections = Connections(transport)

    def close(self) -> None:
        """Closes the connections."""
        if self._owns_connections:
            self._connections.close()

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
        extra_body: Mapping[str, Any] | None = None,
    ) -> R:
        request = self._options.operation_request(operation, parameters, body, extra_body)
        response = self._send(request)
        result = read_response(operation.response, response)
        self._hints.keep(result, response, self._clock())
        return result


class AsyncCCAPI(_Client, AsyncBulk, AsyncFiles, AsyncStreaming, AsyncPaging, AsyncApi):
    """The asynchronous client, for asyncio and trio: each method of `CCAPI`, to be awaited; `transport` is an async one."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | httpx.URL | None = None,
        timeout: float | httpx.Timeout = 60.0,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
        poll: PollPolicy = PollPolicy(),  # noqa: B008 - frozen
        on_retry: OnRetry | None = None,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._options = Options(
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            retry=retry,
            poll=poll,
            on_retry=on_retry,
            headers=headers,
        )
        self._quota, self._hints = RetryQuota(self._options.retry.max_attempts - 1), Hints()
        self._clock, self._sleep, self._chance = time.monotonic, anyio.sleep, random.random
        self._looks_up = transport is None
        self._connections = AsyncConnections(transport)

    async def close(self) -> None:
        """Closes the connections."""
        if self._owns_connections:
            await self._connections.close()

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
        extra_body: Mapping[str, Any] | None = None,
    ) -> R:
        request = self._options.operation_request(operation, parameters, body, extra_body)
        response = await self._send(request)
        result = read_response(operation.response, response)
        self._hints.keep(result, response, self._clock())
        return result
