"""A client that is used in forked processes too: each has its own connections, and those of the parent are left alone."""

import json
import os
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

from .carriers import CARRIERS, Carrier
from .conftest import ROOT
from .fault_server import FaultServer, serving
from .forking import CHILDREN, EACH
from .orders import FAULTS

QUICK = [each for each in FAULTS if each != "stall"]
BLOCKING = [each for each in CARRIERS if each.is_blocking]


def run(carrier: Carrier, server: FaultServer, folder: Path, *scenarios: str) -> dict[str, str]:
    """What became of each request of the program, by its prompt."""
    address = f"http://127.0.0.1:{server.port}/v1"
    command = [sys.executable, "-m", "tests.forking", carrier.backend, address, str(folder), *scenarios]
    environment = os.environ | {"CCAPI_CARRIER": carrier.name}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=90)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for file in folder.iterdir() for line in file.read_text().splitlines()]
    found = dict(lines)
    assert len(found) == len(lines)
    assert not done.stderr, done.stderr
    return found


def process_of(prompt: str) -> str:
    return prompt.rpartition("-")[0]


@pytest.mark.parametrize("carrier", CARRIERS, ids=str)
def test_forked_processes_have_their_own_connections(carrier: Carrier, tmp_path: Path) -> None:
    with serving(FaultServer(QUICK, seed=8, accept_and_close=0.05)) as server:
        found = run(carrier, server, tmp_path, "unused", "preload", "processes", "threads")
    parent = EACH + 2 * EACH + 2 * EACH + 5 * EACH
    assert len(found) == parent + 4 * CHILDREN * EACH, "a process died"
    assert max(server.executed.values()) == 1, "a POST was executed, and billed, twice"
    responses = {prompt: result for prompt, result in found.items() if result.startswith(("image of", "status of"))}
    others = {prompt: result for prompt, result in responses.items() if not result.endswith(f" of {prompt}")}
    assert not others, "they got another's response"
    for seen in server.connections:
        assert len([*groupby(seen.prompts, process_of)]) <= 1, f"processes share a connection: {seen.prompts}"
    assert sum(result.startswith("image") for result in responses.values()) > len(found) / 3


@pytest.mark.parametrize("carrier", CARRIERS, ids=str)
def test_the_parent_keeps_its_connections(carrier: Carrier, tmp_path: Path) -> None:
    with serving(FaultServer(["ok"], seed=9)) as server:
        found = run(carrier, server, tmp_path, "kept")
    assert all(result == f"image of {prompt}" for prompt, result in found.items()), found
    assert server.connections[0].prompts == [f"kept-parent-{each}" for each in ("first", "second", "last")]


@pytest.mark.parametrize("carrier", BLOCKING, ids=str)
def test_a_stream_that_a_child_leaves_goes_on_in_the_parent(carrier: Carrier, tmp_path: Path) -> None:
    with serving(FaultServer(["ok"], seed=10)) as server:
        assert run(carrier, server, tmp_path, "stream") == {"stream": "one two"}


@pytest.mark.parametrize("carrier", CARRIERS, ids=str)
def test_a_lock_that_another_thread_holds_is_none_of_a_child_s(carrier: Carrier, tmp_path: Path) -> None:
    with serving(FaultServer(["ok"], seed=11)) as server:
        found = run(carrier, server, tmp_path, "lock")
    assert len(found) == 1 + EACH, "the child hung"
