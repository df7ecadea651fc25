"""What a call promises of time and memory holds on real sockets, by every carrier, whatever the other side does."""

import asyncio
import gzip
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import anyio
import pytest
from ccapi_client import (
    CCAPI,
    APIConnectionError,
    APITimeoutError,
    AsyncCCAPI,
    CCAPIError,
    JobTimeoutError,
    MalformedResponseError,
    RetryPolicy,
    StreamError,
    Timeout,
)

from ..carriers import CARRIERS, Carrier, Serve, on, serving
from ..scripted import ClientClass, Service

SOON = 3.0
"""How much later than promised a call may end, in seconds."""
MIB = 1024 * 1024


def outcome(carrier: Carrier, base_url: str, work: Callable[[Any], Any], **options: Any) -> tuple[Any, float]:
    """What a call returns or raises, and how long it took."""
    if carrier.is_blocking:
        with CCAPI("key-1", base_url=base_url, **options) as client:
            started = time.monotonic()
            try:
                result = work(client)
            except CCAPIError as error:
                result = error
            return result, time.monotonic() - started

    async def steps() -> tuple[Any, float]:
        async with AsyncCCAPI("key-1", base_url=base_url, **options) as client:
            started = time.monotonic()
            try:
                result = await work(client)
            except CCAPIError as error:
                result = error
            return result, time.monotonic() - started

    found: tuple[Any, float] = anyio.run(steps, backend=carrier.backend)
    return found


