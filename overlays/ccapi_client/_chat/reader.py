"""What the pieces of a stream mean: chunks, the text, an error, the end. Decides, and does no I/O; `stream` reads."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

from ccapi_openapi.model import Model
from ccapi_openapi.operations import StreamedOperation

from .._http.billing import noted
from .._http.envelope import reason_of, wrapped
from .._http.labels import labelled
from .._http.reading import media_type, read_response, status_error
from .._http.redaction import redacted
from .._http.validation import mismatch
from .._http.wire import OUT_OF_TIME, Kind, Response, TransportError
from .._unicode import may_have_halves, repaired
from ..errors import StreamError, StreamInterruptedError
from .assembly import Assembly, chunk_of, position_of
from .halves import Halves
from .sse import MAX_EVENT_BYTES, Decoder, Event, EventTooLarge

C = TypeVar("C", bound=Model)
R = TypeVar("R", bound=Model)
E = TypeVar("E", bound=StreamError)

_read = json.JSONDecoder().raw_decode  # what json.loads does with a text that has no space around it

_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
"""What an event stream begins with."""


class Reader(Generic[C, R]):
    """What has come of one stream. A server that does not stream responds with JSON: the first bytes tell.

    Raises:
        StreamError: The stream brought an error, broke off, or is larger than can be read.
        APIStatusError: It is an error, or no stream and wraps an error into a success.
        MalformedResponseError: It is neither a stream nor what the contract says.
    """

    def __init__(self, operation: StreamedOperation[C, R], response: Response, max_bytes: int) -> None:
        if not response.is_success:  # its body is read already
            raise status_error(response)
        self._is_called_stream = media_type(response) == "text/event-stream"
        self._is_stream: bool | None = None  # not known yet
        self._beginning = bytearray()  # of what is not known to be a stream
        self.is_open = self._is_called_stream
        """Whether it is known what the response is, as far as opening the stream waits for that."""
        self.done = False
        self._left, self._max_bytes = max_bytes, max_bytes
        self._error: StreamError | None = None
        self._operation, self._response = operation, response
        self.response = response.info
        self._decoder, self._assembly, self._halves = Decoder(), Assembly(), Halves()

    def feed(self, piece: bytes) -> Iterator[C]:
        """The chunks in the next piece of the body. All of them have to be taken before the next call."""
        self._left -= len(piece)
        if self._left < 0:
            raise self._broken(f"the response is larger than max_response_bytes, {self._max_bytes} bytes")
        if self._is_stream:
            return self._chunks(piece)
        if not self._beginning:
            piece = piece.lstrip(b" \t\r\n")
        self._beginning += piece
        if len(self._beginning) > MAX_EVENT_BYTES:
            raise self._broken(f"the response is larger than {MAX_EVENT_BYTES} bytes")
        if self._is_stream is None:
            self._is_stream = self._begins_as_stream()
        if not self._is_stream:
            return iter(())
        self.is_open = True
        piece, self._beginning = bytes(self._beginning), bytearray()
        return self._chunks(piece)

    def end(self) -> Iterator[C]:
        """The chunks that the end of the body brings."""
        if not self._is_stream and (self._beginning or not self._is_called_stream):
            self._response.content, self._beginning = bytes(self._beginning), bytearray()
            return self._of_all()
        return self._rest()

    def _of_all(self) -> Iterator[C]:
        """The chunks of a response that came whole."""
        whole = read_response(self._operation.response, self._response)
        self.is_open = True
        return self._of_whole(whole)

    def _begins_as_stream(self) -> bool | None:
        start = bytes(self._beginning[:16]).removeprefix(codecs.BOM_UTF8)
        if not start or codecs.BOM_UTF8.startswith(start):
            return None
        if self._is_called_stream:
            return start[:1] not in (b"{", b"[")
        if start.startswith(_FIELDS):
            return True
        return None if any(field.startswith(start) for field in _FIELDS) else False

    def _of_whole(self, whole: R) -> Iterator[C]:
        try:
            document = chunk_of(whole.to_dict())
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise self._broken("the response is not what the contract says: it can't be read") from error
        yield self._made_of(document, None)
        self.done = True

    def _chunks(self, piece: bytes) -> Iterator[C]:
        try:
            for event in self._decoder.feed(piece):
                data = event.data.strip()
                if data == "[DONE]":
                    yield from self._finished()
                    return
                if data and data[0] != ":":  # else it only keeps the connection alive
                    yield self._chunk(event, data)
        except EventTooLarge as error:
            raise self._broken(str(error)) from error

    def _rest(self) -> Iterator[C]:
        """The chunks in an event that did not end, and whether the stream did."""
        event = self._decoder.end()
        if event is not None and event.type != "error" and not is_whole(event.data):
            raise self.interrupted(event)
        data = event.data.strip() if event else ""
        is_done = data == "[DONE]"
        if event and data and data[0] != ":" and not is_done:
            yield self._chunk(event, data)
        if not is_done and not self._assembly.is_finished:
            raise self.interrupted()
        yield from self._finished()

    def _finished(self) -> Iterator[C]:
        choices = self._halves.rest()
        if choices:
            yield self._made_of({"choices": choices}, None)
        self.done = True

    def partial(self) -> R | None:
        """The response as far as it has come; None before the first chunk."""
        model = self._operation.response
        try:
            document = self._assembly.document()
            if document is None:
                return None
            found = model.from_dict(labelled(document, model))
            found._response = self.response
            return found
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):  # of what no one could read
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
    def failure(self) -> StreamError | None:
        """The error that the stream brought, or that it broke off; None where it did neither."""
        return self._error

    def unfinished(self) -> StreamError:
        """Why there is no more, though the end did not come."""
        return self._error or self.interrupted()

    def interrupted(self, cause: Event | TransportError | None = None) -> StreamInterruptedError:
        """The error for a stream that broke off, or just ended, before its end."""
        reason = "the connection was closed before the stream's end"
        if not isinstance(cause, TransportError):
            return self._failed(StreamInterruptedError, reason, {}, cause)
        if cause.kind is Kind.READ_TIMED_OUT:
            reason = OUT_OF_TIME if str(cause) == OUT_OF_TIME else "nothing came for longer than the client's timeout"
        else:
            reason = f"the stream broke off ({cause.kind.value})"
        return self._failed(StreamInterruptedError, reason, {}, None)

    def _document(self, event: Event, data: str) -> dict[str, Any]:
        document: Any = None
        cause: ValueError | None = None
        try:
            document, end = _read(data)
            if end != len(data):
                raise ValueError(f"there is more after the document, which ends at {end}")
        except (ValueError, RecursionError) as error:
            # The error itself keeps the event, which may repeat the key.
            cause = ValueError(str(error)).with_traceback(error.__traceback__)
        if cause is not None:
            if event.type == "error":
                raise self._broken(event.data[:500], event)
            raise self._broken("an event of the stream is not JSON", event) from cause
        if type(document) is dict and "error" not in document and event.type == "message":
            return document
        reason = wrapped(document)
        if reason is None and event.type == "error":
            reason = reason_of(repaired(document))
        if reason is not None:
            why = str(reason.get("message") or reason.get("code") or "no reason given")
            raise self._failed(StreamError, why, reason, event)
        if not isinstance(document, dict):
            raise self._broken("an event of the stream is not a JSON object", event)
        return document

    def _chunk(self, event: Event, data: str) -> C:
        document = self._document(event, data)
        if '"message"' in data:
            for position, choice in enumerate(_objects_in(document.get("choices"))):
                # Some repeat the whole message at the end of a stream; where no delta has come, it is the message.
                if self._assembly.has_message(position_of(choice, position)):
                    choice.pop("message", None)
        labelled(document, self._operation.chunk)
        if self._halves.held or ("\\" in data and may_have_halves(data)):
            for position, choice in enumerate(_objects_in(document["choices"])):
                self._halves.join(position_of(choice, position), choice["delta"])
        return self._made_of(document, event)

    def _made_of(self, document: dict[str, Any], event: Event | None) -> C:
        try:
            chunk = self._operation.chunk.from_dict(document)
            self._assembly.add(document)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            problem = mismatch(document, self._operation.chunk) or "it can't be read"
            raise self._broken(f"a chunk is not what the contract says: {problem}", event) from error
        return chunk

    def _broken(self, reason: str, event: Event | None = None) -> StreamError:
        return self._failed(StreamError, reason, {}, event)

    def _failed(self, kind: type[E], reason: str, failure: Mapping[str, Any], event: Event | None) -> E:
        partial: Any = self.partial()  # a ChatCompletionResponse: there is no other streamed operation
        request, request_id = self._response.request, self._response.request_id
        place = f"{request.method} {request.url.redacted}{f', request id {request_id}' if request_id else ''}"
        error = kind(
            f"{redacted(reason, request)} ({place})",
            error=redacted(failure, request),
            request_id=request_id,
            idempotency_key=request.headers.get("idempotency-key"),
            partial=partial,
            body=redacted(event.data.encode(), request) if event else b"",
        )
        self._error = noted(error, request, self._response)
        return error


def _objects_in(choices: object) -> list[dict[str, Any]]:
    """The choices of a chunk, as far as they are what they have to be."""
    return [each for each in choices if isinstance(each, dict)] if isinstance(choices, list) else []


def is_whole(data: str) -> bool:
    """Whether the data of an event that did not end is all there is to it."""
    try:
        return data.strip() == "[DONE]" or isinstance(json.loads(data), dict)
    except (ValueError, RecursionError):
        return False
