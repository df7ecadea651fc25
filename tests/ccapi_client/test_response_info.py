"""The response behind a result: on every kind of result and error, of both clients; and what its headers say."""

import copy
import pickle
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from ccapi_client import (
    CCAPI,
    APIConnectionError,
    APIStatusError,
    CCAPIError,
    JobFailedError,
    JobTimeoutError,
    MalformedResponseError,
    RateLimit,
    RequestResult,
    ResponseInfo,
    StreamError,
)
from ccapi_client._http.wire import Headers
from ccapi_client.models import LegacyImageGenerationResponse
from hypothesis import given
from hypothesis import strategies as st

from ..conftest import response_of
from ..scripted import ClientClass, Clock, Service

HEADERS = {
    "X-Request-Id": "req-7",
    "Set-Cookie": "id=hidden",
    "X-RateLimit-Limit-Requests": "600",
    "X-RateLimit-Remaining-Requests": "598",
    "X-RateLimit-Reset-Requests": "1m30s",
}
PICTURES = {"created": 1, "data": [{"url": "https://h/a.png"}]}
JOB = {"id": "job-1", "created": 1, "model": "m", "status": "completed", "data": [{"url": "https://h/a.png"}]}
RUNNING = {**JOB, "status": "processing", "data": []}
FAILED = {**JOB, "status": "failed", "data": [], "error": {"message": "no", "type": "t", "code": "c"}}
CHUNK = b'data: {"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}]}\n\n'
CHAT = {"model": "m", "messages": [{"role": "user", "content": "x"}]}


def reply(document: object = None, status: int = 200, **more: Any) -> httpx.Response:
    content: dict[str, Any] = more if document is None else {"json": document}
    return httpx.Response(status, headers=HEADERS, **content)


def check(info: object, *, status: int = 200, attempts: int = 1, elapsed: float = 0) -> None:
    assert isinstance(info, ResponseInfo)
    assert (info.status_code, info.attempts, info.elapsed) == (status, attempts, elapsed)
    assert info.request_id == "req-7"
    assert info.headers["x-REQUEST-id"] == "req-7"
    assert info.rate_limit == RateLimit(600, 598, 90.0)


async def first_of(items: Any) -> Any:
    async for each in items:
        return each
    raise AssertionError("there is none")


def first(client: Any, items: Any) -> Any:
    return next(iter(items)) if isinstance(client, CCAPI) else first_of(items)


RESULTS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "pictures": (PICTURES, lambda client: client.create_image(prompt="x")),
    "a job": (RUNNING, lambda client: client.generate_images(contents=[{"text": "x"}])),
    "a poll": (JOB, lambda client: client.get_image_job("job-1")),
    "a wait": (JOB, lambda client: client.wait_for_image_job("job-1")),
    "speech": ({"url": "https://h/a.mp3"}, lambda client: client.create_speech(model="m", input="x")),
    "a list": ({"object": "list", "data": []}, lambda client: client.list_models()),
    "an item": (
        {"object": "list", "data": [{"id": "m", "object": "model"}]},
        lambda client: first(client, client.iter_models()),
    ),
    "a chat": (
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}}]},
        lambda client: client.create_chat_completion(**CHAT),
    ),
}


@pytest.mark.parametrize("name", RESULTS)
def test_every_result_has_it(name: str, client_class: ClientClass) -> None:
    document, work = RESULTS[name]
    found = Service(reply(document), reply({"data": []})).call(client_class, work)
    check(found.response)
    assert "response" not in found.to_dict()
    assert "hidden" not in repr(found) + repr(found.response) + repr(found.response.headers)


def test_speech_that_comes_as_a_file_has_it(client_class: ClientClass) -> None:
    sound = httpx.Response(200, content=b"ID3", headers=[*HEADERS.items(), ("content-type", "audio/mpeg")])
    check(Service(sound).call(client_class, lambda client: client.create_speech(model="m", input="x")).response)


def test_updates_and_outcomes_have_it(client_class: ClientClass) -> None:
    update = Service(reply(JOB)).call(client_class, lambda client: first(client, client.watch_image_job("job-1")))
    check(update.job.response)
    done = Service(reply(JOB)).call(client_class, lambda client: first(client, client.wait_for_image_jobs(["job-1"])))
    check(done.result.response)
    bad = Service(reply({"error": {"message": "no"}}, 402))
    lost = bad.call(client_class, lambda client: first(client, client.wait_for_image_jobs(["job-1"])))
    check(lost.error.response, status=402)


