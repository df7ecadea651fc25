"""Chunks back into the completion that they were made of."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from ccapi_client._chat.assembly import Assembly, chunk_of
from ccapi_client.models import ChatCompletionResponse
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


A, B = {"type": "text", "text": "a"}, {"type": "text", "text": "b"}


@pytest.mark.parametrize(
    ("contents", "whole"),
    [
        (["a", ["b"]], [A, B]),
        (["a", [B]], [A, B]),
        (["a", [], "b"], "ab"),
        (["a", B], [A, B]),
        ([[A], "b"], [A, B]),
        ([["a"], "b"], [A, B]),
        ([["a"], ["b"]], ["a", "b"]),
        ([[A], "b", "c", [A], "d"], [A, {"type": "text", "text": "bc"}, A, {"type": "text", "text": "d"}]),
        (["", [A], "", None, [B], ""], [A, B]),
        (["a", None, "b"], "ab"),
    ],
)
def test_a_content_that_changes_its_type_loses_nothing(contents: list[Any], whole: Any) -> None:
    found = message(*(delta(content=content) for content in contents))
    assert found["content"] == whole
    if "".join(each["text"] for each in whole if isinstance(each, dict)) == "ab":
        choice = {"message": {"role": "assistant", **found}, "finish_reason": "stop", "index": 0}
        document = {"id": "c-1", "model": "m", "choices": [choice]}
        assert ChatCompletionResponse.from_dict(document).choices[0].message.content == "ab"


def test_tool_calls_that_change_their_type_lose_no_call() -> None:
    first, more = {"index": 0, "id": "call-a", "function": {"name": "f", "arguments": "{"}}, {"arguments": "}"}
    whole = {"id": "call-a", "function": {"name": "f", "arguments": "{}"}}
    for pieces in (
        [[first], "", [{"index": 0, "function": more}]],
        ["", [first], [{"index": 0, "function": more}]],
        [[first], {"index": 0, "function": more}],
    ):
        assert message(*(delta(tool_calls=piece) for piece in pieces))["tool_calls"] == [whole]
    assert message(delta(tool_calls="x"), delta(tool_calls=[first]))["tool_calls"][0]["id"] == "call-a"
    assert message(delta(tool_calls=[first]), delta(tool_calls="x"))["tool_calls"][1:] == ["x"]


@pytest.mark.parametrize("index", ["0", 0.0, True, [0], {"a": 0}])
def test_an_index_of_whatever_type_is_no_error(index: Any) -> None:
    pieces = [{"index": index, "function": {"arguments": each}} for each in ("{", "}")]
    calls = message(*(delta(tool_calls=[piece]) for piece in pieces))["tool_calls"]
    assert "".join(call["function"]["arguments"] for call in calls) == "{}"


def steps_of(work: Callable[[], object]) -> int:
    """How many functions are entered, generators resumed and so on, while some work is done."""
    steps = 0

    def count(*event: object) -> None:
        nonlocal steps
        steps += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return steps


def test_tool_calls_are_put_together_in_linear_time() -> None:
    def put_together(number: int) -> int:
        calls = [{"index": each, "function": {"arguments": "{"}} for each in range(number)]
        chunks = [delta(tool_calls=[call]) for call in [*calls, *calls]]
        return steps_of(lambda: assembled(*chunks))

    assert put_together(400) < 5 * put_together(100)


@pytest.mark.parametrize("fields", [{}, {"index": 0}, {"index": 0, "id": "a"}, {"id": "a"}], ids=str)
@pytest.mark.parametrize("name", ["tool_calls", "reasoning_details"])
def test_deltas_are_put_together_in_linear_time(name: str, fields: dict[str, Any]) -> None:
    """20,000 would take minutes otherwise: here the steps are counted that two numbers of deltas take."""

    def put_together(number: int, *, of_new_ids: bool) -> int:
        deltas = [
            {**fields, **({"id": str(at)} if of_new_ids else {}), "function": {"name": "f", "arguments": "x"}}
            for at in range(number)
        ]
        chunks = [{"choices": [{"delta": {name: [each]}}]} for each in deltas]
        return steps_of(lambda: assembled(*chunks))

    for of_new_ids in (False, True):
        assert put_together(400, of_new_ids=of_new_ids) < 5 * put_together(100, of_new_ids=of_new_ids)


def test_tool_calls_without_ids_are_told_apart_by_their_names() -> None:
    def call(name: str, arguments: str, **fields: Any) -> dict[str, Any]:
        return delta(tool_calls=[{**fields, "function": {"name": name, "arguments": arguments}}])

    for fields in ({}, {"index": 0}):
        found = message(call("f", "{", **fields), call("f", "}", **fields), call("g", "{}", **fields))["tool_calls"]
        assert [each["function"] for each in found] == [
            {"name": "f", "arguments": "{}"},
            {"name": "g", "arguments": "{}"},
        ]


def test_pieces_of_two_calls_that_take_turns() -> None:
    def piece(key: str, arguments: str, **fields: Any) -> dict[str, Any]:
        return delta(tool_calls=[{"id": key, "function": {"arguments": arguments, **fields}}])

    found = message(piece("a", "{", name="f"), piece("b", "[", name="f"), piece("a", "}"), piece("b", "]"))
    assert [each["function"]["arguments"] for each in found["tool_calls"]] == ["{}", "[]"]


def test_an_id_and_a_type_that_come_late_belong_to_the_item_of_the_index() -> None:
    pieces = [
        {"text": "a"},
        {"type": "t", "text": "b"},
        {"id": "i", "text": "c"},
        {"type": "t", "id": "i", "text": "d"},
    ]
    found = message(*(delta(reasoning_details=[{"index": 0, **each}]) for each in pieces))
    assert found["reasoning_details"] == [{"index": 0, "type": "t", "id": "i", "text": "abcd"}]


def test_lists_beside_the_deltas_are_continued_and_the_chunks_stay_as_they_are() -> None:
    chunks = [delta(content=each) for each in "ab"]
    for each in chunks:
        each["choices"][0]["logprobs"] = {"content": [{"token": "a"}], "refusal": None}
    before = json.dumps(chunks)
    document = assembled(*chunks)
    assert document
    assert document["choices"][0]["logprobs"] == {"content": [{"token": "a"}] * 2, "refusal": None}
    assert json.dumps(chunks) == before


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["index", "text", "a"]), inner),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.sampled_from(["content", "tool_calls", "extra"]), values), max_size=6))
def test_deltas_of_any_types_are_put_together(deltas: list[dict[str, Any]]) -> None:
    document = assembled(*({"choices": [{"delta": each}]} for each in deltas))
    assert json.loads(json.dumps(document)) == document


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
