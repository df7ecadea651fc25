"""What is secret stays where it belongs, whoever records an error with its causes, its frames and their variables."""

import asyncio
import pickle
import ssl
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import anyio
import httpx
import pytest
from ccapi_client import CCAPI, AsyncCCAPI, CCAPIError, ConfigurationError, ResponseEvent, RetryPolicy
from ccapi_client._http.address import parse
from ccapi_client._http.wire import Request
from ccapi_client.policies import Timeout

from ..carriers import CARRIERS, OK, Carrier, Serve, answering, certificate, on, serving
from ..recorded import recorded
from ..scripted import ClientClass, Service

KEY, HEADER, PASSWORD, SIGNATURE = "planted-key", "planted-header", "planted-password", "planted-signature"
ONCE = RetryPolicy(max_attempts=1)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return certificate(tmp_path_factory.mktemp("tls"))


def error_of(carrier: Carrier, base_url: str | None, work: Callable[[Any], Any], timeout: float = 20) -> CCAPIError:
    """How a call ended."""
    options: dict[str, Any] = {"retry": ONCE, "timeout": timeout, "headers": {"x-team": HEADER}, "base_url": base_url}
    if carrier.is_blocking:
        with CCAPI(KEY, **options) as client, pytest.raises(CCAPIError) as caught:
            work(client)
        return caught.value

    async def steps() -> CCAPIError:
        async with AsyncCCAPI(KEY, **options) as client:
            with pytest.raises(CCAPIError) as caught:
                await work(client)
            return caught.value

    error: CCAPIError = anyio.run(steps, backend=carrier.backend)
    return error


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


ANSWERS: dict[str, Serve] = {
    "nothing": answering(b""),
    "silence": silent,
    "not HTTP": answering(b"SPAM eggs\r\n\r\n"),
    "half a body": answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"),
    "a bad chunk": answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "badly packed": answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
    "not the contract's": answering(OK),
    "an error": answering(b"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n{}"),
}


def limit_of(what: str) -> float:
    """The timeout of a client: what is silent is waited for no longer than it takes."""
    return 0.3 if what == "silence" else 20


def create_image(client: Any) -> Any:
    return client.create_image(prompt="a fox")


def read_stream(carrier: Carrier) -> Callable[[Any], Any]:
    """What reads a stream to its end."""

    def read(client: Any) -> Any:
        if carrier.is_blocking:
            with client.stream_chat_completion(model="m", messages=[]) as stream:
                return list(stream)

        async def steps() -> Any:
            async with client.stream_chat_completion(model="m", messages=[]) as stream:
                return [chunk async for chunk in stream]

        return steps()

    return read


def assert_kept(error: BaseException, *secrets: str) -> None:
    found = recorded(error)
    for secret in secrets or (KEY, HEADER, PASSWORD):
        assert [line[:300] for line in found.splitlines() if secret in line] == []
    assert SIGNATURE not in "".join(traceback.format_exception(error)), "which the caller's own variables hold"


@on(CARRIERS)
@pytest.mark.parametrize("what", ANSWERS)
def test_a_service_that_fails(carrier: Carrier, what: str) -> None:
    with serving(ANSWERS[what]) as url:
        assert_kept(error_of(carrier, url, create_image, limit_of(what)))


def _echo(status: str, body: bytes, kind: bytes = b"application/json") -> Serve:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nContent-Type: ".encode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(head + kind + b"\r\n\r\n" + body)

    return serve