def streamed(client: Any) -> Any:
    """The response of a stream before it is entered, in it, of its partial and of its final response; and after it."""
    stream = client.stream_chat_completion(**CHAT)
    if isinstance(client, CCAPI):
        found = [stream.response]
        with stream:
            found += [stream.response, next(iter(stream)) and stream.partial.response, stream.final().response]
        return [*found, stream.response]

    async def steps() -> Any:
        found = [stream.response]
        async with stream:
            found.append(stream.response)
            await anext(aiter(stream))
            found += [stream.partial.response, (await stream.final()).response]
        return [*found, stream.response]

    return steps()


@pytest.mark.parametrize(
    "body",
    [httpx.Response(200, content=CHUNK), httpx.Response(200, json=RESULTS["a chat"][0])],
    ids=["stream", "whole"],
)
def test_a_stream_has_it(client_class: ClientClass, body: httpx.Response) -> None:
    body.headers.update(HEADERS)
    before, *after = Service(body).call(client_class, streamed)
    assert before is None
    for each in after:
        check(each)


def raised(client_class: ClientClass, work: Callable[[Any], Any], *steps: Any, **options: Any) -> CCAPIError:
    with pytest.raises(CCAPIError) as caught:
        Service(*steps).call(client_class, work, **options)
    return caught.value


FAILURES: dict[str, tuple[type[CCAPIError], int, list[Any], Callable[[Any], Any]]] = {
    "a status": (APIStatusError, 402, [reply({}, 402)], lambda client: client.create_image(prompt="x")),
    "not JSON": (MalformedResponseError, 200, [reply(content=b"x")], lambda client: client.create_image(prompt="x")),
    "too large": (
        MalformedResponseError,
        200,
        [reply(content=b"x" * 2000)],
        lambda client: client.create_image(prompt="x"),
    ),
    "a wrapped error": (
        APIStatusError,
        200,
        [reply({"error": {"message": "no"}})],
        lambda client: client.create_image(prompt="x"),
    ),
    "another job": (
        MalformedResponseError,
        200,
        [reply({**JOB, "id": "job-2"})],
        lambda client: client.wait_for_image_job("job-1"),
    ),
    "a job that failed": (JobFailedError, 200, [reply(FAILED)], lambda client: client.wait_for_image_job("job-1")),
    "a job that runs on": (
        JobTimeoutError,
        200,
        [reply(RUNNING)],
        lambda client: client.wait_for_image_job("job-1", timeout=1),
    ),
    "a stream": (StreamError, 200, [reply(content=b"data: {x\n\n")], streamed),
    "a stream's status": (APIStatusError, 402, [reply({}, 402)], streamed),
}


@pytest.mark.parametrize("name", FAILURES)
def test_every_error_has_it(name: str, client_class: ClientClass) -> None:
    kind, status, steps, work = FAILURES[name]
    error = raised(client_class, work, *steps, max_response_bytes=1500)
    assert isinstance(error, kind)
    check(error.response, status=status)
    assert "hidden" not in f"{error!r} {error} {vars(error)}"
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert twin.response is None
        assert (type(twin), str(twin), twin.may_be_billed) == (type(error), str(error), error.may_be_billed)


def test_an_error_without_a_response_has_none(client_class: ClientClass) -> None:
    error = raised(client_class, lambda client: client.list_models(), httpx.ConnectError)
    assert isinstance(error, APIConnectionError)
    assert error.response is None
    assert raised(client_class, lambda client: client.create_image(prompt=3)).response is None


def test_attempts_and_elapsed_count_the_whole_call(client_class: ClientClass) -> None:
    service = Service(429, reply(PICTURES), headers={"retry-after": "3"})
    found = service.call(client_class, lambda client: client.create_image(prompt="x"))
    check(found.response, attempts=2, elapsed=3)
    service = Service(429, reply(content=b"x" * 2000), headers={"retry-after": "3"})
    with pytest.raises(MalformedResponseError) as caught:
        service.call(client_class, lambda client: client.create_image(prompt="x"), max_response_bytes=1500)
    check(caught.value.response, attempts=2, elapsed=3)


class SlowBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def __iter__(self) -> Any:
        self.clock.now += 5
        yield b'{"created": 1, "data": []}'

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def test_elapsed_includes_the_body(client_class: ClientClass) -> None:
    clock = Clock()
    service = Service(httpx.Response(200, headers=HEADERS, stream=SlowBody(clock)), clock=clock)
    check(service.call(client_class, lambda client: client.create_image(prompt="x")).response, elapsed=5)


def test_a_copy_is_without_it_and_is_equal() -> None:
    service = Service(reply(PICTURES))
    with service.client() as client:
        found = client.create_image(prompt="x")
    assert found.data[0].response is None
    for twin in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert twin == found
        assert twin.response is None
    assert LegacyImageGenerationResponse.from_dict(found.to_dict()).response is None


