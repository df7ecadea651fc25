"""`on_response`: once for each call, at its end, without secrets."""

from collections.abc import Iterator
from typing import Any, TypedDict

import anyio
import httpx
import pytest
from ccapi_client import (
    CCAPI,
    APIConnectionError,
    AsyncCCAPI,
    BadRequestError,
    CCAPIError,
    ConfigurationError,
    InvalidAnswerError,
    InvalidRequestError,
    JobTimeoutError,
    MalformedResponseError,
    PollPolicy,
    ResponseEvent,
    RetryPolicy,
)
from ccapi_sandbox import Sandbox

from ..scripted import Body, ClientClass, Service

MESSAGES = [{"role": "user", "content": "planted-prompt"}]
ANSWER = {
    "id": "1",
    "model": "openai/gpt-4o-mini-2",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "planted-answer"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 21, "completion_tokens": 9, "total_tokens": 30},
}


class Fox(TypedDict):
    name: str


class Events(list[ResponseEvent]):
    @property
    def only(self) -> ResponseEvent:
        (event,) = self
        return event


@pytest.fixture
def events() -> Events:
    return Events()


def chat(client: Any) -> Any:
    return client.create_chat_completion(model="openai/gpt-4o-mini", messages=MESSAGES)


def test_a_call_is_reported_with_its_retries(client_class: ClientClass, events: Events) -> None:
    response = httpx.Response(200, json=ANSWER, headers={"x-request-id": "req-1"})
    service = Service(429, 503, response, headers={"Retry-After": "2"})
    service.call(client_class, chat, on_response=events.append, base_url="https://api.invalid/v1?code=planted")
    assert events.only == ResponseEvent(
        operation="create_chat_completion",
        method="POST",
        path="/v1/chat/completions",
        url="https://api.invalid/v1/chat/completions",
        status=200,
        attempts=3,
        elapsed=4.0,
        request_id="req-1",
        model="openai/gpt-4o-mini",
        response_model="openai/gpt-4o-mini-2",
        usage=ANSWER["usage"],  # type: ignore[arg-type]
        error=None,
    )
    assert "planted" not in repr(events)
    assert "key-1" not in repr(events)


def test_a_call_without_a_model_or_usage(client_class: ClientClass, events: Events) -> None:
    Service(200).call(client_class, lambda client: client.list_models(), on_response=events.append)
    event = events.only
    assert (event.operation, event.method, event.path) == ("list_models", "GET", "/v1/models")
    assert (event.model, event.response_model, event.usage, event.request_id) == (None, None, None, None)


@pytest.mark.parametrize(
    ("step", "error", "status", "attempts"),
    [
        (400, BadRequestError, 400, 1),
        (httpx.ConnectError, APIConnectionError, None, 4),
        (httpx.ReadTimeout, APIConnectionError, None, 1),
        (httpx.Response(200, text="planted"), MalformedResponseError, 200, 1),
        (httpx.Response(200, json={"error": {"message": "no", "code": "x"}}), CCAPIError, 200, 1),
    ],
)
def test_a_call_that_fails_is_reported(
    client_class: ClientClass, step: Any, error: type[Exception], status: int | None, attempts: int, events: Events
) -> None:
    with pytest.raises(error) as caught:
        Service(step).call(client_class, chat, on_response=events.append)
    event = events.only
    assert (event.error, event.status, event.attempts) == (type(caught.value).__name__, status, attempts)
    assert "planted" not in repr(event)


def test_what_came_last_is_reported(client_class: ClientClass, events: Events) -> None:
    with pytest.raises(APIConnectionError):
        Service(429, httpx.ReadTimeout).call(client_class, chat, on_response=events.append)
    assert (events.only.status, events.only.attempts) == (None, 2)


def test_what_was_not_sent_is_not_reported(client_class: ClientClass, events: Events) -> None:
    def fail() -> str:
        raise OSError

    service = Service(200)
    with pytest.raises(InvalidRequestError):
        service.call(client_class, lambda client: client.create_image(prompt=5), on_response=events.append)
    with pytest.raises(OSError):  # noqa: PT011 - the callable's own
        work = lambda client: client.with_options(api_key=fail).list_models()
        service.call(client_class, work, on_response=events.append)
    assert events == []


