"""The methods of both clients for what the contract doesn't list: `request` and `stream_request`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ccapi_openapi.operations import CallOptions, HasSteps, with_secrets

from ._chat.stream import AsyncEventStream, EventStream
from ._http.blocking import run
from ._http.sender import Sender
from ._lazily import plain_calls, plain_streams

if TYPE_CHECKING:
    from ._http.plain import RequestResult


class PlainRequests:
    """Those of `CCAPI`."""

    _sender: Sender

    def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> RequestResult:
        """Requests a path of the API that has no method, with the retries and errors of any call.

        Args:
            method: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`. All but `GET` are retried like a `POST`.
            path: The path below `base_url`, such as `/videos/generations`; or a whole URL of the client's own origin.
            json: What to send as JSON: dicts, lists, models and what they hold. It is not checked.
            params: Parameters of the query. A list is sent as several parameters.
            idempotency_key: A key of your own, the same for every attempt of one `POST`.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            timeout: How long each step may take, in seconds, or a `Timeout`; by default as the client was set up.

        Returns:
            The JSON of the response as `data`, and the `response` itself.

        Raises:
            InvalidRequestError: An argument can't be used, or the path leads to another origin; nothing was sent.
            APIStatusError: The service rejected the request.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not JSON.
        """
        extra_headers, params = with_secrets(extra_headers), with_secrets(params)  # for whoever records this frame
        options = CallOptions(idempotency_key=idempotency_key, extra_headers=extra_headers, timeout=timeout)
        request = plain_calls.plain_request(self._sender.options, method, path, json, params, options)
        return run(plain_calls.send_plain(self._sender, request))

    def stream_request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> EventStream[dict[str, Any]]:
        """Requests a path of the API that has no method, and whose response is an event stream.

        Arguments and errors are those of `request`. Put the field that requests a stream, such as `"stream": True`,
        into `json` yourself.

        Returns:
            A context manager; entering its block sends the request. Iterating gives the data of each event, a dict.
        """
        extra_headers, params = with_secrets(extra_headers), with_secrets(params)  # for whoever records this frame
        options = CallOptions(idempotency_key=idempotency_key, extra_headers=extra_headers, timeout=timeout)
        return EventStream(plain_streams.opening(self._sender, method, path, json, params, options))


class AsyncPlainRequests:
    """Those of `AsyncCCAPI`."""

    _sender: Sender

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> RequestResult:
        """Requests a path that has no method; arguments, result and errors are those of `CCAPI.request`."""
        extra_headers, params = with_secrets(extra_headers), with_secrets(params)  # for whoever records this frame
        options = CallOptions(idempotency_key=idempotency_key, extra_headers=extra_headers, timeout=timeout)
        request = plain_calls.plain_request(self._sender.options, method, path, json, params, options)
        return await plain_calls.send_plain(self._sender, request)

    def stream_request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> AsyncEventStream[dict[str, Any]]:
        """Requests an event stream that has no method; arguments and errors are those of `CCAPI.stream_request`."""
        extra_headers, params = with_secrets(extra_headers), with_secrets(params)  # for whoever records this frame
        options = CallOptions(idempotency_key=idempotency_key, extra_headers=extra_headers, timeout=timeout)
        return AsyncEventStream(plain_streams.opening(self._sender, method, path, json, params, options))
