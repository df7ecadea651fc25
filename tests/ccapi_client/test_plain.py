"""`request` and `stream_request`: any path of the API, and no other, on both clients."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from operator import methodcaller
from typing import Any

import anyio
import httpx
import pytest
from ccapi_client import (
    CCAPI,
    APIConnectionError,
    APIStatusError,
    AsyncCCAPI,
    CCAPIError,
    ConfigurationError,
    InvalidRequestError,
    MalformedResponseError,
    NotFoundError,
    RequestResult,
    StreamError,
    StreamInterruptedError,
)
from ccapi_client.models import ChatMessage
from ccapi_sandbox import Sandbox

from ..carriers import CARRIERS, Carrier, on
from ..scripted import Body, ClientClass, Service

BASE = "https://api.ccapi.ai/v1"


def requested(client_class: ClientClass, service: Service, *arguments: Any, **options: Any) -> RequestResult:
    result: RequestResult = service.call(client_class, lambda client: client.request(*arguments, **options))
    return result


def test_what_is_sent_and_what_comes(client_class: ClientClass) -> None:
    service = Service(httpx.Response(200, json={"task_id": "t"}, headers={"x-request-id": "req-1"}))
    body = {"prompt": "a fox", "messages": [ChatMessage(role="user", content="Hi")]}
    result = requested(
        client_class,
        service,
        *("post", "/videos/x?a=1"),
        json=body,
        params={"b": True, "c": [1, 2], "d": None},
        idempotency_key="order-17",
        extra_headers={"X-Trace": "t"},
        timeout=7,
    )
    assert result.data == {"task_id": "t"}
    assert (result.response.request_id, result.response.status_code, result.response.attempts) == ("req-1", 200, 1)
    (request,) = service.requests
    assert (request.method, str(request.url)) == ("POST", f"{BASE}/videos/x?a=1&b=true&c=1&c=2")
    assert json.loads(request.content) == {"prompt": "a fox", "messages": [{"role": "user", "content": "Hi"}]}
    assert request.headers["idempotency-key"] == "order-17"
    assert request.headers["x-trace"] == "t"
    assert request.headers["authorization"] == "Bearer key-1"
    assert set(request.extensions["timeout"].values()) == {7}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_each_method(client_class: ClientClass, method: str) -> None:
    service = Service(httpx.Response(204))
    assert requested(client_class, service, method, "videos/x").data is None
    (request,) = service.requests
    assert (request.method, str(request.url), request.content) == (method, f"{BASE}/videos/x", b"")
    assert ("idempotency-key" in request.headers) == (method == "POST")


@pytest.mark.parametrize("data", [[1, 2], "text", 0, None, {"id": "t", "status": "failed", "error": {"message": "no"}}])
def test_whatever_json_comes(client_class: ClientClass, data: Any) -> None:
    assert requested(client_class, Service(httpx.Response(200, json=data)), "GET", "/x").data == data


def test_it_is_retried_as_any_call(client_class: ClientClass) -> None:
    service = Service(429, {"ok": True}, headers={"retry-after": "1"})
    result = requested(client_class, service, "POST", "/x", json={})
    assert (result.data, result.response.attempts, result.response.elapsed) == ({"ok": True}, 2, 1)
    assert len({request.headers["idempotency-key"] for request in service.requests}) == 1
    for method, attempts in (("GET", 4), ("POST", 1), ("DELETE", 1)):
        service = Service(502)
        with pytest.raises(CCAPIError) as caught:
            requested(client_class, service, method, "/x")
        assert len(service.requests) == attempts
        assert caught.value.may_be_billed is (method != "GET")


def test_its_errors_are_those_of_any_call(client_class: ClientClass) -> None:
    cases: list[tuple[Any, type[CCAPIError]]] = [
        (404, NotFoundError),
        (httpx.Response(200, content=b"\x89PNG"), MalformedResponseError),
        (httpx.Response(200, json={"error": {"message": "no"}}), APIStatusError),
        (httpx.Response(302, headers={"location": "https://evil.example/"}), APIStatusError),
        (httpx.ReadError, APIConnectionError),
    ]
    for step, kind in cases:
        with pytest.raises(kind):
            requested(client_class, Service(step), "POST", "/x")


ELSEWHERE = [
    *("https://evil.example/v1/x", "//evil.example/x", "http://api.ccapi.ai/v1/x", "https://api.ccapi.ai:444/v1/x"),
    *("https://me:secret@api.ccapi.ai/v1/x", "https://api.ccapi.ai@evil.example/x", "ftp://api.ccapi.ai/x", "///x"),
    *("/../admin", "/videos/../../admin", "/%2e%2E/admin", "/..%2fadmin", "/..\\admin", "..", f"{BASE}/../x"),
    *("", "/", "  ", "/x#y", "https://", "/a\nb", "HTTPS://evil.example/x"),
]


@pytest.mark.parametrize("path", [*ELSEWHERE, None, 3])
def test_no_other_place_is_requested(client_class: ClientClass, path: Any) -> None:
    service = Service(200)
    for name in ("request", "stream_request"):
        with pytest.raises(InvalidRequestError) as caught:
            service.call(client_class, methodcaller(name, "GET", path))
        assert "secret" not in str(caught.value)
    assert service.requests == []


@pytest.mark.parametrize(
    "path",
    [f"{BASE}/x?y=1", "HTTPS://API.ccapi.ai:443/other", "/a:b/c", "/x?next=https://evil/..", "/fetch/https://x.org/a"],
)
def test_the_client_s_own_origin_is(client_class: ClientClass, path: str) -> None:
    service = Service(200)
    requested(client_class, service, "GET", path)
    assert service.requests[0].url.host == "api.ccapi.ai"
    assert service.requests[0].headers["authorization"] == "Bearer key-1"


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("TRACE", "/x"), {}, "method: one of GET, POST, PUT, PATCH, DELETE is expected, not 'TRACE'"),
        ((3, "/x"), {}, "method: "),
        (("POST", "/x"), {"json": {"a": object()}}, "json.a: a object can't be sent as JSON"),
        (("POST", "/x"), {"json": float("nan")}, "json: nan can't be sent"),
        (("GET", "/x"), {"params": [1]}, "params: a mapping is expected"),
        (("GET", "/x"), {"params": {"a": {}}}, "params.a: "),
        (("GET", "/x"), {"extra_headers": {"Host": "a"}}, "extra_headers: the client sets 'Host'"),
    ],
)
def test_what_can_t_be_sent(client_class: ClientClass, arguments: Any, options: Any, message: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        requested(client_class, Service(200), *arguments, **options)
    assert str(caught.value).startswith(message)


def test_json_that_contains_itself(client_class: ClientClass) -> None:
    deep: list[Any] = []
    deep.append(deep)
    with pytest.raises(InvalidRequestError, match="json: it is nested too deeply"):
        requested(client_class, Service(200), "POST", "/x", json=deep)


# --- Streams


def events(client: Any, *arguments: Any, **options: Any) -> Any:
    stream = client.stream_request(*arguments, **options)
    if isinstance(client, CCAPI):
        assert stream.response is None
        with stream:
            found = list(stream)
        return found, stream.response

    async def steps() -> Any:
        async with stream:
            return [each async for each in stream], stream.response

    return steps()


def streamed(client_class: ClientClass, response: Any, **options: Any) -> Any:
    service = Service(response)
    found, info = service.call(client_class, lambda client: events(client, "POST", "/x", **options))
    (request,) = service.requests
    assert request.headers["accept"] == "text/event-stream"
    assert info.status_code == 200
    return found


def sse(*pieces: bytes | BaseException) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Body(*pieces))


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([b'data: {"a": 1}\n\ndata: {}\n\n', b"data: [DONE]\n\n", b'data: {"late": 1}\n\n'], [{"a": 1}, {}]),
        # As Anthropic has it: named events, and no sign at the end.
        ([b'event: ping\ndata: {"type": "ping"}\n\nevent: stop\ndata: {"type": "st', b'op"}\n\n'], "named"),
        ([b'data: {"a": 1}\n\n', b'data: {"a": 2}'], [{"a": 1}, {"a": 2}]),
        ([b": hello\n\n"], []),
        ([b'{"a": 1}'], [{"a": 1}]),
    ],
)
def test_events_as_they_are(client_class: ClientClass, pieces: list[bytes], expected: Any) -> None:
    found = streamed(client_class, sse(*pieces), json={"stream": True})
    assert found == ([{"type": "ping"}, {"type": "stop"}] if expected == "named" else expected)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (lambda: sse(b'data: {"a": 1}\n\n', httpx.ReadError("broken")), StreamInterruptedError),
        (lambda: sse(b'data: {"a": 1}\n\ndata: {"a"'), StreamInterruptedError),
        (lambda: sse(b"data: {\n\n"), StreamError),
        (lambda: sse(b"data: [1]\n\n"), StreamError),
        (lambda: sse(b'event: error\ndata: {"type": "error", "error": {"message": "no"}}\n\n'), StreamError),
        (lambda: sse(b"[1]"), StreamError),
        (lambda: httpx.Response(404), NotFoundError),
        (lambda: httpx.Response(200, json={"error": {"message": "no"}}), APIStatusError),
        (lambda: httpx.Response(200, content=b"<html>"), MalformedResponseError),
    ],
)
def test_what_goes_wrong(client_class: ClientClass, response: Any, kind: type[CCAPIError]) -> None:
    with pytest.raises(CCAPIError) as caught:
        streamed(client_class, response())
    assert type(caught.value) is kind
    assert caught.value.response is not None
    assert caught.value.may_be_billed is (kind is not NotFoundError)


def test_a_stream_is_used_once_and_in_a_block() -> None:
    with Service(sse(b"data: {}\n\n")).client() as client:
        stream = client.stream_request("GET", "/x")
        with pytest.raises(ConfigurationError, match="not open"):
            next(stream)
        with stream:
            pass
        with pytest.raises(ConfigurationError, match="used already"), stream:
            pass


# --- On sockets


@contextmanager
def echo() -> Iterator[str]:
    """A server that gives back what it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            document = json.dumps({"method": self.command, "path": self.path, "body": body}).encode()
            is_stream = self.headers["accept"] == "text/event-stream"
            content = b"data: " + document + b"\n\n" if is_stream else document
            self.send_response(200)
            self.send_header("content-type", "text/event-stream" if is_stream else "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()


@on(CARRIERS)
def test_every_carrier_sends_them(carrier: Carrier) -> None:
    async def steps(url: str) -> list[Any]:
        async with AsyncCCAPI("key-1", base_url=url) as client:
            found = [(await client.request(method, "/x")).data for method in ("GET", "POST", "PUT", "DELETE")]
            found.append((await client.request("POST", "/x", json={"a": 1})).data)
            async with client.stream_request("PATCH", "/x", json=[1]) as stream:
                return found + [each async for each in stream]

    with echo() as url:
        if carrier.is_blocking:
            with CCAPI("key-1", base_url=url) as client:
                found = [client.request(method, "/x").data for method in ("GET", "POST", "PUT", "DELETE")]
                found.append(client.request("POST", "/x", json={"a": 1}).data)
                with client.stream_request("PATCH", "/x", json=[1]) as stream:
                    found += list(stream)
        else:
            found = anyio.run(steps, url, backend=carrier.backend)
    assert [(each["method"], each["path"], each["body"]) for each in found] == [
        *((method, "/v1/x", "") for method in ("GET", "POST", "PUT", "DELETE")),
        ("POST", "/v1/x", '{"a":1}'),
        ("PATCH", "/v1/x", "[1]"),
    ]


def test_against_the_sandbox(client: CCAPI, sandbox: Sandbox) -> None:
    listed = client.request("GET", "/models", params={"limit": 2})
    assert len(listed.data["data"]) == 2
    assert listed.response.request_id
    chat = {"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    with client.stream_request("POST", "/chat/completions", json=chat) as stream:
        assert all(each["object"] == "chat.completion.chunk" for each in stream)


def test_a_stream_accepts_what_the_caller_says(client_class: ClientClass) -> None:
    for options, headers in (({"headers": {"Accept": "a/b"}}, {}), ({}, {"Accept": "a/b"}), ({}, {"accept": "a/b"})):
        for name, given in (("stream_request", ("POST", "/x")), ("stream_chat_completion", ())):
            service = Service(sse(b"data: [DONE]\n\n"))

            def open_stream(client: Any, name: str = name, given: Any = given, headers: Any = headers) -> Any:
                more = {} if given else {"model": "m", "messages": []}
                stream = getattr(client, name)(*given, **more, extra_headers=headers)
                if isinstance(client, CCAPI):
                    with stream:
                        return None

                async def steps() -> None:
                    async with stream:
                        pass

                return steps()

            service.call(client_class, open_stream, **options)
            assert service.requests[0].headers["accept"] == "a/b"
