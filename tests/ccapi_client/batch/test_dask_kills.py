"""A cluster whose workers are killed and frozen, and that is then killed as a whole, with whoever started the run.

Nothing is executed twice, and everything is saved. In the gate once; `nox -s soak` sets CCAPI_SOAK, and does what takes
long.
"""

import asyncio
import collections
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import ccapi_sandbox
import pytest
from ccapi_client import CCAPI
from ccapi_client.batch import Batch, Item
from ccapi_client.batch.dask import run
from ccapi_client.batch.desk import Idempotency
from ccapi_client.batch.moves import key_of
from ccapi_sandbox.settings import Idempotency as Policy
from distributed import Client, LocalCluster

from ...conftest import QUICK
from .test_kills import write_requests

POLICIES: list[Policy] = ["replay", "reject", "ignore"] if os.environ.get("CCAPI_SOAK") else ["replay"]
IN_FLIGHT, A_SECOND, WINDOW = 12, 15, 5.0
"""How many requests at once, how many a second, and over how many seconds that is measured."""
LONGEST = 300.0
"""After how many seconds a program is killed that hangs."""

PROGRAM = """
    import sys
    from functools import partial
    from ccapi_client import CCAPI, PollPolicy
    from ccapi_client.batch import Batch
    from ccapi_client.batch.dask import run
    from distributed import LocalCluster
    limits = {"in_flight": int(sys.argv[2]), "per_minute": 60 * int(sys.argv[3]), "max_failures": 1}
    client = partial(CCAPI, poll=PollPolicy(initial=0.05, max_interval=0.2))
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster,
        Batch.open("batch.ccapi") as batch,
    ):
        print(cluster.scheduler_address, flush=True)
        for nanny in cluster.workers.values():
            print(nanny.pid, nanny.worker_address, flush=True)
        batch.add("requests.jsonl")
        for item in run(batch, cluster.scheduler_address, client, output="out", idempotency=sys.argv[1], **limits):
            print(item.id, item.state, flush=True)
"""


@contextmanager
def started(folder: Path, idempotency: Idempotency) -> Iterator[subprocess.Popen[str]]:
    """The program, killed at the end of the block with all that it has started; its log is in a file."""
    with (
        (folder / "log.txt").open("a") as log,
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(PROGRAM), idempotency, str(IN_FLIGHT), str(A_SECOND)],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            # Its workers start quicker so.
            env={**os.environ, "DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD": "forkserver"},
        ) as process,
    ):
        timer = threading.Timer(LONGEST, process.kill)
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def lines_of(process: subprocess.Popen[str], count: int) -> list[str]:
    """The next lines that it prints."""
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(count)]
    assert all(lines), "it has ended"
    return lines


async def remove(scheduler: str, worker: str) -> None:
    """Has the scheduler remove a worker, as it does by itself with one that is silent for long."""

    async def remove(dask_scheduler: Any) -> None:
        await dask_scheduler.remove_worker(worker, stimulus_id="silent")

    async with Client(scheduler, asynchronous=True, set_as_default=False) as client:
        await client.run_on_scheduler(remove)


def kill(folder: Path, idempotency: Idempotency) -> None:
    """Runs the batch, and kills one after the other."""
    with started(folder, idempotency) as process:
        address, killed, frozen = lines_of(process, 3)
        lines_of(process, 4)
        os.kill(int(killed.split()[0]), signal.SIGKILL)  # Dask starts another one
        lines_of(process, 3)
        pid, worker = frozen.split()
        os.kill(int(pid), signal.SIGSTOP)
        asyncio.run(remove(address.strip(), worker))
        lines_of(process, 4)
        os.kill(int(pid), signal.SIGCONT)  # it goes on where it was, and is too late
        lines_of(process, 2)
        process.kill()


def finish(folder: Path, idempotency: Idempotency) -> tuple[list[Item], str]:
    """Runs the batch to its end, on another cluster; its rows, and the id of the batch."""
    address: Any = {"host": "tcp://127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    made: Any = LocalCluster(n_workers=2, threads_per_worker=1, processes=False, **address)
    limits: Any = {"in_flight": IN_FLIGHT, "per_minute": 60 * A_SECOND, "max_failures": 1}
    client = partial(CCAPI, poll=QUICK)
    with made as cluster, Batch.open(folder / "batch.ccapi") as batch:
        list(run(batch, cluster.scheduler_address, client, output=folder / "out", idempotency=idempotency, **limits))
        return list(batch.items()), batch._ledger.id


@pytest.mark.parametrize("policy", POLICIES)
def test_kills(policy: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    idempotency: Idempotency = "never" if policy == "ignore" else policy
    write_requests(tmp_path / "requests.jsonl")
    with ccapi_sandbox.running(idempotency=policy, job_seconds=(0.05, 0.5), delay_after=0.2) as sandbox:
        monkeypatch.setenv("CCAPI_API_KEY", sandbox.api_key)
        monkeypatch.setenv("CCAPI_BASE_URL", sandbox.base_url)
        kill(tmp_path, idempotency)
        with Batch.open(tmp_path / "batch.ccapi", read_only=True) as batch:
            assert batch.counts().left > IN_FLIGHT, "it was not in the middle"
        items, run_id = finish(tmp_path, idempotency)
        requests = [each for each in sandbox.requests if each.method == "POST" or "/jobs/" in each.path]
    executed = collections.Counter(each.idempotency_key for each in requests if each.executed and each.method == "POST")
    times = [each.time for each in requests]
    by_row = {item.id: sum(executed[key_of(run_id, item.row, n)] for n in range(item.attempt + 1)) for item in items}
    by_state = collections.Counter(item.state for item in items)
    # No more than the rate, what is made up for, what was delayed, and what a frozen worker was permitted.
    most = max(sum(1 for time in times if start <= time < start + WINDOW) for start in times)
    print(f"{policy}: {sum(by_row.values())} executed once, {dict(by_state)}; {most / WINDOW:.1f} a second at most")
    assert max(by_row.values()) == 1
    assert sum(executed.values()) == sum(by_row.values())
    assert by_state.keys() <= ({"saved"} if policy == "replay" else {"saved", "unknown"})
    assert {by_row[item.id] for item in items if item.state == "saved"} == {1}
    assert by_state["unknown"] <= 3 * IN_FLIGHT
    if policy == "reject":
        assert {item.error.code for item in items if item.error} <= {"executed"}
    for item in items:
        assert len(item.paths) == (item.state == "saved" and item.operation != "createChatCompletion")
        assert all(path.stat().st_size > 10 for path in item.paths)
    assert most <= WINDOW * A_SECOND + 0.25 * A_SECOND + 1.5 * IN_FLIGHT
