"""Streamed chat completions: from the event stream to chunks, text and the whole answer.

`Reader` decides what the pieces of a stream mean and does no I/O; `ChatStream` and `AsyncChatStream` read.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping
from typing import Any, Generic, Self, TypeVar

import httpx
from ccapi_openapi.model import Model
from ccapi_openapi.operations import AsyncCaller, AsyncStream, Caller, Stream, StreamedOperation

from .assembly import Assembly, chunk_of
from .contract import mismatch
from .errors import ConfigurationError, StreamError, StreamInterruptedError, envelope
from .response import media_type, read_response
from .sse import Decoder, Event, EventTooLarge
from .transport import AsyncTransport, Transport
from .wire import AnyAnswer, Request, shown

C = TypeVar("C", bound=Model)
R = TypeVar("R", bound=Model)
E = TypeVar("E", bound=StreamError)

_read = json.JSONDecoder().decode  # what json.loads does with a text, once it has found out that it is one


def is_event_stream(response: AnyAnswer) -> bool:
    """Whether the body of an answer is an event stream; a server that does not stream answers with JSON."""
    return response.is_success and media_type(response) == "text/event-stream"


class Reader(Generic[C, R]):
    """What has come of one stream.

    Raises:
        APIStatusError: The answer is an error, or wraps one into a success.
        MalformedResponseError: It is neither a stream nor what the contract says.
    """

    def __init__(self, operation: StreamedOperation[C, R], response: AnyAnswer) -> None:
        self._whole = None if is_event_stream(response) else read_response(operation.response, response)
        self.done = False
        self._error: StreamError | None = None
        self._operation, self._response = operation, response
        self._decoder, self._assembly = Decoder(), Assembly()

    def whole(self) -> Iterator[C]:
        """The one chunk of an answer that is no stream."""
        if self._whole is not None:
            yield self._chunk(self._whole, lambda whole: chunk_of(whole.to_dict()))
        self.done = True

    def feed(self, piece: bytes) -> Iterator[C]:
        """The chunks in the next piece of the stream. All of them have to be taken before the next call.

        Raises:
            StreamError: The stream brought an error, or what is no chunk.
        """
        try:
            for event in self._decoder.feed(piece):
                if event.data == "[DONE]":
                    self.done = True
                    return
                if event.data:  # servers that have nothing to say yet send events without data
                    yield self._chunk(self._document(event))
        except EventTooLarge as error:
            raise self._broken(str(error)) from error

    def response(self) -> R | None:
        """The answer as far as it has come; None before the first chunk."""
        try:
            document = self._assembly.document()
            return None if document is None else self._operation.response.from_dict(document)
        except RecursionError:  # of what no one could read
            return None

    def whole_response(self) -> R:
        """The answer, which has come to its end.

        Raises:
            StreamError: It has not.
        """
        answer = self.response()
        if not self.done or answer is None:
            raise self.unfinished()
        return answer

    def unfinished(self) -> StreamError:
        """Why there is no more, though the end was not told."""
        return self._error or self.interrupted()

    def interrupted(self, error: httpx.HTTPError | None = None) -> StreamInterruptedError:
        """The error for a stream that broke off, or just ended, before its end was told."""
        reason = "the connection was closed before the stream's end"
        if isinstance(error, httpx.TimeoutException):
            reason = "nothing came for longer than the client's timeout"
        elif error is not None:
            reason = f"the stream broke off ({type(error).__name__})"
        return self._told(StreamInterruptedError, reason, {})

    def _document(self, event: Event) -> dict[str, Any]:
        try:
            document = _read(event.data)
        except (ValueError, RecursionError) as error:
            if event.type == "error":
                raise self._broken(event.data[:500]) from None
            raise self._broken("an event of the stream is not JSON") from error
        if type(document) is dict and "error" not in document and event.type == "message":
            return _with_choices(document)
        failure = envelope(document)
        if failure is None and event.type == "error":
            failure = document if isinstance(document, dict) else {"message": str(document)[:500]}
        if failure is not None:
            raise self._told(
                StreamError, str(failure.get("message") or failure.get("code") or "no reason given"), failure
            )
        if not isinstance(document, dict):
            raise self._broken("an event of the stream is not a JSON object")
        return _with_choices(document)

    def _chunk(self, document: Any, made_by: Callable[[Any], dict[str, Any]] | None = None) -> C:
        kind = self._operation.chunk
        try:
            document = made_by(document) if made_by else document
            chunk = kind.from_dict(document)
            self._assembly.add(document)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            problem = mismatch(document, kind) or "it can't be read"
            raise self._broken(f"a chunk is not what the contract says: {problem}") from error
        return chunk

    def _broken(self, reason: str) -> StreamError:
        return self._told(StreamError, reason, {})

    def _told(self, kind: type[E], reason: str, failure: Mapping[str, Any]) -> E:
        partial: Any = self.response()  # a ChatCompletionResponse: there is no other streamed operation
        request, request_id = self._response.request, self._response.headers.get("x-request-id")
        place = f"{request.method} {shown(request.url)}{f', request id {request_id}' if request_id else ''}"
        told = kind(
            f"{reason} ({place})",
            error=failure,
            request_id=request_id,
            idempotency_key=request.headers.get("idempotency-key"),
            partial=partial,
        )
        self._error = told
        return told


def _with_choices(document: dict[str, Any]) -> dict[str, Any]:
    """A chunk that has a list of choices, for some have none or null."""
    if not document.get("choices"):
        document["choices"] = []
    return document


class _Opened(Generic[C, R]):
    """What both streams are, short of reading."""

    _reader: Reader[C, R] | None = None

    @property
    def partial(self) -> R | None:
        """The answer as far as it has come; None before its first chunk."""
        return self._reader.response() if self._reader else None

    def _started(self) -> Reader[C, R]:
        if self._reader is None:
            raise ConfigurationError("the stream is not open: use it in a `with` block (`async with` for AsyncCCAPI)")
        return self._reader

    def _check_new(self) -> None:
        if self._reader is not None:
            raise ConfigurationError("the stream was used already: call the method again for another")


def _text_of(chunk: Any) -> str:
    """What a chunk adds to the text of the first answer."""
    text = ""
    for choice in chunk.choices:
        if not choice.index and isinstance(choice.delta.content, str):
            text += choice.delta.content
    return text


class ChatStream(_Opened[C, R], Stream[C, R]):
    """A streamed answer of `CCAPI`."""

    def __init__(self, client: Transport, operation: StreamedOperation[C, R], request: Request) -> None:
        self._client, self._operation, self._request = client, operation, request

    def __enter__(self) -> Self:
        self._check_new()
        self._response = self._client._send(self._request, leave=is_event_stream)
        self._reader = Reader(self._operation, self._response)
        self._chunks = self._read(self._reader)
        return self

    def __exit__(self, *exception: object) -> None:
        self._chunks.close()
        self._response.close()

    def __iter__(self) -> Iterator[C]:
        return self

    def __next__(self) -> C:
        reader = self._started()
        try:
            return next(self._chunks)
        except StopIteration:
            if reader.done:
                raise
        raise reader.unfinished()  # it was left, or has failed before

    def text(self) -> Iterator[str]:  # noqa: D102 - as in Stream
        return filter(None, map(_text_of, self))

    def final(self) -> R:  # noqa: D102 - as in Stream
        for _ in self:
            pass
        return self._started().whole_response()

    def _read(self, reader: Reader[C, R]) -> Generator[C]:
        if not is_event_stream(self._response):
            yield from reader.whole()
            return
        try:
            for piece in self._response.pieces:
                yield from reader.feed(piece)
                if reader.done:  # what may follow is not waited for
                    return
        except httpx.HTTPError as error:
            raise reader.interrupted(error) from error
        raise reader.interrupted()


class AsyncChatStream(_Opened[C, R], AsyncStream[C, R]):
    """A streamed answer of `AsyncCCAPI`."""

    def __init__(self, client: AsyncTransport, operation: StreamedOperation[C, R], request: Request) -> None:
        self._client, self._operation, self._request = client, operation, request

    async def __aenter__(self) -> Self:
        self._check_new()
        self._response = await self._client._send(self._request, leave=is_event_stream)
        self._reader = Reader(self._operation, self._response)
        self._chunks = self._read(self._reader)
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._chunks.aclose()
        await self._response.close()

    def __aiter__(self) -> AsyncIterator[C]:
        return self

    async def __anext__(self) -> C:
        reader = self._started()
        try:
            return await anext(self._chunks)
        except StopAsyncIteration:
            if reader.done:
                raise
        raise reader.unfinished()  # it was left, or has failed before

    async def text(self) -> AsyncIterator[str]:  # noqa: D102 - as in AsyncStream
        async for chunk in self:
            text = _text_of(chunk)
            if text:
                yield text

    async def final(self) -> R:  # noqa: D102 - as in AsyncStream
        async for _ in self:
            pass
        return self._started().whole_response()

    async def _read(self, reader: Reader[C, R]) -> AsyncGenerator[C]:
        if not is_event_stream(self._response):
            for chunk in reader.whole():
                yield chunk
            return
        try:
            async for piece in self._response.pieces:
                for chunk in reader.feed(piece):
                    yield chunk
                if reader.done:  # what may follow is not waited for
                    return
        except httpx.HTTPError as error:
            raise reader.interrupted(error) from error
        raise reader.interrupted()


class Streaming(Transport, Caller):
    """The part of `CCAPI` that streams."""

    def _stream(
        self,
        operation: StreamedOperation[C, R],
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> Stream[C, R]:
        request = self._options.stream_request(operation, parameters, body, extra_body)
        return ChatStream(self, operation, request)


class AsyncStreaming(AsyncTransport, AsyncCaller):
    """The part of `AsyncCCAPI` that streams."""

    def _stream(
        self,
        operation: StreamedOperation[C, R],
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> AsyncStream[C, R]:
        request = self._options.stream_request(operation, parameters, body, extra_body)
        return AsyncChatStream(self, operation, request)
