"""The server that all peers ask: granian, in a process of its own, on a core of its own, answering like CCAPI.

The first segment of the path says how: `/chat-300/v1` answers every chat with 300 characters, `/stream-1000/v1` with 1,000
events, `/picture-32000000/v1` every order with a picture of so many characters of base64, `/faults/v1` as `/chat-300/v1`
does, but refuses a tenth of the POSTs and cuts off a tenth of the GETs; `/tasks/v1/tasks/TIME` is what runwayml asks, a task that
has succeeded after that Unix time.
"""

from __future__ import annotations

import base64
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

CORES = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else [0]
CLIENT_CORE, SERVER_CORE = CORES[0], CORES[-1]
"""The same where the machine has one core alone."""

WORDS = "Air scatters blue light more than red light, so the sky is blue in every direction but that of the sun. "
MODEL = "openai/gpt-4o-mini"
PIECE = 16 * 1024
"""How many bytes of a stream are sent at once."""

asked: Counter[str] = Counter()
luck = random.Random(0)


@cache
def chat(size: int) -> bytes:
    text = (WORDS * (size // len(WORDS) + 1))[:size]
    message = {"role": "assistant", "content": text}
    answer = {
        "id": "chatcmpl-7f3a",
        "object": "chat.completion",
        "created": 1762931229,
        "model": MODEL,
        "provider": "openai",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 21, "completion_tokens": size // 4, "total_tokens": 21 + size // 4},
    }
    return json.dumps(answer).encode()


@cache
def stream(events: int) -> list[bytes]:
    """An answer of so many events, in pieces as a fast upstream's come: without regard to where an event ends."""
    head = {"id": "chatcmpl-7f3a", "object": "chat.completion.chunk", "created": 1762931229, "model": MODEL}
    words = WORDS.split(" ")
    chunks: list[dict[str, Any]] = [
        {"index": 0, "delta": {"content": f"{words[number % len(words)]} "}, "finish_reason": None}
        for number in range(events)
    ]
    chunks[0]["delta"]["role"] = "assistant"
    chunks[-1] |= {"delta": {}, "finish_reason": "stop"}
    lines = [f"data: {json.dumps({**head, 'choices': [chunk]})}\n\n" for chunk in chunks]
    body = "".join([*lines, "data: [DONE]\n\n"]).encode()
    return [body[start : start + PIECE] for start in range(0, len(body), PIECE)]


@cache
def picture(size: int) -> bytes:
    content = b"\x89PNG\r\n\x1a\n" + random.Random(0).randbytes(size * 3 // 4 - 8)
    answer = {
        "id": "img-1",
        "created": 1762931229,
        "model": "black-forest-labs/flux-schnell",
        "data": [{"b64_json": base64.b64encode(content).decode(), "revised_prompt": None}],
    }
    return json.dumps(answer).encode()


@cache
def models() -> bytes:
    model = {"object": "model", "created": 1762931229, "owned_by": "openai", "type": "chat"}
    return json.dumps({"object": "list", "data": [{"id": f"openai/model-{n}", **model} for n in range(10)]}).encode()


def task(end: str) -> bytes:
    asked[end] += 1
    answer: dict[str, Any] = {"id": end, "createdAt": "2026-01-01T00:00:00Z", "status": "PENDING"}
    if time.time() >= float(end):
        answer |= {"status": "SUCCEEDED", "output": [str(asked[end])]}
    return json.dumps(answer).encode()


JSON = [("content-type", "application/json"), ("x-request-id", "req-1")]
EVENTS = [("content-type", "text/event-stream"), ("x-request-id", "req-1")]
REFUSED = json.dumps({"error": {"type": "rate_limit_error", "code": "rate_limited", "message": "Too fast."}}).encode()


async def app(scope: Any, protocol: Any) -> None:
    """The RSGI application."""
    await protocol()
    how, _, path = scope.path[1:].partition("/v1")
    kind, _, number = how.partition("-")
    if kind == "faults" and luck.random() < 0.1:
        if scope.method == "POST":
            protocol.response_bytes(429, [*JSON, ("retry-after-ms", "1")], REFUSED)
        else:
            # Less than was announced: the connection has to be cut.
            body = protocol.response_stream(200, [*JSON, ("content-length", "1000")])
            await body.send_bytes(b"{")
    elif kind == "stream":
        body = protocol.response_stream(200, EVENTS)
        for piece in stream(int(number)):
            await body.send_bytes(piece)
    elif kind == "picture":
        protocol.response_bytes(200, JSON, picture(int(number)))
    elif kind == "tasks":
        protocol.response_bytes(200, JSON, task(path.rpartition("/")[2]))
    elif scope.method == "GET":
        protocol.response_bytes(200, JSON, models())
    else:
        protocol.response_bytes(200, JSON, chat(int(number or 300)))


def pin(core: int, process: int = 0) -> None:
    """Keeps a process, this one if none is named, and those it starts from now on, on a core."""
    os.sched_setaffinity(process, {core})


@contextmanager
def running() -> Iterator[str]:
    """A server of its own until the block ends; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([sys.executable, "-m", "benchmarks.compare.server", str(port)]) as process:
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            else:
                raise RuntimeError("the server does not start")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def main() -> None:
    from granian import Granian
    from granian.constants import Interfaces, Loops

    pin(SERVER_CORE)
    Granian(
        "benchmarks.compare.server:app",
        port=int(sys.argv[1]),
        interface=Interfaces.RSGI,
        loop=Loops.uvloop,
        backlog=4096,
        backpressure=8192,
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    main()