EVENTS = b"text/event-stream"
ECHOES: dict[str, Serve] = {
    "an error": _echo(
        "401 No", b'{"error": {"message": "bad key Bearer planted-key", "details": {"planted-key": ["planted-key"]}}}'
    ),
    "an error that is text": _echo("401 No", b"bad key planted-key", b"text/plain"),
    "a wrapped error": _echo("200 OK", b'{"error": {"message": "bad key planted-key"}}'),
    "an escaped error": _echo("401 No", rb'{"error": {"message": "bad key planted\u002dkey"}}'),
    "a header": _echo("401 No", b"bad key planted-key", b"text/plain\r\nX-Request-Id: planted-key"),
    "a header of a success": _echo("200 OK", b"planted-key", b"planted-key\r\nX-Request-Id: planted-key"),
    "not JSON": _echo("200 OK", b"{planted-key"),
    "not the contract's": _echo("200 OK", b'{"data": "planted-key"}'),
    "an event": _echo("200 OK", b'event: error\ndata: {"message": "bad key planted-key"}\n\n', EVENTS),
    "an event that is no JSON": _echo("200 OK", b"data: {planted-key\n\n", EVENTS),
}


def assert_not_repeated(error: CCAPIError) -> None:
    kept = [str(error), repr(error), repr(vars(error)), repr(pickle.dumps(error))]
    # Of its causes too: some libraries pickle those as well.
    cause: BaseException | None = error
    while cause := cause and (cause.__cause__ or cause.__context__):
        kept += [repr(cause.args), repr(getattr(cause, "doc", "")), repr(getattr(cause, "object", ""))]
    assert [each for each in kept if KEY in each] == []


@on(CARRIERS)
@pytest.mark.parametrize("what", ECHOES)
def test_a_service_that_repeats_the_key(carrier: Carrier, what: str) -> None:
    with serving(ECHOES[what]) as url:
        error = error_of(carrier, url, read_stream(carrier) if "event" in what else create_image)
    assert_not_repeated(error)
    body = getattr(error, "body", b"")
    assert b"***" in body or "escaped" in what, "the rest is there"


@on(CARRIERS)
def test_a_file_that_repeats_the_key(carrier: Carrier) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = rb'{"error": {"message": "bad key planted\u002dkey"}, "key": "planted-key"}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    with serving(serve) as url:
        error = error_of(carrier, url, lambda client: client.download(f"{url}/a.png"))
    assert "bad key ***" in str(error)
    assert [each for each in (str(error), repr(vars(error)), repr(pickle.dumps(error))) if KEY in each] == []


@pytest.mark.parametrize(
    "options",
    [{"api_key": KEY}, {"headers": {"X-Api-Key": KEY}}, {"headers": {"Cookie": f"session={KEY}; theme=dark"}}],
    ids=["key", "header", "cookie"],
)
def test_a_result_whose_headers_repeat_the_key(client_class: ClientClass, options: dict[str, Any]) -> None:
    events: list[ResponseEvent] = []
    reply = httpx.Response(200, json={"data": []}, headers=[(b"X-Request-Id", b"a-planted-key"), (b"X-Other", b"\xe9")])
    options = {**options, "base_url": "https://x.example", "on_response": events.append}
    response = Service(reply).call(client_class, lambda client: create_image(client.with_options(**options))).response
    assert (response.request_id, response.headers["x-other"]) == ("a-***", "\xe9")
    assert [each.request_id for each in events] == ["a-***"]
    assert [each for each in (repr(response), repr(pickle.dumps(response))) if KEY in each] == []


def test_a_secret_of_several_words_is_concealed_as_a_whole() -> None:
    headers = {"x-api-key": "a planted-key of words", "authorization": "Bearer planted-key", "accept": "a-type/of-data"}
    request = Request("GET", parse("https://x.example/"), headers, None, Timeout())
    assert request.secrets == ["a planted-key of words", "planted-key"]


@pytest.mark.parametrize(
    ("name", "value", "secrets"),
    [
        ("authorization", "planted-key", ["planted-key"]),
        ("proxy-authorization", "Basic planted-key", ["planted-key"]),
        ("cookie", "a=planted-key", ["a=planted-key", "planted-key"]),
        ("cookie", "a=planted-key; theme=dark", ["a=planted-key; theme=dark", "planted-key"]),
        ("x-api-key", "7-chars", []),
        ("x-api-key", "8-letter", ["8-letter"]),
    ],
)
def test_what_is_secret_of_a_header(name: str, value: str, secrets: list[str]) -> None:
    assert Request("GET", parse("https://x.example/"), {name: value}, None, Timeout()).secrets == secrets


