"""Workers killed and frozen in the middle, then client and scheduler killed and started again: nothing is sent twice."""

import asyncio
import collections
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import ccapi_sandbox
import pytest
from ccapi_client import CCAPI
from ccapi_client.batch import Batch, Item
from ccapi_client.batch.dask import run
from ccapi_client.batch.desk import Idempotency
from ccapi_client.batch.moves import key_of
from ccapi_sandbox.settings import Idempotency as Policy
from distributed import Client

from ...conftest import QUICK
from .test_kills import write_requests

IN_FLIGHT, A_SECOND = 12, 30

SCHEDULER = """
    import asyncio, sys
    from distributed import Scheduler
    async def main():
        async with Scheduler(host="127.0.0.1", port=int(sys.argv[1]), dashboard=False, worker_ttl=1) as scheduler:
            print(scheduler.address, flush=True)
            await scheduler.finished()
    asyncio.run(main())
"""
WORKER = """
    import asyncio, sys
    from distributed import Worker
    async def main():
        async with Worker(sys.argv[1], nthreads=1, host="127.0.0.1") as worker:
            print(worker.address, flush=True)
            await worker.finished()
    asyncio.run(main())
"""
CLIENT = """
    import sys
    from functools import partial
    from ccapi_client import CCAPI, PollPolicy
    from ccapi_client.batch import Batch
    from ccapi_client.batch.dask import run
    client = partial(CCAPI, poll=PollPolicy(initial=0.05, max_interval=0.2))
    scheduler, idempotency, in_flight, per_minute = sys.argv[1:]
    limits = {"in_flight": int(in_flight), "per_minute": int(per_minute)}
    with Batch.open("batch.ccapi") as batch:
        batch.add("requests.jsonl")
        for item in run(batch, scheduler, client, output="out", idempotency=idempotency, max_failures=1, **limits):
            print(item.id, item.state, flush=True)
"""


@contextmanager
def process(folder: Path, program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A process, killed at the end of the block; what it logs is in a file of its own."""
    command = [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)]
    with (
        (folder / "log.txt").open("a") as log,
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True) as started,
    ):
        try:
            yield started
        finally:
            started.kill()


def line_of(started: subprocess.Popen[str]) -> str:
    """The next line that it prints."""
    assert started.stdout
    line = started.stdout.readline()
    assert line, "it has ended"
    return line.strip()


async def until_workers(scheduler: str, wanted: set[str]) -> None:
    """Waits until the scheduler has these workers, and no others."""
    made = Client(scheduler, asynchronous=True, set_as_default=False)  # type: ignore[no-untyped-call]
    async with made as client:
        while set(await client.nthreads()) != wanted:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("policy", ["replay", "ignore"])
def test_kills(policy: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    idempotency: Idempotency = "never" if policy == "ignore" else policy
    write_requests(tmp_path / "requests.jsonl")
    with (
        ccapi_sandbox.running(idempotency=policy, job_seconds=(0.05, 0.5), delay_after=0.2) as sandbox,
        ExitStack() as stack,
    ):
        monkeypatch.setenv("CCAPI_API_KEY", sandbox.api_key)
        monkeypatch.setenv("CCAPI_BASE_URL", sandbox.base_url)

        def start(program: str, *arguments: object) -> subprocess.Popen[str]:
            return stack.enter_context(process(tmp_path, program, *arguments))

        scheduler = start(SCHEDULER, 0)
        address = line_of(scheduler)
        killed, frozen, third = (start(WORKER, address) for _ in range(3))
        for each in (killed, frozen):
            line_of(each)
        client = start(CLIENT, address, idempotency, IN_FLIGHT, A_SECOND * 60)
        for _ in range(4):
            line_of(client)
        killed.kill()
        for _ in range(3):
            line_of(client)
        frozen.send_signal(signal.SIGSTOP)
        asyncio.run(until_workers(address, {line_of(third)}))
        frozen.send_signal(signal.SIGCONT)  # it goes on where it was, and is too late
        line_of(client)
        client.kill()
        scheduler.kill()
        for each in (client, scheduler):
            each.wait()
        scheduler, _ = start(SCHEDULER, address.rpartition(":")[2]), start(WORKER, address)
        assert line_of(scheduler) == address
        items = finish(tmp_path, address, idempotency)
        executed = collections.Counter(each.idempotency_key for each in sandbox.requests if each.executed)
        times = [each.time for each in sandbox.requests if each.method == "POST" or "/jobs/" in each.path]
    by_row = {item.id: sum(executed[key_of(run, item.row, n)] for n in range(item.attempt + 1)) for run, item in items}
    assert max(by_row.values()) == 1
    by_state = collections.Counter(item.state for _, item in items)
    print(f"{policy}: {sum(by_row.values())} executed once, {dict(by_state)}")
    assert by_state.keys() <= ({"saved"} if policy == "replay" else {"saved", "unknown"})
    assert {by_row[item.id] for _, item in items if item.state == "saved"} == {1}
    assert by_state["unknown"] <= 3 * IN_FLIGHT
    for _, item in items:
        assert len(item.paths) == (item.state == "saved" and item.operation != "createChatCompletion")
        assert all(path.stat().st_size > 10 for path in item.paths)
    # A second and a half has no more than the rate, what is made up for, and what a frozen worker was permitted.
    most = max(sum(1 for time in times if start <= time < start + 1.5) for start in times)
    assert most <= 1.5 * A_SECOND + 0.25 * A_SECOND + IN_FLIGHT


def finish(folder: Path, address: str, idempotency: Idempotency) -> list[tuple[str, Item]]:
    """Runs the batch to its end; its rows, with the id of the batch."""
    with Batch.open(folder / "batch.ccapi") as batch:
        running = run(
            batch,
            address,
            partial(CCAPI, poll=QUICK),
            output=folder / "out",
            per_minute=A_SECOND * 60,
            in_flight=IN_FLIGHT,
            max_failures=1,
            idempotency=idempotency,
        )
        list(running)
        return [(batch._ledger.id, item) for item in batch.items()]
