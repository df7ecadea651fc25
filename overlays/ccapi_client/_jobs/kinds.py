"""What a caller gives as a job: which kind it is, and what is known of it. Decides, and does no I/O."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ccapi_openapi.api import job_operations
from ccapi_openapi.model import Model
from ccapi_openapi.operations import JobOperation, at

from .._http.validation import fields_of
from ..errors import InvalidRequestError

if TYPE_CHECKING:
    from .waiting import J

Given = Model | Mapping[str, Any] | str
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)


def job_of(operation: JobOperation[J], given: Given) -> J | str:
    """The job as a poll gives it, or its id where no more is known.

    Raises:
        InvalidRequestError: It is no job of this kind.
    """
    _check_awaited(given)
    contract = operation.job
    if isinstance(given, Mapping):
        given = _model_of(operation, given)
    if isinstance(given, operation.response):
        if not given[contract.id] and contract.end(given) is None:
            raise InvalidRequestError("job: it has no id, by which it could be polled")
        return given
    if isinstance(given, Model) and contract.tells(given):
        return _as_polled(operation, given)
    if not isinstance(given, str) or not given:
        raise InvalidRequestError(f"job: a response of {contract.started_by}, or a job's id, is expected")
    return given


def _model_of(operation: JobOperation[Any], document: Mapping[str, Any]) -> Model:
    """The model of a document, as of `to_dict()`: the one that a poll gives, unless the id is where another has it."""
    contract = operation.job
    usual: type[Model] = operation.response
    model = next((model for model, place in contract.ids if at(document, place)), usual)
    try:
        return model.from_dict(document)
    except _UNREADABLE:
        message = f"job: a response of {contract.started_by} is expected, with {contract.id} and status"
        raise InvalidRequestError(message) from None


def _as_polled(operation: JobOperation[J], started: Model) -> J | str:
    """The job of a response that started it, whose model is not that of a poll.

    Where the response can't be read as one, or says that the job has finished, a poll has to bring the rest.
    """
    contract = operation.job
    job_id = next(at(started, place) for model, place in contract.ids if isinstance(started, model))
    if not isinstance(job_id, str) or not job_id:
        raise InvalidRequestError("job: it has no id, by which it could be polled")
    try:
        job = operation.response.from_dict({**started.to_dict(), contract.id: job_id})
    except _UNREADABLE:
        return job_id
    if contract.end(job) is not None:
        return job_id
    if started.response:
        job._response = started.response
    return job


def operation_of(given: Given) -> JobOperation[Any]:
    """The operation that polls a job, by its model; of a document, by the model that knows most of its fields.

    Raises:
        InvalidRequestError: It does not say what kind of job it is.
    """
    _check_awaited(given)
    operations = job_operations()
    if isinstance(given, Mapping):
        unknown = [min(len(given.keys() - fields_of(model)[0]) for model, _ in each.job.ids) for each in operations]
        found = [each for each, number in zip(operations, unknown, strict=True) if number == min(unknown)]
    else:
        found = [each for each in operations if each.job.tells(given)]
    if len(found) == 1:
        return found[0]
    what = "an id" if isinstance(given, str) else type(given).__name__
    methods = " or ".join(f"{each.job.waited_for_by}s" for each in operations)
    raise InvalidRequestError(f"jobs: {what} does not say what kind of job it is: give the response, or use {methods}")


def _check_awaited(given: object) -> None:
    if inspect.isawaitable(given):
        if inspect.iscoroutine(given):
            given.close()
        raise InvalidRequestError("job: it has to be awaited first; a generator that does so is an asynchronous one")
