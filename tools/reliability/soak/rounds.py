"""Rounds of calls by one carrier, in this process, against a sandbox in another one; after each, all of it is checked."""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
import urllib.request
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ccapi_client import CCAPI, AsyncCCAPI, PollPolicy, RetryPolicy

from tests.carriers import Carrier

from ..programs import connections_to, free_port, running
from .calls import Calls, Outcome
from .judging import entries_of, errors_by_kind, survived, wrongs
from .measuring import MANY, Sample, growths, sample
from .plans import ON_ANY, Plan, plan

KEY = "sandbox"
AT_ONCE = 8
"""How many calls are in flight at once."""
RATE = 0.05
"""The share of requests without a fault of their own that get `ON_ANY`."""
QUICK = PollPolicy(initial=0.1, max_interval=0.3, timeout=60)
SETTLED = 0.5
"""How long after the last call of a round the sandbox still executes what was cancelled, in seconds, at most."""


@dataclass(frozen=True)
class Place:
    """A sandbox in a process of its own."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def control(self, name: str, document: Any = None) -> Any:
        """What the sandbox reports about itself, or does."""
        data = None if document is None else json.dumps(document).encode()
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/sandbox/{name}", data, headers)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)


@contextmanager
def sandbox(seed: int, *options: str) -> Iterator[Place]:
    """A sandbox, for as long as the block lasts."""
    port = free_port()
    command = [sys.executable, "-m", "ccapi_sandbox", "--port", port, "--api-key", KEY, "--seed", seed]
    with tempfile.TemporaryDirectory() as folder:
        faults = ["--fault", ON_ANY, "--fault-rate", RATE, *options]
        with running([*command, *faults], port, Path(folder, "log"), {"PYTHONUNBUFFERED": "1"}) as process:
            yield Place(port, process.pid)


@dataclass
class Report:
    """What came of all rounds.

    Attributes:
        carrier: By which carrier.
        calls: How many calls there were.
        requests: How many requests the sandbox received.
        seconds: How long the rounds took.
        faults: How many requests had a fault.
        survived: How many calls were answered all the same.
        errors: How many calls raised which error.
        client: What this process held after each round.
        sandbox: What the sandbox held, once it had forgotten the round.
        wrong: What was wrong; empty if nothing.
        is_long: Whether it was long enough to judge memory.
    """

    carrier: str
    calls: int = 0
    requests: int = 0
    seconds: float = 0.0
    faults: int = 0
    survived: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    client: list[Sample] = field(default_factory=list)
    sandbox: list[Sample] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    is_long: bool = False


@asynccontextmanager
async def client_of(place: Place, carrier: Carrier, poll: PollPolicy) -> AsyncIterator[Any]:
    """A client of the sandbox by a carrier, which the environment names."""
    options: dict[str, Any] = {
        "base_url": place.url,
        "timeout": 60.0,
        "retry": RetryPolicy(base_delay=0.02, max_delay=0.1),
        "poll": poll,
    }
    if carrier.is_blocking:
        with CCAPI(KEY, **options) as client:
            yield client
    else:
        async with AsyncCCAPI(KEY, **options) as other:
            yield other


async def soak(
    place: Place,
    carrier: Carrier,
    *,
    seed: int,
    rounds: int,
    calls: int,
    per_second: float,
    seconds: float,
    warm_up: int = 1,
) -> Report:
    """Rounds of so many calls each, or of so many seconds on a machine that is too busy for them; what came of them."""
    report, before = Report(str(carrier)), sample(0, backend=carrier.backend)
    with tempfile.TemporaryDirectory() as folder:
        async with client_of(place, carrier, QUICK) as client:
            made = Calls(client, carrier, Path(folder), png_of(seed))
            for number in range(rounds):
                numbers = range(number * calls, (number + 1) * calls)
                await _round(report, place, made, seed, numbers, per_second, seconds)
        left = sorted(each.name for each in Path(folder).iterdir())
    if left:
        report.wrong.append(f"files are left: {left}")
    await ended(report, place, carrier, before)
    report.client, report.sandbox = report.client[warm_up - 1 :], report.sandbox[warm_up - 1 :]
    report.is_long = len(report.client) >= MANY
    for who, samples in (("the client", report.client), ("the sandbox", report.sandbox)):
        report.wrong += growths(who, samples, AT_ONCE, is_long=report.is_long)
    return report


async def _round(
    report: Report, place: Place, made: Calls, seed: int, numbers: range, per_second: float, seconds: float
) -> None:
    carrier, start, waiting = made.carrier, time.monotonic(), iter(numbers)
    plans, outcomes = list[Plan](), list[Outcome]()

    async def worker() -> None:
        while time.monotonic() < start + seconds and (number := next(waiting, None)) is not None:
            await carrier.sleep(max(0.0, start + (number - numbers.start) / per_second - time.monotonic()))
            mine = plan(seed, number)
            plans.append(mine)
            outcomes.append(await made.make(mine))

    await carrier.all_at_once([worker] * AT_ONCE)
    report.seconds += time.monotonic() - start
    await carrier.sleep(SETTLED)
    requests = entries_of(place.control("ledger"))
    report.wrong += wrongs(plans, outcomes, requests)
    report.calls += len(outcomes)
    report.requests += len(requests)
    report.faults += sum(each.fault is not None for each in requests)
    report.survived += survived(outcomes, requests)
    report.errors += errors_by_kind(outcomes)
    outcomes.clear()
    requests.clear()
    place.control("reset", {})
    await settle(report, place, carrier)
    print(
        f"{report.carrier}: {report.calls:,} calls, {report.client[-1]}, {report.wrong[:1]}",
        file=sys.stderr,
        flush=True,
    )


async def settle(report: Report, place: Place, carrier: Carrier) -> None:
    """Waits until the sandbox has closed what was closed, which takes a while on a busy machine; 5 seconds at most."""
    measure(report, place, carrier)
    for _ in range(50):
        if report.sandbox[-1].descriptors <= report.sandbox[0].descriptors:
            break
        await carrier.sleep(0.1)
        del report.client[-1], report.sandbox[-1]
        measure(report, place, carrier)


def measure(report: Report, place: Place, carrier: Carrier) -> None:
    """Notes what both processes hold now."""
    connections = connections_to(place.port)
    report.client.append(sample(report.calls, connections=connections, backend=carrier.backend))
    report.sandbox.append(sample(report.calls, connections=connections, pid=place.pid))


async def ended(report: Report, place: Place, carrier: Carrier, before: Sample) -> None:
    """Checks that a client that was closed has left nothing."""
    for _ in range(100):  # an event loop closes a transport in its next rounds
        if not connections_to(place.port):
            break
        await carrier.sleep(0.02)
    after = sample(report.calls, backend=carrier.backend)
    for name in ("descriptors", "tasks"):
        if getattr(after, name) > getattr(before, name):
            report.wrong.append(
                f"the client was closed, and left {name}: {getattr(before, name)}, {getattr(after, name)}"
            )


def png_of(seed: int, side: int = 160) -> bytes:
    """A picture that can't be compressed: about 75 kB, for uploads."""
    dice = random.Random(seed)
    rows = b"".join(b"\0" + dice.randbytes(3 * side) for _ in range(side))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = side.to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
