"""What a request may cost: limits that hold before anything is parsed, checked or painted."""

import asyncio
import base64
import json
import struct
import subprocess
import sys
import threading
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from io import BytesIO
from typing import Any

import ccapi_sandbox
import httpx
import pytest
from ccapi_client import CCAPI
from ccapi_sandbox import Sandbox, gateway, images, paint, reading, speak
from ccapi_sandbox.contract import Contract
from ccapi_sandbox.errors import MAX_MESSAGE, ApiError
from ccapi_sandbox.paint import Recipe
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from starlette.requests import Request

CHAT, GENERATE, CREATE, SPEECH = "/chat/completions", "/images/generate", "/images/generations", "/audio/speech"
HELLO = '{"role": "user", "content": "x"}'
FLUX = "black-forest-labs/flux-schnell"


def many(one: str, times: int) -> str:
    return ",".join([one] * times)


def chat(more: str, messages: str = HELLO) -> str:
    return f'{{"model": "sandbox/babble", "messages": [{messages}]{more}}}'


def refusal(http: httpx.Client, path: str, body: str | bytes) -> tuple[int, str | None]:
    """The status, and the field that the error names."""
    response = http.post(path, content=body, headers={"content-type": "application/json"})
    error = response.json()["error"]
    assert len(error["message"]) <= MAX_MESSAGE + 1
    field = error.get("details", {}).get("field")
    assert error["message"].startswith(field or "the body")
    return response.status_code, field


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        (CHAT, chat("", many("[]", 300_000)), 413, "messages"),
        (CHAT, chat("", many(HELLO, 25_000)), 413, "messages"),
        (CHAT, chat("", many("1", 500_000)), 413, "messages"),
        (CHAT, chat("", f'{{"role": "user", "content": [{many("[]", 100_000)}]}}'), 413, "messages"),
        (CHAT, chat(f', "stop": [{many(json.dumps("q"), 100_000)}]'), 413, "stop"),
        (CHAT, chat(f', "tools": [{many("1", 100_000)}]'), 413, "tools"),
        (CHAT, chat(f', "metadata": {json.dumps({f"k{n}": 1 for n in range(50_000)})}'), 413, "metadata"),
        (CHAT, json.dumps({f"k{n}": 1 for n in range(50_000)}), 413, None),
        (GENERATE, f'{{"contents": [{many(json.dumps({"text": "x"}), 100_000)}]}}', 413, "contents"),
        (GENERATE, f'{{"contents": [{many(json.dumps({"text": "x"}), 9_000)}]}}', 400, "contents"),
        (CHAT, chat(f', "deep": {"[" * 200}{"]" * 200}'), 400, "deep"),
        (CHAT, chat(f', "deep": {"[" * 100_000}'), 400, "deep"),
        (CHAT, chat(f', "x": {json.dumps({"n" * 5000: {}})}'), 400, "x"),
        (CHAT, chat(', "x": "\\ud800"'), 400, "x"),
        (CREATE, json.dumps({"prompt": "x " * 3_000_000}), 413, "prompt"),
        (CHAT, json.dumps({"model": "m" * 100_000, "messages": [{"role": "user", "content": "x"}]}), 400, "model"),
        (CHAT, f'{{"models": [{many(json.dumps("sandbox/unavailable"), 101)}], "messages": [{HELLO}]}}', 400, "models"),
        (
            GENERATE,
            '{"contents": [{"text": "x"}], "webhook_url": "http://localhost/' + "x" * 3000 + '"}',
            400,
            "webhook_url",
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else str(value),
)
def test_what_is_over_a_limit_is_refused(http: httpx.Client, path: str, body: str, status: int, field: str) -> None:
    assert refusal(http, path, body) == (status, field)


