"""Fails when importing the client, a call or a streamed event takes more instructions than before: `nox -s guard`.

valgrind counts them, so the machine's mood doesn't matter; but the build of Python does, so each has its own baseline.
What is left as it was falls out: a thing's count is what a process takes that does more of it, less one that doesn't.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
BASELINES = HERE / "baseline.json"
GROWTH = 1.10
"""By how much a count may grow."""

CALLS, EVENTS = 20, 200
FEW = f"{CALLS} {CALLS} {EVENTS}"
THINGS = {
    "import ccapi_client": ("import", "nothing", 1),
    "one chat call": (f"{2 * CALLS} {CALLS} {EVENTS}", FEW, CALLS),
    "one asynchronous chat call": (f"{CALLS} {2 * CALLS} {EVENTS}", FEW, CALLS),
    "one asynchronous chat call by aiohttp": (f"aiohttp {2 * CALLS}", f"aiohttp {CALLS}", CALLS),
    "one streamed event": (f"{CALLS} {CALLS} {2 * EVENTS}", FEW, EVENTS),
}
"""What is counted: the work with it, the work without it, and how often it is in between."""


def instructions(work: str) -> int:
    """How many instructions a process takes for a work."""
    # The environment, the order of sets, and what is compiled already are the same each time.
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH")}
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    done = subprocess.run(
        [*command, sys.executable, str(HERE / "work.py"), *work.split()],
        env={**kept, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    found = re.search(r"I +refs: +([\d,]+)", done.stderr)
    if done.returncode or not found:
        sys.exit(f"valgrind failed:\n{done.stderr}")
    return int(found[1].replace(",", ""))


def count() -> dict[str, int]:
    works = list(dict.fromkeys(work for more, less, _ in THINGS.values() for work in (more, less)))
    # Writes the bytecode, whatever the machine asks for: with PYTHONDONTWRITEBYTECODE, compiling would be counted.
    compiling = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for work in works:
        subprocess.run([sys.executable, str(HERE / "work.py"), *work.split()], env=compiling, check=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = dict(zip(works, pool.map(instructions, works), strict=True))
    return {thing: (counts[more] - counts[less]) // times for thing, (more, less, times) in THINGS.items()}


def build() -> str:
    """What the counts depend on, but for our own code and the packages, which are pinned."""
    return f"Python {platform.python_version()}, {platform.python_compiler()}, {platform.machine()}"


def compare(baseline: Mapping[str, int], counts: Mapping[str, int]) -> tuple[list[str], bool]:
    """A line for each thing, and whether none has grown too much."""
    lines, is_good = [], True
    for thing, now in counts.items():
        ratio = now / baseline[thing]
        good = ratio <= GROWTH
        is_good = is_good and good
        lines.append(f"{thing:40}{now:14,}  {ratio - 1:+7.1%}{'' if good else f'  more than {GROWTH - 1:+.0%}'}")
    return lines, is_good


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s guard --", description="Counts instructions.")
    parser.add_argument("--write", action="store_true", help="make these counts the baseline of this build of Python")
    options = parser.parse_args()
    baselines: dict[str, dict[str, int]] = json.loads(BASELINES.read_text("utf-8"))
    counts = count()
    if options.write:
        BASELINES.write_text(json.dumps(baselines | {build(): counts}, indent=2) + "\n", "utf-8")
    elif build() not in baselines:
        print(f"NOT GUARDED: {BASELINES.name} has no counts for {build()}, only for {'; '.join(baselines)}.")
        print("`nox -s guard -- --write` adds them: run it on the commit before your change, and commit the result.")
        print(json.dumps(counts, indent=2))
        return
    else:
        lines, is_good = compare(baselines[build()], counts)
        print(*lines, sep="\n")
        if not is_good:
            sys.exit("More instructions than the baseline: make it cheaper, or say why with `nox -s guard -- --write`.")


if __name__ == "__main__":
    main()
