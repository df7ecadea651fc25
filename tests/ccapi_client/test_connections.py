"""What carries requests, on real sockets: the same outcome by aiohttp as by httpx."""

import asyncio
import gc
import gzip
import socket
import ssl
import subprocess
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import httpx
import pytest
from ccapi_client import CCAPI, AsyncCCAPI, connections
from ccapi_client.connections import AsyncConnections, Lanes, Proxies
from ccapi_client.fast import Fast
from ccapi_client.retry import Outcome, error_failure
from ccapi_client.wire import Request
from ccapi_sandbox import Sandbox

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Result = tuple[int, bytes] | httpx.HTTPError
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(params=["httpx", "aiohttp"])
def carrier(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What `AsyncConnections` send by while the test lasts."""
    monkeypatch.setenv("CCAPI_FAST", "1" if request.param == "aiohttp" else "0")
    return str(request.param)


def a_request(url: str, *, seconds: float = 5, method: str = "POST") -> Request:
    content = b"{}" if method == "POST" else None
    return Request(method, httpx.URL(url), {"content-type": "application/json"}, content, httpx.Timeout(seconds))


@asynccontextmanager
async def serving(serve: Serve, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serves each connection, and ends once each has ended."""
    tasks: list[asyncio.Task[None] | None] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.current_task())
        try:
            await serve(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async with await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context) as server:
        yield f"http{'s' if context else ''}://localhost:{server.sockets[0].getsockname()[1]}/x"
    await asyncio.gather(*filter(None, tasks))


@asynccontextmanager
async def opened() -> AsyncIterator[AsyncConnections]:
    found = AsyncConnections(None)
    try:
        yield found
    finally:
        await found.close()


