"""The vectors of what other services of this kind were seen to send, `tests/vectors/other_*.json`, on both clients.

Each file is a list of cases with a name, a body, what it has to become (`expect`) and, mostly, `why`. `other_streams`:
streamed chats; a tool call is `[id, name, arguments]`, and `|` separates errors of which each will do. `other_errors`:
responses with a status of failure. `other_job_states`: responses to a poll, and how the job has finished (`final`, null
where it is running). `other_answers`: successful responses. Each holds in whatever pieces its bytes come, and over every
carrier.
"""

import asyncio
import json
import logging
import random
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import pairwise
from typing import Any

import anyio
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

from .carriers import CARRIERS, Carrier, on, serving
from .scripted import Body, ClientClass, Service
from .test_vectors import method_of, vectors

BOTH = pytest.mark.parametrize("client_class", [CCAPI, AsyncCCAPI])
Call = Callable[..., Any]
"""Gives what some work returns that gets a client; the client's options are its keywords."""
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


def body_of(case: dict[str, Any]) -> bytes:
    return (case["body"] if isinstance(case["body"], str) else json.dumps(case["body"])).encode()


def headers_of(case: dict[str, Any]) -> dict[str, str]:
    kind = case.get("content_type", "application/json")
    return {**case.get("headers", {}), **({"content-type": kind} if kind else {})}


def responses_of(case: dict[str, Any]) -> Iterator[httpx.Response]:
    for pieces in cuts_of(body_of(case)):
        yield httpx.Response(case.get("status", 200), headers=headers_of(case), stream=Body(*pieces))


WAYS = ("whole", "until the connection closes", "one chunk", "one-byte chunks")
"""How a body is sent on a socket."""


def sent(case: dict[str, Any], way: str) -> bytes:
    """The response of a case as it is sent on a socket."""
    body, headers = body_of(case), {**headers_of(case), "connection": "close"}
    if way == "whole":
        headers["content-length"] = str(len(body))
    elif way != WAYS[1]:
        size = 1 if way == "one-byte chunks" else len(body)
        pieces = [body[at : at + size] for at in range(0, len(body), size or 1)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])
        headers["transfer-encoding"] = "chunked"
    lines = [f"HTTP/1.1 {case.get('status', 200)} -", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Server:
    """Sends the same to each request on a real socket, and hangs up.

    Attributes:
        response: What it sends.
        url: Where it is.
    """

    response, url = b"", ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
            await reader.readexactly(int(length[1]) if length else 0)
            writer.write(self.response)

    def call(self, carrier: Carrier, work: Callable[[Any], Any], **options: Any) -> Any:
        """What `work` returns for a client of this server."""
        if carrier.is_blocking:
            with CCAPI("key-1", base_url=self.url, **options) as client:
                return work(client)

        async def work_async() -> Any:
            async with AsyncCCAPI("key-1", base_url=self.url, **options) as client:
                return await work(client)

        return anyio.run(work_async, backend=carrier.backend)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    found = Server()
    with serving(found.serve) as found.url:
        yield found


def read(call: Call) -> tuple[str, ChatCompletionResponse | None, Any]:
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
        final = call(lambda client: blocking(client) if isinstance(client, CCAPI) else asynchronous(client))
    except CCAPIError as error:
        return "".join(texts), None, error
    for text in texts:
        text.encode()  # no half of a surrogate pair is among them
    return "".join(texts), final, None


@BOTH
@vectors("other_streams")
def test_streams(client_class: ClientClass, case: dict[str, Any]) -> None:
    for response in responses_of(case):
        message = check_stream(case, partial(Service(response).call, client_class))
        if message is not None:
            send_back(client_class, message)


@on(CARRIERS)
@vectors("other_streams")
def test_streams_over_every_carrier(carrier: Carrier, server: Server, case: dict[str, Any]) -> None:
    for way in WAYS:
        server.response = sent(case, way)
        check_stream(case, partial(server.call, carrier))


def check_stream(case: dict[str, Any], call: Call) -> Any:
    """The message of the answer, where it is what it has to be; None where it has to be an error."""
    expect = case["expect"]
    text, final, error = read(call)
    assert text == expect.get("text", text)
    if "error" in expect:
        assert type(error).__name__ in expect["error"].split("|")
        if isinstance(error, StreamError):
            assert error.text == expect.get("text", error.text)
        assert error.code == expect.get("code")
        assert error.details == expect.get("details", {})
        assert error.body == b"" or error.body.decode() in case["body"]
        return None
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
    return choice.message


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
    for response in responses_of(case):
        check_error(case, partial(Service(response).call, client_class))


@on(CARRIERS)
@vectors("other_errors")
def test_errors_over_every_carrier(carrier: Carrier, server: Server, case: dict[str, Any]) -> None:
    server.response = sent(case, "whole")
    check_error(case, partial(server.call, carrier))


def check_error(case: dict[str, Any], call: Call) -> None:
    expect = case["expect"]
    with pytest.raises(APIStatusError) as caught:
        call(lambda client: client.list_models(), retry=RetryPolicy(max_attempts=1))
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
    for response in responses_of(case):
        check_job_state(case, partial(Service(response, case["body"]).call, client_class), caplog)


@on(CARRIERS)
@vectors("other_job_states")
def test_job_states_over_every_carrier(
    carrier: Carrier, server: Server, case: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    server.response = sent(case, "whole")
    # A job that is running is waited for in real time, and for longer where a busy machine takes all of that to poll.
    first, *others = [30.0] if case["expect"]["final"] else [0.5, 5.0]
    try:
        check_job_state(case, partial(server.call, carrier), caplog, first)
    except AssertionError:
        if not others:
            raise
        check_job_state(case, partial(server.call, carrier), caplog, *others)


def check_job_state(case: dict[str, Any], call: Call, caplog: pytest.LogCaptureFixture, timeout: float = 30) -> None:
    ends: dict[type[Exception], str | None]
    ends = {JobFailedError: "failed", JobCancelledError: "cancelled", JobTimeoutError: None}
    caplog.clear()
    with caplog.at_level(logging.WARNING, "ccapi_client"):
        try:
            call(lambda client: client.wait_for_image_job("j1", timeout=timeout))
            found: str | None = "completed"
        except CCAPIError as error:
            found = ends[type(error)]
    assert found == case["expect"]["final"]
    warnings = [each for each in caplog.messages if "not known" in each]
    assert len(warnings) == (case["name"] == "unknown")


@BOTH
@vectors("other_answers")
def test_answers(client_class: ClientClass, case: dict[str, Any]) -> None:
    for response in responses_of(case):
        check_answer(case, partial(Service(response).call, client_class))


@on(CARRIERS)
@vectors("other_answers")
def test_answers_over_every_carrier(carrier: Carrier, server: Server, case: dict[str, Any]) -> None:
    server.response = sent(case, "whole")
    check_answer(case, partial(server.call, carrier))


def check_answer(case: dict[str, Any], call: Call) -> None:
    expect, arguments = case["expect"], ARGUMENTS[case["operation"]]

    def work(client: Any) -> Any:
        return method_of(client, case["operation"])(**arguments)

    if "error" in expect:
        with pytest.raises(CCAPIError) as caught:
            call(work)
        assert type(caught.value).__name__ == expect["error"]
        assert getattr(caught.value, "code", None) == expect.get("code")
        return
    answer = call(work)
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
