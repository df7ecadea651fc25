"""What the pieces of a stream mean: chunks, the text, an error, the end. Decides, and does no I/O; `stream` reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from ccapi_openapi.model import Model
from ccapi_openapi.operations import StreamedOperation

from .._http.reading import media_type, read_response
from .._http.validation import mismatch
from .._http.wire import Kind, Response, TransportError
from ..errors import StreamError, StreamInterruptedError, envelope
from .assembly import Assembly, chunk_of
from .sse import Decoder, Event, EventTooLarge

C = TypeVar("C", bound=Model)
R = TypeVar("R", bound=Model)
E = TypeVar("E", bound=StreamError)

_read = json.JSONDecoder().decode  # what json.loads does with a text, once it has found out that it is one


def is_event_stream(response: Response) -> bool:
    """Whether the body of a response is an event stream; a server that does not stream responds with JSON."""
    return response.is_success and media_type(response) == "text/event-stream"


class Reader(Generic[C, R]):
    """What has come of one stream.

    Raises:
        APIStatusError: The response is an error, or wraps one into a success.
        MalformedResponseError: It is neither a stream nor what the contract says.
    """

    def __init__(self, operation: StreamedOperation[C, R], response: Response) -> None:
        self._whole = None if is_event_stream(response) else read_response(operation.response, response)
        self.done = False
        self._error: StreamError | None = None
        self._operation, self._response = operation, response
        self._decoder, self._assembly = Decoder(), Assembly()

    def whole(self) -> Iterator[C]:
        """The one chunk of a response that is no stream; of a stream none."""
        if self._whole is not None:
            yield self._chunk(self._whole, lambda whole: chunk_of(whole.to_dict()))
            self.done = True

    def feed(self, piece: bytes) -> Iterator[C]:
        """The chunks in the next piece of the stream. All of them have to be taken before the next call.

        Raises:
            StreamError: The stream brought an error, or something that isn't a chunk.
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

    def partial(self) -> R | None:
        """The response as far as it has come; None before the first chunk."""
        try:
            document = self._assembly.document()
            return None if document is None else self._operation.response.from_dict(document)
        except RecursionError:  # of what no one could read
            return None

    def final(self) -> R:
        """The whole response, once it has come to its end.

        Raises:
            StreamError: It has not.
        """
        whole = self.partial()
        if not self.done or whole is None:
            raise self.unfinished()
        return whole

    @property
    def has_failed(self) -> bool:
        """Whether the stream brought an error, or broke off."""
        return self._error is not None

    def unfinished(self) -> StreamError:
        """Why there is no more, though the end did not come."""
        return self._error or self.interrupted()

    def interrupted(self, error: TransportError | None = None) -> StreamInterruptedError:
        """The error for a stream that broke off, or just ended, before its `[DONE]`."""
        reason = "the connection was closed before the stream's end"
        if error is not None and error.kind is Kind.READ_TIMED_OUT:
            reason = "nothing came for longer than the client's timeout"
        elif error is not None:
            reason = f"the stream broke off ({error.kind.value})"
        return self._failed(StreamInterruptedError, reason, {})

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
            raise self._failed(
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
        return self._failed(StreamError, reason, {})

    def _failed(self, kind: type[E], reason: str, failure: Mapping[str, Any]) -> E:
        partial: Any = self.partial()  # a ChatCompletionResponse: there is no other streamed operation
        request, request_id = self._response.request, self._response.request_id
        place = f"{request.method} {request.url.redacted}{f', request id {request_id}' if request_id else ''}"
        error = kind(
            f"{reason} ({place})",
            error=failure,
            request_id=request_id,
            idempotency_key=request.headers.get("idempotency-key"),
            partial=partial,
        )
        self._error = error
        return error


def _with_choices(document: dict[str, Any]) -> dict[str, Any]:
    """A chunk that has a list of choices, for some have none or null."""
    if not document.get("choices"):
        document["choices"] = []
    return document