def forever(first: bytes, again: bytes) -> Serve:
    """Sends something every now and then, for as long as somebody listens."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(first)
            gone = asyncio.ensure_future(reader.read())
            while not gone.done():
                writer.write(again)
                await writer.drain()
                await asyncio.wait([gone], timeout=0.05)

    return serve


DRIPS = {
    "headers": forever(b"HTTP/1.1 200 OK\r\n", b"X-Odd: a\r\n"),
    "early hints": forever(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    "the body": forever(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b" "),
    "nothing": forever(b"", b""),
}


@on(CARRIERS)
@pytest.mark.parametrize("what", DRIPS)
def test_a_wait_for_a_job_ends_in_time(carrier: Carrier, what: str) -> None:
    with serving(DRIPS[what]) as url:
        result, took = outcome(carrier, url, lambda client: client.wait_for_image_job("job-1", timeout=0.25))
    assert isinstance(result, JobTimeoutError)
    assert took < 0.25 + SOON


@on(CARRIERS)
@pytest.mark.parametrize("what", DRIPS)
@pytest.mark.parametrize(
    "work",
    [
        lambda client: client.create_image(prompt="x"),
        lambda client: client.list_models(),
        lambda client: client.download(f"{client._sender.options.base_url}/a.png"),
    ],
    ids=["a POST", "a GET", "a download"],
)
def test_total_bounds_a_call_with_its_retries(carrier: Carrier, what: str, work: Callable[[Any], Any]) -> None:
    retry = RetryPolicy(base_delay=0.01, retry_unknown_outcome=True)
    with serving(DRIPS[what]) as url:
        result, took = outcome(carrier, url, work, timeout=Timeout(total=0.25), retry=retry)
    assert isinstance(result, APITimeoutError | APIConnectionError)
    assert took < 0.25 + SOON


@on(CARRIERS)
def test_total_bounds_a_stream(carrier: Carrier) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"

    def read(client: Any) -> Any:
        if carrier.is_blocking:
            with client.stream_chat_completion(model="m", messages=[]) as stream:
                return stream.final()

        async def steps() -> Any:
            async with client.stream_chat_completion(model="m", messages=[]) as stream:
                return await stream.final()

        return steps()

    with serving(forever(head, b'data: {"choices": []}\n\n')) as url:
        result, took = outcome(carrier, url, read, timeout=Timeout(total=0.25))
    assert isinstance(result, CCAPIError)
    assert took < 0.25 + SOON


@on(CARRIERS)
@pytest.mark.parametrize("what", ["headers", "early hints", "nothing"])
def test_a_number_of_seconds_bounds_each_attempt_of_a_download(carrier: Carrier, what: str) -> None:
    with serving(DRIPS[what]) as url:
        once = RetryPolicy(max_attempts=1)
        result, took = outcome(carrier, url, lambda client: client.download(f"{url}/a.png"), timeout=0.25, retry=once)
    assert isinstance(result, APITimeoutError)
    assert took < 0.25 + SOON


@pytest.mark.parametrize("client_class", [CCAPI, AsyncCCAPI])
def test_no_wait_for_a_retry_passes_the_total(client_class: ClientClass) -> None:
    def work(client: Any) -> Any:
        return client.create_image(prompt="x")

    service = Service(429, headers={"retry-after": "4"})
    with pytest.raises(CCAPIError):
        service.call(client_class, work, timeout=Timeout(total=10))
    assert service.sleeps == [4, 4], "a third wait would end after 12 s"
    service = Service(429, headers={"retry-after": "4"})
    with pytest.raises(CCAPIError):
        service.call(client_class, work, timeout=Timeout(total=None))
    assert service.sleeps == [4, 4, 4]


@cache
def bomb() -> bytes:
    """gzip, twice: some 800 bytes hold 800 MiB."""
    return gzip.compress(gzip.compress(bytes(800 * MIB), 9), 9)


@contextmanager
def memory() -> Iterator[list[int]]:
    """How much memory its block takes at most, in bytes."""
    found: list[int] = []
    tracemalloc.start()
    try:
        yield found
        found.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


def responding(head: str, body: bytes) -> Serve:
    return answering_any(f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


def answering_any(answer: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):  # of `write_eof` where the client has left
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            writer.write_eof()
            await reader.read()

    return serve


@on(CARRIERS)
@pytest.mark.parametrize("coding", ["gzip, gzip", "gzip, gzip, gzip", "gzip", "br"])
@pytest.mark.parametrize(
    "status", ["200 OK", "500 Oh", "308 There\r\nLocation: /", "200 OK\r\nContent-Type: text/event-stream"]
)
def test_what_unpacks_to_much_takes_little(carrier: Carrier, coding: str, status: str) -> None:
    body = gzip.decompress(bomb()) if coding == "gzip" else bomb()

    def work(client: Any) -> Any:
        return client.create_image(prompt="x")

    with serving(responding(f"{status}\r\nContent-Encoding: {coding}", body)) as url, memory() as used:
        result, _ = outcome(carrier, url, work, max_response_bytes=MIB, timeout=20, retry=RetryPolicy(max_attempts=1))
    assert isinstance(result, CCAPIError)
    assert used[0] < 16 * MIB


@on(CARRIERS)
def test_a_download_asks_for_no_coding_and_takes_none(carrier: Carrier) -> None:
    with serving(responding("200 OK\r\nContent-Encoding: gzip", gzip.compress(b"a"))) as url:
        result, _ = outcome(carrier, url, lambda client: client.download(f"{url}/a.png"))
    assert isinstance(result, CCAPIError)
    assert "was not requested" in str(result)


@on(CARRIERS)
def test_a_success_has_a_limit(carrier: Carrier) -> None:
    body = json.dumps({"created": 1, "data": [{"url": "https://h/a.png"}], "more": "x" * 2000}).encode()

    def work(client: Any) -> Any:
        return client.create_image(prompt="x")

    with serving(responding("200 OK\r\nContent-Type: application/json", body)) as url:
        result, _ = outcome(carrier, url, work, max_response_bytes=1000)
        assert isinstance(result, MalformedResponseError)
        assert "larger than max_response_bytes, 1000 bytes" in str(result)
        assert outcome(carrier, url, work, max_response_bytes=3000)[0].data[0].url == "https://h/a.png"


@on(CARRIERS)
def test_a_stream_has_a_limit_and_keeps_what_came(carrier: Carrier) -> None:
    event = b'data: {"choices": [{"index": 0, "delta": {"content": "ab"}}]}\n\n'

    def read(client: Any) -> Any:
        if carrier.is_blocking:
            with client.stream_chat_completion(model="m", messages=[]) as stream:
                return stream.final()

        async def steps() -> Any:
            async with client.stream_chat_completion(model="m", messages=[]) as stream:
                return await stream.final()

        return steps()

    body = forever(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + event, event * 100)
    with serving(body) as url:
        result, _ = outcome(carrier, url, read, max_response_bytes=50_000)
    assert isinstance(result, StreamError)
    assert "larger than max_response_bytes, 50000 bytes" in str(result)
    assert result.text.startswith("abab")
