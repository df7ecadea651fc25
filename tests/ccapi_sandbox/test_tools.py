"""Chats that must call a tool, and chats with several answers: by the text generator and by the language model."""

import json
import threading
import time
from typing import Any

import httpx
import pytest
from ccapi_client import CCAPI
from ccapi_sandbox import llm, tool_calls, tools
from ccapi_sandbox.answers import joined, split
from ccapi_sandbox.chat_engine import ChatEngine
from ccapi_sandbox.errors import ApiError
from jsonschema import Draft202012Validator

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "What is the weather in Paris?"}]
WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "unit": {"enum": ["c", "f"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 7},
    },
    "required": ["city", "unit", "days"],
    "additionalProperties": False,
}
SEARCH = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}


def tool(name: str, parameters: Any = None, description: str = "") -> dict[str, Any]:
    more = {} if parameters is None else {"parameters": parameters}
    return {"type": "function", "function": {"name": name, "description": description, **more}}


TOOLS = [tool("search_web", SEARCH, "Search the web"), tool("getWeather", WEATHER, "Tells how warm it is")]
NAMED = {"type": "function", "function": {"name": "getWeather"}}
needs_model = pytest.mark.skipif(not llm.installed(), reason="the language model is not installed")
BY_BOTH = pytest.mark.parametrize(
    "model", ["sandbox/babble", pytest.param("openai/gpt-4o-mini", marks=needs_model)], ids=["babble", "local"]
)


def ask(http: httpx.Client, **more: Any) -> httpx.Response:
    body = {"model": "sandbox/babble", "messages": HELLO, "tools": TOOLS, "seed": 1, "temperature": 0}
    return http.post("/chat/completions", json=body | more)


def choice(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    (found,) = response.json()["choices"]
    return dict(found)


def call(response: httpx.Response) -> tuple[str, Any]:
    found = choice(response)
    assert (found["finish_reason"], found["message"]["content"]) == ("tool_calls", None)
    (only,) = found["message"]["tool_calls"]
    assert (only["type"], only["id"][:5]) == ("function", "call-")
    return only["function"]["name"], json.loads(only["function"]["arguments"])


def streamed(response: httpx.Response) -> list[Any]:
    assert response.status_code == 200, response.text
    events = [line.removeprefix("data: ") for line in response.text.splitlines() if line]
    assert events.pop() == "[DONE]"
    return [json.loads(event) for event in events]


@BY_BOTH
@pytest.mark.parametrize("tool_choice", ["required", NAMED])
def test_a_call_that_follows_the_schema(http: httpx.Client, model: str, tool_choice: Any) -> None:
    response = ask(http, model=model, tool_choice=tool_choice)
    name, arguments = call(response)
    assert name == "getWeather"  # of both, the one that the last message is about
    Draft202012Validator(WEATHER).validate(arguments)
    usage = response.json()["usage"]
    assert usage["completion_tokens"] > 0
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


@needs_model
def test_the_language_model_reads_the_conversation(http: httpx.Client) -> None:
    _, arguments = call(ask(http, model="openai/gpt-4o-mini", tool_choice=NAMED))
    assert "Paris" in arguments["city"]


@BY_BOTH
@pytest.mark.parametrize("with_usage", [False, True])
def test_a_call_in_a_stream(http: httpx.Client, model: str, with_usage: bool) -> None:
    whole = ask(http, model=model, tool_choice=NAMED)
    options = {"include_usage": with_usage}
    chunks = streamed(ask(http, model=model, tool_choice=NAMED, stream=True, stream_options=options))
    if with_usage:
        last = chunks.pop()
        assert (last["choices"], last["usage"]) == ([], whole.json()["usage"])
    first, *rest, end = [each["choices"][0] for each in chunks]
    (head,) = first["delta"]["tool_calls"]
    assert (first["delta"]["role"], head["index"], head["function"]) == (
        "assistant",
        0,
        {"name": "getWeather", "arguments": ""},
    )
    assert (end["delta"], end["finish_reason"]) == ({}, "tool_calls")
    assert len(rest) > 3
    text = "".join(each["delta"]["tool_calls"][0]["function"]["arguments"] for each in rest)
    assert text == choice(whole)["message"]["tool_calls"][0]["function"]["arguments"]


def test_the_client_has_the_call(client: CCAPI) -> None:
    arguments: dict[str, Any] = {"model": "sandbox/babble", "messages": HELLO, "tools": TOOLS, "tool_choice": NAMED}
    answer = client.create_chat_completion(**arguments)
    with client.stream_chat_completion(**arguments) as stream:
        final = stream.final()
    for each in (answer, final):
        (found,) = each.choices[0].message.tool_calls or []
        assert found.function
        assert found.function.name == "getWeather"
        Draft202012Validator(WEATHER).validate(json.loads(found.function.arguments or ""))


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("Search for a hotel", ["get_weather", "searchHotels"], "searchHotels"),
        ("Search for a hotel", ["get_weather", "find_it"], "get_weather"),
        ([{"type": "text", "text": "weather?"}], ["find_it", "get_weather"], "get_weather"),
        ("", ["b", "a"], "b"),
    ],
)
def test_which_function_is_called(http: httpx.Client, text: Any, names: list[str], expected: str) -> None:
    messages = [{"role": "user", "content": text}, {"role": "assistant", "content": "find it?"}]
    response = ask(http, messages=messages, tools=[tool(name) for name in names], tool_choice="required")
    assert call(response) == (expected, {})


