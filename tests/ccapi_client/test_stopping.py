"""A stream that is stopped from outside, or read by two, on real sockets and by every carrier."""

import asyncio
import gc
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import anyio
import pytest
from ccapi_client import CCAPI, AsyncCCAPI, ConfigurationError, StreamInterruptedError
from ccapi_client._client import sender_of

from ..carriers import ASYNC_CARRIERS, CARRIERS, OK, Carrier, on, serving

EVENT = b'data: {"choices": [{"index": 0, "delta": {"content": "a"}}]}\n\n'


class Service:
    """Streams one event and falls silent; any other request gets `{}`. Both on a connection that stays open."""

    def __init__(self, head: bytes = b"Transfer-Encoding: chunked\r\n", event: bytes = b"%x\r\n%s\r\n") -> None:
        self.head, self.event = head, event % (len(EVENT), EVENT) if b"%" in event else event
        self.hung_up = threading.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                if b"chat" not in head:
                    writer.write(OK)
                    continue
                await reader.readuntil(b"}")
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + self.head + b"\r\n" + self.event
                )
        self.hung_up.set()


def stopped(carrier: Carrier, url: str, stop: Callable[[Any], None]) -> tuple[int, StreamInterruptedError]:
    """How many chunks a reader got of a stream that is stopped while it waits, and what `final` then says."""
    if carrier.is_blocking:
        with CCAPI("key-1", base_url=url) as client, client.stream_chat_completion(model="m", messages=[]) as stream:
            chunks = []
            for chunk in stream:
                chunks.append(chunk)
                stop(stream)
            with pytest.raises(StreamInterruptedError) as caught:
                stream.final()
        return len(chunks), caught.value

    async def steps() -> tuple[int, StreamInterruptedError]:
        with anyio.fail_after(10):
            async with (
                AsyncCCAPI("key-1", base_url=url) as client,
                client.stream_chat_completion(model="m", messages=[]) as stream,
            ):
                chunks = []
                async for chunk in stream:
                    chunks.append(chunk)
                    stop(stream)
                with pytest.raises(StreamInterruptedError) as caught:
                    await stream.final()
        return len(chunks), caught.value

    found: tuple[int, StreamInterruptedError] = anyio.run(steps, backend=carrier.backend)
    return found


@on(CARRIERS)
@pytest.mark.parametrize("head", [b"Transfer-Encoding: chunked\r\n", b""], ids=["chunked", "until the end"])
def test_a_stream_is_stopped_from_another_thread(carrier: Carrier, head: bytes) -> None:
    service = Service(head, b"%x\r\n%s\r\n" if head else EVENT)
    threads = []

    def stop(stream: Any) -> None:
        threads.append(threading.Timer(0.05, stream.close))
        threads[-1].start()

    with serving(service.serve) as url:
        count, error = stopped(carrier, url, stop)
        assert service.hung_up.wait(5)
    for thread in threads:
        thread.join()
    assert count == 1
    assert error.text == "a", "what came is kept"


@on(CARRIERS)
def test_a_stream_is_stopped_by_its_own_reader(carrier: Carrier) -> None:
    with serving(Service().serve) as url:
        count, _ = stopped(carrier, url, lambda stream: stream.close())
    assert count == 1


@on(ASYNC_CARRIERS)
def test_a_stream_is_stopped_by_another_task_and_read_by_one_alone(carrier: Carrier) -> None:
    async def steps() -> int:
        count = 0
        async with (
            AsyncCCAPI("key-1", base_url=url) as client,
            client.stream_chat_completion(model="m", messages=[]) as stream,
        ):

            async def read() -> None:
                nonlocal count
                async for _ in stream:
                    count += 1

            with anyio.fail_after(10):
                async with anyio.create_task_group() as group:
                    group.start_soon(read)
                    while not count:
                        await anyio.sleep(0.005)
                    await anyio.wait_all_tasks_blocked()
                    with pytest.raises(ConfigurationError, match="read by another thread or task"):
                        await anext(aiter(stream))
                    stream.close()
        stream.close()  # as often as one likes
        return count

    with serving(Service().serve) as url:
        assert anyio.run(steps, backend=carrier.backend) == 1


