"""Batches against a plain loop and a peer: `nox -s bench -- batch`; writes its part of docs/benchmarks.md.

10,000 chats against a service that takes so many a minute, and against one that takes all; a million rows planned. Each
runs in a process of its own, the service in another.
"""

import argparse
import asyncio
import json
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs

from .compare.report import table, written_between
from .compare.server import MODEL, chat

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
IN_FLIGHT = 64
WINDOW, LATENCY = 10.0, 0.1
"""How long a window of the service's limit is, and how long it takes for a response, in seconds."""
PEER = "flexllm"


# The service


class Service:
    """Answers chats, so many in a window. Windows follow each other from the first request on.

    Args:
        limit: How many requests it takes in a window; 0 for any number.
        is_told: Whether its responses say so, in `x-ratelimit-…` and `Retry-After`.
    """

    def __init__(self, limit: int, *, is_told: bool) -> None:
        self.limit, self.is_told = limit, is_told
        self.start = 0.0
        self.executed: Counter[int] = Counter()
        self.refused = 0

    async def serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async for is_post in requests(reader):
                status, body, headers = self._response() if is_post else (200, self._counts(), "")
                if is_post and status == 200:
                    await asyncio.sleep(LATENCY)
                head = f"HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{headers}content-length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _counts(self) -> bytes:
        windows = [self.executed[number] for number in range(max(self.executed, default=-1) + 1)]
        return json.dumps({"windows": windows, "refused": self.refused}).encode()

    def _response(self) -> tuple[int, bytes, str]:
        now = time.monotonic()
        self.start = self.start or now
        window = int((now - self.start) // WINDOW)
        left = self.start + (window + 1) * WINDOW - now
        is_refused = bool(self.limit) and self.executed[window] >= self.limit
        self.refused += is_refused
        self.executed[window] += not is_refused
        headers = ""
        if self.limit and self.is_told:
            headers = (
                f"x-ratelimit-limit-requests: {self.limit}\r\n"
                f"x-ratelimit-remaining-requests: {self.limit - self.executed[window]}\r\n"
                f"x-ratelimit-reset-requests: {math.ceil(left * 1000)}ms\r\n"
            )
            if is_refused:
                headers += f"retry-after: {math.ceil(left)}\r\n"
        return (429, b'{"error": {"message": "slow down"}}', headers) if is_refused else (200, chat(300), headers)


async def requests(reader: asyncio.StreamReader) -> AsyncIterator[bool]:
    """Whether each request of a connection is a POST."""
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        size = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
        await reader.readexactly(size)
        yield head.startswith(b"post")


@contextmanager
def service(limit: int, *, is_told: bool) -> Iterator[str]:
    """A service in a process of its own, by its base URL."""
    command = [sys.executable, "-m", "benchmarks.batch", "serve", str(limit), str(int(is_told))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.kill()


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
    serve, case = inner.add_parser("serve"), inner.add_parser("case")
    serve.add_argument("limit", type=int)
    serve.add_argument("is_told", type=int)
    case.add_argument("case", choices=CASES)
    case.add_argument("url")
    case.add_argument("count", type=int)
    case.add_argument("per_minute", type=int)
    options = parser.parse_args()
    if options.inner == "serve":
        asyncio.run(Service(options.limit, is_told=bool(options.is_told)).serve())
    elif options.inner == "case":
        run(options.case, options.url, options.count, options.per_minute)
    else:
        text = page(options.count, options.rows, options.per_minute)
        PAGE.write_text(written_between(PAGE.read_text("utf-8"), text, "batch"), "utf-8")


if __name__ == "__main__":
    main()