@BY_BOTH
def test_a_limit_cuts_the_arguments(http: httpx.Client, model: str) -> None:
    for more in ({"max_tokens": 2}, {"max_completion_tokens": 2, "max_tokens": 9}):
        response = ask(http, model=model, tool_choice=NAMED, **more)
        found = choice(response)
        assert found["finish_reason"] == "length"
        assert response.json()["usage"]["completion_tokens"] == 2
        with pytest.raises(ValueError, match=r"."):
            json.loads(found["message"]["tool_calls"][0]["function"]["arguments"])


ODD: list[tuple[Any, str]] = [
    ({"type": "string"}, "type must be object"),
    ({"properties": {"a": False}, "required": ["a"]}, "nothing follows"),
    ({"properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "too large"),
    ({"properties": {"a": {"$ref": "http://127.0.0.1:1/x"}}, "required": ["a"]}, "outside of it"),
    ({"properties": {"a": {"type": "string", "pattern": "(?<=x)a"}}, "required": ["a"]}, "pattern"),
    ({"not": {}}, "no example"),
    ({"properties": 7}, "not a JSON Schema"),
    ({"properties": {"a": {"type": "colour"}}, "required": ["a"]}, "not a JSON Schema"),
]


@BY_BOTH
@pytest.mark.parametrize(("schema", "reason"), ODD)
def test_a_schema_that_nothing_follows(http: httpx.Client, model: str, schema: Any, reason: str) -> None:
    response = ask(http, model=model, tools=[TOOLS[0], tool("odd", schema)], tool_choice=tool("odd"))
    error = response.json()["error"]
    field = "tools[1].function.parameters"
    assert (response.status_code, error["details"]) == (400, {"field": field})
    assert error["message"].startswith(f"{field}: ")
    assert reason in error["message"]


@needs_model
def test_what_the_language_model_can_not_follow_is_an_example(http: httpx.Client) -> None:
    code = {"type": "string", "pattern": "^[A-Z]{3}-\\d+$"}
    distinct = {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True}
    both = {"$ref": "#/$defs/x", "$defs": {"x": {"properties": {"code": code}, "required": ["code"]}}}
    for schema in ({"properties": {"code": code, "many": distinct}, "required": ["code", "many"]}, both, {}):
        _, arguments = call(ask(http, model="openai/gpt-4o-mini", tools=[tool("f", schema)], tool_choice=tool("f")))
        Draft202012Validator(schema).validate(arguments)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("text", "reason", "limit", "expected"),
    [
        ('{"query": "sea"}', "stop", {}, '{"query": "sea"}'),
        ('{"query": 7}', "stop", {}, '{"query": "text"}'),
        ("[]", "stop", {}, '{"query": "text"}'),
        ('{"query": "a a a', "length", {}, '{"query": "text"}'),
        ('{"query": "a a a', "length", {"max_tokens": 9}, '{"query": "a a a'),
        (None, "stop", {}, '{"query": "text"}'),
    ],
)
async def test_arguments_that_the_language_model_wrote(
    text: str | None,
    reason: str,
    limit: dict[str, int],
    expected: str,
) -> None:
    asked: list[dict[str, Any]] = []

    class Engine:
        async def complete(self, request: dict[str, Any]) -> dict[str, Any]:
            asked.append(request)
            return {"choices": [{"message": {"content": text}, "finish_reason": reason}], "usage": {}}

    class Gateway:
        chat = Engine()

        def new_id(self, kind: str) -> str:
            return kind

        async def work(self, function: Any, *arguments: Any) -> Any:
            return function(*arguments)

    function = tools.Function("search", "Search", SEARCH, "tools[0].function.parameters")
    request = {"messages": HELLO, "stop": "x"} | limit
    document = await tool_calls.complete(Gateway(), request, function, babbles=False)  # type: ignore[arg-type]
    (found,) = document["choices"]
    assert found["message"]["tool_calls"][0]["function"]["arguments"] == expected
    assert found["finish_reason"] == ("length" if limit else "tool_calls")
    (prompt,) = asked
    assert "stop" not in prompt  # it would end the arguments in the middle
    assert prompt["response_format"]["json_schema"]["schema"] == SEARCH
    assert prompt["messages"][:-1] == HELLO


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}},
        {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False},
        {"patternProperties": {"^(a+)+$": {}}, "unevaluatedProperties": False},
        {"$defs": {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 3} for n in range(30)} | {"d30": False}}
        | {"$ref": "#/$defs/d0"},
        {"$ref": "http://127.0.0.1:1/x"},
        {"$ref": "#"},
    ],
)
def test_a_schema_can_not_stall_the_check(schema: dict[str, Any]) -> None:
    started = time.thread_time()
    tools.follows({"a": "a" * 40 + "!", "a" * 40 + "!": 1}, schema)
    assert time.thread_time() - started < tools.SECONDS + 1


