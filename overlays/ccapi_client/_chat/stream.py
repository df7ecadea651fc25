"""A streamed chat completion: one body that opens, reads and closes it, and a face for each client."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any, Generic, Self, TypeVar

from ccapi_openapi.model import Model
from ccapi_openapi.operations import AsyncStream, Stream, StreamedOperation
from ccapi_openapi.response import ResponseInfo

from .._http.blocking import run
from .._http.body import malformed
from .._http.sender import Sender, own_error
from .._http.wire import Kind, Request, Response, TransportError
from ..errors import ConfigurationError
from .reader import Reader

C = TypeVar("C", bound=Model)
R = TypeVar("R", bound=Model)
E = TypeVar("E")


def is_success(response: Response) -> bool:
    """Whether the body of a response is left to the stream, which finds out what it is."""
    return response.is_success


class Opening(Generic[E, R]):
    """A stream: sent once, read once."""

    def __init__(self, sender: Sender, request: Request, reader_of: Callable[[Response, int], Reader[Any, R]]) -> None:
        self._sender, self._request, self._reader_of = sender, request, reader_of
        self._reader: Reader[Any, R] | None = None
        self._response: Response | None = None
        self.chunks: Iterator[E] = iter(())
        """Those of the piece that came last."""
        self._being_read = threading.Lock()
        self.end = self._being_read.release
        """Ends to take a chunk."""
        self._is_stopped = False

    @property
    def partial(self) -> R | None:
        """The response as far as it has come; None before its first chunk."""
        return self._reader.partial() if self._reader else None

    @property
    def response(self) -> ResponseInfo | Any:
        """The HTTP response that brings the stream; None before it is open."""
        return self._reader.response if self._reader else None

    async def open(self) -> None:
        """Sends the request.

        Raises:
            ConfigurationError: It was sent already.
        """
        if self._reader is not None or self._is_stopped:
            raise ConfigurationError("the stream was used already: call the method again for another")
        if self._request.report:
            self._request.report.start(self._request, self._sender.clock)
        try:
            self._response = await self._sender.send(self._request, stream_if=is_success)
            self._reader = self._reader_of(self._response, self._sender.options.max_response_bytes)
            while not (self._reader.is_open or self._is_stopped):
                self.chunks = await self._more(self._response, self._reader)
        except BaseException as error:
            await self.close(error)
            raise

    async def close(self, error: BaseException | None = None) -> None:
        """Closes the connection."""
        self.chunks = iter(())
        if self._response:
            response, self._response = self._response, None
            await response.body.close()
        self._report(error or (self._reader.failure if self._reader else None))

    def _report(self, error: BaseException | None = None) -> None:
        """Reports the end of the stream, where it is its first end."""
        report = self._request.report
        if report and (error is None or isinstance(error, Exception)):
            report.result = self.partial
            report.end(error)

    def stop(self) -> None:
        """Ends the stream for whoever opens or reads it; from any thread."""
        self._is_stopped = True
        self._request.withdraw()
        response = self._response
        if response:
            response.body.abort()

    def begin(self) -> None:
        """Starts to take a chunk.

        Raises:
            ConfigurationError: Somebody else is at it.
        """
        if not self._being_read.acquire(blocking=False):
            raise ConfigurationError("the stream is read by another thread or task already: give each its own")

    async def next_chunk(self) -> E | None:
        """The next chunk, as soon as it comes; None after the last one.

        Raises:
            StreamError: The stream brought an error, or broke off.
        """
        reader = self.started()
        while not self._is_stopped:
            chunk = next(self.chunks, None)
            if chunk is not None:
                return chunk
            if reader.done:  # what may follow is not waited for
                self._report()
                return None
            if self._response is None or reader.failure:
                raise reader.unfinished()
            try:
                self.chunks = await self._more(self._response, reader)
            except Exception as error:
                self._report(error)
                raise
        return None

    async def _more(self, response: Response, reader: Reader[Any, R]) -> Iterator[E]:
        """The chunks that the next piece of the body brings."""
        try:
            piece = await response.body.piece()
        except TransportError as error:
            if self._is_stopped:
                return iter(())
            if reader.is_open:
                raise reader.interrupted(error) from error
            if error.kind is Kind.ENCODING:
                raise malformed(response, error.kind.value) from error
            raise own_error(error, self._request) from error
        if piece is not None:
            return reader.feed(piece)
        return iter(()) if self._is_stopped else reader.end()

    def started(self) -> Reader[Any, R]:
        """What reads the stream.

        Raises:
            ConfigurationError: It is not open.
        """
        if self._reader is None:
            raise ConfigurationError("the stream is not open: use it in a `with` block (`async with` for AsyncCCAPI)")
        return self._reader


def _text_of(chunk: Any) -> str:
    """What a chunk adds to the text of the first answer."""
    text = ""
    for choice in chunk.choices:
        if not choice.index and isinstance(choice.delta.content, str):
            text += choice.delta.content
    return text


class EventStream(Generic[E]):
    """A streamed response, for a `with` block: entering it sends the request, iterating gives the events as they come.

    An error in the stream raises a `StreamError`. A stream that breaks off, or stays silent for longer than the
    client's timeout, raises a `StreamInterruptedError`.
    """

    def __init__(self, opening: Opening[E, Any]) -> None:
        self._opening = opening

    @property
    def response(self) -> ResponseInfo | Any:
        """The HTTP response that brings the stream; None before the stream is entered."""
        return self._opening.response

    def __enter__(self) -> Self:
        run(self._opening.open())
        return self

    def __exit__(self, *exception: object) -> None:
        run(self._opening.close())

    def __iter__(self) -> Iterator[E]:
        return self

    def __next__(self) -> E:
        self._opening.begin()
        try:
            chunk = next(self._opening.chunks, None)
            if chunk is None:
                chunk = run(self._opening.next_chunk())
        finally:
            self._opening.end()
        if chunk is None:
            raise StopIteration
        return chunk

    def close(self) -> None:
        """Ends the loop that reads the stream. Any thread may call it."""
        self._opening.stop()


class ChatStream(EventStream[C], Stream[C, R]):
    """A streamed response of `CCAPI`."""

    def __init__(self, sender: Sender, operation: StreamedOperation[C, R], request: Request) -> None:
        opening: Opening[C, R] = Opening(sender, request, partial(Reader, operation))
        super().__init__(opening)

    @property
    def partial(self) -> R | None:
        """The response as far as it has come; None before its first chunk."""
        return self._opening.partial

    def text(self) -> Iterator[str]:
        return filter(None, map(_text_of, self))

    def final(self) -> R:
        for _ in self:
            pass
        whole: R = self._opening.started().final()
        return whole


class AsyncEventStream(Generic[E]):
    """A streamed response, asynchronous: `EventStream` with `async with` and `async for`."""

    def __init__(self, opening: Opening[E, Any]) -> None:
        self._opening = opening

    @property
    def response(self) -> ResponseInfo | Any:
        """The HTTP response that brings the stream; None before the stream is entered."""
        return self._opening.response

    async def __aenter__(self) -> Self:
        await self._opening.open()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._opening.close()

    def __aiter__(self) -> AsyncIterator[E]:
        return self

    async def __anext__(self) -> E:
        self._opening.begin()
        try:
            chunk = next(self._opening.chunks, None)
            if chunk is None:
                chunk = await self._opening.next_chunk()
        finally:
            self._opening.end()
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    def close(self) -> None:
        """Ends the loop that reads the stream. Any thread or task may call it; it is not awaited."""
        self._opening.stop()


class AsyncChatStream(AsyncEventStream[C], AsyncStream[C, R]):
    """A streamed response of `AsyncCCAPI`."""

    def __init__(self, sender: Sender, operation: StreamedOperation[C, R], request: Request) -> None:
        opening: Opening[C, R] = Opening(sender, request, partial(Reader, operation))
        super().__init__(opening)

    @property
    def partial(self) -> R | None:
        """The response as far as it has come; None before its first chunk."""
        return self._opening.partial

    def text(self) -> AsyncIterator[str]:
        return _Texts(self)

    async def final(self) -> R:
        async for _ in self:
            pass
        whole: R = self._opening.started().final()
        return whole


class _Texts(AsyncIterator[str]):
    """The pieces of a stream's text. No generator: trio tells of those that are left before their end."""

    def __init__(self, stream: AsyncIterable[Any]) -> None:
        self._chunks = aiter(stream)

    async def __anext__(self) -> str:
        while True:
            text = _text_of(await anext(self._chunks))
            if text:
                return text
