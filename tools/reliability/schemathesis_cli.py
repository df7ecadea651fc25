"""schemathesis, which makes requests from the contract: what the sandbox does with those it allows and those it doesn't."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ccapi_sandbox

from .page import FAILS, Row

SEED = "20261126"
EXAMPLES = 300
"""How many requests are made of each operation, unless the contract allows fewer, and how many sequences of them."""
PASSES = (
    "no 500; each status, header, type and body as the contract has it; what it forbids is rejected, and so is no key"
)
PARTS = (
    ("every operation: examples, edges, and random requests, valid and invalid", "examples,coverage,fuzzing"),
    ("sequences by the contract's links: a job is submitted, then polled", "stateful"),
)
CONFIGURATION = """
[[operations]]
include-operation-id = "createChatCompletion"
# What the contract says of a stream holds for the data of each event; schemathesis holds it against the whole body.
checks.response_schema_conformance.enabled = false
"""


def versions() -> str:
    return f"schemathesis {version('schemathesis')}, seed {SEED}"


def rows(folder: Path) -> Iterator[Row]:
    (folder / "schemathesis.toml").write_text(CONFIGURATION, "utf-8")
    for what, phases in PARTS:
        report = run(folder, phases)
        kinds = ", ".join(f"{each['title']}: {each['count']}" for each in [*report["failures"], *report["errors"]])
        requests, operations = report["test_cases"]["generated"], report["operations"]["tested"]
        result = f"{FAILS}: {kinds or report['stop_reason']}" if report["exit_code"] else PASSES
        yield Row(what, result, f"{requests:,} requests of {operations} operations")


def run(folder: Path, phases: str) -> dict[str, Any]:
    """What schemathesis reports of some of its phases, against a sandbox of its own.

    Raises:
        RuntimeError: It wrote no report.
    """
    target = folder / f"{phases}.json"
    # `strict`: the sandbox rejects what it doesn't honor, though the contract allows it: there, no 2xx is asked for.
    with ccapi_sandbox.running(strict=True, job_seconds=0.01) as sandbox:
        address = f"{sandbox.base_url.removesuffix('/v1')}/openapi.json"
        command = [sys.executable, "-m", "schemathesis.cli", "run", address, f"--phases={phases}", f"--seed={SEED}"]
        command += [f"--header=Authorization: Bearer {sandbox.api_key}", "--exclude-checks=positive_data_acceptance"]
        command += [f"--max-examples={EXAMPLES}", "--request-timeout=60", "--continue-on-failure", "--report=json"]
        done = subprocess.run(
            [*command, f"--report-json-path={target}"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    if not target.exists():
        raise RuntimeError(f"schemathesis failed:\n{done.stdout[-2000:]}")
    if done.returncode:
        print(done.stdout, file=sys.stderr)
    report: dict[str, Any] = json.loads(target.read_text("utf-8"))
    return report
