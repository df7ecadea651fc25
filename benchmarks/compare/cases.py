"""What one process measures, by itself: `python -m benchmarks.compare.cases CASE PEER BASE_URL JSON` prints its figures.

A process measures one thing once, so that its CPU time and its memory are those of that thing alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from . import clients

Figures = dict[str, float]


def memory(field: str) -> float:
    """A field of this process's status, in MB: VmRSS is what it holds now, VmHWM the most it has held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024


def run(main: Coroutine[Any, Any, Figures], uvloop: bool = False) -> Figures:
    factory: Any = None
    if uvloop:
        from uvloop import new_event_loop as factory
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main)


def in_flight(peer: str, base_url: str, *, count: int, seconds: float, uvloop: bool = False) -> Figures:
    """Asynchronous calls, always so many at once."""

    async def main() -> Figures:
        async with clients.ASYNC[peer](base_url) as call:
            await asyncio.gather(*(call() for _ in range(count)))  # opens the connections
            made, begun, cpu = 0, time.perf_counter(), time.process_time()

            async def worker() -> None:
                nonlocal made
                while time.perf_counter() < begun + seconds:
                    await call()
                    made += 1

            await asyncio.gather(*(worker() for _ in range(count)))
            return {
                "calls_per_s": made / (time.perf_counter() - begun),
                "cpu_us": (time.process_time() - cpu) / made * 1e6,
                "peak_mb": memory("VmHWM"),
            }

    return run(main(), uvloop)


def one_after_another(peer: str, base_url: str, *, calls: int) -> Figures:
    """Synchronous calls."""
    with clients.SYNC[peer](base_url) as call:
        for _ in range(50):
            call()
        begun, cpu = time.perf_counter(), time.process_time()
        for _ in range(calls):
            call()
        return {
            "calls_per_s": calls / (time.perf_counter() - begun),
            "cpu_us": (time.process_time() - cpu) / calls * 1e6,
        }


def events(peer: str, base_url: str, *, count: int) -> Figures:
    """One stream of so many events; a short one before it warms up."""
    for _ in clients.STREAMS[peer](f"{base_url}/stream-100/v1"):
        pass
    begun, cpu = time.perf_counter(), time.process_time()
    came = sum(1 for _ in clients.STREAMS[peer](f"{base_url}/stream-{count}/v1"))
    assert came == count, came
    return {
        "events_per_s": count / (time.perf_counter() - begun),
        "cpu_us": (time.process_time() - cpu) / count * 1e6,
    }


def picture_ours(base_url: str, path: Path) -> None:
    os.environ["CCAPI_CARRIER"] = "httpx"  # as its peer; the process measures nothing else
    from ccapi_client import CCAPI

    with CCAPI(clients.KEY, base_url=base_url) as client:
        client.save(client.create_image(prompt="a fox", response_format="b64_json"), path)


def picture_by_hand(base_url: str, path: Path) -> None:
    import base64

    import httpx

    body = {"prompt": "a fox", "response_format": "b64_json"}
    with httpx.Client(headers=clients.HEADERS, timeout=60) as client:
        answer = json.loads(client.post(f"{base_url}/images/generations", json=body).content)
    path.write_bytes(base64.b64decode(answer["data"][0]["b64_json"]))


def picture(peer: str, base_url: str, *, size: int) -> Figures:
    """A picture in base64 that becomes a file; a small one before it warms up."""
    save = picture_ours if peer == clients.OURS else picture_by_hand
    with tempfile.TemporaryDirectory() as folder:
        save(f"{base_url}/picture-1000/v1", Path(folder, "small.png"))
        begun, held = time.perf_counter(), memory("VmRSS")
        save(f"{base_url}/picture-{size}/v1", Path(folder, "large.png"))
        seconds = time.perf_counter() - begun
        assert Path(folder, "large.png").stat().st_size == size * 3 // 4
    return {"seconds": seconds, "payloads": (memory("VmHWM") - held) * 2**20 / size}


def faults(peer: str, base_url: str, *, calls: int) -> Figures:
    """Lists and chats by turns, 64 at once. `peer` is how the server answers."""
    from ccapi_client import AsyncCCAPI, RetryPolicy

    retry = RetryPolicy(max_attempts=8)  # with four attempts, one run of ten has a call that fails each time

    async def main() -> Figures:
        retries = 0

        def count(event: object) -> None:
            nonlocal retries
            retries += 1

        async with AsyncCCAPI(clients.KEY, base_url=f"{base_url}/{peer}/v1", retry=retry, on_retry=count) as client:

            async def call(number: int) -> None:
                if number % 2:
                    await client.list_models()
                else:
                    await client.create_chat_completion(model=clients.MODEL, messages=clients.MESSAGES)

            await asyncio.gather(*(call(number) for number in range(64)))
            retries, numbers = 0, iter(range(calls))
            begun, cpu = time.perf_counter(), time.process_time()

            async def worker() -> None:
                for number in numbers:
                    await call(number)

            await asyncio.gather(*(worker() for _ in range(64)))
            spent = time.process_time() - cpu
            return {
                "seconds": time.perf_counter() - begun,
                "cpu_us": spent / calls * 1e6,
                "cpu_us_per_request": spent / (calls + retries) * 1e6,
                "retries": retries,
            }

    return run(main())


def waiting(peer: str, base_url: str, **options: Any) -> Figures:
    from .waiting import measure

    return measure(peer, base_url, **options)


CASES: dict[str, Callable[..., Figures]] = {
    each.__name__: each for each in (in_flight, one_after_another, events, picture, faults, waiting)
}


if __name__ == "__main__":
    name, peer, base_url, options = sys.argv[1:]
    print(json.dumps(CASES[name](peer, base_url, **json.loads(options))), flush=True)
    os._exit(0)  # pyreqwest 0.15.1 may abort a Python that ends in order: its threads outlive the interpreter
