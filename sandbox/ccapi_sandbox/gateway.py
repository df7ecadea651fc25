"""What the gateway keeps between requests: jobs, pictures, and the webhooks that are still to be called."""

from __future__ import annotations

import asyncio
import base64
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.concurrency import run_in_threadpool

from .jobs import Job
from .paint import Recipe, paint


@dataclass(frozen=True)
class Call:
    """A request that was checked against the contract."""

    body: dict[str, Any]
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    origin: str
    """Where the sandbox was asked at, `http://127.0.0.1:8765`."""


@dataclass(frozen=True)
class Answer:
    """What to answer."""

    document: dict[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Gateway:
    """The state of one sandbox."""

    def __init__(self, job_seconds: tuple[float, float], job_path: str, now: Callable[[], float] = time.time) -> None:
        self._job_seconds, self._job_path = job_seconds, job_path
        self._dice = random.Random(0)  # noqa: S311 - no secret, and the same jobs take as long in every run
        self.now = now
        self.jobs: dict[str, Job] = {}
        self.pictures: dict[str, Recipe] = {}
        self._webhooks: set[asyncio.Task[None]] = set()

    def next_job_seconds(self) -> float:
        """How long the next job takes, in seconds."""
        return self._dice.uniform(*self._job_seconds)

    async def data(self, id: str, recipes: Iterable[Recipe], inline: bool, origin: str) -> list[dict[str, Any]]:
        """Pictures as the contract hands them out: painted now, or where they will be painted when they are fetched."""
        data = []
        for number, recipe in enumerate(recipes):
            if inline:
                file = await run_in_threadpool(paint, recipe)
                data.append({"b64_json": base64.b64encode(file).decode(), "seed": recipe.seed})
            else:
                name = f"{id}-{number}.{recipe.format.lower()}"
                self.pictures[name] = recipe
                data.append({"url": f"{origin}/files/{name}", "seed": recipe.seed})
        return data

    async def job_document(self, job: Job, origin: str) -> dict[str, Any]:
        """A job as it is now, with its pictures once it is completed."""
        document = job.document(self.now(), origin + self._job_path.format(id=job.id))
        if document["status"] == "completed":
            document["data"] = await self.data(job.id, job.recipes, job.inline, origin)
        return document

    def accept(self, job: Job, origin: str, webhook_url: str | None) -> None:
        """Takes a job on."""
        self.jobs[job.id] = job
        if webhook_url is not None and job.model.outcome != "never":
            task = asyncio.create_task(self._call_webhook(job, origin, webhook_url))
            self._webhooks.add(task)
            task.add_done_callback(self._webhooks.discard)

    async def _call_webhook(self, job: Job, origin: str, url: str) -> None:
        while (left := job.left(self.now())) > 0:
            await asyncio.sleep(left)
        try:
            async with httpx.AsyncClient(trust_env=False) as http:
                await http.post(url, json=await self.job_document(job, origin))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OverflowError):
            pass  # an address that nobody answers at; the contract promises one call, and no more

    async def close(self) -> None:
        """Gives up the webhooks that are still to be called."""
        for task in list(self._webhooks):
            task.cancel()
        await asyncio.gather(*self._webhooks, return_exceptions=True)