def test_probabilities_of_a_call_are_not_given() -> None:
    with pytest.raises(ApiError) as caught:
        tools.called({"tool_choice": "required", "tools": TOOLS, "messages": HELLO, "logprobs": True})
    assert caught.value.envelope["error"]["details"] == {"field": "logprobs"}


# Several answers


@BY_BOTH
def test_several_answers(http: httpx.Client, model: str) -> None:
    body = {"model": model, "messages": HELLO, "n": 3, "max_tokens": 6, "seed": 4, "temperature": 1.5}
    document = http.post("/chat/completions", json=body).json()
    texts = [each["message"]["content"] for each in document["choices"]]
    assert [each["index"] for each in document["choices"]] == [0, 1, 2]
    assert len(set(texts)) > 1
    one = http.post("/chat/completions", json=body | {"n": 1}).json()
    assert one["choices"] == document["choices"][:1]
    asked = one["usage"]["prompt_tokens"]
    assert document["usage"]["prompt_tokens"] == asked
    assert document["usage"]["completion_tokens"] == 18
    assert document["usage"]["total_tokens"] == asked + 18
    options = {"stream": True, "stream_options": {"include_usage": True}}
    *chunks, last = streamed(http.post("/chat/completions", json=body | options))
    assert (last["choices"], last["usage"]["completion_tokens"]) == ([], 18)
    indexes = [each["choices"][0]["index"] for each in chunks]
    assert indexes != sorted(indexes)  # they come at the same time
    pieces = ["", "", ""]
    for each in chunks:
        (found,) = each["choices"]
        pieces[found["index"]] += found["delta"].get("content") or ""
    assert pieces == texts


def test_several_answers_that_call(http: httpx.Client) -> None:
    document = ask(http, tool_choice=NAMED, n=2).json()
    calls = [each["message"]["tool_calls"][0]["id"] for each in document["choices"]]
    assert len(set(calls)) == 2
    chunks = streamed(ask(http, tool_choice=NAMED, n=2, stream=True))
    ends = [each["choices"][0]["index"] for each in chunks if each["choices"][0]["finish_reason"] == "tool_calls"]
    assert ends == [0, 1]


@needs_model
def test_a_stream_of_several_answers_left_early(http: httpx.Client) -> None:
    body = {"model": "openai/gpt-4o-mini", "messages": HELLO, "n": 4, "max_tokens": 1500, "stream": True}
    for _ in range(3):  # or else the places of the model would all be taken
        with http.stream("POST", "/chat/completions", json=body) as response:
            assert next(response.iter_lines()).startswith("data: ")


@needs_model
def test_of_several_streams_the_first_is_closed_when_the_second_fails(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []

    async def none() -> Any:
        return
        yield

    async def stream(self: Any, request: dict[str, Any]) -> Any:
        if request.get("seed") == 2:
            raise ApiError(502, "api_error", "provider_error", "gone")

        async def close() -> None:
            closed.append("first")

        return none(), close

    monkeypatch.setattr(ChatEngine, "stream", stream)
    body = {"model": "openai/gpt-4o-mini", "messages": HELLO, "n": 2, "seed": 1, "stream": True}
    assert http.post("/chat/completions", json=body).status_code == 502
    assert closed == ["first"]


@needs_model
@pytest.mark.parametrize("count", [1, 2])
def test_streams_are_closed_at_their_end(http: httpx.Client, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    closed = threading.Semaphore(0)

    async def one() -> Any:
        yield {"choices": [{"index": 0, "delta": {"content": "x"}}]}

    async def stream(self: Any, request: dict[str, Any]) -> Any:
        async def close() -> None:
            closed.release()

        return one(), close

    monkeypatch.setattr(ChatEngine, "stream", stream)
    body = {"model": "openai/gpt-4o-mini", "messages": HELLO, "n": count, "stream": True}
    assert len(streamed(http.post("/chat/completions", json=body))) == count
    for _ in range(count):
        assert closed.acquire(timeout=10)


def test_a_long_chat_is_not_answered_many_times(http: httpx.Client) -> None:
    body = {"model": "sandbox/babble", "messages": [{"role": "user", "content": "word " * 400_000}]}
    for count, status in ((2, 200), (3, 400)):
        response = http.post("/chat/completions", json=body | {"n": count})
        assert response.status_code == status, response.text
    assert response.json()["error"]["details"] == {"field": "n"}


def test_their_requests_and_their_responses() -> None:
    assert split({"n": 2}, 2, needs_seed=False) == [{}, {}]
    assert split({"n": 2}, 2, needs_seed=True) == [{}, {"seed": 1}]
    assert split({"seed": 5.0}, 3, needs_seed=False) == [{"seed": 5.0}, {"seed": 6}, {"seed": 7}]
    document: dict[str, Any] = {"choices": [{"index": 0}], "usage": None}
    assert joined([document, document]) == {"choices": [{"index": 0}, {"index": 1}], "usage": None}
