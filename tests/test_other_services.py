"""The vectors of what other services of this kind were seen to send, `tests/vectors/other_*.json`, on both clients.

Each file is a list of cases with a name, a body, what it has to become (`expect`) and, mostly, `why`. `other_streams`:
streamed chats; a tool call is `[id, name, arguments]`, and `|` separates errors of which each will do. `other_errors`:
responses with a status of failure. `other_job_states`: responses to a poll, and how the job has finished (`final`, null
where it is running). `other_answers`: successful responses. Each holds in whatever pieces its bytes come.
"""

import json
import logging
import random
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from ccapi_client import (
    CCAPI,
    APIStatusError,
    AsyncCCAPI,
    CCAPIError,
    JobCancelledError,
    JobFailedError,
    JobTimeoutError,
    RetryPolicy,
    StreamError,
)
from ccapi_client.models import ChatCompletionResponse

from .scripted import Body, ClientClass, Service
from .test_vectors import method_of, vectors

BOTH = pytest.mark.parametrize("client_class", [CCAPI, AsyncCCAPI])
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
ARGUMENTS: dict[str, dict[str, Any]] = {
    "generateImages": {"contents": [{"text": "a fox"}]},
    "createChatCompletion": {"model": "a/b", "messages": HELLO},
    "createSpeech": {"model": "a/b", "input": "hello"},
    "listModels": {},
}


def cuts_of(body: bytes) -> Iterator[list[bytes]]:
    """A body whole, byte by byte, and in a few other ways."""
    yield [body]
    yield [body[at : at + 1] for at in range(len(body))]
    for seed in range(3):
        edges = [0, *sorted(random.Random(seed).choices(range(len(body) + 1), k=5)), len(body)]
        yield [body[start:end] for start, end in pairwise(edges)]


def responses_of(case: dict[str, Any]) -> Iterator[httpx.Response]:
    body = case["body"] if isinstance(case["body"], str) else json.dumps(case["body"])
    kind = case.get("content_type", "application/json")
    headers = {**case.get("headers", {}), **({"content-type": kind} if kind else {})}
    for pieces in cuts_of(body.encode()):
        yield httpx.Response(case.get("status", 200), headers=headers, stream=Body(*pieces))


def read(client_class: ClientClass, response: httpx.Response) -> tuple[str, ChatCompletionResponse | None, Any]:
    """The text of a streamed chat, the whole response, and the error in its place."""
    texts: list[str] = []

    def blocking(client: CCAPI) -> ChatCompletionResponse:
        with client.stream_chat_completion(model="a/b", messages=HELLO) as stream:
            texts.extend(stream.text())
            return stream.final()

    async def asynchronous(client: AsyncCCAPI) -> ChatCompletionResponse:
        async with client.stream_chat_completion(model="a/b", messages=HELLO) as stream:
            async for text in stream.text():
                texts.append(text)
            return await stream.final()

    try:
        final = Service(response).call(client_class, blocking if client_class is CCAPI else asynchronous)
    except CCAPIError as error:
        return "".join(texts), None, error
    for text in texts:
        text.encode()  # no half of a surrogate pair is among them
    return "".join(texts), final, None


@BOTH
@vectors("other_streams")
def test_streams(client_class: ClientClass, case: dict[str, Any]) -> None:
    expect = case["expect"]
    for response in responses_of(case):
        text, final, error = read(client_class, response)
        assert text == expect.get("text", text)
        if "error" in expect:
            assert type(error).__name__ in expect["error"].split("|")
            if isinstance(error, StreamError):
                assert error.text == expect.get("text", error.text)
            assert error.code == expect.get("code")
            assert error.details == expect.get("details", {})
            assert error.body == b"" or error.body.decode() in case["body"]
            continue
        assert error is None
        assert final
        choice = final.choices[0]
        assert choice.message.content == expect.get("text", choice.message.content)
        assert choice.message.role == "assistant"
        assert choice.finish_reason == expect.get("finish_reason", choice.finish_reason)
        wanted = [(key, name, json.loads(arguments)) for key, name, arguments in expect.get("tool_calls", [])]
        assert [called(call.to_dict()) for call in choice.message.tool_calls] == wanted
        assert final.usage is None or final.usage.total_tokens == expect.get("total_tokens")
        message = choice.message.to_dict()
        assert {name: message[name] for name in expect.get("message", {})} == expect.get("message", {})
        if "logprob_tokens" in expect:
            assert choice.logprobs
            assert [each.token for each in choice.logprobs.content] == expect["logprob_tokens"]
        send_back(client_class, choice.message)


def called(call: dict[str, Any]) -> tuple[str, str, Any]:
    """A tool call: its id, the function's name, and the arguments."""
    return call["id"], call["function"]["name"], json.loads(call["function"]["arguments"])


def send_back(client_class: ClientClass, message: Any) -> None:
    """Sends the message of an answer with the next request, as it is."""
    service = Service({"choices": []})
    service.call(client_class, lambda client: client.create_chat_completion(model="a/b", messages=[*HELLO, message]))
    assert json.loads(service.requests[0].content)["messages"][1] == message.to_dict()


@BOTH
@vectors("other_errors")
def test_errors(client_class: ClientClass, case: dict[str, Any]) -> None:
    expect = dict(case["expect"])
    for response in responses_of(case):
        with pytest.raises(APIStatusError) as caught:
            Service(response).call(client_class, lambda client: client.list_models(), retry=RetryPolicy(max_attempts=1))
        error = caught.value
        assert error.status_code == case["status"]
        assert all(each in error.message for each in expect.get("message_has", []))
        assert all(each in str(error) for each in expect.get("text_has", []))
        facts = {name: value for name, value in expect.items() if not name.endswith("_has")}
        assert {name: getattr(error, name) for name in facts} == facts
        assert error.message in str(error)


@BOTH
@vectors("other_job_states")
def test_job_states(client_class: ClientClass, case: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    ends: dict[type[Exception], str | None]
    ends = {JobFailedError: "failed", JobCancelledError: "cancelled", JobTimeoutError: None}
    for response in responses_of(case):
        caplog.clear()
        service = Service(response, case["body"])
        with caplog.at_level(logging.WARNING, "ccapi_client"):
            try:
                service.call(client_class, lambda client: client.wait_for_image_job("j1", timeout=30))
                found: str | None = "completed"
            except CCAPIError as error:
                found = ends[type(error)]
        assert found == case["expect"]["final"]
        warnings = [each for each in caplog.messages if "not known" in each]
        assert len(warnings) == (case["name"] == "unknown")


@BOTH
@vectors("other_answers")
def test_answers(client_class: ClientClass, case: dict[str, Any]) -> None:
    expect, arguments = case["expect"], ARGUMENTS[case["operation"]]

    def work(client: Any) -> Any:
        return method_of(client, case["operation"])(**arguments)

    for response in responses_of(case):
        if "error" in expect:
            with pytest.raises(CCAPIError) as caught:
                Service(response).call(client_class, work)
            assert type(caught.value).__name__ == expect["error"]
            assert getattr(caught.value, "code", None) == expect.get("code")
            continue
        answer = Service(response).call(client_class, work)
        assert {name: seen(answer, name) for name in expect} == expect


def seen(answer: Any, name: str) -> Any:
    """What an answer holds of what a case expects."""
    if name == "urls":
        return [each.url for each in answer.data]
    if name == "ids":
        return [each.id for each in answer.data]
    if name in ("content", "role"):
        return answer.choices[0].message[name]
    if name == "arguments":
        return answer.choices[0].message.tool_calls[0].function.arguments
    return answer[name]
