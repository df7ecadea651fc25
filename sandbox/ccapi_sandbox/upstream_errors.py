"""The errors of the server behind the chat backend, as errors of the contract: the message, and what else they tell."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

from .errors import ApiError

PASSED_ON = ("retry-after", "retry-after-ms")
MOST = 300
"""The longest message of a server to repeat, in characters."""


@dataclass(frozen=True)
class Told:
    """What an error of a server tells; an empty text for what it does not."""

    message: str
    type: str = ""
    code: str = ""
    field: str = ""

    @property
    def details(self) -> dict[str, Any]:
        """The details for an error of the contract."""
        found = {"type": self.type, "code": self.code}
        upstream = {name: value for name, value in found.items() if value}
        field = {"field": self.field} if self.field else {}
        return field | ({"upstream": upstream} if upstream else {})


def told_by(error: Any) -> Told:
    """What the value of `error` tells, or a whole document without one."""
    if not isinstance(error, dict):
        return Told(_text(error))
    details = error.get("details")
    field = error.get("param") or (details.get("field") if isinstance(details, dict) else "")
    message = next((error[name] for name in ("message", "detail", "error", "title") if error.get(name)), "")
    return Told(_text(message), *(_text(each) for each in (error.get("type"), error.get("code"), field)))


def failed(reason: str | Told) -> ApiError:
    """The error for a backend that failed."""
    told = reason if isinstance(reason, Told) else Told(reason)
    return ApiError(502, "api_error", "provider_error", f"The chat backend failed: {told.message}", **told.details)


def error_of(response: httpx.Response) -> ApiError:
    """The error for a response whose status is one, once its body is read."""
    status, told = response.status_code, _read(response)
    if status == 429:
        wait = {name: response.headers[name] for name in PASSED_ON if name in response.headers}
        message = f"The chat backend is busy: {told.message}"
        code = told.code or "rate_limit_exceeded"
        return ApiError(429, "rate_limit_error", code, message, **told.details).with_headers(wait)
    if status == 402:
        message = f"The chat backend is not paid: {told.message}"
        return ApiError(402, "billing_error", told.code or "insufficient_balance", message, **told.details)
    # An unknown key or model was set when the sandbox started: it is not the caller's mistake.
    if 400 <= status < 500 and status not in (401, 403, 404):
        message = f"the chat backend rejected the request: {told.message}"
        return ApiError.bad_request(f"{told.field}: {message}" if told.field else message, **told.details)
    return failed(Told(f"status {status}: {told.message}", told.type, told.code, told.field))


def _read(response: httpx.Response) -> Told:
    try:
        document = response.json()
    except (ValueError, RecursionError):
        is_page = "html" in response.headers.get("content-type", "")
        return Told("it sent a page of HTML" if is_page else _text(response.text))
    inner = document.get("error") if isinstance(document, dict) else None
    return told_by(inner or document)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return (value if isinstance(value, str) else json.dumps(value))[:MOST]
