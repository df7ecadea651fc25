"""Chats: by the text generator, by the real language model, by another server; and how models fall over."""

import json
from collections.abc import Iterator
from typing import Any

import ccapi_sandbox
import httpx
import pytest
from ccapi_client import (
    CCAPI,
    AsyncCCAPI,
    BadRequestError,
    InternalServerError,
    RateLimitError,
    RetryPolicy,
    StreamError,
)
from ccapi_sandbox import Sandbox, llm
from ccapi_sandbox.chat_engine import ChatEngine

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Say hello to the lighthouse keeper."}]
ONCE = RetryPolicy(max_attempts=1)


def text_of(answer: Any) -> str:
    content = answer.choices[0].message.content
    assert isinstance(content, str)
    return content


def test_the_text_generator_answers_and_says_that_it_is_none(client: CCAPI) -> None:
    answer = client.create_chat_completion(model="sandbox/babble", messages=HELLO)
    assert text_of(answer) == text_of(client.create_chat_completion(model="sandbox/babble", messages=HELLO))
    assert (answer.model, answer.choices[0].finish_reason) == ("sandbox/babble", "stop")
    assert answer.usage
    assert answer.usage.completion_tokens == len(text_of(answer).split())
    short = client.create_chat_completion(model="sandbox/babble", messages=HELLO, max_tokens=3)
    assert (len(text_of(short).split()), short.choices[0].finish_reason) == (3, "length")


def test_a_stream_is_the_answer_in_pieces(client: CCAPI) -> None:
    whole = client.create_chat_completion(model="sandbox/babble", messages=HELLO)
    with_usage = {"include_usage": True}
    with client.stream_chat_completion(model="sandbox/babble", messages=HELLO, stream_options=with_usage) as stream:
        pieces = list(stream.text())
        final = stream.final()
    assert len(pieces) > 10
    assert "".join(pieces) == text_of(whole) == text_of(final)
    assert final.usage == whole.usage


@pytest.mark.anyio
# trio finds that httpcore does not close a generator of its own when a body is left early; the connection is closed.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_stream_asynchronously_and_left_early(async_client: AsyncCCAPI) -> None:
    for _ in range(3):
        async with async_client.stream_chat_completion(model="sandbox/babble", messages=HELLO) as stream:
            async for text in stream.text():
                assert text
                break
    async with async_client.stream_chat_completion(model="sandbox/babble", messages=HELLO) as stream:
        assert text_of(await stream.final())


def test_models_fall_over(client: CCAPI) -> None:
    models = ["sandbox/unavailable", "sandbox/babble", "openai/gpt-4o-mini"]
    assert client.create_chat_completion(models=models, messages=HELLO).model == "sandbox/babble"
    with client.stream_chat_completion(models=models, messages=HELLO) as stream:
        assert stream.final().model == "sandbox/babble"
    with pytest.raises(InternalServerError, match=r"sandbox/unavailable is down"):
        client.with_options(retry=ONCE).create_chat_completion(model="sandbox/unavailable", messages=HELLO)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "model"),
        ({"model": "a/b", "models": ["a/b"]}, "model"),
        ({"model": "no/such"}, "model"),
        ({"models": ["sandbox/babble", "no/such"]}, "model"),
        ({"model": "sandbox/babble", "messages": []}, "messages"),
        (
            {"model": "sandbox/babble", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "messages[0].content",
        ),
    ],
)
def test_what_is_wrong_is_named(client: CCAPI, arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        client.create_chat_completion(**{"messages": HELLO, **arguments})
    assert caught.value.details == {"field": field}


@pytest.mark.skipif(not llm.installed(), reason="the language model is not installed")
def test_the_language_model_answers(client: CCAPI) -> None:
    answer = client.create_chat_completion(model="openai/gpt-4o-mini", messages=HELLO, max_tokens=12, temperature=0)
    assert (answer.model, answer.provider) == ("openai/gpt-4o-mini", "openai")
    assert len(text_of(answer).split()) > 3
    assert answer.usage
    assert answer.usage.completion_tokens == 12
    with client.stream_chat_completion(
        model="anthropic/claude-3-5-haiku",
        messages=HELLO,
        max_tokens=12,
        temperature=0,
        stream_options={"include_usage": True},
    ) as stream:
        assert "".join(stream.text()) == text_of(answer)
        assert stream.final().usage == answer.usage


@pytest.mark.skipif(not llm.installed(), reason="the language model is not installed")
def test_what_the_language_model_refuses_is_told(client: CCAPI) -> None:
    with pytest.raises(BadRequestError, match="rejected the request"):
        client.create_chat_completion(model="openai/gpt-4o-mini", messages=[{"role": "user", "content": "x " * 9000}])


def test_without_a_language_model_the_answer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm, "installed", lambda: False)
    with ccapi_sandbox.running(strict=True) as sandbox, CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client:
        answer = client.create_chat_completion(models=["sandbox/unavailable", "openai/gpt-4o-mini"], messages=HELLO)
    assert answer.model == "openai/gpt-4o-mini (sandbox/babble)"


