"""Requests that the contract does not list: any path of the API, JSON in and JSON out. Checks, and no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from ccapi_openapi.operations import CallOptions
from ccapi_openapi.response import ResponseInfo

from ..errors import InvalidRequestError
from .address import parse
from .envelope import wrapped
from .one_call import added, query_of
from .options import Options
from .reading import document_of, status_error
from .sender import Sender
from .validation import as_json
from .wire import Request, Response

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ABOUT_AN_ERROR = frozenset(("error", "message", "code", "type", "success", "request_id"))
"""The fields of a document that is an error and nothing else; a job that failed has others."""


class RequestResult(NamedTuple):
    """What `request` gives.

    Attributes:
        data: The JSON document in the body; None where there is none.
        response: The response that it came in.
    """

    data: Any
    response: ResponseInfo


def plain_request(
    options: Options, method: str, path: str, json: object, params: Mapping[str, Any] | None, call: CallOptions
) -> Request:
    """A request for a path of the API.

    Raises:
        InvalidRequestError: The method, the path or an argument can't be used.
    """
    if not isinstance(method, str) or method.upper() not in METHODS:
        raise InvalidRequestError(f"method: one of {', '.join(METHODS)} is expected, not {method!r}")
    method = method.upper()
    headers, added_query, timeout = added(call, method, options.timeout)
    document = None if json is None else as_json(json, "json")
    target, query = _target(options, path), query_of(params, "params") | added_query
    return options.request(method, target, params=query, json=document, headers=headers, timeout=timeout)


def _target(options: Options, path: str) -> str:
    """Where a request for a path goes. The messages do not quote what may hold a secret."""
    if not isinstance(path, str) or not path.strip("/ ") or "#" in path:
        raise InvalidRequestError("path: a path of the API is expected, such as /videos/generations")
    place = path.partition("?")[0]
    if ".." in unquote(place).replace("\\", "/").split("/"):
        raise InvalidRequestError("path: `..` leads out of the API: give the whole path below base_url")
    if place.startswith("//") or ("://" in place and not place.startswith("/")):
        try:
            url = None if place.startswith("//") else parse(path)
        except ValueError:
            url = None
        if url is None or url.user or url.origin != options.base_url.origin:
            raise InvalidRequestError(
                "path: only the origin of the client's base_url is requested, because the key is sent along"
            )
        return path
    return path if path.startswith("/") else f"/{path}"


def plain_result(response: Response) -> RequestResult:
    """What a response holds. Its body has to be read already.

    Raises:
        APIStatusError: The response is an error, or holds nothing but one.
        MalformedResponseError: Its body is not JSON.
    """
    if not response.is_success:
        raise status_error(response)
    info = response.info
    if not response.text and not response.content.strip():
        return RequestResult(None, info)
    document = document_of(response)
    reason = wrapped(document)
    if reason is not None and document.keys() <= _ABOUT_AN_ERROR:
        raise status_error(response, reason)
    return RequestResult(document, info)


async def send_plain(sender: Sender, request: Request) -> RequestResult:
    """What the response to a request holds."""
    if request.report is None:
        return plain_result(await sender.send(request))
    with request.report.start(request, sender.clock):
        return plain_result(await sender.send(request))
