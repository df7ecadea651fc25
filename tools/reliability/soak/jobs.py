"""Thousands of jobs that one client starts and waits for, while the sandbox rejects some requests and polls."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
from ccapi_client import PollPolicy

from tests.carriers import Carrier

from .judging import entries_of
from .measuring import growths, sample
from .rounds import Place, Report, client_of, ended, measure

SUBMITTERS = 8
"""How many jobs are started at once."""
POLL = PollPolicy(max_interval=3, timeout=300)
MANY = 1000
"""From how many jobs on memory is judged."""
TAKEN = 200
"""How many jobs wait to be taken up."""


async def many(place: Place, carrier: Carrier, *, seed: int, jobs: int) -> Report:
    """Starts so many jobs and waits for all of them at once; what came of it. Before them come a tenth as many."""
    report, before = Report(str(carrier), is_long=jobs >= MANY), sample(0, backend=carrier.backend)
    async with client_of(place, carrier, POLL) as client:
        for count in (jobs // 10, jobs):
            place.control("reset", {})
            # How often each was given: what grew with the jobs would hide what the client keeps.
            report.calls, given, start = 0, bytearray(count), time.monotonic()
            async for outcome in client.wait_for_image_jobs(_started(client, seed, count)):
                report.calls += 1
                report.wrong += _given(outcome, given)
                if report.calls % 1000 == 0:
                    print(f"{report.calls:,} jobs, {report.wrong[:1]}", file=sys.stderr, flush=True)
            report.seconds = time.monotonic() - start
            measure(report, place, carrier)  # where no request is in flight
    await ended(report, place, carrier, before)
    requests = entries_of(place.control("ledger"))
    place.control("reset", {})
    executed = Counter(each.idempotency_key for each in requests if each.method == "POST" and each.executed)
    report.requests, report.faults = len(requests), sum(each.fault is not None for each in requests)
    report.wrong += [f"{key}: executed {count} times" for key, count in executed.items() if count != 1]
    report.wrong += [f"job {number}: given {count} times" for number, count in enumerate(given) if count != 1]
    if len(executed) != jobs:
        report.wrong.append(f"{len(executed)} jobs were executed, not {jobs}")
    # The sandbox keeps each job for an hour: it is judged by the rounds, not here.
    report.wrong += growths("the client", report.client, SUBMITTERS, is_long=report.is_long)
    return report


def _given(outcome: Any, given: bytearray) -> Iterator[str]:
    """Counts a job that is completed; what is wrong with it."""
    if outcome.error is not None:
        yield f"job {outcome.job_id}: {outcome.error!r}"
        return
    job = outcome.completed()
    given[job.data[0].seed] += 1
    if job.id != outcome.job_id:
        yield f"job {outcome.job_id} is {job.id}"


async def _started(client: Any, seed: int, jobs: int) -> AsyncIterator[Any]:
    """The jobs, as soon as each is started."""
    numbers = iter(range(jobs))
    put, taken = anyio.create_memory_object_stream[Any](TAKEN)

    async def submit(mine: Any) -> None:
        async with mine:
            for number in numbers:
                job = await client.generate_images(
                    contents=[{"text": f"fox {number}"}],
                    parameters={"width": 16, "height": 16, "seed": number},
                    idempotency_key=f"jobs-{seed}-{number}",
                )
                await mine.send(job)

    async with anyio.create_task_group() as group:
        async with put:
            for _ in range(SUBMITTERS):
                group.start_soon(submit, put.clone())
        async with taken:
            async for job in taken:
                yield job
