"""Where a request goes, by the parameters of its operation: path, query and headers. Decides, and does no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import attrs
from ccapi_openapi.operations import Operation, Parameter

from ..errors import InvalidRequestError
from .validation import mismatch, to_json


@attrs.define
class Target:
    """Where a request goes: the path with its parameters, the query, and the headers that are parameters."""

    path: str
    query: dict[str, Any] = attrs.field(factory=dict)
    headers: dict[str, str] = attrs.field(factory=dict)


def request_target(operation: Operation[Any], given: Mapping[str, Any]) -> Target:
    """Where the request of an operation goes; a parameter that is None is left out.

    Raises:
        InvalidRequestError: A parameter does not match the contract; the message names it.
    """
    target = Target(operation.path)
    for parameter in operation.parameters:
        value = given.get(parameter.argument)
        if value is None and not parameter.is_required:
            continue
        value = to_json(value, parameter.argument)
        problem = _parameter_mismatch(parameter, value)
        if problem:
            raise InvalidRequestError(problem)
        if parameter.place == "path":
            target.path = target.path.replace(f"{{{parameter.name}}}", quote(str(value), safe=""))
        elif parameter.place == "query":
            target.query[parameter.name] = value
        else:
            target.headers[parameter.name.lower()] = str(value)
    return target


def _parameter_mismatch(parameter: Parameter, value: Any) -> str | None:
    problem = mismatch(value, parameter.kind, parameter.argument)
    # In a path, an empty text would lead to another URL; so would dots, which URLs resolve.
    if problem is None and parameter.place == "path" and value in ("", ".", ".."):
        return f"{parameter.argument}: {value!r} can't be part of a URL"
    if problem is None and parameter.place == "header" and not (value and is_header_value(str(value))):
        # The message does not quote the value, which may be a secret.
        return f"{parameter.argument}: printable ASCII text is expected, without spaces at its ends"
    return problem


def is_header_value(text: str) -> bool:
    """Whether a text can be the value of a header (RFC 9110, section 5.5)."""
    return text.isascii() and text.isprintable() and text == text.strip()