@pytest.mark.parametrize("number", ["9" * 400, "-" + "9" * 400, "9" * 5000, "1e400", "-1e400", "1." + "3" * 400])
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (CHAT, chat(', "temperature": N'), "temperature"),
        (CHAT, chat(', "top_p": N'), "top_p"),
        (CHAT, chat(', "seed": N'), "seed"),
        (CHAT, chat(', "max_tokens": N'), "max_tokens"),
        (CHAT, chat(', "unlisted": {"x": [0, N]}'), "unlisted.x[1]"),
        (SPEECH, '{"model": "openai/tts-1", "input": "x", "speed": N}', "speed"),
        (CREATE, '{"prompt": "x", "n": N}', "n"),
        (GENERATE, '{"contents": [{"text": "x"}], "parameters": {"height": N}}', "parameters.height"),
        (GENERATE, '{"contents": [{"text": "x"}], "parameters": {"seed": N}}', "parameters.seed"),
        (GENERATE, '{"contents": [{"text": "x"}], "parameters": {"strength": N}}', "parameters.strength"),
    ],
)
def test_a_number_that_is_no_float_is_refused(
    http: httpx.Client, path: str, body: str, field: str, number: str
) -> None:
    assert refusal(http, path, body.replace("N}", f"{number}}}").replace("N]", f"{number}]")) == (400, field)


@pytest.mark.parametrize(
    "body",
    [
        chat("", many("[]", 16_000)),
        chat("", many("1", 49_000)),
        chat("", f'{{"role": "user", "content": [{many("1", 49_000)}]}}'),
        chat(f', "stop": [{many("1", 49_000)}]'),
        chat(f', "logit_bias": {json.dumps({f"k{n}": "a" for n in range(24_000)})}'),
        chat("", many("[]", 3_000_000)),
        "[" * 5_000_000,
    ],
    ids=lambda body: body[40:60],
)
def test_parsing_and_checking_take_little_memory(body: str) -> None:
    """The limits are of use only if what is within them is cheap."""
    contract, given_bytes = Contract(), bytearray(body.encode())
    (operation,) = (each for each in contract.operations() if each.id == "createChatCompletion")
    tracemalloc.start()
    try:
        with pytest.raises(ApiError) as caught:
            contract.check_body(operation, reading.document_of(given_bytes))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.status in (400, 413)
    assert peak < 40 * 2**20


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)


def outcome(body: bytearray) -> tuple[Any, ApiError | None]:
    """The document of a body, or the error that it gives."""
    try:
        return reading.document_of(body), None
    except ApiError as error:
        return None, error


@given(JSON, st.booleans())
def test_a_document_is_the_one_that_was_sent(document: Any, is_ascii: bool) -> None:
    body = bytearray(json.dumps(document, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass"))
    found, error = outcome(body)
    if error is None:
        assert found == document
    else:
        assert error.status == 400
        assert any(mark in str(error) for mark in ("UTF-8", "surrogate", "1e+300"))


@given(st.binary() | st.text(alphabet='[]{},:"\\ \n0a').map(str.encode))
def test_only_errors_of_the_sandbox_come_out_of_any_body(body: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "MAX_PARTS", 8)
        patch.setattr(reading, "MAX_DEPTH", 3)
        found, error = outcome(bytearray(body))
    if error is None:
        assert found == json.loads(body or b"{}")
    else:
        assert error.status in (400, 413)


def streamed(*pieces: bytes, ends: bool = True) -> tuple[Request, list[bytes]]:
    """A request with a body in pieces, and the pieces that were not taken yet."""
    rest = list(pieces)

    async def receive() -> dict[str, Any]:
        if not rest and not ends:
            await asyncio.Event().wait()
        piece = rest.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(rest) or not ends}

    return Request({"type": "http", "method": "POST", "headers": []}, receive), rest


def test_long_bodies_wait_for_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONG_AT_ONCE", 1)
    monkeypatch.setattr(reading, "LONG_BODY", 10)

    async def run() -> None:
        bodies = reading.Bodies()
        first, _ = streamed(b"a" * 8, b"b" * 8)
        second, left = streamed(b"c" * 8, b"d" * 8, b"e" * 8)
        short, _ = streamed(b"f")

        async def read(request: Request) -> bytes:
            async with bodies.body(request) as body:
                return bytes(body)

        async with bodies.body(first):
            waiting = asyncio.create_task(read(second))
            assert await read(short) == b"f"
            for _ in range(10):
                await asyncio.sleep(0)
            assert not waiting.done()
            assert left == [b"e" * 8]
        assert len(await waiting) == 24

    asyncio.run(run())


def test_a_body_that_does_not_arrive_keeps_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BODY_SECONDS", 0.01)
    monkeypatch.setattr(reading, "LONG_AT_ONCE", 1)
    monkeypatch.setattr(reading, "LONG_BODY", 10)

    async def run() -> None:
        bodies = reading.Bodies()
        for _ in range(2):
            request, _ = streamed(b"a" * 20, ends=False)
            with pytest.raises(ApiError) as caught:
                async with bodies.body(request):
                    pass
            assert caught.value.status == 408

    asyncio.run(run())


# Pictures


def claimed(side: int) -> str:
    """A picture that says to be this large."""
    chunks = (b"IHDR" + struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0), b"IDAT", b"IEND")
    file = b"".join(struct.pack(">I", len(each) - 4) + each + struct.pack(">I", zlib.crc32(each)) for each in chunks)
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + file).decode()


