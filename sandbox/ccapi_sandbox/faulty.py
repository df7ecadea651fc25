"""Broken responses: what `app` sends for a fault. Some close the connection before the response is complete."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from .errors import ApiError
from .extras import Extras
from .faults import Fault

IN_STREAM = ("cut-stream", "cut-body", "stall", "stream-error")
"""The faults that happen after some chunks of a stream, or at its end if it has fewer."""
PAGE = "<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1><p>proxy</p>"


class Cut(Exception):  # noqa: N818 - not an error: it was requested
    """Ends a stream in the middle."""


def before(fault: Fault) -> Response | None:
    """The response in place of executing the request; None if the request is to be executed."""
    if fault.kind == "html-error":
        return HTMLResponse(PAGE, 502)
    if fault.kind == "empty":
        return Response(b"", 200)
    if fault.kind == "malformed":
        return JSONResponse({"data": 7, "choices": "none", "status": 3})
    if fault.status is not None and not fault.executed and not fault.model:
        return _refused(fault)
    return None


def after(fault: Fault, response: Response) -> Response:
    """The response to a request that was executed, as the fault changes it."""
    if fault.status is not None and fault.executed:
        return _refused(fault)
    if fault.kind == "cut-body" and not isinstance(response, EventStream):
        return CutResponse(response)
    return response


def _refused(fault: Fault) -> Response:
    return JSONResponse(fault.error.envelope, fault.status or 500, fault.error.headers)


async def until_gone(request: Request) -> None:
    """Waits until the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


class CutResponse(Response):
    """The head of a response and half of its body; then the connection closes."""

    def __init__(self, whole: Response) -> None:
        super().__init__(whole.body, whole.status_code)
        self.raw_headers = whole.raw_headers  # with the length of the whole body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it."""
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


class EventStream(StreamingResponse):
    """Chunks as server-sent events, with the fault of the request."""

    def __init__(
        self,
        chunks: AsyncIterator[dict[str, Any]],
        fault: Fault | None,
        violation: Callable[[dict[str, Any]], str | None],
        close: Callable[[], Awaitable[None]] | None,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(_events(chunks, fault, violation), headers=headers, media_type="text/event-stream")
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it, and closes the source of the chunks, however it ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self._close:
                with anyio.CancelScope(shield=True):
                    await self._close()

    async def stream_response(self, send: Send) -> None:
        """Sends it; a stream that is cut stays incomplete."""
        with suppress(Cut):
            await super().stream_response(send)


async def _events(
    chunks: AsyncIterator[dict[str, Any]], fault: Fault | None, violation: Callable[[dict[str, Any]], str | None]
) -> AsyncIterator[bytes]:
    kind, number = (fault.kind if fault else ""), 0
    extras = Extras() if kind == "extra-fields" else None
    try:
        async for chunk in chunks:
            if extras:
                chunk = extras.into(chunk)
            if fault and number == fault.after and kind in IN_STREAM:
                break
            if kind == "slow" and fault:
                await asyncio.sleep(fault.seconds)
            number += 1
            problem = violation(chunk)
            if problem:
                yield _event(ApiError(500, "api_error", "contract_violation", problem).envelope)
                return
            yield _event(chunk)
            await asyncio.sleep(0)  # lets a generator that never waits notice that the client has gone
    except ApiError as error:
        yield _event(extras.into(error.envelope) if extras else error.envelope)
        return
    if kind in ("cut-stream", "cut-body"):
        raise Cut
    if kind == "stall":
        await asyncio.Event().wait()  # until the client closes the connection
    if kind == "stream-error":
        yield _event(ApiError(503, "api_error", "injected_fault", "An error in the stream was requested.").envelope)
    elif kind != "no-done":
        yield b"data: [DONE]\n\n"


def _event(document: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(document, ensure_ascii=False)}\n\n".encode()
