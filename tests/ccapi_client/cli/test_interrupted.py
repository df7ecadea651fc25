"""What commands say of a request that costs when Ctrl-C ends them before its response has come."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ccapi_client._chat.stream import ChatStream

from .local import Local
from .processes import COMMAND, Processes

BILLED = "the request may have been executed, and billed"
STALL = ("--header", "X-Sandbox-Fault: stall")
BABBLE = ("--model", "sandbox/babble")
COSTS = {
    "chat": ("chat", "hello", *BABBLE),
    "schema": ("chat", "hello", *BABBLE, "--schema", "schema.json"),
    "speech": ("speech", "hello"),
    "stream": ("api", "createChatCompletion", "-F", "model=sandbox/babble", "-F", "messages=[]", "-F", "stream=true"),
    "api": ("api", "createSpeech", "-F", "model=openai/tts-1", "-F", "input=hello"),
}


@contextmanager
def started(cli: Processes, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command whose request has reached the service."""
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*COMMAND, *arguments], cwd=cli.folder, env=cli.environment, text=True, **pipes) as running:
        try:
            deadline = time.monotonic() + 60
            while not cli.sandbox.requests:
                assert running.poll() is None
                assert time.monotonic() < deadline
            yield running
        finally:
            running.kill()


def interrupted(running: subprocess.Popen[str]) -> tuple[str, str]:
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    return out, err


@pytest.mark.parametrize("command", COSTS)
def test_a_request_without_a_response_may_be_billed(process: Processes, command: str) -> None:
    fault = ("--header", "X-Sandbox-Fault: stall;after=0")
    (process.folder / "schema.json").write_text('{"type": "object"}')
    with started(process, *COSTS[command], *fault, "--json", "--idempotency-key", "key-7") as running:
        out, err = interrupted(running)
    hint = f"{BILLED}; its idempotency key is key-7"
    error = json.loads(out)["error"]
    # The head of a stream may have come already.
    assert error["hint"] in ([hint] if command in ("chat", "stream") else []) + [f"no response came: {hint}"]
    assert (error["type"], error["may_be_billed"], error["idempotency_key"]) == ("Interrupted", True, "key-7")
    assert err.splitlines() == ["interrupted", error["hint"]]


def test_a_request_that_costs_nothing(process: Processes) -> None:
    with started(process, "api", "GET", "/models", *STALL) as running:
        assert interrupted(running) == ("", "interrupted\n")


def test_a_stream_of_which_nothing_has_come(cli: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ChatStream, "__enter__", lambda _: signal.raise_signal(signal.SIGINT))
    done = cli("chat", "hello", *BABBLE)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", f"interrupted\nno response came: {BILLED}\n")


@pytest.mark.parametrize("as_json", [False, True])
def test_the_part_of_an_answer_that_has_come_is_printed(
    cli: Local, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    whole = ChatStream.text

    def interrupted(stream: ChatStream[Any, Any]) -> Iterator[str]:
        for number, text in enumerate(whole(stream)):
            if number == 2:
                signal.raise_signal(signal.SIGINT)
            yield text

    monkeypatch.setattr(ChatStream, "text", interrupted)
    cli.sandbox.reply("The Po and the Rhine.")
    done = cli("chat", "Name two rivers.", *BABBLE, *(["--json"] if as_json else []))
    assert (done.returncode, done.stderr) == (130, f"interrupted\n{BILLED}\n")
    if as_json:
        document = json.loads(done.stdout)
        assert document["choices"][0]["message"]["content"].startswith("The Po")
        assert document["error"] == {
            "type": "Interrupted",
            "message": "interrupted",
            "hint": BILLED,
            "may_be_billed": True,
        }
    else:
        assert done.stdout.startswith("The Po")
