"""What the pieces of any event stream mean: JSON objects, an error, the end. Decides; `stream` reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ccapi_openapi.operations import CallOptions

from .._http.plain import plain_request, plain_result
from .._http.sender import Sender
from .._http.wire import Response
from .reader import Reader, is_whole
from .sse import Event
from .stream import Opening


class PlainReader(Reader[Any, Any]):
    """What has come of a stream that the contract does not list: its events as they are.

    Such a stream may end without a sign: not every API sends `[DONE]`. One whose connection breaks is interrupted.
    """

    def __init__(self, response: Response, max_bytes: int) -> None:
        operation: Any = None  # there is none, and nothing here looks at it
        super().__init__(operation, response, max_bytes)

    def partial(self) -> None:
        """Nothing: what the events are parts of is not known."""

    def _of_all(self) -> Iterator[Any]:
        data = plain_result(self._response).data
        if not isinstance(data, dict):
            raise self._broken("the response is neither an event stream nor a JSON object")
        self.is_open = True
        return self._only(data)

    def _only(self, document: dict[str, Any]) -> Iterator[Any]:
        yield document
        self.done = True

    def _chunk(self, event: Event, data: str) -> Any:
        return self._document(event, data)

    def _rest(self) -> Iterator[Any]:
        event = self._decoder.end()
        if event is not None and event.type != "error" and event.data and not is_whole(event.data):
            raise self.interrupted(event)
        data = event.data.strip() if event else ""
        if event and data and data[0] != ":" and data != "[DONE]":
            yield self._chunk(event, data)
        self.done = True


def opening(
    sender: Sender, method: str, path: str, json: object, params: Mapping[str, Any] | None, call: CallOptions
) -> Opening[dict[str, Any], Any]:
    """The stream of a path of the API, not yet open."""
    request = plain_request(sender.options, method, path, json, params, call)
    return Opening(sender, sender.options.accepting_events(request, call), PlainReader)