def answering(answer: bytes) -> Serve:
    """Reads a request, answers and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
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


async def fetch(found: AsyncConnections, request: Request) -> Result:
    try:
        answer = await found.send(request)
        try:
            return answer.status_code, b"".join([bytes(piece) async for piece in answer.pieces])
        finally:
            await answer.close()
    except httpx.HTTPError as error:
        return error


def outcome(serve: Serve, *, seconds: float = 5) -> Result:
    async def run() -> Result:
        async with serving(serve) as url, opened() as found:
            return await fetch(found, a_request(url, seconds=seconds))

    return asyncio.run(run())


def meaning(result: Result) -> Outcome:
    assert isinstance(result, httpx.HTTPError), result
    return error_failure(result).outcome


def test_which_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def chosen(proxies: Proxies) -> str:
        found = connections._carrier(proxies)
        await found.close()
        return type(found).__name__

    none = Proxies({})
    assert asyncio.run(chosen(none)) == "Fast"
    assert asyncio.run(chosen(Proxies({"all": "socks5://127.0.0.1:1"}))) == "Lanes", "aiohttp speaks no SOCKS"
    assert anyio.run(chosen, none, backend="trio") == "Lanes", "aiohttp is asyncio's alone"
    monkeypatch.setenv("CCAPI_FAST", "0")
    assert asyncio.run(chosen(none)) == "Lanes"


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (OK, b"{}"),
        (b"HTTP/1.1 200 OK\r\nX-Odd: caf\xe9\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
        (b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 20_000 + b"\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"packed"), b"packed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", b"{}"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"{}"),
    ],
)
def test_answers(carrier: str, answer: bytes, body: bytes) -> None:
    assert outcome(answering(answer)) == (200, body)


@pytest.mark.parametrize(
    "serve",
    [
        answering(b""),
        answering(b"SPAM\r\n\r\n"),
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"),
        silent(),
        silent(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"),
    ],
)
def test_what_was_delivered_is_never_taken_for_undelivered(carrier: str, serve: Serve) -> None:
    assert meaning(outcome(serve, seconds=0.3)) is Outcome.UNKNOWN


def test_silence_is_a_timeout(carrier: str) -> None:
    assert isinstance(outcome(silent(), seconds=0.2), httpx.ReadTimeout)


def test_what_is_packed_otherwise_than_it_says(carrier: str) -> None:
    assert isinstance(outcome(answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nabc")), httpx.DecodingError)


def test_a_port_that_refuses_has_had_nothing(carrier: str) -> None:
    async def run(url: str) -> Result:
        async with opened() as found:
            return await fetch(found, a_request(url))

    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        result = asyncio.run(run(f"http://127.0.0.1:{bound.getsockname()[1]}/"))
    assert isinstance(result, httpx.ConnectError)
    assert meaning(result) is Outcome.NOT_DELIVERED
    assert meaning(asyncio.run(run("http://nowhere.invalid/"))) is Outcome.NOT_DELIVERED


def test_a_connection_that_takes_too_long_has_delivered_nothing(carrier: str) -> None:
    async def run(port: int) -> Result:
        async with opened() as found:
            return await fetch(found, a_request(f"http://127.0.0.1:{port}/", seconds=0.3))

    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:  # more than it lets wait: it answers no more
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        result = asyncio.run(run(full.getsockname()[1]))
        for each in waiting:
            each.close()
    assert isinstance(result, httpx.ConnectTimeout)
    assert meaning(result) is Outcome.NOT_DELIVERED


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"])
def test_cancelling_hangs_up_and_frees_the_turn(
    carrier: str, beginning: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 1)

    async def run() -> None:
        reached, left = asyncio.Event(), asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"{}")
            writer.write(beginning)
            if not beginning:
                reached.set()
            with suppress(ConnectionError):
                await reader.read()
            left.set()

        async def call(url: str) -> None:
            answer = await found.send(a_request(url))
            try:
                async for _ in answer.pieces:
                    reached.set()
            finally:
                await answer.close()
                await answer.close()  # as often as one likes

        async with serving(serve) as url, serving(answering(OK)) as other, opened() as found, asyncio.timeout(5):
            for _ in range(3):
                task = asyncio.create_task(call(url))
                await reached.wait()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await left.wait()
                reached.clear()
                left.clear()
            assert await fetch(found, a_request(other)) == (200, b"{}"), "its turn was not given back"
            if isinstance(found._carrier, Lanes):
                assert found._carrier._turns.value == 1, "it was given back too often"

    asyncio.run(run())


def test_an_upload_that_is_stuck_is_given_up(carrier: str) -> None:
    async def run() -> Result:
        freed = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await freed.wait()  # it accepts, and reads nothing

        async with serving(serve) as url, opened() as found, asyncio.timeout(10):
            request = a_request(url, seconds=0.2)
            request.content = bytes(20_000_000)
            try:
                return await fetch(found, request)
            finally:
                freed.set()

    assert meaning(asyncio.run(run())) is Outcome.UNKNOWN


def test_a_connection_that_was_closed_while_the_loop_was_blocked_is_not_used(carrier: str) -> None:
    async def run() -> list[Result]:
        async with serving(answering(OK)) as url, opened() as found:
            results = [await fetch(found, a_request(url))]
            if isinstance(found._carrier, Fast):
                found._carrier._sent_at -= 10  # as if so much time had passed
            results.append(await fetch(found, a_request(url)))
            return results

    assert asyncio.run(run()) == [(200, b"{}")] * 2


@pytest.mark.parametrize("comes", ["while the reader is busy", "afterwards"])
def test_what_a_reader_takes_is_not_waiting_and_what_had_come_before_a_cut_is_given(carrier: str, comes: str) -> None:
    async def run(seconds: float) -> list[bytes]:
        pieces = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"{}")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\none")
            await writer.drain()
            await asked.wait()
            writer.write(b"two")

        asked = asyncio.Event()
        async with serving(serve) as url, opened() as found, asyncio.timeout(5):
            answer = await found.send(a_request(url, seconds=seconds))
            with pytest.raises(httpx.HTTPError):
                async for piece in answer.pieces:
                    pieces.append(bytes(piece))
                    if comes == "while the reader is busy":
                        asked.set()
                    await asyncio.sleep(0.3)
                    asked.set()
            await answer.close()
        return pieces

    assert b"".join(asyncio.run(run(0.2))) == b"onetwo"


def test_the_same_is_sent_and_neither_redirects_nor_cookies_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> list[list[bytes]]:
        seen: list[list[bytes]] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = (await reader.readuntil(b"\r\n\r\n")).lower().splitlines()
            seen.append(
                [head[0], *sorted(line for line in head[1:] if not line.startswith((b"host:", b"connection:")))]
            )
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: /y\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")

        async with serving(serve) as url, opened() as found:
            for path in ("a%2Fb/%7Ec?x=%20+&y=1,2", "a"):
                request = a_request(f"{url}/{path}", method="GET")
                request.headers = {"accept": "*/*", "accept-encoding": "gzip", "user-agent": "test", "x-team": "a"}
                assert await fetch(found, request) == (302, b"")
        return seen

    by_aiohttp = asyncio.run(run())
    monkeypatch.setenv("CCAPI_FAST", "0")
    assert by_aiohttp == asyncio.run(run())
    assert by_aiohttp[0][0] == b"get /x/a%2fb/%7ec?x=%20+&y=1,2 http/1.1"


def test_a_client_goes_on_in_another_loop(carrier: str) -> None:
    found = AsyncConnections(None)

    async def run() -> Result:
        async with serving(answering(OK)) as url:
            return await fetch(found, a_request(url))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # of what the first loop left open
        assert [asyncio.run(run()) for _ in range(2)] == [(200, b"{}")] * 2
        # Closed in a loop that is not theirs either.
        asyncio.run(found.close())
        gc.collect()


def test_pieces_are_given_as_they_come(carrier: str) -> None:
    async def run() -> None:
        seen = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"{}")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none")
            await seen.wait()  # the second piece is not sent before the first was read
            writer.write(b"two")

        async with serving(serve) as url, opened() as found, asyncio.timeout(5):
            answer = await found.send(a_request(url))
            assert await anext(answer.pieces) == b"one"
            seen.set()
            assert await anext(answer.pieces) == b"two"
            await answer.close()
            await answer.close()

    asyncio.run(run())


def test_connections_are_used_again_and_no_more_than_are_needed(carrier: str) -> None:
    count = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"{}"):
                writer.write(OK)

    async def run() -> None:
        async with serving(serve) as url, opened() as found:
            for _ in range(5):
                results = await asyncio.gather(*(fetch(found, a_request(url)) for _ in range(8)))
                assert results == [(200, b"{}")] * 8
            await asyncio.sleep(0)

    asyncio.run(run())
    assert count == 8


def test_more_than_may_be_on_their_way_wait_for_their_turn(carrier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 2)
    most = now = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal most, now
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"{}"):
                now += 1
                most = max(most, now)
                await asyncio.sleep(0.01)
                now -= 1
                writer.write(OK)

    async def run() -> None:
        async with serving(serve) as url, opened() as found:
            results = await asyncio.gather(*(fetch(found, a_request(url)) for _ in range(10)))
            assert results == [(200, b"{}")] * 10
        async with serving(silent()) as url, opened() as found:
            held = [asyncio.create_task(fetch(found, a_request(url, seconds=3))) for _ in range(2)]
            await asyncio.sleep(0.1)
            assert meaning(await fetch(found, a_request(url, seconds=0.1))) is Outcome.NOT_DELIVERED
            for each in held:
                each.cancel()
            await asyncio.gather(*held, return_exceptions=True)

    asyncio.run(run())
    assert most == 2


def test_idle_connections_are_not_kept_for_ever() -> None:
    async def run() -> list[int]:
        async with serving(keep_open) as url:
            lanes = Lanes(10, 0.0, ssl.create_default_context())
            for _ in range(3):
                answers = [await lanes.send(a_request(url), None) for _ in range(4)]
                for answer in answers:
                    assert b"".join([piece async for piece in answer.pieces]) == b"{}"
                    await answer.close()
            kept = [len(idle) for idle in lanes._idle.values()]
            await lanes.close()
            return kept

    async def keep_open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"{}"):
                writer.write(OK)

    assert asyncio.run(run())[0] <= 1


def test_a_proxy_of_the_environment_is_asked(carrier: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines.extend(line for line in head.splitlines() if line.startswith((b"GET", b"proxy-auth", b"Proxy-Auth")))
        body = b'{"object": "list", "data": []}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        writer.write(b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))

    async def run() -> None:
        async with serving(proxy) as url:
            port = httpx.URL(url).port
            monkeypatch.setenv("HTTP_PROXY", f"http://user:secret@127.0.0.1:{port}")
            monkeypatch.setenv("NO_PROXY", "direct.invalid")
            async with AsyncCCAPI("key-1", base_url="http://api.invalid/v1") as client:
                assert (await client.list_models()).data == []
            with CCAPI("key-1", base_url="http://api.invalid/v1") as sync:
                assert (await anyio.to_thread.run_sync(sync.list_models)).data == []
            assert connections.Proxies.of_environment().of(httpx.URL("http://direct.invalid/")) is None

    asyncio.run(run())
    assert [line for line in lines if line.startswith(b"GET")] == [b"GET http://api.invalid/v1/models HTTP/1.1"] * 2
    assert len([line for line in lines if b"Basic dXNlcjpzZWNyZXQ=" in line]) == 2


def test_certificates_are_checked_and_roots_of_the_environment_known(
    carrier: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def run() -> Result:
        async with serving(answering(OK), context) as url, opened() as found:
            return await fetch(found, a_request(url))

    refused = asyncio.run(run())
    assert isinstance(refused, httpx.ConnectError)
    assert meaning(refused) is Outcome.DEFINITE
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert asyncio.run(run()) == (200, b"{}")
