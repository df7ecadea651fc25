"""`tool_choice="auto"`: a tool that the user's last message names is called, so that loops of agents can be tried."""

import json
from typing import Any

import httpx
import pytest
from ccapi_client import CCAPI
from ccapi_sandbox.errors import ApiError
from ccapi_sandbox.tools import called
from jsonschema import Draft202012Validator

from .test_tools import BY_BOTH, HELLO, NAMED, TOOLS, WEATHER, ask, choice, streamed, tool
from .test_tools import call as call_of

SEA = [{"role": "user", "content": "Tell me about the sea."}]


@BY_BOTH
@pytest.mark.parametrize("more", [{}, {"tool_choice": "auto"}, {"tool_choice": None}], ids=["none", "auto", "null"])
def test_a_tool_that_is_named_is_called(http: httpx.Client, model: str, more: dict[str, Any]) -> None:
    more = {name: value for name, value in more.items() if value}
    name, arguments = call_of(ask(http, model=model, **more))
    assert name == "getWeather"
    Draft202012Validator(WEATHER).validate(arguments)
    chunks = streamed(ask(http, model=model, stream=True, **more))
    assert chunks[0]["choices"][0]["delta"]["tool_calls"][0]["function"]["name"] == "getWeather"


@BY_BOTH
@pytest.mark.parametrize(
    "more",
    [
        {"messages": SEA},
        {"messages": [*HELLO, {"role": "assistant", "content": "It is warm."}]},
        {"messages": [*HELLO, {"role": "assistant", "content": "It is warm."}, *SEA]},
        {"tool_choice": "none"},
        {"tools": []},
    ],
)
def test_else_the_answer_is_a_text(http: httpx.Client, model: str, more: dict[str, Any]) -> None:
    found = choice(ask(http, model=model, max_tokens=8, **more))
    assert "tool_calls" not in found["message"]
    assert found["message"]["content"]


@BY_BOTH
@pytest.mark.parametrize("stream", [False, True])
def test_a_loop_ends(client: CCAPI, model: str, stream: bool) -> None:
    messages: list[Any] = [*HELLO]
    arguments: dict[str, Any] = {"model": model, "tools": TOOLS, "max_tokens": 100, "temperature": 0}
    rounds = 0
    while True:
        rounds += 1
        assert rounds < 5
        if stream:
            with client.stream_chat_completion(messages=messages, **arguments) as streaming:
                message = streaming.final().choices[0].message
        else:
            message = client.create_chat_completion(messages=messages, **arguments).choices[0].message
        messages.append(message)
        if not message.tool_calls:
            break
        for each in message.tool_calls:
            assert each.function
            Draft202012Validator(WEATHER).validate(json.loads(str(each.function.arguments)))
            messages.append({"role": "tool", "tool_call_id": each.id, "content": "18 °C, the weather is fine"})
    assert rounds == 2
    assert message.content
    again = client.create_chat_completion(messages=[*messages, *HELLO], **arguments).choices[0].message
    assert again.tool_calls


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("What is the weather?", ["get_weather"], "get_weather"),
        ("The WEATHER, please", ["getWeather"], "getWeather"),
        ("Get me the sea", ["get_weather", "getTime"], None),
        ("Search for a hotel", ["search_web", "searchHotels"], None),
        ("A hotel on the web", ["get_weather", "search_web"], "search_web"),
        ("The time and the weather in Rome", ["time", "weather_in_rome"], "weather_in_rome"),
        ("weathering", ["weather"], None),
        ("", ["weather"], None),
    ],
)
def test_what_names_a_function(text: str, names: list[str], expected: str | None) -> None:
    body = {"messages": [{"role": "user", "content": text}], "tools": [tool(name) for name in names]}
    found = called(body)
    assert (found.name if found else None) == expected


def test_what_it_can_not_be_called_with_is_named() -> None:
    with pytest.raises(ApiError) as caught:
        called({"messages": HELLO, "tools": [tool("weather", {"type": "array"})]})
    assert caught.value.envelope["error"]["details"] == {"field": "tools[0].function.parameters"}


def test_models_that_write_can_call(http: httpx.Client) -> None:
    for entry in http.get("/models").json()["data"]:
        assert entry["ccapi"]["capabilities"]["function_calling"] is (entry["ccapi"]["type"] == "chat")
    assert called({"messages": SEA, "tools": TOOLS, "tool_choice": NAMED})
