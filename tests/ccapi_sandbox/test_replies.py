"""What a test scripts: in every form, for chats, pictures and jobs, as both clients receive it."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, get_args

import ccapi_sandbox
import httpx
import pytest
from ccapi_client import (
    CCAPI,
    APIStatusError,
    BadRequestError,
    InternalServerError,
    JobFailedError,
    PollPolicy,
    RateLimitError,
    RetryPolicy,
)
from ccapi_sandbox import Received, Reply, Sandbox, replies
from ccapi_sandbox.forms import Kind, ToolCall, cut, read
from hypothesis import given
from hypothesis import strategies as st

from ..scripted import ClientClass
from .conftest import call

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
ANY = "nobody/has-this-model"
ONCE = RetryPolicy(max_attempts=1)


@pytest.fixture
def scripted(sandbox: Sandbox) -> Iterator[Sandbox]:
    sandbox.reset()
    yield sandbox
    sandbox.reset()


def chat(client_class: ClientClass, sandbox: Sandbox, **body: Any) -> Any:
    body = {"model": ANY, "messages": HELLO} | body
    return call(client_class, sandbox, lambda client: client.create_chat_completion(**body), retry=ONCE)


def text(client_class: ClientClass, sandbox: Sandbox, **body: Any) -> Any:
    return chat(client_class, sandbox, **body).choices[0].message.content


def chunks(http: httpx.Client, **body: Any) -> list[dict[str, Any]]:
    response = http.post("/chat/completions", json={"model": ANY, "messages": HELLO, "stream": True} | body)
    events = [line.removeprefix("data: ") for line in response.text.splitlines() if line]
    assert events.pop() == "[DONE]"
    return [json.loads(event) for event in events]


def deltas(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [choice["delta"] for chunk in found for choice in chunk["choices"]]


def test_texts_come_in_their_order_and_then_the_sandbox_s_own(client_class: ClientClass, scripted: Sandbox) -> None:
    scripted.reply("Hello, fox!")
    scripted.reply("Twice.", times=2)
    own = "sandbox/babble"
    found = [text(client_class, scripted, model=own) for _ in range(4)]
    assert found[:3] == ["Hello, fox!", "Twice.", "Twice."]
    assert found[3] not in ("", *found[:3])


def test_an_answer_is_whole(client_class: ClientClass, scripted: Sandbox) -> None:
    scripted.reply("Hello, fox!", finish_reason="length")
    answer = chat(client_class, scripted, model="openai/gpt-4o-mini", n=2)
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert {choice.message.content for choice in answer.choices} == {"Hello, fox!"}
    assert answer.choices[0].finish_reason == "length"
    assert (answer.model, answer.provider) == ("openai/gpt-4o-mini", "openai")
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    (entry,) = scripted.requests
    assert entry.executed
    assert entry.billed == pytest.approx(0.0004 * answer.usage.total_tokens / 1000)


def test_json_is_the_text_of_an_answer(client_class: ClientClass, scripted: Sandbox) -> None:
    scripted.reply({"json": {"answer": 42, "of": ["ü"]}})
    found = text(client_class, scripted, response_format={"type": "json_object"})
    assert json.loads(found) == {"answer": 42, "of": ["ü"]}


def test_calls_of_tools(client_class: ClientClass, scripted: Sandbox) -> None:
    scripted.reply(tool_calls=[{"name": "weather", "arguments": {"city": "Oslo"}}, {"name": "b", "arguments": "{"}])
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
    (choice,) = chat(client_class, scripted, tools=tools, tool_choice="required").choices
    first, second = choice.message.tool_calls
    assert (first.function.name, json.loads(first.function.arguments)) == ("weather", {"city": "Oslo"})
    assert second.function.arguments == "{"
    assert first.id != second.id
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)


def test_a_text_is_streamed_in_words(http: httpx.Client, scripted: Sandbox) -> None:
    scripted.reply("Hello, little fox!")
    found = chunks(http)
    assert deltas(found) == [
        {"role": "assistant", "content": "Hello,"},
        {"content": " little"},
        {"content": " fox!"},
        {},
    ]
    assert found[-1]["choices"][0]["finish_reason"] == "stop"
    assert not [chunk for chunk in found if "usage" in chunk]


def test_a_text_is_streamed_in_the_pieces_that_are_given(http: httpx.Client, scripted: Sandbox) -> None:
    for _ in range(2):
        scripted.reply(["Hel", "", "lo"])
    found = chunks(http, stream_options={"include_usage": True})
    assert [delta.get("content") for delta in deltas(found)] == ["Hel", "", "lo", None]
    assert (found[-1]["choices"], found[-1]["usage"]["completion_tokens"]) == ([], 1)
    whole = http.post("/chat/completions", json={"model": ANY, "messages": HELLO}).json()
    assert whole["choices"][0]["message"]["content"] == "Hello"


def test_calls_of_tools_are_streamed(http: httpx.Client, scripted: Sandbox) -> None:
    second: ToolCall = {"name": "b", "arguments": {"city": "Oslo or Bergen"}, "id": "call-7"}
    scripted.reply({"text": "Hm", "tool_calls": [{"name": "a", "arguments": ""}, second]})
    found = deltas(chunks(http))
    assert found[0] == {"role": "assistant", "content": "Hm"}
    parts = [part for delta in found for part in delta.get("tool_calls", ())]
    assert [part["function"]["name"] for part in parts if "id" in part] == ["a", "b"]
    assert [part["id"] for part in parts if "id" in part][1] == "call-7"
    pieces = [part["function"]["arguments"] for part in parts if part["index"] == 1]
    assert len(pieces) > 3
    assert json.loads("".join(pieces)) == {"city": "Oslo or Bergen"}


def test_a_client_assembles_what_is_streamed(client: CCAPI, scripted: Sandbox) -> None:
    scripted.reply("Hm", tool_calls=[{"name": "a", "arguments": {"city": "Oslo or Bergen"}}])
    with client.stream_chat_completion(model=ANY, messages=HELLO) as stream:
        message: Any = stream.final().choices[0].message
    assert message.content == "Hm"
    assert json.loads(message.tool_calls[0].function.arguments) == {"city": "Oslo or Bergen"}


@given(st.text())
def test_pieces_are_the_whole_text(whole: str) -> None:
    assert "".join(cut(whole)) == whole
    assert all(len(piece.strip()) <= 16 for piece in cut(whole))


def test_a_status_and_a_body_are_sent_as_they_are(http: httpx.Client, scripted: Sandbox) -> None:
    scripted.reply(status=418, body={"teapot": True}, headers={"Retry-After": "7"})
    scripted.reply(status=200, body="<html>", headers={"Content-Type": "text/html"})
    scripted.reply(body=b"\xff\x00", to="images")
    scripted.reply(body=[1], to="jobs")
    scripted.reply(status=204)
    sent = [
        http.post(path, json=body)
        for path, body in [
            ("/chat/completions", {"model": ANY, "messages": HELLO}),
            ("/chat/completions", {"model": ANY, "messages": HELLO}),
            ("/images/generations", {"prompt": "x"}),
            ("/images/generate", {"contents": [{"text": "x"}]}),
            ("/chat/completions", {"model": ANY, "messages": HELLO, "stream": True}),
        ]
    ]
    assert [each.status_code for each in sent] == [418, 200, 200, 200, 204]
    assert [each.content for each in sent] == [b'{"teapot": true}', b"<html>", b"\xff\x00", b"[1]", b""]
    kinds = [each.headers.get("content-type", "").partition(";")[0] for each in sent]
    assert kinds[:4] == ["application/json", "text/html", "application/octet-stream", "application/json"]
    assert sent[0].headers["retry-after"] == "7"
    assert [entry.executed for entry in scripted.requests] == [False, True, True, True, True]


def test_a_status_alone_has_an_error_of_the_contract(client_class: ClientClass, scripted: Sandbox) -> None:
    scripted.reply(status=429, headers={"Retry-After": "3"})
    with pytest.raises(RateLimitError, match="The status 429 was scripted") as caught:
        chat(client_class, scripted)
    assert (caught.value.retry_after, caught.value.code) == (3, "rate_limit_exceeded")
    assert [(entry.status, entry.executed) for entry in scripted.requests] == [(429, False)]


def test_pictures(client_class: ClientClass, scripted: Sandbox) -> None:
    scripted.reply({"json": {"data": [{"url": "https://x.example/1.png", "revised_prompt": "a red fox"}]}}, to="images")
    found = call(client_class, scripted, lambda client: client.create_image(prompt="a fox", quality="hd"))
    assert (found.data[0].url, found.data[0].revised_prompt) == ("https://x.example/1.png", "a red fox")
    assert found.id
    assert scripted.requests[0].billed == 0.009


def finished(client_class: ClientClass, sandbox: Sandbox) -> Any:
    def work(client: Any) -> Any:
        if client_class is CCAPI:
            return client.wait_for_image_job(client.generate_images(contents=[{"text": "a fox"}]))
        return waited(client)

    async def waited(client: Any) -> Any:
        return await client.wait_for_image_job(await client.generate_images(contents=[{"text": "a fox"}]))

    return call(client_class, sandbox, work, poll=PollPolicy(initial=0.02, max_interval=0.05))


def test_jobs_end_as_scripted(client_class: ClientClass, scripted: Sandbox) -> None:
    scripted.reply({"json": {"data": [{"url": "https://x.example/1.png"}]}}, to="jobs")
    scripted.reply({"json": {"status": "failed", "error": {"message": "no foxes"}}}, to="jobs")
    scripted.reply({"json": {}}, to="jobs")
    assert finished(client_class, scripted).data[0].url == "https://x.example/1.png"
    with pytest.raises(JobFailedError, match="no foxes"):
        finished(client_class, scripted)
    assert finished(client_class, scripted).data[0].url.startswith("http://127.0.0.1")
    posts = [entry for entry in scripted.requests if entry.method == "POST"]
    assert [(entry.status, entry.billed) for entry in posts] == [(202, 0.039), (202, 0), (202, 0.039)]


def test_a_job_takes_its_time_until_it_ends_as_scripted(http: httpx.Client, scripted: Sandbox) -> None:
    scripted.reply({"json": {"status": "paused", "data": []}}, to="jobs")
    job = http.post("/images/generate", json={"contents": [{"text": "x"}]}).json()
    assert (job["status"], "data" in job) == ("pending", False)
    scripted.clock.advance(1)
    job = http.get(f"/images/jobs/{job['id']}").json()
    assert (job["status"], job["data"], bool(job["poll_url"])) == ("paused", [], True)


@pytest.mark.parametrize("model", ["sandbox/job-never-ends", "sandbox/job-failed"])
def test_a_job_of_any_model_ends_as_scripted(http: httpx.Client, scripted: Sandbox, model: str) -> None:
    scripted.reply({"json": {"data": [{"url": "http://x/"}]}}, to="jobs")
    job = http.post("/images/generate", json={"contents": [{"text": "x"}], "model": model}).json()
    scripted.clock.advance(1)
    job = http.get(f"/images/jobs/{job['id']}").json()
    assert (job["status"], job["data"], job.get("error")) == ("completed", [{"url": "http://x/"}], None)


def test_a_job_that_takes_no_time_is_not_waited_for() -> None:
    with ccapi_sandbox.running(job_seconds=0) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        body = {"contents": [{"text": "x"}]}
        response = httpx.post(f"{sandbox.base_url}/images/generate", json=body, headers=headers)
        assert (response.status_code, response.json()["status"]) == (202, "completed")
        assert not [name for name in response.headers if name.startswith("retry-after")]


def test_a_function_of_the_request(client_class: ClientClass, scripted: Sandbox) -> None:
    received: list[Received] = []

    def answer(request: Received) -> str | Reply | None:
        received.append(request)
        said = request.body["messages"][0]["content"]
        return {"text": said.upper(), "finish_reason": "length"} if said != "skip" else None

    scripted.reply("first")
    scripted.reply(answer)
    asked = ("one", "two", "three", "skip")
    own = "sandbox/babble"
    found = [text(client_class, scripted, model=own, messages=[{"role": "user", "content": each}]) for each in asked]
    assert found[:3] == ["first", "TWO", "THREE"]
    assert found[3]
    assert [each.operation for each in received] == ["createChatCompletion"] * 3
    assert [each.idempotency_key for each in received] == [each.idempotency_key for each in scripted.requests[1:]]


def test_a_function_for_some_requests(scripted: Sandbox) -> None:
    scripted.reply(lambda _: ["a", "b"], times=2)
    scripted.reply("c")
    assert [text(CCAPI, scripted) for _ in range(3)] == ["ab", "ab", "c"]


def test_a_function_of_jobs(client_class: ClientClass, scripted: Sandbox) -> None:
    scripted.reply(lambda request: {"json": {"data": [{"url": f"http://x/{request.body['model']}"}]}}, to="images")
    found = call(client_class, scripted, lambda client: client.create_image(prompt="x", model="a/b"))
    assert found.data[0].url == "http://x/a/b"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda _: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda _: {"txt": "x"}, "txt: no such field of a reply"),
        (lambda _: 7, "content: a text"),
    ],
)
def test_a_function_that_fails_is_told(scripted: Sandbox, function: Any, message: str) -> None:
    scripted.reply(function)
    with pytest.raises(BadRequestError, match=f"reply: the function failed: .*{re.escape(message)}"):
        chat(CCAPI, scripted)


def test_what_fails_before_it_is_executed_takes_no_reply(scripted: Sandbox, http: httpx.Client) -> None:
    scripted.reply("Hello, fox!")
    headers = {"X-Sandbox-Fault": "503;times=1"}
    body = {"model": ANY, "messages": HELLO}
    assert http.post("/chat/completions", json=body, headers=headers).status_code == 503
    assert http.post("/chat/completions", json=body | {"messages": []}).status_code == 400
    assert http.post("/chat/completions", json=body | {"messages": 7}).status_code == 400
    assert http.post("/chat/completions", json={"messages": HELLO}).json()["error"]["details"] == {"field": "model"}
    fails = http.post("/chat/completions", json=body, headers={"X-Sandbox-Fault": f"500;model={ANY}"})
    assert (fails.status_code, fails.json()["error"]["message"]) == (500, "The fault 500 was requested.")
    assert http.post("/chat/completions", json=body | {"model": "sandbox/unavailable"}).status_code == 503
    models = {"models": ["sandbox/unavailable", "a/b"], "messages": HELLO}
    answer = http.post("/chat/completions", json=models).json()
    assert (answer["model"], answer["choices"][0]["message"]["content"]) == ("a/b", "Hello, fox!")


def test_faults_change_what_is_scripted(client: CCAPI, scripted: Sandbox) -> None:
    scripted.reply("Hello, fox!", times=2)
    more = client.with_options(headers={"X-Sandbox-Fault": "extra-fields"})
    assert more.create_chat_completion(model=ANY, messages=HELLO)["x_unlisted"]
    fails = client.with_options(headers={"X-Sandbox-Fault": "500;executed=true"}, retry=ONCE)
    with pytest.raises(InternalServerError):
        fails.create_chat_completion(model=ANY, messages=HELLO)
    assert [entry.executed for entry in scripted.requests] == [True, True]


def test_a_reset_forgets_them(scripted: Sandbox) -> None:
    scripted.reply("Hello, fox!")
    scripted.reset()
    with pytest.raises(APIStatusError, match="there is no chat model"):
        chat(CCAPI, scripted)


WRONG: list[tuple[Any, dict[str, Any], str]] = [
    (None, {}, "text: a text, json, tool_calls, a status or a body is required"),
    (7, {}, "content: a text, a list of its pieces, or an object is expected, not 7"),
    (b"x", {}, "content: a text"),
    ({"txt": "x"}, {}, "txt: no such field of a reply; there are text, json, tool_calls"),
    ({"text": 7}, {}, "text: a text, or a list of its pieces, is expected, not 7"),
    (["a", 7], {}, "text: a text is expected, not 7"),
    ("\ud800", {}, "text: half of a surrogate pair"),
    ({"text": "x", "json": 1}, {}, "json: it is the text of the answer; leave text out"),
    ({"json": {1, 2}}, {}, "json: not JSON"),
    ({"json": float("nan")}, {}, "json: not JSON"),
    ("x", {"status": 500}, "text: status and body are the whole response; leave text out"),
    (None, {"status": 99}, "status: a number from 200 to 599 is expected, not 99"),
    (None, {"status": True}, "status: a number"),
    (None, {"status": 204, "body": "x"}, "body: a response with the status 204 has none"),
    (None, {"body": {1, 2}}, "body: not JSON"),
    ("x", {"headers": {"a b": "x"}}, "headers: 'a b' is not the name of a header"),
    ("x", {"headers": {"A": "x\ny"}}, "headers: A: a text of one line"),
    ("x", {"headers": {"content-length": "1"}}, "headers: the server sets content-length itself"),
    ("x", {"headers": "x"}, "headers: an object"),
    ("x", {"finish_reason": 7}, "finish_reason: a text is expected, not 7"),
    (None, {"tool_calls": {"name": "x"}}, "tool_calls: a list of calls is expected"),
    (None, {"tool_calls": ["x"]}, "tool_calls[0]: an object with name and arguments"),
    (None, {"tool_calls": [{"name": "x"}]}, "tool_calls[0]: an object with name and arguments"),
    (None, {"tool_calls": [{"name": "", "arguments": {}}]}, "tool_calls[0].name: a name is expected"),
    (None, {"tool_calls": [{"name": "x", "arguments": 7}]}, "tool_calls[0].arguments: an object, or a text"),
    (None, {"tool_calls": [{"name": "x", "arguments": {}, "id": 7}]}, "tool_calls[0].id: a text is expected"),
    ("x", {"to": "chat"}, "to: chats, images, jobs are there, not 'chat'"),
    ("x", {"to": "images"}, "text: only chats have it"),
    ({"json": [1]}, {"to": "images"}, "json: an object is expected"),
    ({"json": {}}, {"to": "images"}, "json: data: required, but missing; to send it all the same, use body"),
    ({"json": {"data": [{"url": 7}]}}, {"to": "images"}, "json: data[0].url: 7 is not"),
    ({"json": {"status": 7}}, {"to": "jobs"}, "json: status: 7 is not"),
    ("x", {"times": 0}, "times: a whole number of 1 or more is expected, not 0"),
    ("x", {"times": True}, "times: a whole number"),
    (lambda _: "x", {"status": 500}, "status: the function returns the whole reply; leave it out here"),
]


@pytest.mark.parametrize(("content", "fields", "problem"), WRONG)
def test_what_is_no_reply_is_told_at_once(scripted: Sandbox, content: Any, fields: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(problem)}"):
        scripted.reply(content, **fields)


def test_what_a_function_returns_is_held_to_the_contract_too(scripted: Sandbox) -> None:
    scripted.reply(lambda _: {"json": {"data": [{"url": 7}]}}, to="images")
    with pytest.raises(BadRequestError, match=r"json: data\[0\]\.url: 7 is not"):
        call(CCAPI, scripted, lambda client: client.create_image(prompt="x"), retry=ONCE)


def test_an_async_function_is_told_at_once(scripted: Sandbox) -> None:
    async def answer(request: Received) -> str:
        return "x"

    with pytest.raises(ValueError, match="content: a plain function is expected"):
        scripted.reply(answer)  # type: ignore[arg-type]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(values | st.dictionaries(st.sampled_from([*Reply.__annotations__, "x"]), values, max_size=4))
def test_anything_is_a_reply_or_an_error_of_ours(content: Any) -> None:
    kind: Kind
    for kind in get_args(Kind):
        with suppress(ValueError):
            read(content, kind)


def test_the_replies_that_wait_are_bounded(scripted: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "MOST", 2)
    for _ in range(2):
        scripted.reply("x")
        scripted.reply("x")
        with pytest.raises(ValueError, match=r"^replies: at most 2 wait"):
            scripted.reply("x")
        assert [text(CCAPI, scripted) for _ in range(2)] == ["x", "x"]
    monkeypatch.setattr(replies, "MOST_BYTES", 100)
    with pytest.raises(ValueError, match=r"^replies: .* of 100 bytes together"):
        scripted.reply("x" * 100)


def test_a_program_has_them_too() -> None:
    with ccapi_sandbox.running() as sandbox:
        sandbox.reply("Hello, fox!")
        assert text(CCAPI, sandbox) == "Hello, fox!"
