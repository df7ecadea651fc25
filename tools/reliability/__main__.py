"""Runs the parts that are named, or all of them, and writes their tables into docs/reliability.md.

With --check, it writes nothing and fails where a table would differ from the page in more than figures and versions.
"""

from __future__ import annotations

import difflib
import importlib
import sys
import tempfile
import time
from pathlib import Path

from .page import PAGE, Row, lasting, part_of, put, table

PARTS = ("nginx", "mitmproxy", "litellm_proxy", "llama_cpp", "prism", "haproxy", "schemathesis_cli")
"""The modules, each with `versions()` and `rows(folder)`."""
LONG = ("fault_plans",)
"""Those that run only where they are named: they need no program, but time (`nox -s fault_plans`)."""


def main(names: list[str], is_check: bool) -> int:
    failures = 0
    for name in names or PARTS:
        part = importlib.import_module(f"reliability.{name}")
        start, rows = time.monotonic(), list[Row]()
        with tempfile.TemporaryDirectory() as folder:
            for row in part.rows(Path(folder)):
                rows.append(row)
                print(f"{name}: {row.what}: {row.result} ({row.figures})", flush=True)
        failures += sum(row.fails for row in rows)
        inside = table(f"{part.versions()}; {time.monotonic() - start:.0f} s", rows)
        there = PAGE.read_text("utf-8")
        if is_check:
            old, new = lasting(part_of(there, name)), lasting(inside)
            sys.stderr.writelines(
                f"{line}\n" for line in difflib.unified_diff(old, new, PAGE.name, "observed", lineterm="")
            )
            failures += old != new
        else:
            PAGE.write_text(put(there, name, inside), "utf-8")
    return int(failures > 0)


if __name__ == "__main__":
    given = [each for each in sys.argv[1:] if each != "--check"]
    unknown = set(given) - {*PARTS, *LONG}
    sys.exit(
        f"no such part: {', '.join(unknown)}; there are {', '.join((*PARTS, *LONG))}"
        if unknown
        else main(given, "--check" in sys.argv)
    )
