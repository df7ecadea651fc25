"""Load on the sandbox: 1,000 requests in flight for a minute, and 100,000 jobs; what it answered, and how much memory it took.

`nox -s bench -- load`. The sandbox runs in a process of its own, the client in another.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import aiohttp

MESSAGES = [{"role": "user", "content": "Say hello."}]
KINDS: list[tuple[str, str, object]] = [
    ("GET", "/models", None),
    ("POST", "/chat/completions", {"model": "sandbox/babble", "messages": MESSAGES}),
    ("POST", "/chat/completions", {"model": "sandbox/babble", "messages": MESSAGES, "stream": True}),
    ("POST", "/images/generate", {"contents": [{"text": "a fox"}]}),
    ("GET", "/providers", None),
]


def memory(pid: int) -> float:
    """The resident memory of a process, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


async def in_flight(
    http: aiohttp.ClientSession, base_url: str, count: int, seconds: float
) -> tuple[Counter[str], list[float]]:
    outcomes: Counter[str] = Counter()
    times: list[float] = []
    end = time.monotonic() + seconds

    async def worker(number: int) -> None:
        while time.monotonic() < end:
            method, path, body = KINDS[number % len(KINDS)]
            number += 1
            began = time.monotonic()
            try:
                async with http.request(method, base_url + path, json=body) as answer:
                    await answer.read()
                    outcomes[str(answer.status)] += 1
            except (aiohttp.ClientError, TimeoutError) as error:
                outcomes[type(error).__name__] += 1
            times.append(time.monotonic() - began)

    await asyncio.gather(*(worker(number) for number in range(count)))
    return outcomes, sorted(times)


async def jobs(http: aiohttp.ClientSession, base_url: str, count: int) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            body = {"contents": [{"text": f"a fox, take {number}"}]}
            async with http.post(f"{base_url}/images/generate", json=body) as answer:
                await answer.read()
                outcomes[str(answer.status)] += 1

    await asyncio.gather(*(worker() for _ in range(64)))
    return outcomes


async def measure(base_url: str, pid: int, options: argparse.Namespace) -> dict[str, object]:
    headers = {"Authorization": "Bearer sandbox"}
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(headers=headers, connector=connector, timeout=timeout) as http:
        at_rest = memory(pid)
        outcomes, times = await in_flight(http, base_url, options.in_flight, options.seconds)
        after_load = memory(pid)
        made = await jobs(http, base_url, options.jobs)
        return {
            "in_flight": options.in_flight,
            "seconds": options.seconds,
            "answers": dict(outcomes),
            "answers_per_second": round(sum(outcomes.values()) / options.seconds),
            "median_s": round(times[len(times) // 2], 3),
            "slowest_s": round(times[-1], 3),
            "jobs": dict(made),
            "memory_mb": [round(at_rest), round(after_load), round(memory(pid))],
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--in-flight", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--jobs", type=int, default=100_000)
    options = parser.parse_args()
    command = [sys.executable, "-m", "ccapi_sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            line = next(line for line in process.stdout if "CCAPI_BASE_URL=" in line)
            base_url = line.split("CCAPI_BASE_URL=")[1].split()[0]
            print(json.dumps(asyncio.run(measure(base_url, process.pid, options)), indent=2))
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
