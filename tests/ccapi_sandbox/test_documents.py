"""`response_format` with the text generator: the answer is JSON that follows the schema."""

import json
from typing import Any

import httpx
import pytest
from ccapi_client import CCAPI
from jsonschema import Draft202012Validator

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Tell me about the sea."}]
SEA: dict[str, Any] = {
    "$defs": {"fish": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
    "type": "object",
    "properties": {
        "depth": {"type": "integer", "minimum": 10},
        "kind": {"enum": ["warm", "cold"]},
        "fish": {"type": "array", "items": {"$ref": "#/$defs/fish"}, "minItems": 2},
    },
    "required": ["depth", "kind", "fish"],
    "additionalProperties": False,
}
OBJECT = {"type": "json_object"}


def form(schema: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "sea", "schema": schema, "strict": True}}


def ask(http: httpx.Client, response_format: Any, **more: Any) -> httpx.Response:
    body = {"model": "sandbox/babble", "messages": HELLO, "response_format": response_format}
    return http.post("/chat/completions", json=body | more)


def choice(response: httpx.Response) -> tuple[str, str]:
    assert response.status_code == 200, response.text
    (found,) = response.json()["choices"]
    return found["message"]["content"], found["finish_reason"]


@pytest.mark.parametrize("schema", [SEA, {"type": "array", "items": {"type": "number"}}, {"const": "é"}, {}])
def test_a_document_that_follows_the_schema(http: httpx.Client, schema: Any) -> None:
    text, reason = choice(ask(http, form(schema)))
    Draft202012Validator(schema).validate(json.loads(text))
    assert reason == "stop"


def test_an_object_holds_what_would_be_said(http: httpx.Client) -> None:
    said, _ = choice(ask(http, {"type": "text"}))
    text, _ = choice(ask(http, OBJECT))
    assert json.loads(text) == {"text": choice(ask(http, {"type": "text"}, temperature=1))[0]} == {"text": said}


@pytest.mark.parametrize("response_format", [form(SEA), OBJECT])
def test_a_document_in_a_stream(client: CCAPI, response_format: Any) -> None:
    arguments: dict[str, Any] = {
        "model": "sandbox/babble",
        "messages": HELLO,
        "response_format": response_format,
        "n": 2,
    }
    whole = client.create_chat_completion(**arguments)
    options = {"include_usage": True}
    with client.stream_chat_completion(**arguments, stream_options=options) as stream:
        pieces = [each.choices[0].delta.content for each in stream if each.choices and each.choices[0].index == 1]
        final = stream.final()
    assert len([each for each in pieces if each]) > 3
    assert final.usage == whole.usage
    for one, other in zip(whole.choices, final.choices, strict=True):
        assert one.message.content == other.message.content == "".join(each or "" for each in pieces)
        assert json.loads(str(one.message.content))


@pytest.mark.parametrize("response_format", [form(SEA), OBJECT])
def test_limits_cut_a_document(http: httpx.Client, response_format: Any) -> None:
    whole, _ = choice(ask(http, response_format))
    response = ask(http, response_format, max_tokens=3)
    text, reason = choice(response)
    assert (whole.startswith(text), len(text) < len(whole), reason) == (True, True, "length")
    assert response.json()["usage"]["completion_tokens"] == 3
    assert choice(ask(http, response_format, stop=":")) == (whole[: whole.index(":")], "stop")


@pytest.mark.parametrize(
    ("response_format", "field", "reason"),
    [
        ({"type": "grammar"}, "response_format", "text, json_object, json_schema, not 'grammar'"),
        ({"type": "json_schema"}, "response_format.json_schema.schema", "required"),
        ({"type": "json_schema", "json_schema": {"name": "x"}}, "response_format.json_schema.schema", "required"),
        (form({"not": {}}), "response_format.json_schema.schema", "no example"),
        (form({"properties": 7}), "response_format.json_schema.schema", "not a JSON Schema"),
        (form({"$ref": "http://127.0.0.1:1/x"}), "response_format.json_schema.schema", "outside of it"),
        (form({"type": "string", "pattern": "(?<=x)a"}), "response_format.json_schema.schema", "pattern"),
        (form({"anyOf": [{"$ref": "#"}]}), "response_format.json_schema.schema", "contains itself"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_can_not_be_honored(
    http: httpx.Client, response_format: Any, field: str, reason: str, stream: bool
) -> None:
    response = ask(http, response_format, stream=stream)
    error = response.json()["error"]
    assert (response.status_code, error["details"]) == (400, {"field": field})
    assert error["message"].startswith(f"{field}: ")
    assert reason in error["message"]


def test_a_call_has_no_other_form(http: httpx.Client) -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    response = ask(http, form({"not": {}}), tools=[tool], tool_choice="required")
    assert response.json()["choices"][0]["finish_reason"] == "tool_calls"
