"""Everything that a call can raise. A call returns what it promises or raises one of these."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models import ChatCompletionResponse, MultimodalImageGenerationResponse


class CCAPIError(Exception):
    """The root of every error of this package. All of them can be pickled and copied."""

    def __reduce__(self) -> tuple[Any, ...]:
        # The way exceptions pickle by default calls the constructor with `args` alone and so loses keyword arguments.
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[CCAPIError], args: tuple[Any, ...], state: dict[str, Any]) -> CCAPIError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class ConfigurationError(CCAPIError):
    """The client was set up in a way that can't work; the message says what to change."""


class InvalidRequestError(CCAPIError):
    """An argument is not what the contract says. Nothing was sent, nothing was billed."""


class APIConnectionError(CCAPIError):
    """No answer came: the service could not be reached, or the connection broke.

    Attributes:
        idempotency_key: The `Idempotency-Key` that a POST was sent with.
    """

    def __init__(self, message: str, *, idempotency_key: str | None = None) -> None:
        super().__init__(message)
        self.idempotency_key = idempotency_key


class APITimeoutError(APIConnectionError):
    """No answer came in time."""


class MalformedResponseError(CCAPIError):
    """The service answered with success, but not with what the contract says.

    Attributes:
        status_code: The status of the answer.
        request_id: The service's id of the request, where it sent one.
        idempotency_key: The `Idempotency-Key` that a POST was sent with. It may have been carried out, and billed.
        body: The answer as it came, as far as it was read.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        request_id: str | None = None,
        idempotency_key: str | None = None,
        body: bytes = b"",
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.request_id = request_id
        self.idempotency_key = idempotency_key
        self.body = body


class APIStatusError(CCAPIError):
    """The service answered that it could not, or would not, do what was asked.

    Attributes:
        status_code: The HTTP status, 200 when the service wrapped an error into a success.
        type: The class of the error, for instance `invalid_request_error`.
        code: The error in one word, for instance `unauthorized`.
        message: The reason in the service's words, empty where it gave none.
        details: More about the error; the keys depend on `code`.
        request_id: The service's id of the request, where it sent one.
        retry_after: How long the service asks to wait before the next try, in seconds, where it does.
        idempotency_key: The `Idempotency-Key` that a POST was sent with.
        body: The answer as it came, its first MiB.
    """

    def __init__(
        self,
        text: str,
        *,
        status_code: int,
        error: Mapping[str, Any],
        request_id: str | None,
        retry_after: float | None,
        idempotency_key: str | None,
        body: bytes,
    ) -> None:
        super().__init__(text)
        self.status_code = status_code
        self.type = _text(error.get("type"))
        self.code = _text(error.get("code"))
        self.message = _text(error.get("message")) or ""
        details = error.get("details")
        self.details: dict[str, Any] = dict(details) if isinstance(details, Mapping) else {}
        self.request_id = request_id
        self.retry_after = retry_after
        self.idempotency_key = idempotency_key
        self.body = body


class BadRequestError(APIStatusError):
    """400: the request is not valid; the message names the field."""


class AuthenticationError(APIStatusError):
    """401: the API key is missing or not valid."""


class BillingError(APIStatusError):
    """402: the account cannot pay for the request."""


class PermissionDeniedError(APIStatusError):
    """403: the API key may not do this."""


class NotFoundError(APIStatusError):
    """404: there is no such thing."""


class ConflictError(APIStatusError):
    """409: the request does not fit the state of what it is about."""


class UnprocessableEntityError(APIStatusError):
    """422: the request is well-formed but cannot be carried out."""


class RateLimitError(APIStatusError):
    """429: too many requests, or the quota is used up; `code` tells which."""


class InternalServerError(APIStatusError):
    """5xx: the service, or a proxy in front of it, failed."""


class _JobError(CCAPIError):
    def __init__(self, message: str, *, job_id: str, job: MultimodalImageGenerationResponse) -> None:
        super().__init__(message)
        self.job_id = job_id
        self.job = job


class JobFailedError(_JobError):
    """The image job failed.

    Attributes:
        job_id: Its id.
        job: Its last state; `job.error` has the reason.
    """


class JobCancelledError(_JobError):
    """The image job was cancelled.

    Attributes:
        job_id: Its id.
        job: Its last state.
    """


class JobTimeoutError(CCAPIError):
    """The image job was still going on when the wait ended. Wait again with `job` or `job_id`, in any process.

    Attributes:
        job_id: Its id.
        job: Its last state; None where the service never told one.
        waited: How long was waited, in seconds.
    """

    def __init__(
        self, message: str, *, job_id: str, job: MultimodalImageGenerationResponse | None, waited: float
    ) -> None:
        super().__init__(message)
        self.job_id = job_id
        self.job = job
        self.waited = waited


class StreamError(CCAPIError):
    """The stream of a chat completion brought an error, or what is not what the contract says.

    Attributes:
        type: The class of the error, where the service told one.
        code: The error in one word, where the service told one.
        message: The reason in the service's words, empty where it gave none.
        request_id: The service's id of the request, where it sent one.
        idempotency_key: The `Idempotency-Key` that the request was sent with. What has come may be billed.
        partial: What had come of the answer; None where nothing had.
    """

    def __init__(
        self,
        text: str,
        *,
        error: Mapping[str, Any],
        request_id: str | None,
        idempotency_key: str | None,
        partial: ChatCompletionResponse | None,
    ) -> None:
        super().__init__(text)
        self.type = _text(error.get("type"))
        self.code = _text(error.get("code"))
        self.message = _text(error.get("message")) or ""
        self.request_id = request_id
        self.idempotency_key = idempotency_key
        self.partial = partial

    @property
    def text(self) -> str:
        """The text of the first answer, as far as it had come."""
        content = self.partial.choices[0].message.content if self.partial and self.partial.choices else ""
        return content if isinstance(content, str) else ""


class StreamInterruptedError(StreamError):
    """The stream of a chat completion broke off, or stayed silent for longer than the client's `timeout`."""


def envelope_in(body: bytes) -> Mapping[str, Any] | None:
    """The `error` of the contract's error envelope, whatever the body is; None where it is none."""
    try:
        return envelope(json.loads(body))
    except (ValueError, RecursionError):
        return None


def envelope(document: object) -> Mapping[str, Any] | None:
    """The `error` of the contract's error envelope, also where it is only a text; None where the document is none."""
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, str) and error:
        return {"message": error}
    return error if isinstance(error, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
