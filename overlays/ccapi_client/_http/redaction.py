"""What is kept of a response that is an error, without the key of its request, which some services repeat there."""

from __future__ import annotations

from typing import Any, TypeVar

from .wire import Request

T = TypeVar("T")


def redacted(value: T, request: Request) -> T:
    """A text, bytes, or what JSON can hold, with `***` in place of the key that a request was sent with.

    So are other headers whose names say that they are secret.
    """
    secrets = request.secrets
    # Some JSON has `\/` in place of `/`.
    secrets += [word.replace("/", "\\/") for word in secrets if "/" in word]
    found: Any = value
    for secret in secrets:
        found = _without(found, secret)
    result: T = found
    return result


def _without(value: Any, secret: str) -> Any:
    if isinstance(value, bytes):
        return value.replace(secret.encode(), b"***")
    if isinstance(value, str):
        return value.replace(secret, "***")
    try:
        if isinstance(value, dict):
            return {_without(name, secret): _without(each, secret) for name, each in value.items()}
        if isinstance(value, list):
            return [_without(each, secret) for each in value]
    except RecursionError:  # nested deeper than anyone reads
        return "***"
    return value
