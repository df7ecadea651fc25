"""Batches against a plain loop and a peer: `nox -s bench -- batch`; writes its part of docs/benchmarks.md.

10,000 chats against a service that takes so many a minute, and against one that takes all; a million rows planned. Each
runs in a process of its own, the service in another.
"""

import argparse
import asyncio
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs

from .compare.report import table, written_between
from .compare.server import MODEL
from .limited_service import WINDOW, service

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
IN_FLIGHT = 64
PEER = "flexllm"


# What is measured: each gives how many chats were answered


def text_of(number: int) -> str:
    return f"Say hello to fox number {number}."


async def by_batch(url: str, count: int, per_minute: int, folder: Path) -> int:
    from ccapi_client import AsyncCCAPI
    from ccapi_client.batch import Batch

    with Batch.open(folder / "batch.ccapi") as batch:
        rows = ({"model": MODEL, "text": text_of(number)} for number in range(count))
        batch.add(rows, operation="createChatCompletion")
        async with AsyncCCAPI("k", base_url=url) as client:
            async for _ in batch.run(client, output=folder, in_flight=IN_FLIGHT):
                pass
        return batch.counts().saved


async def by_loop(url: str, count: int, per_minute: int, folder: Path) -> int:
    """What a person writes first; the client retries what is refused."""
    from ccapi_client import AsyncCCAPI, CCAPIError

    slots, done = asyncio.Semaphore(IN_FLIGHT), 0
    with (folder / "answers.jsonl").open("w") as file:
        async with AsyncCCAPI("k", base_url=url) as client:

            async def one(number: int) -> None:
                nonlocal done
                async with slots:
                    try:
                        messages = [{"role": "user", "content": text_of(number)}]
                        answer = await client.create_chat_completion(model=MODEL, messages=messages)
                    except CCAPIError:
                        return
                    file.write(json.dumps(answer.to_dict()) + "\n")
                    done += 1

            await asyncio.gather(*(one(number) for number in range(count)))
    return done


async def by_peer(url: str, count: int, per_minute: int, folder: Path) -> int:
    from flexllm import LLMClient  # type: ignore[import-not-found,unused-ignore]

    client: Any = LLMClient(
        base_url=url,
        model=MODEL,
        api_key="k",
        concurrency_limit=IN_FLIGHT,
        max_qps=per_minute // 60 or 100_000,
        retry_times=3,
    )
    chats = [[{"role": "user", "content": text_of(number)}] for number in range(count)]
    path = str(folder / "answers.jsonl")
    answers = await client.chat_batch(chats, output_jsonl=path, show_progress=False)
    return int(answers.success_count)


async def by_planning(url: str, count: int, per_minute: int, folder: Path) -> int:
    from ccapi_client.batch import Batch

    with Batch.open(folder / "batch.ccapi") as batch:
        rows = ({"sku": f"fox-{number}", "color": "red"} for number in range(count))
        return batch.add(rows, template={"text": "a {color} fox in the snow"}, id="{sku}").new


CASES: dict[str, Callable[[str, int, int, Path], Coroutine[Any, Any, int]]] = {
    "batch": by_batch,
    "loop": by_loop,
    "peer": by_peer,
    "plan": by_planning,
}


def run(case: str, url: str, count: int, per_minute: int) -> None:
    """Runs a case in this process, and prints its figures."""
    with tempfile.TemporaryDirectory() as name:
        began, cpu = time.perf_counter(), time.process_time()
        done = asyncio.run(CASES[case](url, count, per_minute, Path(name)))
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        kept = sum(path.stat().st_size for path in Path(name).iterdir())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"done": done, "seconds": seconds, "cpu": cpu, "peak_mb": peak, "kept_mb": kept / 1e6}))


# The page


@attrs.frozen
class Line:
    """A measured case: its figures, and what the service counted."""

    name: str
    figures: dict[str, Any]
    windows: list[int]
    refused: int


def measure(name: str, case: str, count: int, per_minute: int, *, is_told: bool = True) -> Line:
    with service(int(per_minute * WINDOW / 60), is_told=is_told) as url:
        command = [sys.executable, "-m", "benchmarks.batch", "case", case, url, str(count), str(per_minute)]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
        with urllib.request.urlopen(f"{url}/counts") as response:
            counts = json.load(response)
    line = Line(name, json.loads(done.stdout.splitlines()[-1]), counts["windows"], counts["refused"])
    print(line, flush=True)
    return line


def cells(line: Line, count: int, per_minute: int) -> list[str]:
    figures, whole = line.figures, line.windows[:-1]
    rate = f"{60 * figures['done'] / figures['seconds']:,.0f} /min"
    if per_minute:  # of the windows that it could use from their start to their end
        rate = f"{sum(whole) / (len(whole) * per_minute * WINDOW / 60):.1%}"
    return [
        line.name,
        rate,
        f"{line.refused:,}",
        f"{count - figures['done']:,}",
        f"{1000 * figures['cpu'] / count:.2f} ms",
        f"{figures['peak_mb']:.0f} MB",
        f"{figures['kept_mb']:.1f} MB",
    ]


def page(count: int, rows: int, per_minute: int) -> str:
    names = {"batch": "`ccapi_client.batch`", "loop": "a loop with a semaphore", "peer": PEER}
    limited = [measure(name, case, count, per_minute) for case, name in names.items()]
    limited.append(measure("`ccapi_client.batch`, limit not told", "batch", count, per_minute, is_told=False))
    free = [measure(name, case, count, 0) for case, name in names.items()]
    plan = measure("plan", "plan", rows, 0).figures
    rest = ("429s", "not answered", "CPU each", "peak memory", "kept")
    return "\n".join(
        (
            (
                f"Measured on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, Linux {platform.release().partition('-')[0]}, "
                f"Python {platform.python_version()}, {PEER} {version(PEER)}."
            ),
            "",
            f"{count:,} chats, {IN_FLIGHT} in flight, {per_minute:,} a minute allowed:",
            "",
            *table([cells(each, count, per_minute) for each in limited], "", "of the limit", *rest),
            "",
            f"{count:,} chats, {IN_FLIGHT} in flight, no limit:",
            "",
            *table([cells(each, count, 0) for each in free], "", "rate", *rest),
            "",
            (
                f"{rows:,} rows planned: {plan['seconds']:.0f} s ({plan['cpu']:.0f} s of CPU), "
                f"{plan['peak_mb']:.0f} MB of memory at most, {plan['kept_mb']:.0f} MB of ledger."
            ),
            "",
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--per-minute", type=int, default=6_000)
    inner = parser.add_subparsers(dest="inner")
    case = inner.add_parser("case")
    case.add_argument("case", choices=CASES)
    case.add_argument("url")
    case.add_argument("count", type=int)
    case.add_argument("per_minute", type=int)
    options = parser.parse_args()
    if options.inner == "case":
        run(options.case, options.url, options.count, options.per_minute)
    else:
        text = page(options.count, options.rows, options.per_minute)
        PAGE.write_text(written_between(PAGE.read_text("utf-8"), text, "batch"), "utf-8")


if __name__ == "__main__":
    main()