@cache
def picture(side: int) -> str:
    out = BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (CREATE, {"prompt": "x", "n": 10, "size": "4096x4096"}, "n"),
        (
            GENERATE,
            {"contents": [{"text": "x"}], "parameters": {"num_images": 10, "width": 4096, "height": 4096}},
            "parameters.num_images",
        ),
        (
            GENERATE,
            {"contents": [{"image": {"data": picture(4096)}}] * 7, "parameters": {"width": 8}},
            "contents[5].image",
        ),
        (
            GENERATE,
            {"contents": [{"image": {"data": picture(4096)}}] * 4, "parameters": {"width": 4096, "height": 4096}},
            "contents",
        ),
        (
            GENERATE,
            {"contents": [{"image": {"data": picture(2000)}}], "parameters": {"num_images": 10, "width": 4000}},
            "parameters.num_images",
        ),
        (GENERATE, {"contents": [{"image": {"data": claimed(5000)}}]}, "contents[0].image"),
        (GENERATE, {"contents": [{"image": {"data": claimed(30_000)}}]}, "contents[0].image"),
    ],
)
def test_too_many_pixels_are_refused(http: httpx.Client, path: str, body: Any, field: str) -> None:
    assert refusal(http, path, json.dumps(body)) == (400, field)


def test_a_file_of_the_sandbox_costs_what_it_took_to_paint(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"prompt": "x", "size": "100x100"}
    url = http.post(CREATE, json=body).json()["data"][0]["url"]
    source = {"contents": [{"image": {"url": url}}], "parameters": {"width": 10}}
    for most, status in ((20_200, 202), (20_199, 400)):  # painted, read, and a start and a picture of 10x10
        monkeypatch.setattr(images, "MAX_PIXELS", most)
        assert http.post(GENERATE, json=source).status_code == status


def test_few_pictures_are_painted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes 64 MiB and more, so their number bounds the memory."""
    one_more, together = threading.Barrier(gateway.WORKERS + 1), []

    def painted(recipe: Recipe) -> bytes:
        with suppress(threading.BrokenBarrierError):  # no other came while these were painted, as it should be
            together.append(one_more.wait(1))
        return b"x"

    monkeypatch.setattr(gateway, "paint", painted)
    body = {"prompt": "x", "size": "8x8", "response_format": "b64_json"}
    with ccapi_sandbox.running() as sandbox, ThreadPoolExecutor(8) as threads:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}

        def request(_: int) -> int:
            return httpx.post(f"{sandbox.base_url}{CREATE}", json=body, headers=headers, timeout=60).status_code

        assert list(threads.map(request, range(8))) == [200] * 8
    assert together == []


def test_sources_are_read_once_however_many_pictures_are_made(client: CCAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[bytes] = []
    real = paint._open

    def record(file: bytes) -> Image.Image:
        opened.append(file)
        return real(file)

    monkeypatch.setattr(paint, "_open", record)
    inline: dict[str, Any] = {"num_images": 5, "width": 8, "response_format": "b64_json"}
    client.generate_images(model=FLUX, contents=[{"image": {"data": picture(16)}}], parameters=inline)
    assert len(opened) == 2  # for its size, and to start from it


ATTACK = """
import base64, io, json, resource, sys
import ccapi_sandbox, httpx
from PIL import Image

