"""Reads the body of a request, within limits: what is over them is rejected before anything else is done with it.

A body is counted before it is parsed, and its values are measured before they are checked against the contract. Both
parsing and checking cost up to a thousand times the bytes that were sent. The limits are the sandbox's own.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.requests import ClientDisconnect, Request

from .errors import ApiError, field_of

MAX_BODY = 64 * 1024 * 1024
"""The largest body, in bytes. Two pictures of the largest size that clients send fit in it, as base64."""
LONG_BODY = 1024 * 1024
"""A body longer than this, in bytes, takes one of `LONG_AT_ONCE` places."""
LONG_AT_ONCE = 2
BODY_SECONDS = 60.0
"""How long a body may take to arrive, in seconds, so that a slow client can't keep a place."""
MAX_PARTS = 50_000
"""The most brackets, commas, names and texts of a body. A chat of 5,000 messages has fewer."""
MAX_DEPTH = 100
"""How deep a body's lists and objects may be nested."""
MAX_TEXT = 4 * 1024 * 1024
"""The most characters of all texts of a body, without those in `PICTURES`."""
MAX_NAME = 1000
"""The longest name of a field, in characters."""
MAX_NUMBER, MAX_DIGITS = 1e300, 300
PICTURES = ("data", "url")
"""The fields that hold pictures. Nothing reads their text but the decoder of base64."""

_PART = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)
"""A text of JSON, complete or not, or a bracket or a comma. It never backtracks."""

Steps = tuple["Steps", str | int] | None
"""Where a value is: its last step, and the steps before."""


class Bodies:
    """Reads bodies, and limits how many long ones are in memory at once."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(LONG_AT_ONCE)

    @asynccontextmanager
    async def body(self, request: Request) -> AsyncIterator[bytearray]:
        """The body of a request. A long one has a place until the block ends.

        Raises:
            ApiError: 413 if it is larger than `MAX_BODY`, 408 if it takes too long, 400 if it broke off.
        """
        async with AsyncExitStack() as stack:
            yield await self._read(request, stack)

    async def _read(self, request: Request, stack: AsyncExitStack) -> bytearray:
        body, now = bytearray(), asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(BODY_SECONDS) as deadline:
                async for piece in request.stream():
                    if len(body) <= LONG_BODY < len(body) + len(piece):
                        deadline.reschedule(None)  # the client is not to blame for the wait
                        await stack.enter_async_context(self._places)
                        deadline.reschedule(now() + BODY_SECONDS)
                    body += piece
                    if len(body) > MAX_BODY:
                        raise _too_large(f"the body: it has more than {MAX_BODY} bytes, the maximum here")
        except TimeoutError:
            message = f"The body was not complete after {BODY_SECONDS:g} seconds."
            raise ApiError(408, "invalid_request_error", "too_slow", message) from None
        except ClientDisconnect:
            raise ApiError.bad_request("The body broke off.") from None
        return body


async def drop(request: Request) -> None:
    """Drops the body of a request that was rejected, up to `MAX_BODY`: a client may send all of it before it reads."""
    length = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                length += len(piece)
                if length > MAX_BODY:
                    return
    except (TimeoutError, ClientDisconnect):
        return


def document_of(body: bytearray) -> Any:
    """The JSON of a body; an empty object for an empty one.

    Raises:
        ApiError: 413 or 400 if it is over a limit, 400 if it is not JSON.
    """
    _count(body)
    try:
        document = json.loads(body.decode() or "{}", parse_int=_whole, parse_float=_real, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise ApiError.bad_request("The body is not JSON in UTF-8.") from None
    _measure(document)
    return document


def _count(body: bytearray) -> None:
    """Counts what a parser would make an object of, without making any."""
    depth, name = 0, (0, 0)
    for count, part in enumerate(_PART.finditer(body), 1):
        first = body[part.start()]
        if first == ord('"') and depth == 1:
            name = part.span()  # before a bracket or a value that is too long, it is the name of the field
        depth += (first in b"[{") - (first in b"]}")
        if depth > MAX_DEPTH:
            raise _bad(_name(body, name), f"nested deeper than {MAX_DEPTH} lists and objects, the maximum here")
        if count > MAX_PARTS:
            field = _name(body, name) if depth > 1 else ""
            raise _too_large(
                f"{field or 'the body'}: too many values; a body has at most {MAX_PARTS} brackets, commas, names and "
                "texts here",
                field,
            )


def _name(body: bytearray, span: tuple[int, int]) -> str:
    return body[span[0] : min(span[1], span[0] + MAX_NAME)].decode(errors="replace").strip('"')


def _measure(document: Any) -> None:
    """Measures the numbers, the names and the texts of a document."""
    length = 0
    rest: list[tuple[Steps, Any]] = [(None, document)]
    while rest:
        steps, value = rest.pop()
        if isinstance(value, str):
            _encodable(steps, value)
            length += 0 if steps and steps[1] in PICTURES else len(value)
            if length > MAX_TEXT:
                field = _field(steps)
                raise _too_large(
                    f"{field or 'the body'}: too long; the texts of a body have at most {MAX_TEXT} characters here",
                    field,
                )
        elif isinstance(value, dict):
            for name in value:
                _encodable(steps, name)
                if len(name) > MAX_NAME:
                    raise _bad(_field(steps), f"a field's name has at most {MAX_NAME} characters here")
            rest.extend(((steps, name), each) for name, each in value.items())
        elif isinstance(value, list):
            rest.extend(((steps, position), each) for position, each in enumerate(value))
        elif isinstance(value, int | float) and not -MAX_NUMBER <= value <= MAX_NUMBER:
            raise _bad(
                _field(steps), f"a number has at most {MAX_DIGITS} digits here, and {MAX_NUMBER:g} is the maximum"
            )


def _encodable(steps: Steps, text: str) -> None:
    try:
        if not text.isascii():
            text.encode()
    except UnicodeEncodeError:
        raise _bad(_field(steps), "half of a surrogate pair is not a character") from None


def _field(steps: Steps) -> str:
    found: list[str | int] = []
    while steps is not None:
        before, step = steps
        found.append(step)
        steps = before
    return field_of(reversed(found))


def _bad(field: str, reason: str) -> ApiError:
    return ApiError.bad_request(f"{field or 'the body'}: {reason}", **({"field": field} if field else {}))


def _too_large(message: str, field: str = "") -> ApiError:
    return ApiError(413, "invalid_request_error", "too_large", message, **({"field": field} if field else {}))


def _whole(text: str) -> float:
    return int(text) if len(text) <= MAX_DIGITS else math.inf


def _real(text: str) -> float:
    return float(text) if len(text) <= MAX_DIGITS else math.inf


def _no_number(text: str) -> float:
    # NaN and Infinity: Python accepts them, JSON doesn't have them.
    raise ValueError(f"{text} is not JSON")
