"""What the seam between sender and carriers promises: deadlines hold, readers are woken, leftovers reach nobody."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ccapi_client._carriers import connections, pool
from ccapi_client._http.address import parse
from ccapi_client._http.retry import Outcome, error_failure
from ccapi_client._http.wire import Kind, Request, TransportError

from ..carriers import (
    CARRIERS,
    OK,
    AnyConnections,
    Carrier,
    Result,
    Serve,
    a_request,
    answering,
    certificate,
    fetch,
    on,
    pass_on,
    serving,
)

Fetch = Callable[[AnyConnections, Request], Awaitable[Result]]
SOON = 4.0
"""How much later than promised a call may end, in seconds."""


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return certificate(tmp_path_factory.mktemp("tls"))


def by_deadline(url: str, seconds: float, *, step: float = 30, **more: Any) -> Request:
    request = a_request(url, seconds=step, **more)
    request.deadline = time.monotonic() + seconds
    return request


def timed(carrier: Carrier, request: Callable[[], Request], fetch: Fetch = fetch) -> tuple[Result, float]:
    """How a request ended, and after how long."""

    async def steps(found: AnyConnections) -> tuple[Result, float]:
        await imported(found)
        started = time.monotonic()
        result = await fetch(found, request())
        return result, time.monotonic() - started

    return carrier.run(steps)


async def imported(found: AnyConnections) -> None:
    """Imports what a carrier imports for its first request: no part of what is measured."""
    await fetch(found, a_request("http://127.0.0.1:1/"))


def late(
    carrier: Carrier,
    seconds: float,
    request: Callable[[float], Request],
    fetch: Fetch = fetch,
    during: tuple[Kind, ...] = (Kind.READ_TIMED_OUT,),
) -> tuple[Result, float]:
    """How a request with a limit of so many seconds ended, and how long after it.

    A machine that is busy takes all of it to connect now and then, or to send; the limit is a longer one then.
    """
    for limit in (seconds, 10 * seconds):
        result, took = timed(carrier, lambda: request(limit), fetch)  # noqa: B023 - called at once
        if not isinstance(result, TransportError) or not result.kind.is_timeout or result.kind in during:
            break
    return result, took - limit


def kind_of(result: Result) -> Kind:
    assert isinstance(result, TransportError), result
    return result.kind


def dripping(content: bytes, *, first: bytes = b"", wait_for: bytes = b"{}") -> Serve:
    """Sends a byte every now and then, for as long as somebody listens."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            if wait_for:
                await reader.readuntil(wait_for)
            writer.write(first)
            gone = asyncio.ensure_future(reader.read())
            while not gone.done():
                writer.write(content)
                await writer.drain()
                await asyncio.wait([gone], timeout=0.05)

    return serve


