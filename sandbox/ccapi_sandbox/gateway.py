"""The state of a sandbox between requests: jobs, files, the ledger, and pending webhooks."""

from __future__ import annotations

import asyncio
import base64
import random
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.concurrency import run_in_threadpool

from .chat_engine import ChatEngine
from .faults import Fault, Faults, parse
from .jobs import Job
from .ledger import Ledger, Limits
from .paint import Recipe, paint
from .settings import Settings
from .shelf import Shelf

LOOK_SECONDS = 0.1
"""How often a pending webhook checks the clock, in seconds: a test may have moved it."""


class Clock:
    """The sandbox's time, which a test can move forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """The time in Unix seconds."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Moves the time forward: jobs advance as if this many seconds had passed."""
        self._ahead += seconds

    def reset(self) -> None:
        """Sets the time back to the machine's."""
        self._ahead = 0.0


@dataclass(frozen=True)
class Call:
    """A request that was checked against the contract."""

    body: dict[str, Any]
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    origin: str
    """The origin that the request was sent to, such as `http://127.0.0.1:8765`."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """The contract's defaults for fields of the body, by their paths."""
    fault: Fault | None = None
    """The fault of the request; None if nothing goes wrong."""


@dataclass(frozen=True)
class File:
    """A file to download, which is made when it is fetched."""

    media_type: str
    make: Callable[[], bytes]


@dataclass(frozen=True)
class Answer:
    """What to respond with: a document, the chunks of a stream, or a file."""

    document: dict[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: AsyncIterator[dict[str, Any]] | None = None
    close: Callable[[], Awaitable[None]] | None = None
    """Closes the source of the chunks, even if none was read."""
    file: File | None = None
    """The file to send in place of the document."""
    cost: float = 0.0
    """What the request costs, in US dollars."""


class Gateway:
    """The state of one sandbox."""

    def __init__(self, settings: Settings, job_path: str) -> None:
        self.settings, self._job_path = settings, job_path
        self.clock = clock = Clock()
        self.loop: asyncio.AbstractEventLoop | None = None
        """The event loop that it runs in; None until it runs."""
        self._dice = random.Random(0)  # noqa: S311 - no secret; a seed gives the same times in every run
        self.now = clock.now
        self.jobs: Shelf[Job] = Shelf(clock.now)
        self.files: Shelf[File] = Shelf(clock.now)
        self.ledger = Ledger()
        self.limits = Limits(clock.now, settings.requests_per_minute, settings.balance)
        self.faults = Faults(parse(settings.fault) if settings.fault else None, settings.fault_rate, settings.seed)
        self.chat = ChatEngine(settings.chat_upstream, settings.chat_model)
        self._webhooks: set[asyncio.Task[None]] = set()

    def new_id(self, kind: str) -> str:
        """A new id that starts with its kind."""
        return f"{kind}-{uuid.uuid4().hex[:16]}"

    def next_job_seconds(self) -> float:
        """How long the next job takes, in seconds."""
        return self._dice.uniform(*self.settings.job_range)

    def hand_out(self, name: str, file: File, origin: str, weight: int = 0) -> str:
        """The URL of a file, which is kept until it expires. `weight` is its size in bytes."""
        self.files.put(name, file, weight)
        return f"{origin}/files/{name}"

    async def data(self, id: str, recipes: Iterable[Recipe], inline: bool, origin: str) -> list[dict[str, Any]]:
        """The contract's `data` for pictures: painted now if `inline`, else URLs, painted when they are fetched."""
        data = []
        for number, recipe in enumerate(recipes):
            if inline:
                file = await run_in_threadpool(paint, recipe)
                data.append({"b64_json": base64.b64encode(file).decode(), "seed": recipe.seed})
            else:
                kind = recipe.format.lower()
                url = self.hand_out(f"{id}-{number}.{kind}", _painted(recipe), origin, recipe.weight)
                data.append({"url": url, "seed": recipe.seed})
        return data

    async def job_document(self, job: Job, origin: str) -> dict[str, Any]:
        """A job as it is now, with its pictures once it is completed."""
        document = job.document(self.now(), origin + self._job_path.format(id=job.id))
        if document["status"] == "completed":
            document["data"] = await self.data(job.id, job.recipes, job.inline, origin)
        return document

    def accept(self, job: Job, origin: str, webhook_url: str | None) -> None:
        """Keeps a new job, and calls its webhook once it ends."""
        self.jobs.put(job.id, job, sum(recipe.weight for recipe in job.recipes))
        if webhook_url is not None and job.outcome != "never":
            task = asyncio.create_task(self._call_webhook(job, origin, webhook_url))
            self._webhooks.add(task)
            task.add_done_callback(self._webhooks.discard)

    async def _call_webhook(self, job: Job, origin: str, url: str) -> None:
        while (left := job.left(self.now())) > 0:
            await asyncio.sleep(min(left, LOOK_SECONDS))
        try:
            async with httpx.AsyncClient(trust_env=False) as http:
                await http.post(url, json=await self.job_document(job, origin))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OverflowError):
            pass  # no server responds there; the contract promises a single call

    async def reset(self) -> None:
        """Forgets every job, file, request and fault, and sets the clock back: as if just started."""
        await self._cancel_webhooks()
        self._dice.seed(0)
        self.clock.reset()
        self.jobs.clear()
        self.files.clear()
        self.ledger.entries.clear()
        self.limits.reset()
        self.faults.reset()

    async def close(self) -> None:
        """Cancels the pending webhooks, and stops the language model."""
        await self._cancel_webhooks()
        await self.chat.close()

    async def _cancel_webhooks(self) -> None:
        for task in list(self._webhooks):
            task.cancel()
        await asyncio.gather(*self._webhooks, return_exceptions=True)


def _painted(recipe: Recipe) -> File:
    return File(f"image/{recipe.format.lower()}", lambda: paint(recipe))
