"""The state of a sandbox between requests: jobs, files, the ledger, and pending webhooks; and the threads that work."""

from __future__ import annotations

import asyncio
import base64
import copy
import math
import random
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ParamSpec, TypeVar

from .chat_engine import ChatEngine
from .extras import Extras
from .faults import Fault, Faults, parse
from .forms import bad
from .idempotency import Keys
from .jobs import ImageJob, Job
from .ledger import Ledger, Limits
from .paint import Recipe, paint
from .replies import Replies
from .settings import Settings
from .shelf import Shelf
from .webhooks import Webhooks

P = ParamSpec("P")
T = TypeVar("T")

WORKERS = 2
"""How many threads paint, speak and check long bodies. What they have in memory at once is bounded by their number."""

FETCHES = 4
"""How many pictures are fetched from elsewhere at once."""


class Clock:
    """The sandbox's time, which a test can move forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """The time in Unix seconds."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Moves the time forward: jobs advance as if this many seconds had passed.

        Raises:
            ValueError: It is not a number of seconds, 0 or more.
        """
        if type(seconds) not in (int, float) or not 0 <= seconds < math.inf:
            raise bad("advance", f"a number of seconds, 0 or more, is expected, not {seconds!r:.40}")
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
    ending: Mapping[str, Any] | None = None
    """What its job has in its JSON once it ends; None for what the sandbox makes itself."""
    accept: str = "*/*"
    """The media types that the client accepts, as its header `Accept` lists them."""


@dataclass(frozen=True)
class File:
    """A file to download, which is made when it is fetched."""

    media_type: str
    """Its media type; an empty one for a response without content."""
    make: Callable[[], bytes]
    pixels: int = 0
    """How many pixels have to be read and painted to make it."""


@dataclass(frozen=True)
class Answer:
    """What to respond with: a document, the chunks of a stream, or a file."""

    document: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: AsyncIterator[dict[str, Any]] | None = None
    close: Callable[[], Awaitable[None]] | None = None
    """Closes the source of the chunks, even if none was read."""
    file: File | None = None
    """The file to send in place of the document."""
    cost: float = 0.0
    """What the request costs, in US dollars."""
    is_executed: bool = True
    """Whether the request was executed for it."""
    is_as_given: bool = False
    """Whether a test gave it as it is, so that it may violate the contract."""
    collected: list[dict[str, Any]] | None = None
    """The chunks of a stream that is replayed."""


class Gateway:
    """The state of one sandbox."""

    def __init__(self, settings: Settings, job_path: str, violation: Callable[[str, Any], str | None]) -> None:
        self.settings, self._job_path, self._violation = settings, job_path, violation
        self.clock = clock = Clock()
        self.loop: asyncio.AbstractEventLoop | None = None
        """The event loop that it runs in; None until it runs."""
        self.now = clock.now
        self.chat = ChatEngine(settings.chat_upstream, settings.chat_model)
        self._open()
        self._start()

    def _open(self) -> None:
        """Sets what lasts until the sandbox is closed."""
        self.fetches = asyncio.Semaphore(FETCHES)
        self._workers = ThreadPoolExecutor(WORKERS, "ccapi-sandbox-worker")

    def _start(self) -> None:
        """Sets everything that a reset forgets."""
        settings, now = self.settings, self.now
        self._dice = random.Random(0)  # noqa: S311 - no secret; a seed gives the same times in every run
        self.jobs: Shelf[Job] = Shelf(now)
        self.files: Shelf[File] = Shelf(now)
        self.ledger = Ledger(settings.ledger)
        self.keys = Keys(settings.idempotency, now, settings.idempotency_seconds)
        self.replies = Replies(self._violation)
        self.limits = Limits(now, settings.requests_per_minute, settings.balance)
        self.faults = Faults(parse(settings.fault) if settings.fault else None, settings.fault_rate, settings.seed)
        self.webhooks = Webhooks()

    def as_it_is(self) -> Gateway:
        """The gateway as one request sees it: a reset in the meantime changes nothing here, and forgets it all."""
        return copy.copy(self)

    async def work(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a function returns that takes a while. It runs in one of `WORKERS` threads, once one is free."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._workers, partial(function, *args, **kwargs))

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
                file = await self.work(paint, recipe)
                data.append({"b64_json": base64.b64encode(file).decode(), "seed": recipe.seed})
            else:
                kind = recipe.format.lower()
                url = self.hand_out(f"{id}-{number}.{kind}", _painted(recipe), origin, recipe.weight)
                data.append({"url": url, "seed": recipe.seed})
        return data

    async def job_document(self, job: ImageJob, origin: str) -> dict[str, Any]:
        """A job as it is now, with its pictures once it is completed."""
        document = job.document(self.now(), origin + self._job_path.format(id=job.id))
        if document["status"] == "completed" and "data" not in document:
            document["data"] = await self.data(job.id, job.recipes, job.inline, origin)
        return document

    def accept(self, job: ImageJob, origin: str, webhook_url: str | None, has_extras: bool = False) -> None:
        """Keeps a new job, and calls its webhook once it ends. `has_extras` is of the fault `extra-fields`."""
        self.jobs.put(job.id, job, job.weight)

        async def document() -> dict[str, Any]:
            found = await self.job_document(job, origin)
            return Extras().into(found) if has_extras else found

        if webhook_url is not None and job.outcome != "never":
            self.webhooks.add(webhook_url, lambda: job.left(self.now()), document)

    async def reset(self) -> None:
        """Forgets every job, file, request and fault, and sets the clock back: as if just started."""
        before = self.webhooks
        self.clock.reset()
        self._start()
        await before.close()

    async def close(self) -> None:
        """Cancels the pending webhooks and work, and stops the language model."""
        await self.webhooks.close()
        self._workers.shutdown(wait=False, cancel_futures=True)
        await self.chat.close()
        self._open()  # whoever serves the app may start it again
        self._start()


def _painted(recipe: Recipe) -> File:
    return File(f"image/{recipe.format.lower()}", lambda: paint(recipe), recipe.pixels)


Handler = Callable[[Gateway, Call], Awaitable[Answer]]
"""What executes an operation."""
