"""Errors of commands: their exit codes, their messages, JSON documents of them, and what to do about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from .. import errors
from .._http.address import Address
from .connection import Connection, NoKeyError
from .wrong_usage import reason

UNAUTHENTICATED, BILLING, JOB_FAILED, TIMED_OUT, INTERRUPTED = 3, 4, 5, 6, 130
_FIELDS = {
    "code": "code",
    "status": "status_code",
    "request_id": "request_id",
    "retry_after": "retry_after",
    "idempotency_key": "idempotency_key",
    "job_id": "job_id",
    "may_be_billed": "may_be_billed",
}
"""What a document has of an error, and the attribute of the error that it is."""


def exit_code(error: BaseException) -> int | None:
    """The exit code of an error; None where the error is a bug, and its traceback is shown."""
    if isinstance(error, KeyboardInterrupt | click.Abort):  # which is what Ctrl-C at a prompt is
        return INTERRUPTED
    if isinstance(error, NoKeyError | errors.AuthenticationError):
        return UNAUTHENTICATED
    if isinstance(error, errors.BillingError):
        return BILLING
    if isinstance(error, errors.JobFailedError | errors.JobCancelledError):
        return JOB_FAILED
    if isinstance(error, errors.JobTimeoutError | errors.APITimeoutError):
        return TIMED_OUT
    if isinstance(error, errors.InvalidRequestError | errors.ConfigurationError):
        return 2
    return 1 if isinstance(error, errors.CCAPIError | OSError) else None


def document(error: BaseException, hints: Sequence[str] = ()) -> dict[str, Any]:
    """What is printed of an error with `--json`: its type, its message, and what else is known of it."""
    interrupted = isinstance(error, KeyboardInterrupt | click.Abort)
    found: dict[str, Any] = {
        "type": "Interrupted" if interrupted else _type(error),
        "message": "interrupted" if interrupted else message(error),
    }
    if isinstance(error, NoKeyError):
        found["code"] = "no_api_key"
    known = {name: getattr(error, field, None) for name, field in _FIELDS.items()}
    found |= {name: value for name, value in known.items() if value not in (None, "")}  # not billed is known too
    return found | ({"hint": "\n".join(hints)} if hints else {})


def _type(error: BaseException) -> str:
    if isinstance(error, NoKeyError):
        return "ConfigurationError"
    return "UsageError" if isinstance(error, click.UsageError) else type(error).__name__


def message(error: BaseException) -> str:
    """What went wrong, in one sentence; an error without one gives the name of its type."""
    if isinstance(error, click.ClickException):
        return reason(error)
    return str(error).strip() or type(error).__name__


def advice(error: BaseException, connection: Connection, address: Address | None) -> list[str]:
    """What it may cost, and what to do where an error has to do with the connection, the address or the key."""
    return [*_bill(error), *_next_step(error, connection), *filter(None, [usual_address(error, address)])]


def usual_address(error: BaseException, address: Address | None) -> str:
    """What an address lacks by which nothing is found: gateways serve a page of theirs there, or nothing."""
    if address is None or not isinstance(error, errors.NotFoundError | errors.MalformedResponseError):
        return ""
    path = address.redacted.rstrip("/")
    return "" if path.endswith("/v1") else f"the address of an API usually ends in /v1: {path} does not"


def _bill(error: BaseException) -> list[str]:
    unclear = errors.APIConnectionError | errors.APIStatusError | errors.MalformedResponseError | errors.StreamError
    if not (isinstance(error, unclear) and getattr(error, "may_be_billed", False)):
        return []
    return [cost(getattr(error, "idempotency_key", None))]


def cost(key: str | None) -> str:
    """What a request may cost whose outcome is not known.

    Args:
        key: Its idempotency key; None where it is not known.
    """
    return "the request may have been executed, and billed" + (f"; its idempotency key is {key}" if key else "")


def _next_step(error: BaseException, connection: Connection) -> list[str]:
    if connection.use_sandbox:
        return []
    if isinstance(error, errors.APIConnectionError):
        return [f"to find out why: ccapi doctor{connection.as_options}"]
    if isinstance(error, errors.AuthenticationError):
        return [f"to see which key was sent: ccapi doctor{connection.as_options}"]
    return []
