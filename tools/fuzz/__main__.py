"""Runs the targets that are named, or all of them under Atheris, and writes the table "Fuzz" of docs/reliability.md.

An input that breaks something goes into tests/corpus, so that the tests fail until it is fixed. With --keep, the corpus
becomes the smallest inputs that reach all that was reached, and the new ones among them.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from platform import python_version

from reliability.page import FAILS, PAGE, Row, put, table

from .targets import TARGETS

CORPUS = Path(__file__).resolve().parents[2] / "tests" / "corpus"
LIMITS = ("-timeout=30", "-report_slow_units=30", "-rss_limit_mb=1024", "-max_len=4096")
"""Of one input: 30 seconds and a gigabyte. What is only slow is no failure; by default it is written from 10 s on."""
KEPT = 130
"""The most inputs to keep of a target."""
LONGEST_KEPT = 2500
"""The longest of them, in bytes."""
SEED = "seed-"
"""How the names of inputs start that somebody made: they stay, since what zlib does with them is not seen."""


def atheris(name: str, *arguments: str, log: Path) -> str:
    """What Atheris writes about a target."""
    with log.open("wb") as out:
        subprocess.run([sys.executable, "-m", "fuzz.one", name, *arguments], stdout=out, stderr=out, check=False)
    return log.read_text("utf-8", "replace")


def fuzzed(name: str, seconds: int, folder: Path) -> Row:
    """A line of the table: a target after so many seconds. New inputs are put into the folder."""
    there, new, broken = CORPUS / name, folder / "new", folder / "broken"
    for each in (there, new, broken):
        each.mkdir(parents=True, exist_ok=True)
    options = (f"-max_total_time={seconds}", f"-artifact_prefix={broken}/", "-print_final_stats=1", *LIMITS)
    text = atheris(name, str(new), str(there), *options, log=folder / "log")
    figures = {each: re.findall(pattern, text) for each, pattern in FIGURES.items()}
    inputs, slowest, memory, places = (int(found[-1]) if found else 0 for found in figures.values())
    result = "held"
    for path in broken.iterdir():
        data = path.read_bytes()
        shutil.copy(path, there / name_of(data))
        error = re.search(r"Uncaught Python exception: ===\s+(.*)", text)
        result = f"{FAILS}: {error[1] if error else path.name.partition('-')[0]}"
        print(f"{name}: {result}, by {there / name_of(data)}", flush=True)
    if not broken_or_done(text, result):
        result = f"{FAILS}: Atheris did not run"
        print(text[-3000:], flush=True)
    what = (TARGETS[name].__doc__ or "").strip().partition("\n")[0].removesuffix(".")
    return Row(
        f"`{name}`: {what[0].lower()}{what[1:]}",
        result,
        f"{inputs:,} inputs, {places:,} places of the code, {memory} MB, slowest {slowest or '< 1'} s",
    )


FIGURES = {
    "inputs": r"number_of_executed_units:\s*(\d+)",
    "slowest": r"slowest_unit_time_sec:\s*(\d+)",
    "memory": r"peak_rss_mb:\s*(\d+)",
    "places": r"\bcov: (\d+)",
}


def broken_or_done(text: str, result: str) -> bool:
    """Whether the run came to an end that is understood."""
    return result.startswith(FAILS) or "Done " in text


def name_of(data: bytes) -> str:
    """The name of an input in the corpus."""
    return hashlib.sha256(data).hexdigest()[:16]


def keep(name: str, folder: Path) -> int:
    """Makes the corpus of a target the smallest inputs that reach all that was reached; how many they are."""
    merged = folder / "merged"
    merged.mkdir()
    there = CORPUS / name
    atheris(name, str(merged), str(there), str(folder / "new"), "-set_cover_merge=1", *LIMITS, log=folder / "merge.log")
    found = sorted((path.read_bytes() for path in merged.iterdir()), key=len)
    kept = [each for each in found if len(each) <= LONGEST_KEPT][:KEPT]
    for path in there.iterdir() if kept else ():
        if not path.name.startswith(SEED):
            path.unlink()
    for each in kept:
        (there / name_of(each)).write_bytes(each)
    return len(kept)


def main() -> int:
    parser = argparse.ArgumentParser(prog="nox -s fuzz --")
    parser.add_argument("names", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; by default all of them")
    parser.add_argument("--seconds", type=int, default=60, help="how long each target runs (%(default)s)")
    parser.add_argument("--keep", action="store_true", help="minimizes tests/corpus, and adds what is new")
    given = parser.parse_args()
    if unknown := set(given.names) - TARGETS.keys():
        parser.error(f"no such target: {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    start, rows = time.monotonic(), list[Row]()
    for name in given.names or TARGETS:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as text:
            folder = Path(text)
            rows.append(fuzzed(name, given.seconds, folder))
            print(f"{name}: {rows[-1].result} ({rows[-1].figures})", flush=True)
            if given.keep and not rows[-1].fails:
                print(f"{name}: {keep(name, folder)} inputs are kept", flush=True)
    if not given.names:
        versions = f"Atheris {version('atheris')}, Python {python_version()}; {time.monotonic() - start:.0f} s"
        PAGE.write_text(put(PAGE.read_text("utf-8"), "fuzz", table(versions, rows)), "utf-8")
    return int(any(row.fails for row in rows))


if __name__ == "__main__":
    sys.exit(main())
