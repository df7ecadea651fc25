"""What a second request with the same `Idempotency-Key` gets, by the setting `idempotency`.

Nothing is promised for real keys, so the default is `ignore`: each request is executed. The other two are for testing
what a client does when a service honors keys.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from .errors import ApiError
from .settings import Idempotency
from .shelf import Shelf

if TYPE_CHECKING:
    from .gateway import Answer

REPLAYED = "Idempotent-Replayed"
"""The header of a response that is a replay; its value is `true`."""


@dataclass(frozen=True)
class Kept:
    """The first request with a key."""

    fingerprint: bytes
    first: asyncio.Future[Answer | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Its response; None if it was not executed, so that the next request with the key is the first."""


class Keys:
    """The keys of requests that were executed, or are in flight."""

    def __init__(self, mode: Idempotency, now: Callable[[], float], seconds: float) -> None:
        self._mode, self._kept = mode, Shelf[Kept](now, seconds)

    async def answer(self, key: str | None, request: Any, execute: Callable[[], Awaitable[Answer]]) -> Answer:
        """The response to a request: its own, or that of the first request with the key.

        While the first request is in flight, a replay waits for it. What was not executed is not remembered.

        Args:
            key: The `Idempotency-Key` of the request; None if it has none.
            request: What has to be the same in both requests, as JSON.
            execute: Executes the request.

        Raises:
            ApiError: 409 for a key that was used, if the mode is `reject`; 422 if the requests differ.
        """
        if self._mode == "ignore" or key is None:
            return await execute()
        fingerprint = sha256(json.dumps(request, sort_keys=True).encode()).digest()
        while (kept := self._kept.get(key)) is not None:
            if self._mode == "reject":
                message = "Idempotency-Key: a request with this key was sent before"
                raise ApiError(409, "invalid_request_error", "idempotency_key_used", message, field="Idempotency-Key")
            if kept.fingerprint != fingerprint:
                message = "Idempotency-Key: the first request with this key was another one; use a new key"
                raise ApiError(422, "invalid_request_error", "idempotency_key_reused", message, field="Idempotency-Key")
            first = await asyncio.shield(kept.first)
            if first is not None:
                headers = {**first.headers, REPLAYED: "true"}
                return replace(_again(first), headers=headers, cost=0.0, is_executed=False)
        kept = Kept(fingerprint)
        self._kept.put(key, kept)
        first = None
        try:
            answer = await execute()
            if self._mode == "replay" and answer.is_executed:
                answer = await _collected(answer)
            first = answer if answer.is_executed else None
        finally:
            if first is None and self._kept.get(key) is kept:
                self._kept.drop(key)
            kept.first.set_result(first if self._mode == "replay" else None)
        if first is not None and self._mode == "replay":
            self._kept.put(key, kept, _weight(first))
        return _again(answer)


async def _collected(answer: Answer) -> Answer:
    """The response with the chunks of its stream in a list: a replay needs all of them, even if the client goes away."""
    if answer.chunks is None:
        return answer
    try:
        collected = [chunk async for chunk in answer.chunks]
    finally:
        if answer.close is not None:
            await answer.close()
    return replace(answer, chunks=None, close=None, collected=collected)


def _again(answer: Answer) -> Answer:
    if answer.collected is None:
        return answer
    return replace(answer, chunks=_each(answer.collected), collected=None)


async def _each(chunks: Iterable[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    for chunk in chunks:
        yield chunk


def _weight(answer: Answer) -> int:
    """About how many bytes a response takes."""
    file = len(answer.file.make()) if answer.file is not None else 0
    return file + len(json.dumps([answer.document, answer.collected]))