def test_what_it_raises_comes_out_of_the_call(client_class: ClientClass) -> None:
    # Of a coroutine Python itself makes something else of a StopIteration.
    for raised in (KeyError("mine"), StopIteration("mine"))[: 2 if client_class is CCAPI else 1]:

        def fail(event: ResponseEvent, raised: Exception = raised) -> None:
            raise raised

        for step in (ANSWER, 400):
            with pytest.raises(Exception, match="mine") as caught:
                Service(step).call(client_class, chat, on_response=fail)
            assert caught.value is raised


def test_it_has_to_be_a_plain_function(client_class: ClientClass) -> None:
    async def wrong(event: object) -> None: ...

    for hook, message in ((wrong, "a plain function is expected"), (5, "a callable is expected")):
        with pytest.raises(ConfigurationError, match=f"on_response: {message}"):
            client_class("key-1", on_response=hook)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def test_each_poll_is_reported(client_class: ClientClass, events: Events) -> None:
    job = {"id": "job-1", "status": "pending"}
    done = {"id": "job-1", "status": "completed", "data": [{"url": "https://x/a.png"}]}
    service = Service({**job, "poll_url": "/poll/1?sig=planted"}, 503, done)
    service.call(
        client_class,
        lambda client: client.wait_for_image_job("job-1"),
        on_response=events.append,
        poll=PollPolicy(initial=1, jitter=0),
    )
    assert [(each.operation, each.status, each.attempts, each.error) for each in events] == [
        ("get_image_job", 200, 1, None),
        ("get_image_job", 503, 1, "InternalServerError"),
        ("get_image_job", 200, 1, None),
    ]
    assert [each.path for each in events[1:]] == ["/poll/1"] * 2
    assert "planted" not in repr(events)
    with pytest.raises(JobTimeoutError):
        Service(job).call(client_class, lambda client: client.wait_for_image_job("job-1", timeout=3))


def chunk(**more: Any) -> bytes:
    document = {"id": "1", "model": "openai/gpt-4o-mini-2", "choices": [{"index": 0, "delta": {"content": "a"}}]}
    return b"data: " + httpx.Response(200, json=document | more).content + b"\n\n"


DONE = b"data: [DONE]\n\n"


def stream_of(*pieces: bytes | BaseException) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Body(*pieces))


def read(client: Any, events: Events, *, most: int = 100) -> Any:
    """Reads so many chunks; returns how many reports there were before the stream was closed."""
    if isinstance(client, CCAPI):
        with client.stream_chat_completion(model="openai/gpt-4o-mini", messages=MESSAGES) as stream:
            for _ in zip(range(most), stream, strict=False):
                pass
            return len(events)

    async def steps() -> int:
        async with client.stream_chat_completion(model="openai/gpt-4o-mini", messages=MESSAGES) as stream:
            for _ in range(most):
                if await anext(stream, None) is None:
                    break
            return len(events)

    return steps()


@pytest.mark.parametrize("most", [1, 100])
def test_a_stream_is_reported_at_its_end(client_class: ClientClass, most: int, events: Events) -> None:
    usage = {"prompt_tokens": 21, "completion_tokens": 9, "total_tokens": 30}
    service = Service(stream_of(chunk(), chunk(usage=usage), DONE))
    before = service.call(client_class, lambda client: read(client, events, most=most), on_response=events.append)
    assert before == (1 if most > 1 else 0)
    event = events.only
    assert (event.operation, event.status, event.error) == ("stream_chat_completion", 200, None)
    assert (event.model, event.response_model) == ("openai/gpt-4o-mini", "openai/gpt-4o-mini-2")
    assert event.usage == (usage if most > 1 else None)


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (400, "BadRequestError"),
        (httpx.ConnectError, "APIConnectionError"),
        (stream_of(chunk()), "StreamInterruptedError"),
        (stream_of(chunk(), httpx.ReadError("planted")), "StreamInterruptedError"),
        (stream_of(chunk(), b'data: {"error": {"message": "no"}}\n\n'), "StreamError"),
        (stream_of(chunk() + b'data: {"error": {"message": "no"}}\n\n'), "StreamError"),
        (stream_of(b'{"error": {"message": "no"}}'), "APIStatusError"),
        (httpx.Response(200, text="planted"), "MalformedResponseError"),
    ],
)
def test_a_stream_that_fails_is_reported(client_class: ClientClass, step: Any, error: str, events: Events) -> None:
    if isinstance(step, httpx.Response) and isinstance(step.stream, Body):
        step = stream_of(*step.stream.pieces)
    with pytest.raises(CCAPIError) as caught:
        Service(step).call(
            client_class,
            lambda client: read(client, events),
            on_response=events.append,
            retry=RetryPolicy(max_attempts=1),
        )
    assert (events.only.error, type(caught.value).__name__) == (error, error)


