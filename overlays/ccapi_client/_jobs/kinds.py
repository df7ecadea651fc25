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
    contract, model = operation.job, operation.response
    expected = f"job: a response of {contract.started_by}, or a job's id, is expected"
    if isinstance(given, Mapping):
        given = _model_of(operation, given)
    if isinstance(given, model):
        if not at(given, contract.id) and contract.end(given) is None:
            raise InvalidRequestError("job: it has no id, by which it could be polled")
        return given
    if isinstance(given, tuple(contract.ids)):
        return _as_polled(operation, given)
    if not isinstance(given, str) or not given:
        raise InvalidRequestError(expected)
    return given


def _model_of(operation: JobOperation[Any], document: Mapping[str, Any]) -> Model:
    """The model of a document, as of `to_dict()`: the one that a poll gives, unless the id is where another has it."""
    contract = operation.job
    places = [(operation.response, contract.id), *contract.ids.items()]
    model = next((model for model, place in places if at(document, place)), operation.response)
    try:
        return model.from_dict(document)
    except _UNREADABLE:
        message = f"job: a response of {contract.started_by} is expected, with {contract.id[-1]} and status"
        raise InvalidRequestError(message) from None


def _as_polled(operation: JobOperation[J], started: Model) -> J | str:
    """The job of a response that started it, whose model is not that of a poll.

    Where the response says that the job has finished, a poll has to bring the rest; so it does where it can't be read.
    """
    contract = operation.job
    job_id = str(at(started, contract.ids[type(started)]) or "")
    if not job_id:
        raise InvalidRequestError("job: it has no id, by which it could be polled")
    try:
        job = operation.response.from_dict({**started.to_dict(), contract.id[-1]: job_id})
    except _UNREADABLE:
        return job_id
    is_the_same = at(job, contract.id) == job_id
    return job if is_the_same and contract.end(job) is None else job_id


def operation_of(given: Given) -> JobOperation[Any]:
    """The operation that polls a job, by its model; of a document, by the model that knows most of its fields.

    Raises:
        InvalidRequestError: It does not say what kind of job it is.
    """
    _check_awaited(given)
    operations = job_operations()
    methods = " or ".join(f"{each.job.waited_for_by}s" for each in operations)
    if isinstance(given, str):
        raise InvalidRequestError(
            f"jobs: an id does not say what kind of job it is: give the response, or use {methods}"
        )
    found = []
    if isinstance(given, Model):
        found = [each for each in operations if isinstance(given, tuple(each.job.ids))]
    elif isinstance(given, Mapping):
        unknown = {
            each: min(len(given.keys() - fields_of(model)[0].keys()) for model in each.job.ids) for each in operations
        }
        found = [each for each in operations if unknown[each] == min(unknown.values())]
    if len(found) != 1:
        raise InvalidRequestError(
            f"jobs: {type(given).__name__}: it does not say what kind of job it is: use {methods}"
        )
    return found[0]


def _check_awaited(given: object) -> None:
    if inspect.isawaitable(given):
        if inspect.iscoroutine(given):
            given.close()
        raise InvalidRequestError("job: it has to be awaited first; a generator that does so is an asynchronous one")
