"""Reads an answer: the model that the contract promises, or the error that it is."""

from __future__ import annotations

import base64
import json
import logging
from http import HTTPStatus
from typing import TypeVar

from ccapi_openapi.model import Model

from . import errors
from .contract import fields_of, mismatch
from .retry import asked_wait
from .wire import AnyAnswer, shown

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


def read_response(model: type[R], response: AnyAnswer) -> R:
    """What a successful answer holds. The response has to be read already.

    Raises:
        APIStatusError: The answer is an error, or wraps one into a success.
        MalformedResponseError: The answer is not what the contract says; the message names the place.
    """
    if not response.is_success:
        raise status_error(response)
    kind = media_type(response)
    if kind.startswith("audio/") and "b64_json" in fields_of(model)[0]:
        # An upstream that is compatible with OpenAI answers with the file itself: its bytes stand where the contract has them.
        return model.from_dict({"b64_json": base64.b64encode(response.content).decode("ascii")})
    text, response.text = response.text, None  # read once, so that it need not stay in memory
    try:
        document = json.loads(response.content if text is None else text)
    except (ValueError, RecursionError) as error:
        kind = response.headers.get("content-type", "no content type")
        body = response.content if text is None else text.encode()
        raise _malformed(response, f"not JSON ({kind}, {len(body)} bytes)", body) from error
    del text
    # What is optional reaches the caller as it came: a picture that was paid for is not lost to an odd `created`.
    problem = mismatch(document, model, required_only=True)
    if errors.envelope(document) and (problem or "error" not in fields_of(model)[0]):
        raise status_error(response)
    if problem:
        raise _malformed(response, problem)
    try:
        return model.from_dict(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _malformed(response, mismatch(document, model) or "the body can't be read") from error


def media_type(response: AnyAnswer) -> str:
    """The media type of an answer, without its parameters; empty where it names none."""
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()


def _malformed(response: AnyAnswer, problem: str, body: bytes | None = None) -> errors.MalformedResponseError:
    # Where the body is wrong stays out of the log: it may quote it.
    logger.warning(
        "%s %s: the answer is not what the contract says", response.request.method, response.request.url.path
    )
    place = f"{response.request.method} {shown(response.request.url)}"
    return errors.MalformedResponseError(
        f"{place}: the answer is not what the contract says: {problem}",
        status_code=response.status_code,
        request_id=response.headers.get("x-request-id"),
        idempotency_key=response.request.headers.get("idempotency-key"),
        body=response.content if body is None else body,
    )


def status_error(response: AnyAnswer) -> errors.APIStatusError:
    """The error for an answer that is one: the envelope of the contract, or whatever a proxy sent instead."""
    status = response.status_code
    if status < 400:  # the others were logged as they came
        logger.warning("%s %s: %d that is no success", response.request.method, response.request.url.path, status)
    error = errors.envelope_in(response.content)
    kind = _BY_STATUS.get(status, errors.InternalServerError if status >= 500 else errors.APIStatusError)
    request_id = response.headers.get("x-request-id")
    if not error:
        content = response.headers.get("content-type", "no content type")
        error = {}
        why = f"the answer carries no error envelope ({content}, {len(response.content)} bytes)"
    else:
        why = error.get("message") or error.get("code") or "no reason was given"
    text = f"{_status_line(status)}: {why}"
    request = response.request
    text += f" ({request.method} {shown(request.url)}{f', request id {request_id}' if request_id else ''})"
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