def test_a_log_of_a_failure_whose_headers_repeat_the_key(
    client_class: ClientClass, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1, "ccapi_client")
    reply = httpx.Response(500, json={}, headers={"X-Request-Id": "a-planted-key"})
    with pytest.raises(CCAPIError):
        Service(reply).call(client_class, lambda client: create_image(client.with_options(api_key=KEY)))
    assert "x-request-id=a-***" in caplog.text
    assert KEY not in caplog.text


REASON = {"message": "bad key planted-key", "code": "bad"}
REPEATED: dict[str, tuple[dict[str, Any], Callable[[Any], Any]]] = {
    "a file": ({"error": REASON}, lambda client: client.download("https://x.example/a.png")),
    "a job": ({"id": "1", "status": "failed", "error": REASON}, lambda client: client.wait_for_image_job("1")),
    "a video": ({"id": "1", "status": "failed", "error": REASON}, lambda client: client.wait_for_video_job("1")),
    "a job that starts": (
        {"id": "1", "status": "failed", "error": REASON},
        lambda client: client.generate_images_and_wait(contents="a fox"),
    ),
}


@pytest.mark.parametrize("what", REPEATED)
def test_a_file_or_a_job_that_repeats_the_key(client_class: ClientClass, what: str) -> None:
    document, work = REPEATED[what]
    with pytest.raises(CCAPIError, match=r"bad key \*\*\*") as caught:
        Service(document).call(
            client_class, lambda client: work(client.with_options(api_key=KEY, base_url="https://x.example"))
        )
    assert_not_repeated(caught.value)


def test_a_word_that_is_the_key_too_stays_a_word() -> None:
    serve = _echo("401 No", b'{"error": {"message": "the key is bad"}}')
    failure = pytest.raises(CCAPIError, match="the key is bad")
    with serving(serve) as url, CCAPI("key", base_url=url, retry=ONCE) as client, failure:
        create_image(client)


