"""Waiting for thousands of image jobs: `wait_for_image_jobs`, a loop for each job, and a peer's own wait.

The jobs take 5 to 60 seconds times a scale, and so do the waits: the more jobs, the larger the scale has to be for the
service to keep up with the loops (10,000 jobs polled once a second are 10,000 requests a second). All are submitted
before the wait begins. A lag, from a job's end to its delivery, is in scaled seconds. The service is a sandbox of its
own; runwayml polls the server of the other lines, for tasks of as many seconds, unscaled.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import httpx
from ccapi_client import AsyncCCAPI, PollPolicy
from ccapi_client.models import MultimodalImageGenerationResponse as Job
from httpx_aiohttp import AiohttpTransport

from . import server

SHORTEST, LONGEST = 5.0, 60.0
ESTIMATE_ERROR = 0.3


class Counting(httpx.AsyncBaseTransport):
    """Counts the polls, and makes the estimates of the responses wrong by up to a share of them."""

    def __init__(self, estimate_error: float) -> None:
        self.inner, self.polls, self.estimate_error, self.dice = AiohttpTransport(), 0, estimate_error, random.Random(0)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.inner.handle_async_request(request)
        if request.method == "GET":
            self.polls += 1
            document = json.loads(await response.aread())
            if self.estimate_error and "estimated_time" in document:
                document["estimated_time"] *= 1 + self.dice.uniform(-self.estimate_error, self.estimate_error)
                return httpx.Response(200, json=document)
        return response

    async def aclose(self) -> None:
        await self.inner.aclose()


async def ours(client: AsyncCCAPI, jobs: list[Job], scale: float) -> AsyncIterator[str]:
    poll = PollPolicy(initial=scale, max_interval=15 * scale, timeout=1000 * scale)
    async for outcome in client.wait_for_image_jobs(jobs, poll=poll):
        assert outcome.result, outcome.error
        yield outcome.job_id


async def a_loop_for_each(client: AsyncCCAPI, jobs: list[Job], scale: float) -> AsyncIterator[str]:
    send, receive = anyio.create_memory_object_stream[str](len(jobs))

    async def loop(job_id: str) -> None:
        while (await client.get_image_job(job_id)).status != "completed":
            await anyio.sleep(scale)
        await send.send(job_id)

    async with anyio.create_task_group() as group:
        for job in jobs:
            group.start_soon(loop, job.id)
        for _ in jobs:
            yield await receive.receive()


WAITS: dict[str, Callable[[AsyncCCAPI, list[Job], float], AsyncIterator[str]]] = {
    "wait_for_image_jobs": ours,
    "wait_for_image_jobs, wrong estimates": ours,
    "a loop for each job": a_loop_for_each,
}
RUNWAYML = "runwayml"


def measure(peer: str, base_url: str, *, jobs: int, scale: float) -> dict[str, float]:
    if peer == RUNWAYML:
        return anyio.run(tasks_of_runwayml, base_url, jobs)
    with sandbox(scale) as own_url:
        return anyio.run(wait, peer, own_url, jobs, scale)


@contextmanager
def sandbox(scale: float) -> Iterator[str]:
    command = [sys.executable, "-m", "ccapi_sandbox", "--port", "0"]
    command += ["--job-seconds", f"{SHORTEST * scale}:{LONGEST * scale}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            server.pin(server.SERVER_CORE, process.pid)
            assert process.stdout
            line = next(line for line in process.stdout if "export" in line)
            yield line.split("CCAPI_BASE_URL=")[1].split()[0]
        finally:
            process.terminate()


async def wait(peer: str, base_url: str, count: int, scale: float) -> dict[str, float]:
    transport = Counting(ESTIMATE_ERROR if "wrong" in peer else 0)
    jobs: list[Job] = []
    ends: dict[str, float] = {}
    async with AsyncCCAPI("sandbox", base_url=base_url, transport=transport) as client:

        async def submit(limit: anyio.CapacityLimiter) -> None:
            async with limit:
                job = await client.generate_images(contents=[{"text": "x"}], parameters={"width": 8, "height": 8})
            assert isinstance(job.estimated_time, float)
            ends[job.id] = time.monotonic() + job.estimated_time
            jobs.append(job)

        async with anyio.create_task_group() as group:
            limit = anyio.CapacityLimiter(32)
            for _ in range(count):
                group.start_soon(submit, limit)
        begun, cpu = time.monotonic(), time.process_time()
        # A job that ended before the wait began is late only from then on.
        lags = [time.monotonic() - max(ends[job_id], begun) async for job_id in WAITS[peer](client, jobs, scale)]
        assert len(lags) == count
    return figures(lags, transport.polls, cpu, scale)


async def tasks_of_runwayml(base_url: str, count: int) -> dict[str, float]:
    from runwayml import AsyncRunwayML

    lags: list[float] = []
    polls, dice = 0, random.Random(0)
    begun, cpu = time.time(), time.process_time()
    async with AsyncRunwayML(api_key="key", base_url=f"{base_url}/tasks") as client:

        async def wait_for(end: float) -> None:
            nonlocal polls
            task: Any = await client.tasks.retrieve(str(end))
            done = await task.wait_for_task_output()
            lags.append(time.time() - end)
            polls += int(done.output[0]) - 1  # the first request stands for the submission

        async with anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(wait_for, begun + dice.uniform(SHORTEST, LONGEST))
    return figures(lags, polls, cpu, 1)


def figures(lags: list[float], polls: int, cpu: float, scale: float) -> dict[str, float]:
    lags.sort()
    count = len(lags)
    return {
        "polls_per_job": polls / count,
        "lag_median_s": lags[count // 2] / scale,
        "lag_p95_s": lags[count * 95 // 100] / scale,
        "lag_p99_s": lags[count * 99 // 100] / scale,
        "cpu_ms_per_job": (time.process_time() - cpu) / count * 1e3,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
