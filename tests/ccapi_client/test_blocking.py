"""The blocking client drives coroutines without an event loop: what that leaves to a loop that is running, and to tracebacks."""

import asyncio
import gc
import socket
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import ccapi_client
import ccapi_openapi
import httpx
import pytest
from ccapi_client import CCAPI, APITimeoutError, CCAPIError, MalformedResponseError, PollPolicy, RetryPolicy
from ccapi_client._client import sender_of
from ccapi_client._http.blocking import run
from ccapi_client._http.wire import TransportError
from ccapi_sandbox import Sandbox

from ..conftest import QUICK

HELLO = [{"role": "user", "content": "hello"}]
ONCE = RetryPolicy(max_attempts=1)
CHUNK = b'data: {"id": "c-1", "choices": [{"index": 0, "delta": {"content": "word "}}]}\n\n'
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: keep-alive\r\n\r\n"
FILE_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 1000000\r\n\r\n"


@pytest.fixture(autouse=True, params=["httpx", "httpx2"])
def carrier(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCAPI_CARRIER", request.param)


# Inside a running loop, as in a notebook


class Watched(asyncio.SelectorEventLoop):
    """A loop that notes what is scheduled on it."""

    def __init__(self) -> None:
        super().__init__()
        self.scheduled: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name in ("call_soon", "call_soon_threadsafe", "call_at", "call_later", "create_task", "run_in_executor"):
            self.scheduled.append(name)
        return super().__getattribute__(name)


def in_a_running_loop(work: Callable[[], object]) -> None:
    """Does blocking work as a cell of a notebook does; it may warn of nothing and leave nothing to the loop."""
    complaints: list[object] = []
    generators: list[object] = []
    loop = Watched()

    async def cell() -> None:
        sys.set_asyncgen_hooks(firstiter=generators.append)
        loop.scheduled.clear()
        work()
        gc.collect()
        assert loop.scheduled == []
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert generators == []

    before, sys.unraisablehook = sys.unraisablehook, complaints.append
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            loop.set_debug(False)
            loop.run_until_complete(cell())
            loop.close()
            gc.collect()
    finally:
        sys.unraisablehook = before
    assert [str(each.message) for each in warned] == []
    assert complaints == []


class Endless:
    """A server of one response that has no end, and that says when the client has hung up."""

    def __init__(self, head: bytes, piece: bytes) -> None:
        self.head, self.piece = head, piece
        self.has_hung_up = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/v1"
        self.thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.listener.close()
        self.thread.join(5)

    def _serve(self) -> None:
        with suppress(OSError), self.listener.accept()[0] as connection:
            connection.settimeout(5)
            connection.recv(65536)
            connection.sendall(self.head + 3 * self.piece)
            with suppress(ConnectionError):
                while connection.recv(65536):
                    pass
            self.has_hung_up.set()

    def sees_the_end(self) -> bool:
        return self.has_hung_up.wait(5)


def test_a_stream_whose_block_is_left_hangs_up_at_once() -> None:
    def cell() -> None:
        with Endless(STREAM_HEAD, CHUNK) as server, CCAPI("key-1", base_url=server.url) as client:
            with client.stream_chat_completion(messages=HELLO) as stream:
                assert next(iter(stream)).choices[0].delta.content == "word "
                assert not server.has_hung_up.is_set()
            assert server.sees_the_end()

    in_a_running_loop(cell)


def test_a_stream_whose_block_raises_hangs_up_at_once() -> None:
    def cell() -> None:
        with Endless(STREAM_HEAD, CHUNK) as server, CCAPI("key-1", base_url=server.url) as client:
            with pytest.raises(ZeroDivisionError), client.stream_chat_completion(messages=HELLO) as stream:
                for _ in stream.text():
                    raise ZeroDivisionError
            assert server.sees_the_end()

    in_a_running_loop(cell)


def test_a_stream_that_is_dropped_open_hangs_up_too() -> None:
    def cell() -> None:
        with Endless(STREAM_HEAD, CHUNK) as server, CCAPI("key-1", base_url=server.url) as client:
            stream = client.stream_chat_completion(messages=HELLO).__enter__()
            assert [next(stream.text()), next(stream.text())] == ["word ", "word "]
            del stream
            gc.collect()
            assert server.sees_the_end()

    in_a_running_loop(cell)


def test_a_stream_that_is_never_opened_leaves_nothing() -> None:
    def cell() -> None:
        with CCAPI("key-1", base_url="http://127.0.0.1:1/v1") as client:
            client.stream_chat_completion(messages=HELLO)

    in_a_running_loop(cell)


def test_a_watch_that_is_dropped_leaves_nothing(sandbox: Sandbox) -> None:
    def cell() -> None:
        with CCAPI(sandbox.api_key, base_url=sandbox.base_url, poll=QUICK) as client:
            job = client.generate_images(contents=[{"text": "a fox"}], model="sandbox/job-never-ends")
            states = client.watch_image_job(job)
            assert next(states).status == "pending"
            assert next(states).status == "processing"
            del states
            client.watch_image_job(job)
            many = client.wait_for_image_jobs([job, client.generate_images(contents=[{"text": "an owl"}])])
            assert next(many).completed().data
            del many

    in_a_running_loop(cell)


def test_a_download_that_breaks_off_leaves_nothing() -> None:
    def cell() -> None:
        with (
            Endless(FILE_HEAD, b"\x89PNG") as server,
            CCAPI("key-1", base_url=server.url, timeout=1, retry=ONCE) as client,
        ):
            with pytest.raises(APITimeoutError):
                client.download(f"{server.url}/a.png")
            assert server.sees_the_end()

    in_a_running_loop(cell)


def test_a_download_that_is_refused_half_way_hangs_up() -> None:
    def cell() -> None:
        with Endless(STREAM_HEAD, b"\x89PNG" * 10) as server, CCAPI("key-1", base_url=server.url) as client:
            with pytest.raises(MalformedResponseError, match="max_bytes") as caught:
                client.download(f"{server.url}/a.png", max_bytes=100)
            assert server.sees_the_end()
            del caught

    in_a_running_loop(cell)


def test_everything_works_in_a_running_loop(sandbox: Sandbox, tmp_path: Path) -> None:
    def cell() -> None:
        with CCAPI(sandbox.api_key, base_url=sandbox.base_url, poll=QUICK) as client:
            job = client.wait_for_image_job(client.generate_images(contents=[{"text": "a fox"}]))
            (path,) = client.save(job, tmp_path / "fox.png")
            assert client.download(job) == [path.read_bytes()]
            assert next(client.iter_models(page_size=1)).id
            with client.stream_chat_completion(model="sandbox/babble", messages=HELLO) as stream:
                assert stream.final().choices

    in_a_running_loop(cell)


def test_a_coroutine_that_waits_for_a_loop_is_closed_and_told() -> None:
    closed = []

    async def steps() -> None:
        try:
            await asyncio.sleep(1)
        finally:
            closed.append(True)

    async def cell() -> None:
        driven = steps()  # kept, so that nothing but `run` closes it
        with pytest.raises(AssertionError, match="event loop"):
            run(driven)
        assert closed == [True]

    asyncio.run(cell())


# Tracebacks

OURS = tuple(str(Path(str(package.__file__)).parent) for package in (ccapi_client, ccapi_openapi))


def refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody is there")


def cut(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Cut())


class Cut(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield CHUNK
        raise httpx.ReadError("cut")


def read_stream(client: CCAPI) -> None:
    with client.stream_chat_completion(messages=HELLO) as stream:
        stream.final()


def read_text(client: CCAPI) -> None:
    with client.stream_chat_completion(messages=HELLO) as stream:
        list(stream.text())


CALLS: list[tuple[Callable[[CCAPI], object], Callable[[httpx.Request], httpx.Response]]] = [
    (lambda client: client.list_models(), refuse),
    (lambda client: client.list_models(), lambda request: httpx.Response(404)),
    (lambda client: client.create_image(prompt="x"), lambda request: httpx.Response(200, content=b"<html>")),
    (lambda client: client.create_image(prompt=7), refuse),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    (lambda client: list(client.iter_models()), refuse),
    (lambda client: client.wait_for_image_job("job-1", timeout=0.01), refuse),
    (lambda client: client.wait_for_image_job("job-1"), lambda request: httpx.Response(401)),
    (lambda client: list(client.watch_image_job("job-1")), lambda request: httpx.Response(401)),
    (lambda client: [each.completed() for each in client.wait_for_image_jobs(["job-1"], timeout=0.01)], refuse),
    (lambda client: client.download("https://x.example/a.png"), refuse),
    (lambda client: client.download("https://x.example/a.png"), cut),
    (lambda client: client.download("http://127.0.0.1/a.png"), refuse),
    (lambda client: client.save("https://x.example/a.png", "a.png"), refuse),
    (lambda client: client.save("data:image/png;base64,!", "a.png"), refuse),
    (read_stream, refuse),
    (read_stream, cut),
    (read_text, cut),
]


@pytest.mark.parametrize(("call", "serve"), CALLS)
def test_between_the_caller_s_line_and_the_cause_all_frames_are_ours(
    call: Callable[[CCAPI], object],
    serve: Callable[[httpx.Request], httpx.Response],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    client = CCAPI("key-1", transport=httpx.MockTransport(serve), retry=ONCE, poll=PollPolicy(initial=0.001))
    with pytest.raises(CCAPIError) as caught:
        call(client)
    error: BaseException | None = caught.value
    while isinstance(error, CCAPIError | TransportError):
        frames = traceback.extract_tb(error.__traceback__)
        inner = [frame for frame in frames if frame.filename != __file__]
        assert [frame for frame in inner if not frame.filename.startswith(OURS)] == []
        assert inner == frames[len(frames) - len(inner) :]  # the caller's come first
        error = error.__cause__
    if error is not None:  # the library's own: our line that called it comes first
        assert traceback.extract_tb(error.__traceback__)[0].filename.startswith(OURS)


def test_an_error_of_the_caller_s_own_passes_through_as_it_is(sandbox: Sandbox) -> None:
    def stop(update: object) -> None:
        raise ZeroDivisionError

    with CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client:
        job = client.generate_images(contents=[{"text": "a fox"}])
        with pytest.raises(ZeroDivisionError) as caught:
            client.wait_for_image_job(job, on_update=stop)
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [frame for frame in frames if not frame.filename.startswith((*OURS, __file__))] == []
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_ctrl_c_while_it_waits_is_not_swallowed(sandbox: Sandbox) -> None:
    async def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    with CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client:
        sender_of(client).sleep = interrupted
        with pytest.raises(KeyboardInterrupt):
            client.wait_for_image_job("job-0")
        started = time.monotonic()
        assert client.list_models(limit=1).data  # the client is still good
        assert time.monotonic() - started < 5