# Another server: here a second sandbox plays it


@pytest.fixture
def other() -> Iterator[Sandbox]:
    with ccapi_sandbox.running(strict=True) as sandbox:
        yield sandbox


def test_another_server_answers(other: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCAPI_CHAT_UPSTREAM_KEY", other.api_key)
    with (
        ccapi_sandbox.running(strict=True, chat_upstream=other.base_url, chat_model="sandbox/babble") as sandbox,
        CCAPI(sandbox.api_key, base_url=sandbox.base_url, retry=ONCE) as client,
    ):
        answer = client.create_chat_completion(model="any/model", messages=HELLO)
        assert answer.model == "any/model"
        with CCAPI(other.api_key, base_url=other.base_url) as direct:
            assert text_of(answer) == text_of(direct.create_chat_completion(model="sandbox/babble", messages=HELLO))
        other.reset()
        client.create_chat_completion(model="any/model", messages=HELLO)
        with client.stream_chat_completion(model="any/model", messages=HELLO) as stream:
            assert text_of(stream.final()) == text_of(answer)
        (first, second) = other.requests
        assert (first.body["model"], first.body["messages"], second.body["stream"]) == ("sandbox/babble", HELLO, True)
        other.fail_next("500")
        with pytest.raises(InternalServerError, match="The chat backend failed: status 500"):
            client.create_chat_completion(model="any/model", messages=HELLO)
        other.fail_next("cut-stream;after=3")
        with (
            client.stream_chat_completion(model="any/model", messages=HELLO) as stream,
            pytest.raises(Exception, match="its stream broke off"),
        ):
            list(stream)
        other.fail_next("no-done")
        with (
            client.stream_chat_completion(model="any/model", messages=HELLO) as stream,
            pytest.raises(StreamError, match=r"ended without \[DONE\]"),
        ):
            list(stream)
        other.fail_next("stream-error;after=1")
        with (
            client.stream_chat_completion(model="any/model", messages=HELLO) as stream,
            pytest.raises(StreamError, match="An error in the stream was requested"),
        ):
            list(stream)
        for fault in ("malformed", "empty", "401"):
            other.fail_next(fault)
            with pytest.raises(InternalServerError, match="The chat backend failed"):
                client.create_chat_completion(model="any/model", messages=HELLO)
        other.fail_next("429;retry-after=7")
        with pytest.raises(RateLimitError) as limited:
            client.create_chat_completion(model="any/model", messages=HELLO)
        assert limited.value.retry_after == 7
        other.fail_next("400")
        with pytest.raises(BadRequestError, match="rejected the request"):
            client.create_chat_completion(model="any/model", messages=HELLO)


@pytest.mark.parametrize(
    "document",
    [
        {"choices": [None]},
        {"choices": [{"message": "x"}]},
        {"choices": 7},
        {"choices": [{"message": {"content": "x"}}], "usage": {"total_tokens": "12"}},
        [],
    ],
)
def test_another_server_that_answers_oddly(document: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(self: Any, request: Any) -> httpx.Response:
        return httpx.Response(200, json=document)

    monkeypatch.setattr(ChatEngine, "_send", answer)
    with ccapi_sandbox.running(strict=True, chat_upstream="http://127.0.0.1:1/v1") as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        body = {"model": "any/model", "messages": HELLO}
        found = httpx.post(f"{sandbox.base_url}/chat/completions", json=body, headers=headers)
    assert found.status_code == (200 if "usage" in document else 502)


def test_the_key_of_another_server_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCAPI_CHAT_UPSTREAM_KEY", "sk-very\nsecret")
    with ccapi_sandbox.running(strict=True, chat_upstream="http://127.0.0.1:1/v1") as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        body = {"model": "any/model", "messages": HELLO}
        found = httpx.post(f"{sandbox.base_url}/chat/completions", json=body, headers=headers)
    assert found.status_code == 502
    assert "secret" not in found.text
    with (
        pytest.raises(ValueError, match="chat_upstream") as caught,
        ccapi_sandbox.running(chat_upstream="http://me:pw@x/v1"),
    ):
        pass
    assert "pw" not in str(caught.value)


def test_another_server_that_is_down() -> None:
    with ccapi_sandbox.running(strict=True, chat_upstream="http://127.0.0.1:1/v1") as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        body = {"model": "any/model", "messages": HELLO}
        answer = httpx.post(f"{sandbox.base_url}/chat/completions", json=body, headers=headers)
    assert answer.status_code == 502
    assert "The chat backend failed" in json.loads(answer.text)["error"]["message"]
