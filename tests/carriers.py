"""Everything that carries requests, and servers on real sockets to try it on: one test runs on every carrier."""

import asyncio
import ssl
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import anyio
import attrs
import pytest
from ccapi_client import CCAPI, AsyncCCAPI
from ccapi_client._carriers.connections import AsyncConnections, BlockingConnections
from ccapi_client._http.address import parse
from ccapi_client._http.blocking import run
from ccapi_client._http.decoding import unpack
from ccapi_client._http.wire import Request, TransportError
from ccapi_client.policies import Timeout

T = TypeVar("T")
AnyConnections = AsyncConnections | BlockingConnections
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Result = tuple[int, bytes] | TransportError
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
PATIENCE = 10.0
"""After how many seconds a test that waits for something has failed."""


@attrs.frozen
class Carrier:
    """What carries the requests of a client.

    Attributes:
        name: What `CCAPI_CARRIER` calls it.
        backend: `blocking`, or the event loop that the asynchronous client runs on.
    """

    name: str
    backend: str

    def __str__(self) -> str:
        return f"{self.backend}-{self.name}"

    @property
    def is_blocking(self) -> bool:
        return self.backend == "blocking"

    def drive(self, steps: Callable[[], Any]) -> Any:
        """Runs a coroutine function, which awaits nothing but what is here and the connections."""
        return run(steps()) if self.is_blocking else anyio.run(steps, backend=self.backend)

    def run(self, steps: Callable[[AnyConnections], Awaitable[T]], **options: Any) -> T:
        """The same with connections, which are closed at the end."""

        async def opened() -> T:
            found = self.connections(**options)
            try:
                if self.is_blocking:
                    return await steps(found)
                with anyio.fail_after(PATIENCE):
                    return await steps(found)
            finally:
                await found.close()

        result: T = self.drive(opened)
        return result

    def connections(self, **options: Any) -> AnyConnections:
        return BlockingConnections(None, **options) if self.is_blocking else AsyncConnections(None, **options)

    def call(self, key: Any, work: Callable[[Any], Any], **options: Any) -> Any:
        """What `work` returns for a client; what it returns for the asynchronous one is awaited."""
        if self.is_blocking:
            with CCAPI(key, **options) as client:
                return work(client)

        async def steps() -> Any:
            async with AsyncCCAPI(key, **options) as client:
                return await work(client)

        return anyio.run(steps, backend=self.backend)

    async def sleep(self, seconds: float) -> None:
        if self.is_blocking:
            time.sleep(seconds)  # noqa: ASYNC251 - there is no loop
        else:
            await anyio.sleep(seconds)

    async def wait(self, event: threading.Event) -> None:
        """Waits for what the server's thread does, and until the loop here has read what it sent before."""
        end = time.monotonic() + PATIENCE
        while not event.is_set():
            assert time.monotonic() < end, "it never happened"
            await self.sleep(0.005)
        await self.sleep(0.005)

    async def all_at_once(self, calls: list[Callable[[], Awaitable[Any]]]) -> list[Any]:
        """What each of them returns; all are in flight together."""
        if self.is_blocking:
            with ThreadPoolExecutor(len(calls)) as pool:
                return list(pool.map(lambda call: run(call()), calls))
        results: list[Any] = [None] * len(calls)

        async def one(number: int) -> None:
            results[number] = await calls[number]()

        async with anyio.create_task_group() as group:
            for number in range(len(calls)):
                group.start_soon(one, number)
        return results


CARRIERS = [
    *(Carrier(name, backend) for backend in ("blocking", "asyncio", "trio") for name in ("httpx", "httpx2")),
    Carrier("aiohttp", "asyncio"),
]
ASYNC_CARRIERS = [each for each in CARRIERS if not each.is_blocking]


def on(carriers: list[Carrier]) -> pytest.MarkDecorator:
    """Runs a test on each of them; the environment chooses it while the test lasts, by the fixture `carrier`."""
    return pytest.mark.parametrize("carrier", carriers, indirect=True, ids=str)


def a_request(url: str, *, seconds: float = 5, connect: float = 5, send: float = 5, method: str = "POST") -> Request:
    """A request with so many seconds to read; for what comes before always some, as a machine may be busy."""
    content = b"{}" if method == "POST" else None
    timeout = Timeout(connect=connect, read=seconds, write=send, pool=send)
    return Request(
        method, parse(url), {"content-type": "application/json", "accept-encoding": "gzip, deflate"}, content, timeout
    )


async def fetch(found: AnyConnections, request: Request) -> Result:
    try:
        response = await found.send(request)
        unpack(response)
        try:
            pieces = []
            while (piece := await response.body.piece()) is not None:
                pieces.append(bytes(piece))
            return response.status_code, b"".join(pieces)
        finally:
            await response.body.close()
    except TransportError as error:
        return error


@contextmanager
def serving(serve: Serve, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[str]:
    """Serves each connection, in a thread of its own; ends once each has ended, and raises what one of them raised."""
    loop, tasks = asyncio.new_event_loop(), list[asyncio.Task[None]]()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.append(task)
        try:
            await serve(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(handle, host, 0, ssl=context, backlog=1024)

    async def stop() -> None:
        await asyncio.sleep(0.01)  # a server that is closed while it accepts a connection leaves that open
        server.close()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            _, late = await asyncio.wait(others, timeout=PATIENCE)
            for task in late:
                task.cancel()
        await asyncio.sleep(0)  # what was closed last is told so
        await asyncio.gather(*tasks)

    server = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http{'s' if context else ''}://localhost:{server.sockets[0].getsockname()[1]}/x"
    finally:
        try:
            asyncio.run_coroutine_threadsafe(stop(), loop).result(2 * PATIENCE)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


async def told(event: threading.Event) -> None:
    """Waits, in a server, for what a test does."""
    while not event.is_set():
        await asyncio.sleep(0.005)


def answering(answer: bytes) -> Serve:
    """Reads a request, which a POST ends with an object, answers and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            if (await reader.readuntil(b"\r\n\r\n")).startswith(b"POST"):
                await reader.readuntil(b"}")
            writer.write(answer)

    return serve


def silent(answer: bytes = b"") -> Serve:
    """Reads a request, sends the beginning of an answer and waits for the client to hang up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(answer)
        with suppress(ConnectionError):
            await reader.read()

    return serve


async def keep_open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers each request of a connection."""
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while await reader.readuntil(b"{}"):
            writer.write(OK)


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int | None) -> None:
    """Passes on what comes to a port of this machine, and back, until one side hangs up: the tunnel of a proxy."""
    inner, outer = await asyncio.open_connection("127.0.0.1", port)

    async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, ssl.SSLError):
            while piece := await source.read(65536):
                target.write(piece)

    both = [asyncio.ensure_future(each) for each in (pump(reader, outer), pump(inner, writer))]
    _, late = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    for each in late:
        each.cancel()
    outer.close()
    with suppress(ConnectionError, ssl.SSLError):
        await outer.wait_closed()


def certificate(folder: Path, *, password: str | None = None) -> tuple[Path, ssl.SSLContext]:
    """A certificate for localhost that nobody trusts, `certificate.pem` with its `key.pem`; and a server's context."""
    key, path = folder / "key.pem", folder / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    passing = ["-nodes"] if password is None else ["-passout", f"pass:{password}"]
    subprocess.run([*command.split(), *passing, "-keyout", key, "-out", path], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path, key, password)
    return path, context
