"""Compares the client with its peers: `nox -s bench`, or `python -m benchmarks.compare`; writes docs/benchmarks.

All variants of a line run by turns, round by round, each time in a process of its own on one core, while the server has
the other; a ratio is of figures of the same round.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from . import report, server
from .lines import Line, Run, lines

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
RESULTS = ROOT / "docs" / "benchmarks" / "results.json"
PACKAGES = (
    *("ccapi-client", "httpx", "httpcore", "httpx2", "openai", "aiohttp", "httpx-aiohttp", "pyreqwest"),
    *("runwayml", "uvloop", "granian"),
)
TOO_LONG = 40.0
"""After how many seconds a variant is given up; the waits, which take as long as the jobs, are not."""


def measure(run: Run, base_url: str) -> dict[str, float] | None:
    """The figures of one variant, in a process of its own; None where it takes too long."""
    if run.case == "first":
        command = [sys.executable, str(Path(__file__).with_name("first.py")), run.peer, base_url + run.how]
    else:
        command = [sys.executable, "-m", "benchmarks.compare.cases", run.case, run.peer, base_url + run.how]
        command.append(json.dumps(run.options))
    limit = None if run.case == "waiting" else TOO_LONG
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    figures: dict[str, float] = json.loads(done.stdout)
    return {name: float(f"{value:.4g}") for name, value in figures.items()}


def measure_line(name: str, line: Line, base_url: str, rounds: int) -> dict[str, list[dict[str, float] | None]]:
    results: dict[str, list[dict[str, float] | None]] = {variant: [] for variant in line.runs}
    for number in range(line.rounds or rounds):
        begun = time.monotonic()
        for variant, run in line.runs.items():
            # What took too long once is not tried again.
            given_up = None in results[variant]
            results[variant].append(None if given_up else measure(run, base_url))
        print(f"{name}: round {number + 1}, {time.monotonic() - begun:.0f} s", flush=True)
    return results


def machine() -> dict[str, Any]:
    cpu = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    one = server.CLIENT_CORE == server.SERVER_CORE
    return {
        "cpu": cpu.partition(": ")[2],
        "cores": os.cpu_count(),
        "pinned": "client and server on the same one" if one else "one for the client, another for the server",
        "python": platform.python_version(),
        "system": f"Linux {platform.release().split('-')[0]}",
    }


def write(chosen: dict[str, Line], results: dict[str, Any]) -> None:
    for name, line in chosen.items():
        if line.plot:
            report.plot(line, results["lines"][name], RESULTS.with_name(f"{name}.svg"))
    PAGE.write_text(report.written_between(PAGE.read_text("utf-8"), report.page(chosen, results)), "utf-8")


def main() -> None:
    every = lines(jobs=1)
    parser = argparse.ArgumentParser(prog="nox -s bench --", description="Compares the client with its peers.")
    parser.add_argument("--rounds", type=int, default=5, help="how often all variants are run (default %(default)s)")
    parser.add_argument("--jobs", type=int, default=1000, help="how many jobs are waited for (default %(default)s)")
    parser.add_argument("--only", choices=every, metavar="LINE", help=f"one of {', '.join(every)}; writes nothing")
    parser.add_argument("--page", action="store_true", help="write the page of the results that are there")
    options = parser.parse_args()
    chosen = lines(options.jobs)
    if options.page:
        results = json.loads(RESULTS.read_text("utf-8"))
        write(lines(results["jobs"]), results)
        return
    if options.only:
        chosen = {options.only: chosen[options.only]}
    begun = time.monotonic()
    with server.running() as base_url:
        server.pin(server.CLIENT_CORE)
        measured = {name: measure_line(name, line, base_url, options.rounds) for name, line in chosen.items()}
    if options.only:
        ((name, line),) = chosen.items()
        print(*report.details_of(line, measured[name]), sep="\n")
        print(*(" | ".join(row) for row in report.rows_of(line, measured[name])), sep="\n")
        return
    results = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "packages": {name: version(name) for name in PACKAGES},
        "rounds": options.rounds,
        "jobs": options.jobs,
        "minutes": (time.monotonic() - begun) / 60,
        "lines": measured,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    write(chosen, results)


if __name__ == "__main__":
    main()