DRIPS = {
    "the head": dripping(b"a", first=b"HTTP/1.1 200 OK\r\nX-Odd: "),
    "headers": dripping(b"X-Odd: a\r\n", first=b"HTTP/1.1 200 OK\r\n"),
    "early hints": dripping(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    "the body": dripping(b"a", first=b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
    "chunks": dripping(b"1\r\na\r\n", first=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "nothing": dripping(b""),
}


@on(CARRIERS)
@pytest.mark.parametrize("what", DRIPS)
def test_a_deadline_holds_whatever_the_peer_drips(carrier: Carrier, what: str) -> None:
    with serving(DRIPS[what]) as url:
        result, seconds = late(carrier, 0.4, lambda limit: by_deadline(url, limit))
    assert kind_of(result) is Kind.READ_TIMED_OUT
    assert str(result) == "the whole call took longer than its timeout allows"
    assert -0.05 <= seconds < SOON


@on(CARRIERS)
@pytest.mark.parametrize("what", ["the head", "headers", "early hints"])
def test_the_head_of_a_response_is_one_step_however_it_drips(carrier: Carrier, what: str) -> None:
    with serving(DRIPS[what]) as url:
        result, took = timed(carrier, lambda: a_request(url, seconds=0.3))
    assert kind_of(result) is Kind.READ_TIMED_OUT
    assert 0.25 <= took < 0.3 + SOON


@on(CARRIERS)
def test_a_handshake_that_drips_is_one_step(carrier: Carrier) -> None:
    record = dripping(b"\0", first=b"\x16\x03\x03\x40\x00", wait_for=b"")  # a record of 16 KiB, byte by byte
    with serving(record) as url:
        result, took = timed(carrier, lambda: a_request(url.replace("http:", "https:"), connect=0.3))
    assert kind_of(result) is Kind.CONNECT_TIMED_OUT
    assert took < 0.3 + SOON


@on(CARRIERS)
@pytest.mark.parametrize("is_late", ["the step", "the deadline"])
def test_a_proxy_that_drips_its_response_is_a_step_of_connecting(
    carrier: Carrier, is_late: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = dripping(b"a", first=b"HTTP/1.1 200 OK\r\nX-Odd: ", wait_for=b"\r\n\r\n")
    with serving(proxy) as url:
        monkeypatch.setenv("HTTPS_PROXY", url)

        def request() -> Request:
            if is_late == "the deadline":
                return by_deadline("https://api.invalid/", 0.3)
            return a_request("https://api.invalid/", seconds=30, connect=0.3)

        result, took = timed(carrier, request)
    assert kind_of(result) is Kind.CONNECT_TIMED_OUT
    assert error_failure(result).outcome is Outcome.NOT_DELIVERED  # type: ignore[arg-type]
    assert took < 0.3 + SOON


@on(CARRIERS)
def test_a_resolver_that_hangs_is_a_step_of_connecting(carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hang(*arguments: Any, **more: Any) -> Any:
        over.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "as scripted")

    async def steps(found: AnyConnections) -> tuple[Result, float]:
        started = time.monotonic()
        result = await fetch(found, a_request("http://slow.invalid/", connect=0.3))
        took = time.monotonic() - started
        over.set()  # else the loop would wait for the thread
        return result, took

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    result, took = carrier.run(steps)
    assert kind_of(result) is Kind.CONNECT_TIMED_OUT
    assert took < 0.3 + SOON


@on(CARRIERS)
def test_a_peer_that_reads_a_little_now_and_then_does_not_hold_up_the_deadline(carrier: Carrier) -> None:
    over = threading.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while not over.is_set() and await reader.read(50_000):
                await asyncio.sleep(0.05)

    def request(limit: float) -> Request:
        found = by_deadline(url, limit)
        found.content = bytes(30_000_000)
        return found

    with serving(serve) as url:
        result, seconds = late(carrier, 0.5, request, during=(Kind.WRITE_TIMED_OUT, Kind.READ_TIMED_OUT))
        over.set()
    assert kind_of(result).is_timeout
    assert error_failure(result).outcome is Outcome.UNKNOWN  # type: ignore[arg-type]
    assert seconds < SOON


@on(CARRIERS)
def test_addresses_that_lead_nowhere_take_no_turn_of_those_that_lead_somewhere(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One address of a host is silent, as an IPv6 one often is; the next one is tried while the first is waited for."""
    look_up = socket.getaddrinfo

    def two(host: Any, port: Any, *arguments: Any, **more: Any) -> Any:
        if host != "two.test":
            return look_up(host, port, *arguments, **more)
        return [look_up(each, port, *arguments, **more)[0] for each in (full.getsockname()[0], "127.0.0.1")]

    with socket.socket() as full, serving(answering(OK)) as url:
        number = parse(url).port
        full.bind(("127.0.0.2", number or 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:  # more than it lets wait: it answers no more
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        monkeypatch.setattr(socket, "getaddrinfo", two)
        result, took = timed(carrier, lambda: a_request(f"http://two.test:{number}/", connect=9))
        for each in waiting:
            each.close()
    assert result == (200, b"{}")
    assert took < 4, "half of what connecting may take is a turn of the first"


@on(CARRIERS)
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("beginning", [b"", b"abc"])
def test_a_reader_that_waits_is_woken_from_another_thread(
    carrier: Carrier, scheme: str, beginning: bytes, tls: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, context = tls
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    hung_up = threading.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + beginning)
        with suppress(ConnectionError):
            await reader.read()
        hung_up.set()

    async def steps(found: AnyConnections) -> float:
        response = await found.send(a_request(url, seconds=9))
        if beginning:
            assert await response.body.piece() == beginning
        aborting = threading.Timer(0.1, response.body.abort)
        aborting.start()
        started = time.monotonic()
        with pytest.raises(TransportError):
            while await response.body.piece() is not None:
                pass
        took = time.monotonic() - started
        aborting.join()
        response.body.abort()  # as often as one likes
        await response.body.close()
        response.body.abort()
        await carrier.wait(hung_up)
        return took

    with serving(serve, context if scheme == "https" else None) as url:
        assert carrier.run(steps) < 0.1 + SOON


SURPLUS = {
    "a second response": OK + OK,
    "a part of one": OK + b"HTTP/1.1 408 Request Ti",
    "more than the length": OK + b"more",
    "after the last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + OK,
    "after none": b"HTTP/1.1 204 No Content\r\n\r\n" + OK,
}


def keeping(first: bytes, *, at: str) -> tuple[Serve, list[int], threading.Event]:
    """Responds to the first request with `first`, to others as it should.

    Returns:
        It, how many requests each connection had, and what is set once all of `first` is sent.
    """
    counts, sent = list[int](), threading.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(counts)
        counts.append(0)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"{}"):
                counts[number] += 1
                if sum(counts) > 1:
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright")
                elif at == "once":
                    writer.write(first)
                else:
                    writer.write(first[: first.index(b"\r\n\r\n") + 4])
                    await writer.drain()
                    await asyncio.sleep(0.05)
                    writer.write(first[first.index(b"\r\n\r\n") + 4 :])
                sent.set()

    return serve, counts, sent


@on(CARRIERS)
@pytest.mark.parametrize("what", SURPLUS)
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("at", ["once", "twice"])
def test_bytes_left_over_reach_no_other_caller(
    carrier: Carrier,
    what: str,
    scheme: str,
    at: str,
    tls: tuple[Path, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, context = tls
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    serve, counts, sent = keeping(SURPLUS[what], at=at)

    async def steps(found: AnyConnections) -> list[Result]:
        first = await fetch(found, a_request(url))
        await carrier.wait(sent)
        return [first, await fetch(found, a_request(url))]

    with serving(serve, context if scheme == "https" else None) as url:
        first, second = carrier.run(steps)
    assert second == (200, b"right")
    assert isinstance(first, TransportError) or first in ((200, b"{}"), (204, b""))
    assert counts == [1, 1], "the connection was used again"


@on(CARRIERS)
@pytest.mark.parametrize("what", [b"more", b"\x16\x03\x01", b"HTTP/1.1 408 Request Ti", OK])
@pytest.mark.parametrize("body", [b"{}", b"x" * 500_000], ids=["short", "long"])
def test_a_whole_response_is_not_lost_for_what_follows_it(carrier: Carrier, what: bytes, body: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.readuntil(b"{}")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-LENGTH:\t%d \r\nX: y\r\n\r\n" % len(body) + body + what)
            await reader.read()

    async def steps(found: AnyConnections) -> Result:
        return await fetch(found, a_request(url))

    with serving(serve) as url:
        assert carrier.run(steps) == (200, body)


@on(CARRIERS)
def test_a_body_that_looks_like_a_head_is_a_body(carrier: Carrier) -> None:
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        for piece in (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body),
            body,
            b"\r\n0\r\n\r\n",
        ):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)

    async def steps(found: AnyConnections) -> Result:
        return await fetch(found, a_request(url))

    with serving(serve) as url:
        assert carrier.run(steps) == (200, body)


@on(CARRIERS)
@pytest.mark.parametrize("what", [b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", b"H", b""])
def test_what_comes_on_an_idle_connection_ends_it(carrier: Carrier, what: bytes) -> None:
    count, sent = 0, threading.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"{}"):
                writer.write(OK)
                if count > 1:
                    continue
                await asyncio.sleep(0.1)  # until the client has read it
                writer.write(what)
                if not what:
                    writer.write_eof()
                await writer.drain()
                await asyncio.sleep(0.05)
                sent.set()

    async def steps(found: AnyConnections) -> list[Result]:
        results = [await fetch(found, a_request(url))]
        await carrier.wait(sent)
        return [*results, await fetch(found, a_request(url))]

    with serving(serve) as url:
        assert carrier.run(steps) == [(200, b"{}")] * 2
    assert count == 2


@on(CARRIERS)
@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", Kind.LENGTHS),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", Kind.LENGTHS),
        (b"Transfer-Encoding: gzip, chunked\r\n", Kind.LENGTHS),
        (b"Content-Length: 2\r\nContent-Length: 3\r\n", Kind.LENGTHS),
        (b"Content-Length: x\r\n", Kind.LENGTHS),
        (b"".join(b"X-%d: a\r\n" % number for number in range(300)), Kind.TOO_MANY_HEADERS),
        (b"X-Odd: " + b"a" * 200_000 + b"\r\n", Kind.TOO_MANY_HEADERS),
        (b"X-Odd: a\0b\r\n", Kind.NOT_HTTP),
        (b"no header\r\n", Kind.NOT_HTTP),
    ],
)
def test_a_head_that_can_t_be_trusted_is_the_same_error_in_the_same_words(
    carrier: Carrier, head: bytes, kind: Kind
) -> None:
    with serving(answering(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n2\r\n{}\r\n0\r\n\r\n")) as url:
        result, _ = timed(carrier, lambda: a_request(url))
    assert kind_of(result) is kind
    assert str(result) == kind.value


@on(CARRIERS)
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"SPAM eggs\r\n\r\n", Kind.NOT_HTTP),
        (b"HTTP/2 200\r\n\r\n", Kind.NOT_HTTP),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", Kind.BAD_CHUNK),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}more\r\n0\r\n\r\n", Kind.BAD_CHUNK),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}", Kind.RECEIVING),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}", Kind.RECEIVING),
        (b"HTTP/1.1 200 OK\r\nContent-Le", Kind.RECEIVING),
        (b"", Kind.RECEIVING),
    ],
)
def test_a_response_that_can_t_be_read_is_the_same_error_in_the_same_words(
    carrier: Carrier, answer: bytes, kind: Kind
) -> None:
    with serving(answering(answer)) as url:
        result, _ = timed(carrier, lambda: a_request(url))
    assert kind_of(result) is kind
    assert str(result) == kind.value


@on(CARRIERS)
def test_nobody_listening_is_told_in_the_same_words(carrier: Carrier) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        for host in ("127.0.0.1", "localhost"):
            result, _ = timed(carrier, lambda: a_request(f"http://{host}:{bound.getsockname()[1]}/"))  # noqa: B023
            assert str(result) == "no connection: Connection refused"
    result, _ = timed(carrier, lambda: a_request("http://nowhere.invalid/", connect=60))
    assert str(result) == "no connection: the name of the host is not known"


@on(CARRIERS)
def test_a_certificate_is_refused_in_the_same_words(carrier: Carrier, tls: tuple[Path, ssl.SSLContext]) -> None:
    with serving(answering(OK), tls[1]) as url:
        result, _ = timed(carrier, lambda: a_request(url))
    assert str(result) == "the certificate is not trusted: self-signed certificate"


@on(CARRIERS)
def test_a_proxy_that_is_not_there_is_named_without_its_password(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for proxy, why in (
        ("127.0.0.1:1", "no connection: Connection refused (by the proxy 127.0.0.1:1)"),
        ("nowhere.invalid:1", "no connection: the name of the host is not known (by the proxy nowhere.invalid:1)"),
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@{proxy}")
        result, _ = timed(carrier, lambda: a_request("https://api.invalid/", connect=60))
        assert str(result) == why


@on(CARRIERS)
def test_a_proxy_that_wants_credentials_is_not_tried_again(carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    with serving(proxy) as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        result, _ = timed(carrier, lambda: a_request("https://api.invalid/"))
    assert kind_of(result) is Kind.PROXY_REFUSES_CREDENTIALS
    assert error_failure(result).outcome is Outcome.DEFINITE  # type: ignore[arg-type]
    assert str(result) == "the proxy wants other credentials: 407 Proxy Authentication Required"


@on(CARRIERS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_tunnel_whose_handshake_broke_costs_nobody_else_a_turn(
    carrier: Carrier, scheme: str, tls: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a proxy that is spoken to in TLS or not, the first handshake with the service breaks."""
    path, context = tls
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 1)
    broken = 0

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal broken
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        if broken < 3:
            broken += 1
            await reader.read(5)
            return
        await pass_on(reader, writer, parse(url).port)

    async def four(found: AnyConnections) -> list[Result]:
        return [await fetch(found, a_request(url)) for _ in range(4)]

    with serving(answering(OK), context) as url, serving(proxy, context if scheme == "https" else None) as proxied:
        monkeypatch.setenv("HTTPS_PROXY", proxied.removesuffix("/x"))
        monkeypatch.setattr("ccapi_client._carriers.proxies.THIS_MACHINE", ())
        *failed, last = carrier.run(four)
    assert [error_failure(each).outcome for each in failed] == [Outcome.NOT_DELIVERED] * 3  # type: ignore[arg-type]
    assert last == (200, b"{}")


@on(CARRIERS)
def test_a_silent_connection_is_kept_alive(carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    options: list[tuple[Any, ...]] = []

    class Socket(socket.socket):
        def setsockopt(self, *arguments: Any) -> None:
            options.append(arguments)
            super().setsockopt(*arguments)

    async def steps(found: AnyConnections) -> Result:
        return await fetch(found, a_request(url))

    with serving(answering(OK)) as url:
        monkeypatch.setattr(socket, "socket", Socket)
        assert carrier.run(steps) == (200, b"{}")
    assert (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1) in options
    assert [each for each in options if each[1] == getattr(socket, "TCP_KEEPIDLE", None)] != []


FLOODS = {
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 2000),
    "the body": (b"HTTP/1.1 200 OK\r\n\r\n", b"a" * 65536),
}


@on(CARRIERS)
@pytest.mark.parametrize("what", FLOODS)
def test_a_deadline_holds_where_there_is_always_more(carrier: Carrier, what: str) -> None:
    first, again = FLOODS[what]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"{}")
            writer.write(first)
            while True:
                writer.write(again)
                await writer.drain()

    async def keeping_nothing(found: AnyConnections, request: Request) -> Result:
        try:
            response = await found.send(request)
            try:
                while await response.body.piece() is not None:
                    pass
            finally:
                await response.body.close()
        except TransportError as error:
            return error
        raise AssertionError("it has no end")

    with serving(serve) as url:
        result, seconds = late(carrier, 0.3, lambda limit: by_deadline(url, limit), keeping_nothing)
    assert kind_of(result) is Kind.READ_TIMED_OUT
    assert seconds < SOON


@on([each for each in CARRIERS if each.name != "aiohttp"])
def test_a_connection_that_nobody_has_used_for_long_is_not_used_again(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve, counts, _ = keeping(OK, at="once")

    async def steps(found: AnyConnections) -> list[Result]:
        results = [await fetch(found, a_request(url)) for _ in range(2)]
        later = time.monotonic() + connections.KEPT
        monkeypatch.setattr(pool, "time", SimpleNamespace(monotonic=lambda: later))
        return [*results, await fetch(found, a_request(url))]

    with serving(serve) as url:
        assert [result == (200, b"right") for result in carrier.run(steps)] == [False, True, True]
    assert counts == [2, 1]


@on(CARRIERS)
def test_a_head_that_is_refused_costs_its_connection(carrier: Carrier) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    serve, counts, _ = keeping(head, at="once")

    async def steps(found: AnyConnections) -> list[Result]:
        return [await fetch(found, a_request(url)) for _ in range(2)]

    with serving(serve) as url:
        first, second = carrier.run(steps)
    assert kind_of(first) is Kind.LENGTHS
    assert second == (200, b"right")
    assert counts == [1, 1]


@on(CARRIERS)
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 What\r\n\r\n", b"\x05\xff", b"silence"])
def test_a_proxy_of_socks_that_fails_has_delivered_nothing(
    carrier: Carrier, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        if answer == b"silence":
            with suppress(ConnectionError):
                await reader.read()
        writer.write(answer)

    with serving(proxy) as url:
        monkeypatch.setenv("ALL_PROXY", f"socks5://me:secret@127.0.0.1:{parse(url).port}")

        result, took = timed(carrier, lambda: a_request("http://api.invalid/", seconds=30, connect=0.3))
    assert error_failure(result).outcome is Outcome.NOT_DELIVERED  # type: ignore[arg-type]
    assert "secret" not in str(result)
    assert took < 0.3 + SOON
