"""The errors that calls raise. A call returns what it promises or raises one of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccapi_openapi.response import ResponseInfo

    from .models import ChatCompletionResponse


class CCAPIError(Exception):
    """The base class of every error of this package. All of them can be pickled and copied.

    Attributes:
        may_be_billed: Whether the service may have executed the failed request, and billed it.
        job_id: The id of the job, if the error ended the wait for one. A note of the error says how to wait again.
        response: The response that the error was made of; None if none came, and in a copy.
    """

    may_be_billed: bool = False
    job_id: str | None = None
    response: ResponseInfo | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # By default, unpickling an exception calls its constructor with `args` alone, so keyword arguments get lost.
        state = {name: value for name, value in self.__dict__.items() if name != "response"}  # it may hold cookies
        return _restore, (type(self), self.args, state)


def _restore(kind: type[CCAPIError], args: tuple[Any, ...], state: dict[str, Any]) -> CCAPIError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class ConfigurationError(CCAPIError):
    """The client was set up in a way that can't work; the message says what to change."""


class InvalidRequestError(CCAPIError):
    """An argument does not match the contract, or can't be used. Nothing was sent or billed."""


class APIConnectionError(CCAPIError):
    """No response came: the service could not be reached, or the connection broke.

    Attributes:
        idempotency_key: The `Idempotency-Key` that a POST was sent with.
    """

    def __init__(self, message: str, *, idempotency_key: str | None = None) -> None:
        super().__init__(message)
        self.idempotency_key = idempotency_key


class APITimeoutError(APIConnectionError):
    """The request timed out: no response came in time."""


class MalformedResponseError(CCAPIError):
    """The service responded with success, but the response does not match the contract.

    Attributes:
        status_code: The HTTP status of the response.
        request_id: The service's id of the request; None if it sent none.
        idempotency_key: The `Idempotency-Key` that a POST was sent with. The POST may have been executed, and billed.
        body: The part of the response's body that was read.
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
    """The service rejected the request, or failed to execute it.

    Attributes:
        status_code: The HTTP status; 200 if the service sent an error as a success.
        type: The class of the error, for instance `invalid_request_error`.
        code: The error in one word, for instance `unauthorized`.
        message: The reason in the service's words; empty if it gave none.
        param: The field of the request that is wrong, if the service named one.
        details: More about the error; its keys depend on `code`.
        request_id: The service's id of the request; None if it sent none.
        retry_after: How long to wait before a retry, in seconds; None if the service didn't say.
        idempotency_key: The `Idempotency-Key` that a POST was sent with.
        body: The body of the response, its first MiB.
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
        self.param = _text(error.get("param"))
        self.details = _details(error)
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
    """403: the API key is not allowed to do this."""


class NotFoundError(APIStatusError):
    """404: what the request names does not exist."""


class ConflictError(APIStatusError):
    """409: the request conflicts with the current state of its resource."""


class UnprocessableEntityError(APIStatusError):
    """422: the request is well-formed but can't be executed."""


class RateLimitError(APIStatusError):
    """429: too many requests, or the quota is used up; `code` says which."""


class InternalServerError(APIStatusError):
    """5xx: the service, or a proxy in front of it, failed."""


class _BilledError(CCAPIError):
    may_be_billed = True


class _JobError(_BilledError):
    def __init__(self, message: str, *, job_id: str, job: Any) -> None:
        super().__init__(message)
        self.job_id: str = job_id  # never None  # pyright: ignore[reportIncompatibleVariableOverride]
        self.job = job
        self.response = job.response


class JobFailedError(_JobError):
    """The job failed.

    Attributes:
        job_id: Its id.
        job: Its last state, the model of its kind of job; `job.error` has the reason.
    """


class JobCancelledError(_JobError):
    """The job was cancelled.

    Attributes:
        job_id: Its id.
        job: Its last state, the model of its kind of job.
    """


class JobTimeoutError(_BilledError):
    """The job was still running when the wait timed out. Wait again with `job` or `job_id`, in any process.

    Attributes:
        job_id: Its id.
        job: Its last state, the model of its kind of job; None if the client never received one.
        waited: How long the client waited, in seconds.
    """

    def __init__(self, message: str, *, job_id: str, job: Any, waited: float) -> None:
        super().__init__(message)
        self.job_id: str = job_id  # never None  # pyright: ignore[reportIncompatibleVariableOverride]
        self.job: Any | None = job
        self.waited = waited
        self.response = job.response if job else None


class StreamError(_BilledError):
    """The stream of a chat completion contained an error, or something that does not match the contract.

    Attributes:
        type: The class of the error, if the service named one.
        code: The error in one word, if the service named one.
        message: The reason in the service's words; empty if it gave none.
        details: More about the error; its keys depend on `code`.
        request_id: The service's id of the request; None if it sent none.
        idempotency_key: The `Idempotency-Key` that the request was sent with. What was received may be billed.
        partial: The part of the answer that was received, or None.
        body: The data of the event that held the error, or was cut; empty if there was no such event.
    """

    def __init__(
        self,
        text: str,
        *,
        error: Mapping[str, Any],
        request_id: str | None,
        idempotency_key: str | None,
        partial: ChatCompletionResponse | None,
        body: bytes = b"",
    ) -> None:
        super().__init__(text)
        self.type = _text(error.get("type"))
        self.code = _text(error.get("code"))
        self.message = _text(error.get("message")) or ""
        self.details = _details(error)
        self.request_id = request_id
        self.idempotency_key = idempotency_key
        self.partial = partial
        self.body = body

    @property
    def text(self) -> str:
        """The received part of the first answer's text."""
        content = self.partial.choices[0].message.content if self.partial and self.partial.choices else ""
        return content if isinstance(content, str) else ""


class StreamInterruptedError(StreamError):
    """The stream of a chat completion broke off, or stayed silent for longer than the client's `timeout`."""


class AnswerError(_BilledError):
    """The answer of a model is not what was requested. It was given, and billed.

    Attributes:
        text: The text of the answer, which may be cut.
        completion: The whole completion; None if the text is not an answer's, such as the arguments of a tool call.
    """

    def __init__(self, message: str, *, text: str, completion: ChatCompletionResponse | None = None) -> None:
        super().__init__(message)
        self.text = text
        self.completion = completion
        self.response = completion.response if completion else None


class AnswerRefusedError(AnswerError):
    """The model refused to answer, or a content filter ended the answer.

    Attributes:
        refusal: Why, in the model's words; None if it was a content filter.
    """

    def __init__(
        self, message: str, *, refusal: str | None, text: str, completion: ChatCompletionResponse | None = None
    ) -> None:
        super().__init__(message, text=text, completion=completion)
        self.refusal = refusal


class AnswerTruncatedError(AnswerError):
    """The answer was cut at the limit of tokens."""


class InvalidAnswerError(AnswerError):
    """The answer is not JSON, or does not match the class or the schema."""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _details(error: Mapping[str, Any]) -> dict[str, Any]:
    details = error.get("details")
    return dict(details) if isinstance(details, Mapping) else {}
