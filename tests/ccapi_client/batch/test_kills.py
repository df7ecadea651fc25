"""Killed at random, again and again, then run to the end: nothing is executed twice, and nothing is lost.

In the gate with a few kills; `nox -s soak` sets CCAPI_SOAK, and does what takes long.
"""

import collections
import json
import os
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import ccapi_sandbox
import pytest
from ccapi_client import CCAPI
from ccapi_client.batch import Batch
from ccapi_client.batch.desk import Idempotency
from ccapi_client.batch.moves import key_of
from ccapi_sandbox import Sandbox
from ccapi_sandbox.settings import Idempotency as Policy

from ...conftest import QUICK

KILLS, ROWS = (20, 300) if os.environ.get("CCAPI_SOAK") else (4, 60)
IN_FLIGHT = 16
KINDS = [
    ("/v1/images/generate", {"contents": [{"text": "fox {}"}], "parameters": {"width": 16, "height": 16}}),
    ("/v1/images/generate", {"contents": [{"text": "owl {}"}], "model": "black-forest-labs/flux-schnell"}),
    ("/v1/images/generations", {"prompt": "bear {}", "size": "16x16", "response_format": "b64_json"}),
    ("/v1/chat/completions", {"model": "sandbox/babble", "messages": [{"role": "user", "content": "hello {}"}]}),
    ("/v1/audio/speech", {"model": "openai/tts-1", "input": "{}"}),
]
"""Jobs, pictures at once, by their URLs and in the response, chats, and speech."""

PROGRAM = """
    import sys
    from ccapi_client import CCAPI, PollPolicy
    from ccapi_client.batch import Batch
    poll = PollPolicy(initial=0.05, max_interval=0.2)
    with CCAPI(poll=poll) as client, Batch.open("batch.ccapi") as batch:
        batch.add("requests.jsonl")
        print("started", flush=True)
        for item in batch.run(client, output="out", in_flight=int(sys.argv[2]), idempotency=sys.argv[1]):
            print(item.id, item.state, flush=True)
"""


def write_requests(path: Path) -> None:
    with path.open("w") as file:
        for number in range(ROWS):
            url, body = KINDS[number % len(KINDS)]
            own = json.loads(json.dumps(body).replace("{}", str(number)))
            line = {"custom_id": f"row-{number}", "method": "POST", "url": url, "body": own}
            file.write(json.dumps(line) + "\n")


def run_and_kill(sandbox: Sandbox, folder: Path, idempotency: Idempotency, after: int) -> bool:
    """Runs the batch in a process, and kills it after so many lines; whether it got that far."""
    environment = {**os.environ, "CCAPI_API_KEY": sandbox.api_key, "CCAPI_BASE_URL": sandbox.base_url}
    program = [sys.executable, "-c", textwrap.dedent(PROGRAM), idempotency, str(IN_FLIGHT)]
    with subprocess.Popen(program, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [line for _, line in zip(range(after + 1), process.stdout, strict=False)]
        process.kill()
    assert lines, "it never started"
    return len(lines) > after


@pytest.mark.parametrize("policy", ["replay", "reject", "ignore"])
def test_kills(policy: Policy, tmp_path: Path) -> None:
    dice = random.Random(policy)
    idempotency: Idempotency = "never" if policy == "ignore" else policy
    write_requests(tmp_path / "requests.jsonl")
    with ccapi_sandbox.running(idempotency=policy, job_seconds=(0.05, 0.5), delay_after=0.1) as sandbox:
        kills = 0
        most = max(1, ROWS // KILLS - IN_FLIGHT // 4)
        while kills < KILLS and run_and_kill(sandbox, tmp_path, idempotency, dice.randrange(most)):
            kills += 1
        assert kills == KILLS
        with (
            CCAPI(sandbox.api_key, base_url=sandbox.base_url, poll=QUICK) as client,
            Batch.open(tmp_path / "batch.ccapi") as batch,
        ):
            for _ in batch.run(client, output=tmp_path / "out", idempotency=idempotency, max_failures=1):
                pass
            items, run = list(batch.items()), batch._ledger.id
        executed = collections.Counter(each.idempotency_key for each in sandbox.requests if each.executed)
    by_row = {
        item.id: sum(executed[key_of(run, item.row, attempt)] for attempt in range(item.attempt + 1)) for item in items
    }
    assert len(by_row) == ROWS
    assert max(by_row.values()) == 1
    by_state = collections.Counter(item.state for item in items)
    print(f"{policy}: {kills} kills, {sum(by_row.values())} executed once, {dict(by_state)}")
    assert by_state.keys() <= {"saved", "unknown"}
    assert {by_row[item.id] for item in items if item.state == "saved"} == {1}
    if policy == "replay":
        assert by_state["saved"] == ROWS
    if policy == "reject":
        unknown = [item for item in items if item.state == "unknown"]
        assert {item.error.code for item in unknown if item.error} <= {"executed"}
        assert {by_row[item.id] for item in unknown} <= {1}
    assert by_state["unknown"] <= KILLS * IN_FLIGHT
    for item in items:
        has_file = item.state == "saved" and item.operation != "createChatCompletion"
        assert all(path.stat().st_size > 10 for path in item.paths)
        assert len(item.paths) == has_file
    assert set((tmp_path / "out").iterdir()) == {path for item in items for path in item.paths}
