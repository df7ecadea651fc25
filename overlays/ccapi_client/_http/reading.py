"""Turns a response into what the contract promises, or into an error."""

from __future__ import annotations

import base64
import json
import logging
from http import HTTPStatus
from typing import TypeVar

from ccapi_openapi.model import Model

from .. import errors
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


def read_response(model: type[R], response: Response) -> R:
    """The model that a response holds. Its body has to be read already.

    Raises:
        APIStatusError: The response is an error, or wraps one into a success.
        MalformedResponseError: The response does not match the contract; the message names the place.
    """
    if not response.is_success:
        raise status_error(response)
    kind = media_type(response)
    if kind.startswith("audio/") and "b64_json" in fields_of(model)[0]:
        # Upstreams that are compatible with OpenAI respond with the file itself: its bytes become the model's.
        return model.from_dict({"b64_json": base64.b64encode(response.content).decode("ascii")})
    text, response.text = response.text, None  # dropped once it is read, to free its memory
    try:
        document = json.loads(response.content if text is None else text)
    except (ValueError, RecursionError) as error:
        kind = response.headers.get("content-type", "no content type")
        body = response.content if text is None else text.encode()
        raise _malformed(response, f"not JSON ({kind}, {len(body)} bytes)", body) from error
    del text
    # Optional fields are passed on as they are: an odd `created` must not cost the caller a picture that was paid for.
    problem = mismatch(document, model, required_only=True)
    if errors.envelope(document) and (problem or "error" not in fields_of(model)[0]):
        raise status_error(response)
    if problem:
        raise _malformed(response, problem)
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
    return errors.MalformedResponseError(
        f"{place}: the response is not what the contract says: {problem}",
        status_code=response.status_code,
        request_id=response.request_id,
        idempotency_key=response.request.headers.get("idempotency-key"),
        body=response.content if body is None else body,
    )


def status_error(response: Response) -> errors.APIStatusError:
    """The error for a response whose status is not a success, by the contract's error envelope where there is one."""
    status = response.status_code
    if status < 400:  # `sender` logged the others
        logger.warning("%s %s: status %d is not a success", response.request.method, response.request.url.path, status)
    error = errors.envelope_in(response.content)
    kind = _BY_STATUS.get(status, errors.InternalServerError if status >= 500 else errors.APIStatusError)
    request_id = response.request_id
    if not error:
        content = response.headers.get("content-type", "no content type")
        error = {}
        why = f"the response has no error envelope ({content}, {len(response.content)} bytes)"
    else:
        why = error.get("message") or error.get("code") or "no reason was given"
    text = f"{_status_line(status)}: {why}"
    request = response.request
    text += f" ({request.method} {request.url.redacted}{f', request id {request_id}' if request_id else ''})"
    return kind(
        text,
        status_code=status,
        error=error,
        request_id=request_id,
        retry_after=asked_wait(response),
        idempotency_key=request.headers.get("idempotency-key"),
        body=response.content,
    )


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status}"
