"""Calls the webhooks of jobs: each once, when its job has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx

from .errors import ApiError

LOOK_SECONDS = 0.1
"""How often the clock is checked, in seconds: a test may have moved it."""
MAX_PENDING = 1000
"""The most webhooks that wait for their jobs."""
AT_ONCE = 10
"""How many webhooks are called at once; others wait."""
CALL_SECONDS = 10.0
"""How long a call may take, in seconds."""
MAX_ANSWER = 64 * 1024
"""How much of a response is read, in bytes. Nothing in it matters."""


class Webhooks:
    """The webhooks that wait for their jobs or are being called."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._http: httpx.AsyncClient | None = None
        self._is_closed = False

    def check(self) -> None:
        """Rejects one more webhook if there are too many.

        Raises:
            ApiError: 429 if there are.
        """
        if len(self._tasks) >= MAX_PENDING:
            message = f"webhook_url: {MAX_PENDING} webhooks are pending, the maximum here"
            raise ApiError(429, "rate_limit_error", "rate_limit_exceeded", message, field="webhook_url")

    def add(self, url: str, left: Callable[[], float], document: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        """Calls a webhook once a job has ended, unless this was closed.

        Args:
            url: The address to call.
            left: How long the job takes from now, in seconds.
            document: What to send.
        """
        if not self._is_closed:
            task = asyncio.create_task(self._call(url, left, document))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Cancels the calls. None is made from now on."""
        self._is_closed = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.aclose()

    async def _call(
        self, url: str, left: Callable[[], float], document: Callable[[], Awaitable[dict[str, Any]]]
    ) -> None:
        while (seconds := left()) > 0:
            await asyncio.sleep(min(seconds, LOOK_SECONDS))
        # No server may respond there; the contract promises a single call.
        with suppress(httpx.HTTPError, httpx.InvalidURL, ValueError, OverflowError, TimeoutError):
            async with self._places:
                body = await document()
                async with asyncio.timeout(CALL_SECONDS):
                    await self._post(url, body)

    async def _post(self, url: str, body: dict[str, Any]) -> None:
        # One client for all: loading the certificates takes longer than a call. It keeps no connection, since one that
        # the server closes meanwhile would lose a call.
        self._http = self._http or httpx.AsyncClient(
            trust_env=False,
            headers={"Accept-Encoding": "identity"},
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        # Closing a connection at once may lose what was sent, so the response is read, but not all of it.
        async with self._http.stream("POST", url, json=body) as response:
            length = 0
            async for piece in response.aiter_raw():
                length += len(piece)
                if length >= MAX_ANSWER:
                    return
