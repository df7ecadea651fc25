"""Turns a response into what the contract promises, or into an error."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from ccapi_openapi.model import Model

from .. import errors
from .._unicode import may_have_halves, repaired
from .billing import noted
from .envelope import Reason, reason_in, wrapped
from .labels import labelled
from .redaction import redacted
from .retry import asked_wait
from .validation import fields_of, mismatch
from .wire import Response

R = TypeVar("R", bound=Model)

logger = logging.getLogger("ccapi_client")

_BY_STATUS: dict[int, type[errors.APIStatusError]] = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    402: errors.BillingError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    422: errors.UnprocessableEntityError,
    429: errors.RateLimitError,
}


def read_response(model: type[R], response: Response, known: Mapping[str, Any] | None = None) -> R:
    """The model that a response holds. Its body has to be read already.

    Args:
        model: The model.
        response: The response.
        known: Fields that are known without the response, which may leave them out.

    Raises:
        APIStatusError: The response is an error, or wraps one into a success.
        MalformedResponseError: The response does not match the contract; the message names the place.
    """
    result = _read(model, response, known or {})
    result._response = response.info
    return result


def _read(model: type[R], response: Response, known: Mapping[str, Any]) -> R:
    if not response.is_success:
        raise status_error(response)
    is_audio = media_type(response).startswith("audio/") and response.content
    if is_audio and "b64_json" in fields_of(model)[0] and not _is_object(response.content):
        # Upstreams that are compatible with OpenAI respond with the file itself: its bytes become the model's.
        return model.from_dict({"b64_json": base64.b64encode(response.content).decode("ascii")})
    document = labelled(document_of(response), model)
    if known and isinstance(document, dict):
        document.update({name: value for name, value in known.items() if not document.get(name)})
        document = labelled(document, model)
    return read_document(model, document, response)


def document_of(response: Response) -> Any:
    """The JSON document in a body, which is dropped once it is read, to free its memory, where it is a text."""
    text, response.text = response.text, None
    try:
        document = json.loads(response.content if text is None else text)
    except (ValueError, RecursionError) as error:
        # The error itself keeps the body, which may repeat the key.
        cause = ValueError(str(error)).with_traceback(error.__traceback__)
    else:
        has_halves = may_have_halves(response.content if text is None else text)
        del text
        return repaired(document) if has_halves else document
    kind = response.headers.get("content-type", "no content type")
    body = response.content if text is None else text.encode()
    raise _malformed(response, f"not JSON ({kind}, {len(body)} bytes)", body) from cause


def _is_object(body: bytes) -> bool:
    """Whether a body that is said to be a file is a JSON object: then it is no file."""
    try:
        return body.lstrip()[:1] == b"{" and isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def read_document(model: type[R], document: Any, response: Response) -> R:
    """The model that a document of a response holds, in the names of the contract.

    Raises:
        APIStatusError: It wraps an error.
        MalformedResponseError: It does not match the contract; the message names the place.
    """
    # Optional fields are passed on as they are: an odd `created` must not cost the caller a picture that was paid for.
    problem = mismatch(document, model, required_only=True)
    reason = wrapped(document)
    if reason is not None and (problem or "error" not in fields_of(model)[0]):
        raise status_error(response, reason)
    if problem:
        raise _malformed(response, problem)
    if isinstance(document, dict) and document.get("error"):  # of a job that failed: what raises it quotes that
        document["error"] = redacted(document["error"], response.request)
    try:
        return model.from_dict(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _malformed(response, mismatch(document, model) or "the body can't be read") from error


def media_type(response: Response) -> str:
    """The media type of a response, without its parameters; empty where it names none."""
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()


def _malformed(response: Response, problem: str, body: bytes | None = None) -> errors.MalformedResponseError:
    # The log does not say what is wrong with the body, because that may quote it.
    logger.warning(
        "%s %s: the response is not what the contract says", response.request.method, response.request.url.path
    )
    place = f"{response.request.method} {response.request.url.redacted}"
    error = errors.MalformedResponseError(
        redacted(f"{place}: the response is not what the contract says: {problem}", response.request),
        status_code=response.status_code,
        request_id=response.request_id,
        idempotency_key=response.request.headers.get("idempotency-key"),
        body=redacted(response.content if body is None else body, response.request),
    )
    return noted(error, response.request, response)


def status_error(response: Response, reason: Reason | None = None) -> errors.APIStatusError:
    """The error for a response that is none of success: by its body, unless the reason is known."""
    status = response.status_code
    if status < 400:  # `sender` logged the others
        logger.warning("%s %s: status %d is not a success", response.request.method, response.request.url.path, status)
    request = response.request
    error = redacted(reason_in(response.content) if reason is None else reason, request)
    kind = _BY_STATUS.get(status, errors.InternalServerError if status >= 500 else errors.APIStatusError)
    request_id = response.request_id
    target = _target(response) if 300 <= status < 400 else None
    if target:
        why = f"the response redirects to {target}, which the client does not follow"
    elif not error and reason is None:
        content = response.headers.get("content-type", "no content type")
        why = f"the response has no error envelope ({content}, {len(response.content)} bytes)"
    else:
        why = error.get("message") or error.get("code") or "no reason was given"
    text = f"{_status_line(status)}: {why}"
    text += f" ({request.method} {request.url.redacted}{f', request id {request_id}' if request_id else ''})"
    found = kind(
        redacted(text, request),
        status_code=status,
        error=error,
        request_id=request_id,
        retry_after=asked_wait(response),
        idempotency_key=request.headers.get("idempotency-key"),
        body=redacted(response.content, request),
    )
    return noted(found, request, response)


def _target(response: Response) -> str | None:
    """Where a response redirects to, without what may be secret; None where it doesn't say."""
    try:
        return response.request.url.join(response.headers["location"]).redacted
    except (KeyError, ValueError):
        return None


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status}"
