"""What one call can be given beside its arguments: headers, parameters of the query, a timeout. Checks, and no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from ccapi_openapi.operations import CallOptions

from ..errors import ConfigurationError, InvalidRequestError
from ..policies import Timeout
from .settings import OF_GET, headers_option, timeout_option
from .validation import as_json

Added = tuple[dict[str, str], dict[str, Any], Timeout | None]
"""What a request gets: headers by names in lower case; what its query holds, a list for a parameter that comes several
times; and how long each step may take, None for as long as the client says."""

_NOTHING: Added = ({}, {}, None)


def added(options: CallOptions, method: str, own: Timeout) -> Added:
    """What the options of one call add to its request; `own` is the client's timeout.

    Raises:
        InvalidRequestError: A header or a parameter can't be sent.
        ConfigurationError: The timeout is none.
    """
    headers, query, timeout = options.get("extra_headers"), options.get("extra_query"), options.get("timeout")
    key = options.get("idempotency_key")
    if headers is None and query is None and timeout is None and key is None:
        return _NOTHING
    sent = _headers(headers, "extra_headers")
    if key is not None:
        sent |= _headers({"idempotency-key": key}, "idempotency_key")
    return sent, query_of(query, "extra_query"), None if timeout is None else _timeout(timeout, method, own)


def _timeout(value: Any, method: str, own: Timeout) -> Timeout:
    timeout = timeout_option(value)
    if not isinstance(value, Timeout):  # it says how long a step takes, and nothing of the whole
        timeout = attrs.evolve(timeout, total=own.total)
    return timeout.where_not_set(OF_GET) if method == "GET" else timeout


def _headers(value: Mapping[str, str] | None, argument: str) -> dict[str, str]:
    try:
        return headers_option(value)
    except ConfigurationError as error:
        raise InvalidRequestError(f"{argument}{str(error).removeprefix('headers')}") from None


def query_of(value: Mapping[str, Any] | None, argument: str) -> dict[str, Any]:
    """Parameters of a query; those that are None are left out.

    Raises:
        InvalidRequestError: One of them is neither a text, a number or a boolean, nor a list of them.
    """
    found = {} if value is None else as_json(value, argument)
    if not isinstance(found, dict):
        raise InvalidRequestError(f"{argument}: a mapping is expected")
    for name, each in found.items():
        for item in each if isinstance(each, list) else [each]:
            if isinstance(item, dict | list) or (item is None and isinstance(each, list)):
                expected = "a text, a number or a boolean is expected, or a list of them"
                raise InvalidRequestError(f"{argument}.{name}: {expected}")
    return {name: each for name, each in found.items() if each is not None}
