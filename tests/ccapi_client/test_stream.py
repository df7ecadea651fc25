"""Streamed chat completions of both clients: what a stream means, and how it can end."""

import gc
import inspect
import json
import pickle
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import anyio.lowlevel
import ccapi_client._chat.reader
import httpx
import pytest
from ccapi_client import (
    CCAPI,
    AsyncCCAPI,
    AuthenticationError,
    BillingError,
    ConfigurationError,
    InvalidRequestError,
    MalformedResponseError,
    RetryPolicy,
    StreamError,
    StreamInterruptedError,
)
from ccapi_client.models import ChatCompletionResponse

from ..scripted import Body, ClientClass, Service, Step

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
DONE = b"data: [DONE]\n\n"
STREAM = {"content-type": "text/event-stream; charset=utf-8", "x-request-id": "req-1"}


def chunk(content: str | None = None, **fields: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": content} if content is not None else {}, "finish_reason": None}
    document = {"id": "c-1", "model": "a/b", "choices": [choice], **fields}
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def streamed(*pieces: bytes | Exception) -> httpx.Response:
    return httpx.Response(200, headers=STREAM, stream=Body(*pieces))


class Outcome:
    """What a program saw of a stream."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.final: ChatCompletionResponse | None = None
        self.error: Exception | None = None
        self.requests: list[httpx.Request] = []


Run = Callable[..., Outcome]


@pytest.fixture
def run(client_class: ClientClass) -> Run:
    """Streams from a scripted service with either client."""

    def run(*steps: Step, take: int | None = None, **arguments: Any) -> Outcome:
        outcome, service = Outcome(), Service(*steps)
        outcome.requests = service.requests

        def blocking(client: CCAPI) -> None:
            with client.stream_chat_completion(messages=HELLO, **arguments) as stream:
                for text in stream.text():
                    outcome.texts.append(text)
                    if len(outcome.texts) == take:
                        return
                outcome.final = stream.final()

        async def asynchronous(client: AsyncCCAPI) -> None:
            async with client.stream_chat_completion(messages=HELLO, **arguments) as stream:
                async for text in stream.text():
                    outcome.texts.append(text)
                    if len(outcome.texts) == take:
                        return
                outcome.final = await stream.final()

        try:
            service.call(client_class, blocking if client_class is CCAPI else asynchronous)
        except Exception as error:  # noqa: BLE001 - the tests look at it
            outcome.error = error
        assert len(service.requests) <= len(steps), "more requests than the script has steps"
        return outcome

    return run


def test_text_as_it_comes_and_the_whole_response(run: Run) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    outcome = run(streamed(chunk("Hel"), chunk("lo") + chunk(), chunk(choices=[], usage=usage), DONE), model="a/b")
    assert outcome.error is None
    assert outcome.texts == ["Hel", "lo"]
    final = outcome.final
    assert final
    assert final.usage
    assert final.choices[0].message.content == "Hello"
    assert (final.model, final.usage.to_dict()) == ("a/b", usage)
    (request,) = outcome.requests
    assert json.loads(request.content) == {"messages": HELLO, "model": "a/b", "stream": True}
    assert request.headers["accept"] == "text/event-stream"
    assert request.headers["idempotency-key"]


def test_the_response_names_the_one_of_several_models_that_gave_it(run: Run) -> None:
    outcome = run(streamed(chunk("x", model="c/d"), DONE), models=["a/b", "c/d"])
    assert outcome.final
    assert outcome.final.model == "c/d"


def test_an_error_before_the_stream_is_an_error_like_any_other(run: Run) -> None:
    refused = httpx.Response(429, headers={"retry-after": "1"})
    outcome = run(refused, httpx.ConnectError("no"), streamed(chunk("x"), DONE))
    assert (outcome.texts, len(outcome.requests)) == (["x"], 3)
    assert len({request.headers["idempotency-key"] for request in outcome.requests}) == 1
    envelope = {"error": {"message": "no money", "code": "insufficient_balance"}}
    outcome = run(httpx.Response(402, json=envelope))
    assert isinstance(outcome.error, BillingError)
    assert len(outcome.requests) == 1
    outcome = run(httpx.Response(500))
    assert outcome.error is not None  # it may have been executed: not retried
    assert len(outcome.requests) == 1


@pytest.mark.parametrize(
    ("event", "code", "message"),
    [
        (b'data: {"error": {"message": "overloaded", "code": "busy", "type": "t"}}\n\n', "busy", "overloaded"),
        (b'event: error\ndata: {"message": "overloaded", "code": "busy", "type": "t"}\n\n', "busy", "overloaded"),
        (b'event: error\ndata: {"error": {"message": "overloaded", "code": "busy"}}\n\n', "busy", "overloaded"),
        (b'data: {"id": "c-1", "choices": [], "error": {"message": "overloaded"}}\n\n', None, "overloaded"),
        (b'data: {"error": "overloaded"}\n\n', None, "overloaded"),
        (b"event: error\ndata: overloaded\n\n", None, "overloaded"),
        (b'event: error\ndata: "overloaded"\n\n', None, "overloaded"),
        (b"event: error\ndata: {}\n\n", None, ""),
        (b"data: <html>\n\n", None, ""),
        (b"data: 7\n\n", None, ""),
        (b'data: {"choices": [7]}\n\n', None, ""),
        (b'data: {"choices": 7}\n\n', None, ""),
        (b'data: {"choices": [{"delta": [["a", 1]]}]}\n\n', None, ""),
        (b"data: " + b"[" * 100_000 + b"\n\n", None, ""),
    ],
)
def test_an_error_in_the_stream(run: Run, event: bytes, code: str | None, message: str) -> None:
    outcome = run(streamed(chunk("Hel"), event, chunk("lo"), DONE))
    error = outcome.error
    assert type(error) is StreamError
    assert outcome.texts == ["Hel"]
    assert (error.code, error.request_id, error.text) == (code, "req-1", "Hel")
    assert error.message == ("" if event.startswith(b"event: error\ndata: o") else message)  # it is in the text alone
    assert message in str(error)
    assert error.idempotency_key == outcome.requests[0].headers["idempotency-key"]
    assert "key-1" not in repr(pickle.dumps(error))
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.partial) == (str(error), error.partial)


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ((), "closed before"),
        ((b"data: [DO",), "closed before"),
        ((httpx.RemoteProtocolError("peer closed"),), "broke off"),
        ((httpx.ReadError("reset"),), "broke off"),
        ((httpx.ReadTimeout("slow"),), "timeout"),
    ],
)
def test_a_stream_that_ends_too_early(run: Run, end: tuple[bytes | Exception, ...], reason: str) -> None:
    outcome = run(streamed(chunk("Hel"), *end))
    assert isinstance(outcome.error, StreamInterruptedError)
    assert reason in str(outcome.error)
    assert (outcome.texts, outcome.error.text) == (["Hel"], "Hel")
    assert outcome.error.partial is not None
    assert outcome.error.partial.model == "a/b"
    assert len(outcome.requests) == 1  # what has come may be billed: not retried


def test_a_stream_without_anything(run: Run) -> None:
    outcome = run(streamed())
    assert isinstance(outcome.error, StreamInterruptedError)
    assert (outcome.error.partial, outcome.error.text) == (None, "")


def test_leaving_early_closes_the_connection(run: Run) -> None:
    body = Body(chunk("a"), chunk("b"), chunk("c"), DONE)
    outcome = run(httpx.Response(200, headers=STREAM, stream=body), take=1)
    assert (outcome.texts, outcome.error, body.read, body.closed) == (["a"], None, 1, True)


def test_what_follows_the_end_is_not_waited_for(run: Run) -> None:
    body = Body(chunk("a"), DONE + b"data: x\n\n", b"more", httpx.ReadTimeout("slow"))
    outcome = run(httpx.Response(200, headers=STREAM, stream=body))
    assert (outcome.texts, outcome.error, body.closed, body.read) == (["a"], None, True, 2)


def test_events_without_data_are_passed_over(run: Run) -> None:
    outcome = run(streamed(b"data:\n\n", chunk("a"), b"event: ping\ndata:\n\n", DONE))
    assert (outcome.texts, outcome.error) == (["a"], None)


def test_what_no_one_can_read_is_an_error_of_ours(run: Run) -> None:
    deep: Any = "x"
    for _ in range(900):
        deep = {"a": deep}
    odd = json.dumps({"choices": [{"delta": {"extra": deep}}]}).encode()
    assert isinstance(run(streamed(b"data: " + odd + b"\n\n", DONE)).error, StreamError | None)
    for calls in ([None], ["x"], 7):
        whole = {"choices": [{"message": {"role": "assistant", "content": "x", "tool_calls": calls}}]}
        outcome = run(httpx.Response(200, json=whole))
        assert outcome.error is None or isinstance(outcome.error, StreamError)


def test_a_content_that_changes_its_type_loses_nothing(run: Run) -> None:
    part = {"type": "text", "text": "b"}
    for contents, texts in ((["a", [part], "c"], ["a", "b", "c"]), ([[part], "c"], ["b", "c"]), (["a", ["b"]], ["a"])):
        choices = [{"delta": {"content": content}, "index": 0, "finish_reason": None} for content in contents]
        outcome = run(streamed(*(chunk(choices=[choice]) for choice in choices), DONE))
        assert (outcome.error, outcome.texts) == (None, texts)
        assert outcome.final
        assert outcome.final.choices[0].message.content == ("ab" if contents == ["a", ["b"]] else "".join(texts))
    calls = [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}]
    for first, second in (("x", calls), (calls, "x")):
        choices = [{"delta": {"tool_calls": each}, "index": 0, "finish_reason": None} for each in (first, second)]
        outcome = run(streamed(*(chunk(choices=[choice]) for choice in choices), DONE))
        assert outcome.error is None
        assert outcome.final
        assert any(getattr(call, "id", "") == "c" for call in outcome.final.choices[0].message.tool_calls)


def test_a_server_that_ignores_stream_gives_one_response(run: Run) -> None:
    call = {"id": "call-1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {"role": "assistant", "content": "Hello", "tool_calls": [call]}
    document = {"id": "c-1", "model": "a/b", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    outcome = run(httpx.Response(200, json=document))
    assert (outcome.texts, outcome.error) == (["Hello"], None)
    assert outcome.final
    assert outcome.final.to_dict() == {**document, "object": "chat.completion"}


def test_what_is_neither_a_stream_nor_a_response(run: Run) -> None:
    assert isinstance(run(httpx.Response(200, html="<html>")).error, MalformedResponseError)
    assert isinstance(run(httpx.Response(200, json={"choices": 7})).error, MalformedResponseError)
    wrapped = run(httpx.Response(200, json={"error": {"message": "no", "code": "unauthorized"}}))
    assert type(wrapped.error).__name__ == "APIStatusError"
    assert isinstance(run(httpx.Response(401, json={"error": {"message": "no"}})).error, AuthenticationError)


def test_arguments_are_checked_before_anything_is_sent(run: Run) -> None:
    outcome = run(streamed(DONE), mesages=[])
    assert isinstance(outcome.error, TypeError)
    outcome = run(streamed(DONE), temperature="hot")
    assert isinstance(outcome.error, InvalidRequestError)
    outcome = run(streamed(DONE), extra_body={"stream": False})
    assert isinstance(outcome.error, InvalidRequestError)
    assert outcome.requests == []


def test_a_stream_is_used_in_a_block_and_once() -> None:
    with Service(streamed(chunk("a"), chunk("b"), DONE)).client() as client:
        stream = client.stream_chat_completion(messages=HELLO)
        for use in (lambda: next(iter(stream)), stream.final, lambda: next(stream.text())):
            with pytest.raises(ConfigurationError, match="with"):
                use()
        assert stream.partial is None
        with stream:
            first = next(iter(stream))
            assert first.choices[0].delta.content == "a"
            assert stream.partial
            assert stream.partial.choices[0].message.content == "a"
        for use in (stream.final, lambda: next(iter(stream)), lambda: list(stream.text())):
            with pytest.raises(StreamInterruptedError) as caught:
                use()
            assert caught.value.text == "a"
        with pytest.raises(ConfigurationError, match="used already"), stream:
            pass


def test_final_alone_and_again() -> None:
    with Service(streamed(chunk("a"), chunk("b"), DONE)).client() as client:
        with client.stream_chat_completion(messages=HELLO) as stream:
            assert stream.final().choices[0].message.content == "ab"
            assert list(stream) == []
        assert stream.final().choices[0].message.content == "ab"


def test_a_stream_that_failed_has_no_final_response() -> None:
    body = streamed(chunk("a"), b"data: {}x\n\n", DONE)
    with Service(body).client() as client, client.stream_chat_completion(messages=HELLO) as stream:
        with pytest.raises(StreamError, match="not JSON") as caught:
            list(stream)
        for use in (stream.final, lambda: list(stream)):
            with pytest.raises(StreamError) as again:
                use()
            assert again.value is caught.value


def test_a_whole_response_that_can_t_be_read_fails_each_time() -> None:
    whole = {"choices": [{"message": {"role": "assistant", "content": "x", "tool_calls": [None]}}]}
    with Service(whole).client() as client, client.stream_chat_completion(messages=HELLO) as stream:
        with pytest.raises(StreamError) as caught:
            list(stream)
        for use in (stream.final, lambda: list(stream)):
            with pytest.raises(StreamError) as again:
                use()
            assert again.value is caught.value


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["closed", "left", "dropped"])
async def test_a_blocking_stream_in_a_running_loop_leaves_it_nothing_to_end(anyio_backend: str, how: str) -> None:
    """As in a notebook, whose loop would close what is left of an asynchronous generator in a task of its own."""
    started: list[object] = []
    hooks = sys.get_asyncgen_hooks()
    body = Body(chunk("a"), chunk("b"), DONE)
    service = Service(429, httpx.Response(200, headers=STREAM, stream=body))

    def use(client: CCAPI) -> None:
        stream = client.stream_chat_completion(messages=HELLO)
        stream.__enter__()
        assert next(iter(stream)).choices[0].delta.content == "a"
        if how == "left":
            stream.__exit__(None, None, None)
        elif how == "closed":
            assert stream.final().choices[0].message.content == "ab"
            stream.__exit__(None, None, None)

    sys.set_asyncgen_hooks(started.append)
    try:
        with service.client() as client:
            use(client)
            gc.collect()  # a coroutine that was never closed would be reported here
            await anyio.lowlevel.checkpoint()
    finally:
        sys.set_asyncgen_hooks(*hooks)
    assert started == []
    assert body.closed is (how != "dropped")


@pytest.mark.parametrize("client", [CCAPI, AsyncCCAPI])
def test_the_signature_is_that_of_the_whole_response_but_for_stream(client: type) -> None:
    whole = dict(inspect.signature(client.create_chat_completion).parameters)  # type: ignore[attr-defined]
    del whole["stream"]
    assert dict(inspect.signature(client.stream_chat_completion).parameters) == whole  # type: ignore[attr-defined]


def test_the_retry_policy_of_the_client_holds(run: Run) -> None:
    given = [httpx.Response(429) for _ in range(RetryPolicy().max_attempts)]
    outcome = run(*given, streamed(DONE))
    assert type(outcome.error).__name__ == "RateLimitError"
    assert len(outcome.requests) == 4


@pytest.mark.parametrize("media_type", ["text/plain", "application/json", "application/octet-stream", ""])
@pytest.mark.parametrize("start", [b"", b"\r\n \n", b": hello\n\n", b"event: message\n", b"\xef\xbb\xbf"])
def test_a_stream_of_another_content_type_is_read_as_it_comes(run: Run, media_type: str, start: bytes) -> None:
    headers = {"content-type": media_type} if media_type else {}
    body = Body(start, *[bytes([byte]) for byte in chunk("a")], chunk("b"), httpx.ReadTimeout("slow"))
    outcome = run(httpx.Response(200, headers=headers, stream=body), take=1)
    assert (outcome.texts, outcome.error, body.closed) == (["a"], None, True)


@pytest.mark.parametrize(
    ("end", "name"),
    [
        (httpx.ReadError("reset"), "APIConnectionError"),
        (httpx.ReadTimeout("slow"), "APITimeoutError"),
        (httpx.DecodingError("odd"), "MalformedResponseError"),
    ],
)
def test_a_response_that_is_no_stream_and_breaks_off(run: Run, end: Exception, name: str) -> None:
    body = Body(b'{"choices": [', end)
    outcome = run(httpx.Response(200, stream=body))
    assert (type(outcome.error).__name__, body.closed) == (name, True)


def test_a_response_that_is_no_stream_has_a_limit(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccapi_client._chat.reader, "MAX_EVENT_BYTES", 100)
    body = Body(b"{", *[b" " * 60] * 3)
    outcome = run(httpx.Response(200, stream=body))
    assert type(outcome.error) is StreamError
    assert "larger" in str(outcome.error)
    assert (body.read, body.closed) == (3, True)


def test_a_message_that_is_repeated_whole_at_the_end_counts_once(run: Run) -> None:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}
    outcome = run(streamed(chunk("Hel"), chunk("lo"), chunk(choices=[choice]), DONE))
    assert (outcome.texts, outcome.error) == (["Hel", "lo"], None)
    assert outcome.final
    assert outcome.final.choices[0].message.content == "Hello"


def test_each_answer_has_to_be_finished_where_the_end_is_not_said(run: Run) -> None:
    choices = [{"index": at, "delta": {"content": "x"}, "finish_reason": None if at else "stop"} for at in (0, 1)]
    assert isinstance(run(streamed(chunk(choices=choices))).error, StreamInterruptedError)
    choices[1]["finish_reason"] = "length"
    assert run(streamed(chunk(choices=choices))).error is None
    assert isinstance(run(streamed(chunk(choices=choices), httpx.ReadError("reset"))).error, StreamInterruptedError)


@pytest.mark.parametrize("name", ["content", "reasoning_content", "refusal"])
def test_no_chunk_holds_half_of_a_character(run: Run, name: str) -> None:
    deltas: list[dict[str, Any]] = [{name: "a\ud83d"}, {"role": "assistant"}, {name: "\ude00\ud83d"}, {name: "b"}]
    pieces = [chunk(choices=[{"index": 0, "delta": each}]) for each in deltas]
    outcome = run(streamed(*pieces, chunk(choices=[{"index": 0, "delta": {name: "\ud83d"}}]), DONE))
    assert outcome.error is None
    assert outcome.texts == (["a", "\U0001f600", "\ufffdb", "\ufffd"] if name == "content" else [])
    assert outcome.final
    assert outcome.final.choices[0].message[name] == "a\U0001f600\ufffdb\ufffd"


def test_an_error_in_the_stream_keeps_what_the_provider_said_and_the_event(run: Run) -> None:
    event = b'{"error": {"message": "no", "details": {"a": 1}}}'
    error = run(streamed(chunk("Hel"), b"data: " + event + b"\n\n")).error
    assert isinstance(error, StreamError)
    assert (error.details, error.body) == ({"a": 1}, event)
    cut = run(streamed(chunk("Hel"), b'data: {"choi')).error
    assert isinstance(cut, StreamInterruptedError)
    assert (cut.details, cut.body) == ({}, b'{"choi')


@pytest.mark.parametrize(
    "body",
    [
        chunk("x" * 60_000),
        b": " + b"x" * 60_000 + b"\n\n",
        b"data: {\n" + b"data:\n" * 10_000 + b'data: "choices": []}\n\n',
        chunk("ab ") * 500,
        b"\n" * 60_000,
        b" " * 60_000,
    ],
    ids=["one chunk", "a comment", "short lines", "small chunks", "blank lines", "spaces"],
)
def test_a_stream_in_pieces_of_one_byte_costs_a_few_times_its_size(body: bytes) -> None:
    """60 kB cost 480 kB at most, so 1 MB costs 8; each piece is made when it is read, so that the pieces cost nothing."""

    def pieces() -> Iterator[bytes]:
        for at in range(len(body)):
            yield body[at : at + 1]
        yield DONE

    response = httpx.Response(200, headers=STREAM, content=pieces())
    with Service(response).client() as client, client.stream_chat_completion(messages=HELLO) as stream:
        tracemalloc.start()
        assert sum(1 for _ in stream) >= 0
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 * len(body)
