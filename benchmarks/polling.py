"""Waiting for thousands of image jobs: `wait_for_image_jobs` against a loop for each job, side by side.

    python benchmarks/polling.py [--jobs 10000] [--scale 8] [--estimate-error 0.3]

The jobs take 5 to 60 seconds times `--scale`, and so do the waits of both: the more jobs, the larger the scale has to
be for the service to keep up with the loops (10,000 jobs asked after each second are 10,000 requests a second). Each
variant runs in a process of its own, against a sandbox in another, over the same kind of connections.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable

import anyio
import httpx
from ccapi_client import AsyncCCAPI, PollPolicy
from ccapi_client.models import MultimodalImageGenerationResponse as Job
from httpx_aiohttp import AiohttpTransport


class Counting(httpx.AsyncBaseTransport):
    """Counts the questions after jobs, and makes the estimates of the answers wrong by up to a share of them."""

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


VARIANTS: dict[str, Callable[[AsyncCCAPI, list[Job], float], AsyncIterator[str]]] = {
    "wait_for_image_jobs": ours,
    "a loop for each job": a_loop_for_each,
}


async def measure(variant: str, base_url: str, count: int, scale: float, estimate_error: float) -> dict[str, float]:
    transport = Counting(estimate_error)
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
        lags = [time.monotonic() - max(ends[job_id], begun) async for job_id in VARIANTS[variant](client, jobs, scale)]
        lags.sort()
        assert len(lags) == count
    return {
        "polls per job": transport.polls / count,
        "lag, median": lags[count // 2] / scale,
        "lag, p95": lags[count * 95 // 100] / scale,
        "lag, p99": lags[count * 99 // 100] / scale,
        "CPU seconds": time.process_time() - cpu,
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "requests a second": transport.polls / (time.monotonic() - begun),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--scale", type=float, default=8.0)
    parser.add_argument("--estimate-error", type=float, default=0.0)
    parser.add_argument("--variant", choices=VARIANTS, help=argparse.SUPPRESS)
    parser.add_argument("--base-url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.variant:
        print(
            json.dumps(
                anyio.run(
                    measure, options.variant, options.base_url, options.jobs, options.scale, options.estimate_error
                )
            )
        )
        return

    print(f"{options.jobs:,} jobs of {5 * options.scale:g} to {60 * options.scale:g} s; lags in scaled seconds\n")
    rows: dict[str, dict[str, float]] = {}
    for variant in VARIANTS:
        seconds = f"{5 * options.scale}:{60 * options.scale}"
        serve = [sys.executable, "-m", "ccapi_sandbox", "--port", "0", "--job-seconds", seconds]
        with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as sandbox:
            try:
                assert sandbox.stdout
                line = next(line for line in sandbox.stdout if "export" in line)
                base_url = line.split("CCAPI_BASE_URL=")[1].split()[0]
                again = [sys.executable, __file__, "--variant", variant, "--base-url", base_url]
                again += [
                    "--jobs",
                    str(options.jobs),
                    "--scale",
                    str(options.scale),
                    "--estimate-error",
                    str(options.estimate_error),
                ]
                rows[variant] = json.loads(subprocess.run(again, stdout=subprocess.PIPE, check=True).stdout)
            finally:
                sandbox.terminate()
    print(f"{'':20}" + "".join(f"{variant:>22}" for variant in rows))
    for name in rows["wait_for_image_jobs"]:
        print(f"{name:20}" + "".join(f"{row[name]:22.3f}" for row in rows.values()))


if __name__ == "__main__":
    main()
