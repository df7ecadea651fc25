"""Runs mixed traffic by each carrier, and then 10,000 jobs; writes the part `soak` of docs/reliability.md.

Each carrier runs in a process of its own, against a sandbox of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from tests.carriers import ASYNC_CARRIERS, CARRIERS, Carrier

from ..page import FAILS, PAGE, Row, part_of, put, table
from .jobs import many
from .measuring import Sample, kb_per_thousand
from .rounds import AT_ONCE, Report, sandbox, soak

PART = "soak"
WARM_UP = 2
"""How many minutes are not judged."""
PER_SECOND = 10.0
"""How many calls start in a second."""
QUICK = ("--job-seconds", "0.1:0.6")
"""How long a job takes in the mixed traffic, and where there are thousands of them, in seconds."""
LONGER = ("--job-seconds", "0.5:5")
HOLDS = "each call gives what its fault asks for; nothing executed twice, nothing lost, nothing left"
JOBS_HOLD = "each is completed, given once and executed once"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s soak --", description=__doc__)
    parser.add_argument("--minutes", type=int, default=10, help="how long each carrier runs (default %(default)s)")
    parser.add_argument("--carrier", action="append", choices=[str(each) for each in CARRIERS], help="repeatable; all")
    parser.add_argument("--seed", type=int, default=22, help="the seed of calls and faults (default %(default)s)")
    parser.add_argument("--per-second", type=float, default=PER_SECOND, help="the calls a second (default %(default)s)")
    parser.add_argument("--at-once", type=int, default=2, help="how many carriers run at once (default %(default)s)")
    parser.add_argument("--jobs", type=int, default=10_000, help="how many jobs, by the last async carrier; 0 for none")
    parser.add_argument("--no-page", action="store_true", help="leave docs/reliability.md as it is")
    parser.add_argument("--report", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def alone(given: argparse.Namespace) -> None:
    """Runs one carrier, or the jobs, in this process."""
    (carrier,) = [each for each in CARRIERS if str(each) in given.carrier]
    os.environ["CCAPI_CARRIER"] = carrier.name
    with sandbox(given.seed, *(LONGER if given.jobs else QUICK)) as place:
        report: Report = carrier.drive(
            lambda: (
                many(place, carrier, seed=given.seed, jobs=given.jobs)
                if given.jobs
                else soak(
                    place,
                    carrier,
                    seed=given.seed,
                    rounds=given.minutes,
                    calls=round(60 * given.per_second),
                    per_second=given.per_second,
                    seconds=60.0,
                    warm_up=min(WARM_UP, given.minutes),
                )
            )
        )
    given.report.write_text(written(report), "utf-8")


def written(report: Report) -> str:
    """A report as JSON."""
    both = {who: [asdict(each) for each in getattr(report, who)] for who in ("client", "sandbox")}
    return json.dumps({**vars(report), **both})


def read(text: str) -> Report:
    """The report that was written."""
    found = json.loads(text)
    both = {who: [Sample(**each) for each in found[who]] for who in ("client", "sandbox")}
    return Report(**{**found, **both, "errors": Counter(found["errors"])})


def in_process(given: argparse.Namespace, carrier: Carrier, jobs: int) -> Row:
    """The line of one carrier, or of the jobs, which run in a process of their own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.json")
        command = [sys.executable, "-m", "reliability.soak", "--carrier", carrier, "--jobs", jobs, "--report", path]
        rest = ["--minutes", given.minutes, "--seed", given.seed, "--per-second", given.per_second]
        subprocess.run([str(each) for each in (*command, *rest)], check=True)
        report = read(path.read_text("utf-8"))
    for wrong in report.wrong:
        print(f"{carrier}: {wrong}", flush=True)
    return row(report, given.seed, jobs)


def row(report: Report, seed: int, jobs: int) -> Row:
    """The line of the table for a report."""
    length = f"{report.seconds / 60:.1f} minutes, seed {seed}"
    what = f"{jobs:,} jobs by {report.carrier}" if jobs else f"mixed traffic by {report.carrier}"
    holds = JOBS_HOLD if jobs else HOLDS
    holds += "; memory flat" if report.is_long else "; too short to judge memory"
    if report.wrong:
        holds = f"{FAILS}: {report.wrong[0]}".replace("|", "/")[:300]
    figures = [
        f"{report.calls:,} calls, {report.calls / report.seconds:.1f} a second, {AT_ONCE} at once",
        f"{report.requests:,} requests, {report.faults:,} with a fault",
        f"{report.survived:,} calls answered in spite of one" if report.survived else "",
        f"{report.errors.total():,} errors of {len(report.errors)} kinds" if report.errors else "",
        f"client {held(report.client)}",
        f"sandbox {held(report.sandbox)}",
    ]
    return Row(f"{what}: {length}", holds, "; ".join(filter(None, figures)))


def held(samples: list[Sample]) -> str:
    """What a process held after the warm-up, and in the end."""
    first, last = samples[0], samples[-1]
    counts = [
        f"{getattr(first, name)} → {getattr(last, name)} {name}"
        for name in ("descriptors", "threads", "tasks")
        if getattr(first, name)
    ]
    memory = f"{first.kb / 1000:.1f} → {last.kb / 1000:.1f} MB ({kb_per_thousand(samples):+.0f} kB per 1,000 calls)"
    return ", ".join([memory, *counts])


def merged(inside: str, new: Row) -> list[Row]:
    """The rows of a table, the new one in its place: a line is known by what stands before its colon."""
    lines = [line.strip("| ").split(" | ") for line in inside.splitlines() if line.startswith("| ")][1:]
    rows = {row.what.partition(":")[0]: row for row in (*(Row(*line) for line in lines), new)}
    places = [str(each) for each in CARRIERS]
    return sorted(rows.values(), key=lambda row: (" jobs " in row.what, _place(places, row.what)))


def _place(places: Iterable[str], what: str) -> int:
    return next((at for at, name in enumerate(places) if what.partition(":")[0].endswith(name)), 0)


def versions() -> str:
    names = ("httpx", "httpx2", "aiohttp", "anyio", "trio", "uvicorn")
    return ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)])


def main() -> int:
    given = options()
    if given.report:
        alone(given)
        return 0
    carriers = [each for each in CARRIERS if not given.carrier or str(each) in given.carrier]
    asynchronous = [each for each in carriers if each in ASYNC_CARRIERS]
    runs = [(each, 0) for each in carriers if given.minutes]
    runs += [(asynchronous[-1], given.jobs)] if asynchronous and given.jobs else []
    failures = 0
    with ThreadPoolExecutor(given.at_once) as pool:
        for done in as_completed([pool.submit(in_process, given, carrier, jobs) for carrier, jobs in runs]):
            found = done.result()
            failures += found.fails
            print(f"{found.what}: {found.result} ({found.figures})", flush=True)
            if not given.no_page:
                page = PAGE.read_text("utf-8")
                rows = merged(part_of(page, PART), found)
                PAGE.write_text(put(page, PART, table(versions(), rows)), "utf-8")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
