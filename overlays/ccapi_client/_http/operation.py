"""Executes an operation of the contract: its request, and what the response to it holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any, TypeVar

from ccapi_openapi.model import Model
from ccapi_openapi.operations import CallOptions, Operation

from ..policies import RetryPolicy
from .reading import read_response
from .sender import Sender
from .wire import Request, Response

R = TypeVar("R", bound=Model)


async def call(
    sender: Sender,
    operation: Operation[R],
    parameters: Mapping[str, Any] | None,
    body: Mapping[str, Any] | None,
    options: CallOptions,
) -> R:
    """Executes an operation of the contract, and gives what its response holds."""
    request = sender.options.operation_request(operation, parameters, body, options)
    if request.report is None:  # as most: one coroutine less for each call
        response = await sender.send(request)
        result = read_response(operation.response, response)
    else:
        result, response = await execute(sender, operation, request)
    if operation.polled_by is not None or operation.job is not None:
        sender.times.keep(result, response, sender.clock())
    return result


async def execute(
    sender: Sender,
    operation: Operation[R],
    request: Request,
    known: Mapping[str, Any] | None = None,
    retry: RetryPolicy | None = None,
    within: float = math.inf,
    then: Callable[[R], object] | None = None,
) -> tuple[R, Response]:
    """Sends the request of an operation; gives what its response holds, and the response.

    What `then` makes of the result belongs to the call: the report says what it raises.
    """
    report = request.report
    with report.start(request, sender.clock) if report else nullcontext():
        response = await sender.send(request, retry=retry, within=within)
        result = read_response(operation.response, response, known)
        if report:
            report.result = result
        if then:
            then(result)
    return result, response