def test_it_is_read_only_and_can_be_pickled_itself() -> None:
    info = response_of(headers=HEADERS).info
    for name in ("status_code", "headers", "attempts", "elapsed", "request_id", "rate_limit", "other"):
        with pytest.raises(AttributeError, match=name):
            setattr(info, name, 1)
    made = ResponseInfo(200, Headers([(b"X-Request-Id", b"req-7")]), 2, 1.5)
    with pytest.raises(TypeError):
        made.headers["a"] = "b"  # type: ignore[index] # pyright: ignore[reportIndexIssue]
    twin = pickle.loads(pickle.dumps(made))
    assert (repr(twin), dict(twin.headers)) == (repr(made), dict(made.headers))
    assert repr(made) == "ResponseInfo(status_code=200, request_id='req-7', attempts=2, elapsed=1.500)"


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def limits(headers: Mapping[str, str]) -> RateLimit:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return ResponseInfo(200, Headers(pairs), 1, 0.0, NOW.timestamp()).rate_limit


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (None, None, None)),
        ({"x-ratelimit-limit": "10", "x-ratelimit-remaining": "9", "x-ratelimit-reset": "3"}, (10, 9, 3)),
        ({"ratelimit-limit": "100, 100;w=60", "ratelimit-remaining": "0", "ratelimit-reset": "30"}, (100, 0, 30)),
        ({"x-ratelimit-limit-tokens": "5000", "x-ratelimit-remaining-tokens": "10"}, (5000, 10, None)),
        # Of requests, where both are limited.
        ({"x-ratelimit-limit-tokens": "5000", "x-ratelimit-limit-requests": "10"}, (10, None, None)),
        ({"ratelimit": "limit=100, remaining=50, reset=5"}, (100, 50, 5)),
        ({"ratelimit": '"default";r=50;t=30', "ratelimit-policy": '"default";q=100;w=60'}, (100, 50, 30)),
        ({"x-ratelimit-reset": "1m30s"}, (None, None, 90)),
        ({"x-ratelimit-reset": "6m0s"}, (None, None, 360)),
        ({"x-ratelimit-reset": "250ms"}, (None, None, 0.25)),
        ({"x-ratelimit-reset": "1h0m1.5s"}, (None, None, 3601.5)),
        ({"x-ratelimit-reset": "0"}, (None, None, 0)),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 7)}, (None, None, 7)),
        ({"x-ratelimit-reset": str((int(NOW.timestamp()) + 7) * 1000)}, (None, None, 7)),
        ({"x-ratelimit-reset": "2026-03-01T12:00:09Z"}, (None, None, 9)),
        ({"x-ratelimit-reset": "2026-03-01T11:00:00"}, (None, None, 0)),
        (
            {"x-ratelimit-reset": format_datetime(NOW, usegmt=True), "date": "Sun, 01 Mar 2026 11:59:00 GMT"},
            (None, None, 60),
        ),
        ({"x-ratelimit-limit": "many", "x-ratelimit-reset": "soon"}, (None, None, None)),
        ({"x-ratelimit-limit": "-1", "x-ratelimit-remaining": "٣"}, (None, None, None)),
        ({"x-ratelimit-limit": "9" * 5000}, (999_999_999_999_999_999, None, None)),
    ],
)
def test_rate_limits_in_many_spellings(headers: dict[str, str], expected: tuple[Any, ...]) -> None:
    found = limits(headers)
    assert found == pytest.approx(expected) if expected[2] else found == expected


@given(st.dictionaries(st.sampled_from(["x-ratelimit-limit", "x-ratelimit-reset", "ratelimit", "date"]), st.text()))
def test_whatever_comes_is_read(headers: dict[str, str]) -> None:
    found = limits(headers)
    assert found.limit is None or found.limit >= 0
    assert found.reset is None or found.reset >= 0


def test_a_response_without_a_date_was_received_now() -> None:
    info = ResponseInfo(200, Headers([(b"x-ratelimit-reset", str(time.time() + 60).encode())]), 1, 0.0)
    assert info.rate_limit.reset == pytest.approx(60, abs=5)


@pytest.mark.parametrize("twin_of", [lambda each: pickle.loads(pickle.dumps(each)), copy.copy, copy.deepcopy])
def test_pickles_and_copies_lack_secret_headers(twin_of: Callable[[Any], Any]) -> None:
    made = ResponseInfo(200, Headers([(b"X-Request-Id", b"req-7"), (b"Set-Cookie", b"planted")]), 2, 1.5)
    for twin in (twin_of(RequestResult({}, made)).response, twin_of(made)):
        found = twin_of(twin.headers)
        assert dict(found) == {"x-request-id": "req-7"}
    assert b"planted" not in pickle.dumps(made)