out = io.BytesIO()
Image.new("RGB", (4096, 4096), "red").save(out, "PNG")
image = {"image": {"data": base64.b64encode(out.getvalue()).decode()}}
del out
large = {"num_images": 10, "width": 4096, "height": 4096, "response_format": "b64_json"}
bodies = [
    ("/chat/completions", b'{"model": "sandbox/babble", "messages": [' + b",".join([b"[]"] * 300_000) + b"]}"),
    ("/images/generate", b'{"contents": [' + b",".join([b'{"text":"x"}'] * 100_000) + b"]}"),
    ("/images/generate", json.dumps(
        {"model": "black-forest-labs/flux-schnell", "contents": [image] * 10, "parameters": large}
    ).encode()),
    ("/images/generate", json.dumps({"contents": [image] * 3, "parameters": {"width": 4096}}).encode()),
]
with ccapi_sandbox.running() as sandbox:
    headers = {"Authorization": f"Bearer {sandbox.api_key}", "Content-Type": "application/json"}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for path, body in bodies:
        print(httpx.post(sandbox.base_url + path, content=body, headers=headers, timeout=600).status_code)
    growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(growth // (1 if sys.platform != "darwin" else 1024))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no resource")
def test_attacks_take_little_memory() -> None:
    done = subprocess.run([sys.executable, "-c", ATTACK], capture_output=True, text=True, check=True, timeout=600)
    *statuses, kibibytes = map(int, done.stdout.split())
    assert statuses == [413, 413, 400, 202]
    assert kibibytes < 400 * 1024  # three sources of 64 MiB, one after the other; it took gigabytes


# Speech


def test_long_speech_is_refused(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "999999999 " * 400  # 14 minutes
    samples = speak._samples(text, speak._paced("aria", 0.47))
    limit = 2 * speak.SAMPLE_RATE * speak.MAX_SECONDS
    assert limit < len(samples) < limit * 1.01
    monkeypatch.setattr(speak, "MAX_SECONDS", 0)
    body = {"model": "openai/tts-1", "input": "Hello."}
    assert refusal(http, SPEECH, json.dumps(body)) == (400, "input")


@given(st.integers(0, 3 * speak.SAMPLE_RATE), st.integers(0, 2**32 - 1))
def test_pcm_in_pieces_is_pcm(count: int, seed: int) -> None:
    import numpy as np

    samples = np.random.default_rng(seed).integers(-(2**15), 2**15, count, dtype=np.int16)
    times = np.arange(count * speak.PCM_RATE // speak.SAMPLE_RATE) * (speak.SAMPLE_RATE / speak.PCM_RATE)
    whole = np.interp(times, np.arange(count), samples).round().astype("<i2").tobytes() if count else b""
    assert speak._pcm(samples.tobytes()) == whole


# Heads


@pytest.mark.parametrize(
    ("path", "headers", "status", "field"),
    [
        (f"/models?{'provider=a&' * 1000}", {}, 414, None),
        (f"/models/{'a' * 5000}", {}, 414, None),
        ("/models", {"Idempotency-Key": "k" * 256}, 400, "Idempotency-Key"),
        ("/models", {"X-Sandbox-Fault": "503;model=" + "m" * 1000}, 400, "X-Sandbox-Fault"),
    ],
)
def test_long_urls_and_headers_are_refused(
    http: httpx.Client, path: str, headers: dict[str, str], status: int, field: str | None
) -> None:
    response = http.get(path, headers=headers)
    assert response.status_code == status
    assert response.json()["error"].get("details", {}).get("field") == field


def test_the_head_of_a_request_is_bounded(sandbox: Sandbox) -> None:
    import socket

    host, _, port = sandbox.base_url.removeprefix("http://").removesuffix("/v1").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        with pytest.raises(OSError):  # noqa: PT011 - refused in the middle, whatever the system calls it
            for _ in range(1000):
                connection.sendall(b"X: " + b"x" * 100_000 + b"\r\n")