@on(CARRIERS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_service_that_is_not_there(carrier: Carrier, scheme: str) -> None:
    assert_kept(error_of(carrier, f"{scheme}://127.0.0.1:1/v1", create_image))
    assert_kept(error_of(carrier, f"{scheme}://nowhere.invalid/v1", create_image))


@on(CARRIERS)
def test_a_certificate_that_is_not_trusted(carrier: Carrier, tls: tuple[Path, ssl.SSLContext]) -> None:
    with serving(answering(OK), tls[1]) as url:
        assert_kept(error_of(carrier, url, create_image))


@on(CARRIERS)
@pytest.mark.parametrize("what", ["407", "nothing", "not HTTP"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_fails(carrier: Carrier, what: str, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        answers = {"407": b"HTTP/1.1 407 Credentials\r\nContent-Length: 0\r\n\r\n", "not HTTP": b"SPAM eggs\r\n\r\n"}
        writer.write(answers.get(what, b""))

    with serving(proxy) as url:
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://me:{PASSWORD}@127.0.0.1:{parse(url).port}")
        assert_kept(error_of(carrier, f"{scheme}://api.invalid/v1", create_image))


@on(CARRIERS)
def test_a_proxy_whose_address_is_none(carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"ftp://me:{PASSWORD}@proxy.invalid")
    assert_kept(error_of(carrier, "https://api.invalid/v1", create_image))


@on(CARRIERS)
@pytest.mark.parametrize("what", ["nothing", "silence", "half a body", "an error"])
def test_a_download_of_a_signed_address(carrier: Carrier, what: str) -> None:
    with serving(ANSWERS[what]) as url:
        address = f"{url}?signature={SIGNATURE}"
        assert_kept(error_of(carrier, url, lambda client: client.download(address), limit_of(what)))


@on(CARRIERS)
def test_a_stream_that_breaks_off(carrier: Carrier) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100\r\n\r\ndata: {}\n\n"

    with serving(answering(head)) as url:
        assert_kept(error_of(carrier, url, read_stream(carrier)))


@pytest.mark.parametrize("client", [CCAPI, AsyncCCAPI])
@pytest.mark.parametrize(
    ("key", "options"),
    [
        (KEY, {"timeout": "soon"}),
        (KEY, {"base_url": f"https://me:{PASSWORD}@h/"}),
        (KEY, {"base_url": f"https://h/?code={PASSWORD}#"}),
        (KEY, {"base_url": f"https://h/?code={PASSWORD}", "timeout": "soon"}),
        (KEY, {"proxy": f"http://me:{PASSWORD}@h", "cert": ("a", "b", PASSWORD), "timeout": "soon"}),
        (KEY, {"headers": {"x-team": f"{HEADER}\n"}}),
        (KEY, {"headers": {"x-team": HEADER}, "time_out": 5}),
        (KEY, {"apikey": KEY}),
        (KEY, {"cert": ["a", "b", PASSWORD]}),
        (KEY, {"cert": ("a", "b", PASSWORD.encode())}),
        (KEY, {"cert": ("a", "b", Path(PASSWORD))}),
        (KEY, {"proxy": f"http://me:{PASSWORD}@h".encode()}),
        (KEY, {"base_url": f"http://me:{PASSWORD}@h".encode()}),
        (f"{KEY}\n\x07", {}),
    ],
)
def test_an_option_that_can_t_be_used(client: Any, key: str, options: dict[str, Any]) -> None:
    with pytest.raises((ConfigurationError, TypeError)) as caught:  # a TypeError where no option has that name
        client(key, **options)
    assert_kept(caught.value)


@on(CARRIERS)
@pytest.mark.parametrize("what", ANSWERS)
def test_the_query_of_the_service_s_address(
    carrier: Carrier, what: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(1, "ccapi_client")
    with serving(ANSWERS[what]) as url:
        monkeypatch.setenv("CCAPI_BASE_URL", f"{url}?code={PASSWORD}")
        error = error_of(carrier, None, create_image, limit_of(what))
        assert_kept(error)
        monkeypatch.setenv("CCAPI_BASE_URL", f"{url}/?code={PASSWORD}")
        assert PASSWORD not in repr(CCAPI(KEY))
    assert PASSWORD not in caplog.text


class Fox(TypedDict):
    x: int


METHODS: dict[str, dict[str, Any]] = {
    "create_image": {"prompt": "a fox"},
    "parse_chat_completion": {"model": "m", "messages": [], "response_format": Fox},
    "stream_chat_completion": {"model": "m", "messages": []},
    "generate_images_and_wait": {"contents": "a fox"},
    "iter_models": {},
    "request": {"method": "POST", "path": "/x"},
    "stream_request": {"method": "POST", "path": "/x"},
}


@pytest.mark.parametrize("what", ["an error", "a header"])
@pytest.mark.parametrize("name", METHODS)
def test_headers_and_parameters_of_one_call(client_class: ClientClass, name: str, what: str) -> None:
    query = {"token": PASSWORD, "tokens": [PASSWORD]}
    given = {**METHODS[name], "extra_headers": {"x-team": HEADER if what == "an error" else f"{HEADER}\n"}}
    given["params" if "request" in name else "extra_query"] = query

    def work(client: Any) -> Any:
        found = getattr(client, name)(**given)
        if isinstance(client, CCAPI):
            if "stream" in name:
                with found:
                    return None
            return list(found) if name == "iter_models" else found

        async def steps() -> Any:
            if "stream" in name:
                async with found:
                    return None
            return [each async for each in found] if name == "iter_models" else await found

        return steps()

    with pytest.raises(CCAPIError) as caught:
        Service(400).call(client_class, work)
    assert_kept(caught.value)
