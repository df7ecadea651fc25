"""Chunks back into the completion that they were made of."""

import json
from typing import Any

import pytest
from ccapi_client.assembly import Assembly, chunk_of
from hypothesis import given
from hypothesis import strategies as st


def assembled(*chunks: dict[str, Any]) -> dict[str, Any] | None:
    assembly = Assembly()
    for chunk in chunks:
        assembly.add(chunk)
    return assembly.document()


def delta(index: int = 0, finish_reason: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"id": "c-1", "choices": [{"index": index, "delta": fields, "finish_reason": finish_reason}]}


def message(*chunks: dict[str, Any]) -> dict[str, Any]:
    document = assembled(*chunks)
    assert document
    return dict(document["choices"][0]["message"])


def test_text_finish_reason_model_and_usage() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    document = assembled(
        {**delta(role="assistant", content=""), "model": "a/b", "object": "chat.completion.chunk", "created": 7},
        delta(content="Air "),
        delta(content="scatters"),
        delta(content=None, finish_reason="stop"),
        {"id": "c-1", "choices": [], "usage": usage, "provider": "a"},
    )
    assert document == {
        "id": "c-1",
        "object": "chat.completion",
        "created": 7,
        "model": "a/b",
        "provider": "a",
        "usage": usage,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Air scatters"}, "finish_reason": "stop"}],
    }


def test_tool_calls_by_their_index() -> None:
    def call(index: int, **fields: Any) -> dict[str, Any]:
        return delta(tool_calls=[{"index": index, **fields}])

    found = message(
        call(1, id="call-b", type="function", function={"name": "g", "arguments": ""}),
        call(0, id="call-a", type="function", function={"name": "f", "arguments": '{"x'}),
        call(1, function={"arguments": "{}"}),
        call(0, function={"arguments": '": 1}'}),
        delta(finish_reason="tool_calls"),
    )
    assert found["content"] is None
    assert found["tool_calls"] == [
        {"id": "call-a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}},
        {"id": "call-b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]


def test_what_is_whole_where_it_comes_is_not_blanked_by_a_later_piece() -> None:
    first = {"index": 0, "id": "call-a", "type": "function", "function": {"name": "f", "arguments": ""}}
    later = {"index": 0, "id": "", "type": "", "function": {"name": "", "arguments": "{}"}}
    found = message(delta(role="assistant", tool_calls=[first]), delta(role="", tool_calls=[later]))
    assert found["role"] == "assistant"
    assert found["tool_calls"] == [{"id": "call-a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]


def test_tool_calls_that_come_whole_and_without_an_index() -> None:
    calls = [{"id": name, "type": "function", "function": {"name": name, "arguments": "{}"}} for name in "ab"]
    assert message(delta(tool_calls=calls[:1]), delta(tool_calls=calls[1:]))["tool_calls"] == calls


def test_several_choices_in_any_order() -> None:
    document = assembled(
        delta(1, content="one"), delta(0, content="zero"), delta(1, content="!"), delta(0, "length"), delta(1, "stop")
    )
    assert document
    found = [(each["index"], each["message"]["content"], each["finish_reason"]) for each in document["choices"]]
    assert found == [(0, "zero", "length"), (1, "one!", "stop")]


def test_what_the_contract_does_not_list_is_kept() -> None:
    found = message(
        delta(reasoning_content="first ", extra={"score": 1}),
        delta(reasoning_content="second", extra={"score": 2}, tags=["a"]),
        delta(tags=["b"]),
    )
    assert (found["reasoning_content"], found["extra"], found["tags"]) == ("first second", {"score": 2}, ["a", "b"])


def test_nothing_before_the_first_chunk() -> None:
    assert assembled() is None


@pytest.mark.parametrize("choices", [None, []])
def test_chunks_without_choices(choices: list[Any] | None) -> None:
    assert assembled({"id": "c-1", "choices": choices}) == {"id": "c-1", "object": "chat.completion", "choices": []}


texts = st.text(max_size=20)
calls = st.builds(
    lambda key, name, arguments: {"id": key, "type": "function", "function": {"name": name, "arguments": arguments}},
    *(st.text(min_size=1, max_size=5), st.text(min_size=1, max_size=5), texts),
)
messages = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": texts},
    optional={"tool_calls": st.lists(calls, min_size=1, max_size=3), "refusal": texts},
)


@given(st.lists(messages, min_size=1, max_size=3), st.data())
def test_a_completion_cut_into_chunks_comes_back(whole: list[dict[str, Any]], data: st.DataObject) -> None:
    chunks = []
    for index, each in enumerate(whole):
        for name in each:
            if name == "tool_calls":
                for number, call in enumerate(each[name]):
                    start, end = (
                        {**call, "function": {**call["function"], "arguments": ""}},
                        call["function"]["arguments"],
                    )
                    chunks.append((index, {name: [{**start, "index": number}]}))
                    chunks += [
                        (index, {name: [{"index": number, "function": {"arguments": letter}}]}) for letter in end
                    ]
            elif name == "role":
                chunks.append((index, {name: each[name]}))
            else:
                cut = data.draw(st.integers(0, len(each[name])))
                chunks += [(index, {name: each[name][:cut]}), (index, {name: each[name][cut:]})]
    document = assembled(*(delta(index, None, **fields) for index, fields in chunks))
    assert document
    assert [choice["message"] for choice in document["choices"]] == whole


@given(st.lists(messages, min_size=1, max_size=3))
def test_a_whole_completion_as_a_chunk_comes_back(whole: list[dict[str, Any]]) -> None:
    choices = [{"index": index, "message": each, "finish_reason": "stop"} for index, each in enumerate(whole)]
    document = {"id": "c-1", "object": "chat.completion", "model": "m", "choices": choices}
    assert assembled(chunk_of(json.loads(json.dumps(document)))) == document
