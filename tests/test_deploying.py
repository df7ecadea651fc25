"""What the guide says of deploying: its programs in gunicorn, in Starlette, in Lambda, and in a process that is paused."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import ccapi_sandbox
import pytest
from ccapi_sandbox import Sandbox
from starlette.testclient import TestClient

from .carriers import CARRIERS, PATIENCE, Carrier, on, serving, told
from .conftest import ROOT

PAGE = (ROOT / "docs" / "guide" / "deploying.md").read_text("utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
WSGI, STARLETTE, LAMBDA = [
    next(each for each in PROGRAMS if name in each) for name in ("start_response", "Starlette", "def handler")
]

# The program of the page, in a process that has used its client before it forks; each response names its process.
SHOP = """
import os
from page import app as page, client
client.list_models()

def app(environ, start_response):
    process = ("X-Process", str(os.getpid()))
    return page(environ, lambda status, headers: start_response(status, [*headers, process]))
"""


@pytest.fixture(autouse=True)
def _place(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.reset()
    monkeypatch.setenv("CCAPI_API_KEY", sandbox.api_key)
    monkeypatch.setenv("CCAPI_BASE_URL", sandbox.base_url)


@contextmanager
def gunicorn(folder: Path) -> Iterator[str]:
    """The address of a gunicorn that serves the page's program in two processes, forked after it was loaded."""
    (folder / "page.py").write_text(WSGI)
    (folder / "shop.py").write_text(SHOP)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        descriptor, port = listener.fileno(), listener.getsockname()[1]
        options = ["--preload", "--workers", "2", "--threads", "4", "--bind", f"fd://{descriptor}"]
        command = [sys.executable, "-m", "gunicorn", *options, "--no-control-socket", "shop:app"]
        process = subprocess.Popen(command, cwd=folder, pass_fds=[descriptor], stderr=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        _, log = process.communicate(timeout=30)
    assert "Traceback" not in log, log


def get(address: str) -> tuple[str, Any]:
    """The process that responded, and its JSON."""
    with urllib.request.urlopen(address, timeout=60) as response:
        return response.headers["X-Process"], json.load(response)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="gunicorn needs fork")
def test_a_client_that_is_made_before_gunicorn_forks(sandbox: Sandbox, tmp_path: Path) -> None:
    processes, count = set[str](), 0
    with gunicorn(tmp_path) as address, ThreadPoolExecutor(8) as pool:
        end = time.monotonic() + 60
        while len(processes) < 2 and time.monotonic() < end:
            found = list(pool.map(get, [address] * 16))
            processes |= {process for process, _ in found}
            count += len(found)
            assert all(body["url"].startswith("http") for _, body in found), found
    assert len(processes) == 2
    posts = [each for each in sandbox.requests if each.method == "POST"]
    assert [each.status for each in posts] == [200] * count
    assert len({each.idempotency_key for each in posts}) == count


def test_a_client_in_starlette() -> None:
    scope: dict[str, Any] = {}
    exec(STARLETTE, scope)
    with TestClient(scope["app"]) as browser:
        job_id = browser.post("/jobs?prompt=a+fox").json()["job_id"]
        end = time.monotonic() + 30
        while (found := browser.get(f"/jobs/{job_id}").json())["status"] != "completed":
            assert time.monotonic() < end
    assert found["urls"][0].startswith("http")


def test_a_client_in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    class Context:
        milliseconds = 2050  # which leaves 50 to wait

        def get_remaining_time_in_millis(self) -> int:
            return self.milliseconds

    scope: dict[str, Any] = {}
    with ccapi_sandbox.running(job_seconds=600, strict=True) as sandbox:
        monkeypatch.setenv("CCAPI_API_KEY", sandbox.api_key)
        monkeypatch.setenv("CCAPI_BASE_URL", sandbox.base_url)
        exec(LAMBDA, scope)
        with scope["client"]:
            first = scope["handler"]({"prompt": "a fox"}, Context())
            assert first.keys() == {"job_id"}
            sandbox.clock.advance(600)
            Context.milliseconds = 32_000
            second = scope["handler"](first, Context())
        assert [each.operation for each in sandbox.requests].count("generateImages") == 1
    assert second["job_id"] == first["job_id"]
    assert second["urls"]


PAUSED = """
import sys
from ccapi_client import CCAPI, AsyncCCAPI

backend, address = sys.argv[1:]
if backend == "blocking":
    with CCAPI("key-1", base_url=address) as client:
        for _ in sys.stdin:
            print(client.create_image(prompt="a fox").response.attempts, flush=True)
else:
    import anyio

    async def main():
        async with AsyncCCAPI("key-1", base_url=address) as client:
            for _ in sys.stdin:  # the loop stands still meanwhile, as the whole process does later
                print((await client.create_image(prompt="a fox")).response.attempts, flush=True)

    anyio.run(main, backend=backend)
"""


@on(CARRIERS)
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no process can be paused here")
def test_a_connection_that_is_closed_while_the_process_is_paused_costs_nothing(carrier: Carrier) -> None:
    is_paused, has_hung_up, connections = threading.Event(), threading.Event(), list[int]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(connections)
        connections.append(0)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"(?i)content-length: (\d+)", head)
                assert length
                await reader.readexactly(int(length[1]))
                connections[number] += 1
                body = b'{"created": 1, "data": [{"url": "https://x.example/1.png"}]}'
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
                )
                writer.write(body)
                await writer.drain()
                if number == 0:
                    await told(is_paused)
                    writer.close()
                    await writer.wait_closed()
                    has_hung_up.set()

    with serving(serve) as address:
        command = [sys.executable, "-c", PAUSED, carrier.backend, f"{address}/v1"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin
            assert process.stdout
            print(file=process.stdin, flush=True)
            assert process.stdout.readline() == "1\n"
            process.send_signal(signal.SIGSTOP)
            is_paused.set()
            assert has_hung_up.wait(PATIENCE)
            process.send_signal(signal.SIGCONT)
            print(file=process.stdin, flush=True)
            assert process.stdout.readline() == "1\n"
            process.stdin.close()
            assert process.wait(PATIENCE) == 0
    assert connections == [1, 1]