@on([each for each in CARRIERS if each.is_blocking])
def test_a_stream_is_read_by_one_thread_alone(carrier: Carrier) -> None:
    first = threading.Event()

    def read(stream: Any) -> None:
        for _ in stream:
            first.set()

    with (
        serving(Service().serve) as url,
        CCAPI("key-1", base_url=url) as client,
        client.stream_chat_completion(model="m", messages=[]) as stream,
    ):
        reading = threading.Thread(target=read, args=[stream])
        reading.start()
        assert first.wait(5)
        with pytest.raises(ConfigurationError, match="read by another thread or task"):
            while True:  # until the other one waits again
                next(iter(stream))
        stream.close()
        reading.join()


@on(CARRIERS)
def test_a_stream_that_is_closed_before_it_is_opened_is_not_sent(carrier: Carrier) -> None:
    with CCAPI("key-1", base_url="http://127.0.0.1:1/v1") as client:
        stream = client.stream_chat_completion(model="m", messages=[])
        stream.close()
        with pytest.raises(ConfigurationError), stream:
            pass


@on(CARRIERS)
@pytest.mark.parametrize("head", [b"Transfer-Encoding: chunked\r\n", b""], ids=["chunked", "until the end"])
def test_a_stream_that_is_left_early_leaves_nothing_behind(carrier: Carrier, head: bytes) -> None:
    """No warning of trio's of a generator that was dropped, none of a socket that is open."""
    service = Service(head, b"%x\r\n%s\r\n" if head else EVENT)

    async def steps() -> None:
        async with (
            AsyncCCAPI("key-1", base_url=url) as client,
            client.stream_chat_completion(model="m", messages=[]) as stream,
        ):
            async for _ in stream.text():
                break

    with serving(service.serve) as url:
        if carrier.is_blocking:
            with (
                CCAPI("key-1", base_url=url) as client,
                client.stream_chat_completion(model="m", messages=[]) as stream,
            ):
                next(iter(stream))
        else:
            anyio.run(steps, backend=carrier.backend)
        assert service.hung_up.wait(5)
    gc.collect()


class Slow:
    """Waits before it responds, or responds with a JSON that does not end; counts the requests."""

    def __init__(self, answer: bytes) -> None:
        self.answer, self.requests, self.reached = answer, 0, threading.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"}"):
                self.requests += 1
                writer.write(self.answer)
                self.reached.set()


@on(CARRIERS)
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 429 Wait\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["no head yet", "not known what it is", "between two attempts"],
)
def test_a_stream_that_is_closed_while_it_is_opened_is_not_sent_again(carrier: Carrier, answer: bytes) -> None:
    service, closed = Slow(answer), threading.Event()

    def close_at_last(stream: Any) -> None:
        stream.close()
        closed.set()

    def close(stream: Any) -> None:
        assert service.reached.wait(10)
        threading.Timer(0.1, close_at_last, [stream]).start()

    async def sleep(seconds: float) -> None:
        await carrier.wait(closed)  # between two attempts it is closed, however long that takes

    def blocking() -> None:
        with CCAPI("key-1", base_url=url) as client:
            sender_of(client).sleep = sleep
            stream = client.stream_chat_completion(model="m", messages=[])
            closing = threading.Thread(target=close, args=[stream])
            closing.start()
            with suppress(ConfigurationError), stream:
                assert list(stream) == []
            closing.join()

    async def steps() -> None:
        async with AsyncCCAPI("key-1", base_url=url) as client:
            sender_of(client).sleep = sleep
            stream = client.stream_chat_completion(model="m", messages=[])
            closing = threading.Thread(target=close, args=[stream])
            closing.start()
            with anyio.fail_after(5), suppress(ConfigurationError):
                async with stream:
                    assert [chunk async for chunk in stream] == []
            closing.join()

    with serving(service.serve) as url:
        blocking() if carrier.is_blocking else anyio.run(steps, backend=carrier.backend)
    assert service.requests == 1


@on(CARRIERS)
def test_streams_that_came_to_their_end_share_a_connection(carrier: Carrier) -> None:
    whole = EVENT + b"data: [DONE]\n\n"
    count = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"}"):
                head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                writer.write(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(whole), whole))

    async def steps() -> None:
        async with AsyncCCAPI("key-1", base_url=url) as client:
            for _ in range(5):
                async with client.stream_chat_completion(model="m", messages=[]) as stream:
                    assert (await stream.final()).choices[0].message.content == "a"

    with serving(serve) as url:
        if carrier.is_blocking:
            with CCAPI("key-1", base_url=url) as client:
                for _ in range(5):
                    with client.stream_chat_completion(model="m", messages=[]) as stream:
                        assert stream.final().choices[0].message.content == "a"
        else:
            anyio.run(steps, backend=carrier.backend)
    assert count == 1
