"""A service that responds by a script, and both clients of it, for whom time passes only while they sleep."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, TypeVar

import anyio
import httpx
from ccapi_client import CCAPI, AsyncCCAPI
from ccapi_client._client import sender_of

C = TypeVar("C", CCAPI, AsyncCCAPI)
ClientClass = type[CCAPI] | type[AsyncCCAPI]
Step = int | Mapping[str, Any] | httpx.Response | BaseException | type[Exception]
"""What a request gets: a status, a JSON document, a response; or what the transport raises."""


class Clock:
    """Time that only sleeping moves, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Sleeps, for either client."""
        self.sleeps.append(seconds)
        self.now += seconds


class Service:
    """A service that responds with one step to each request, with the last one forever; and clients of it.

    Attributes:
        requests: The requests that came.
        clock: The time of the clients; None where it is the real one.
    """

    def __init__(
        self,
        *steps: Step,
        headers: Mapping[str, str] | None = None,
        chance: float = 1.0,
        clock: Clock | None = None,
        is_real_time: bool = False,
    ) -> None:
        self.requests: list[httpx.Request] = []
        self.clock = None if is_real_time else clock or Clock()
        self._steps, self._headers, self._chance = steps, headers or {}, chance

    @property
    def sleeps(self) -> list[float]:
        """How long its clients slept, in seconds."""
        assert self.clock
        return self.clock.sleeps

    def respond(self, request: httpx.Request) -> httpx.Response:
        """The response to a request; one with a status of failure has the headers of the service."""
        self.requests.append(request)
        step = self._steps[min(len(self.requests), len(self._steps)) - 1]
        if isinstance(step, httpx.Response):
            return step
        if isinstance(step, int):
            return httpx.Response(step, json={"data": []}, headers=self._headers if step >= 400 else {})
        if isinstance(step, Mapping):
            return httpx.Response(200, json=step)
        raise step if isinstance(step, BaseException) else step("as scripted")

    async def respond_to_async(self, request: httpx.Request) -> httpx.Response:
        """The response to a request of the asynchronous client."""
        return self.respond(request)

    def client(self, **options: Any) -> CCAPI:
        """A blocking client of this service."""
        return self._prepared(CCAPI("key-1", transport=httpx.MockTransport(self.respond), **options))

    def async_client(self, **options: Any) -> AsyncCCAPI:
        """An asynchronous client of this service."""
        return self._prepared(AsyncCCAPI("key-1", transport=httpx.MockTransport(self.respond_to_async), **options))

    def call(self, client_class: ClientClass, work: Callable[[Any], Any], **options: Any) -> Any:
        """What `work` returns for a client of this service; what it returns for the asynchronous one is awaited."""
        if client_class is CCAPI:
            with self.client(**options) as client:
                return work(client)

        async def work_async() -> Any:
            async with self.async_client(**options) as client:
                return await work(client)

        return anyio.run(work_async)

    def _prepared(self, client: C) -> C:
        sender = sender_of(client)
        sender.chance = lambda: self._chance
        if self.clock:
            sender.clock, sender.sleep = self.clock, self.clock.sleep
        return client


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces, for either client; an exception among them is raised.

    Attributes:
        read: How many pieces were read.
        closed: Whether it was closed.
    """

    def __init__(self, *pieces: bytes | BaseException) -> None:
        self.pieces, self.read, self.closed = pieces, 0, False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.read += 1
            if isinstance(piece, BaseException):
                raise piece
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True
