"""The errors that the sandbox responds with, in the contract's envelope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

MAX_MESSAGE = 1000
"""The longest message, in characters: it may quote the request."""


def field_of(steps: Iterable[str | int]) -> str:
    """The path of a field as the sandbox writes it, such as `contents[0].text`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


class ApiError(Exception):
    """An error to respond with."""

    def __init__(self, status: int, type: str, code: str, message: str, **details: Any) -> None:
        message = message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…"
        super().__init__(message)
        self.status = status
        self.headers: dict[str, str] = {}
        self.envelope: dict[str, Any] = {"error": {"message": message, "type": type, "code": code}}
        if details:
            self.envelope["error"]["details"] = details

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        """The same error; its response has these headers too."""
        self.headers.update(headers)
        return self

    @classmethod
    def bad_request(cls, message: str, **details: Any) -> ApiError:
        """400, with the field that is wrong in `details`."""
        return cls(400, "invalid_request_error", "invalid_request", message, **details)

    @classmethod
    def unauthorized(cls) -> ApiError:
        """401."""
        return cls(401, "invalid_request_error", "unauthorized", "The API key is missing or not valid.")

    @classmethod
    def not_found(cls, message: str) -> ApiError:
        """404."""
        return cls(404, "invalid_request_error", "not_found", message)