def test_a_stream_is_closed_though_the_hook_raises(client_class: ClientClass, events: Events) -> None:
    def fail(event: ResponseEvent) -> None:
        raise KeyError("mine")

    body = Body(chunk(), chunk(), DONE)
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body)
    with pytest.raises(KeyError, match="mine"):
        Service(response).call(client_class, lambda client: read(client, events), on_response=fail)
    assert body.closed


def test_a_download_is_one_call(client_class: ClientClass, events: Events) -> None:
    moved = httpx.Response(302, headers={"location": "/b.png?sig=planted"})
    cut = httpx.Response(
        200, headers={"content-length": "4", "etag": '"1"'}, stream=Body(b"\x89P", httpx.ReadError("x"))
    )
    rest = httpx.Response(206, headers={"content-range": "bytes 1-3/4", "etag": '"1"'}, content=b"PNG")
    Service(moved, cut, rest).call(
        client_class,
        lambda client: client.download("https://api.ccapi.ai/a.png?sig=planted"),
        on_response=events.append,
    )
    event = events.only
    assert (event.operation, event.method, event.path, event.status) == (None, "GET", "/a.png", 206)
    assert event.attempts == 3
    assert "planted" not in repr(event)


def test_a_download_that_fails(client_class: ClientClass, events: Events) -> None:
    with pytest.raises(CCAPIError):
        Service(404).call(
            client_class, lambda client: client.download("https://api.ccapi.ai/a.png"), on_response=events.append
        )
    assert (events.only.error, events.only.status) == ("NotFoundError", 404)


def test_a_key_that_is_renewed_is_an_attempt(client_class: ClientClass, events: Events) -> None:
    keys = iter(["a", "b"])

    def work(client: Any) -> Any:
        return client.with_options(api_key=lambda: next(keys)).list_models()

    Service(401, 200).call(client_class, work, on_response=events.append)
    assert (events.only.attempts, events.only.status) == (2, 200)


def test_a_call_that_is_cancelled_is_not_reported(events: Events) -> None:
    async def hang(request: httpx.Request) -> httpx.Response:
        scopes[0].cancel()
        await anyio.sleep_forever()
        raise AssertionError

    scopes = list[anyio.CancelScope]()

    async def steps() -> None:
        transport = httpx.MockTransport(hang)
        async with AsyncCCAPI("key-1", transport=transport, on_response=events.append) as client:
            with anyio.CancelScope() as scope:
                scopes.append(scope)
                await client.list_models()

    anyio.run(steps)
    assert scopes[0].cancelled_caught
    assert events == []


def test_pages_and_the_real_sandbox(sandbox: Sandbox, events: Events) -> None:
    with CCAPI(sandbox.api_key, base_url=sandbox.base_url, on_response=events.append) as client:
        pages: Iterator[Any] = client.iter_models(page_size=5)
        assert len(list(pages)) > 5
        number = len(events)
        chat(client)
        with client.stream_chat_completion(model="openai/gpt-4o-mini", messages=MESSAGES) as stream:
            stream.final()
    assert number > 1
    assert {each.operation for each in events[:number]} == {"list_models"}
    assert events[number].usage
    assert all(each.request_id and each.elapsed > 0 for each in events)


def test_an_answer_that_can_t_be_parsed_is_the_error_of_its_call(client_class: ClientClass, events: Events) -> None:
    with pytest.raises(InvalidAnswerError):
        Service(ANSWER).call(
            client_class,
            lambda client: client.parse_chat_completion(model="m", messages=MESSAGES, response_format=Fox),
            on_response=events.append,
        )
    assert events.only.error == "InvalidAnswerError"
    assert (events.only.operation, events.only.status, events.only.usage) == (
        "parse_chat_completion",
        200,
        ANSWER["usage"],
    )
