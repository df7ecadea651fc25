"""Responses by the names of the contract: what it says of other names, missing labels and JSON in place of its text."""

import copy
import json
from typing import Any

import pytest
from ccapi_client._http.labels import labelled
from ccapi_client.models import (
    ChatCompletionChunk,
    ChatCompletionResponse,
    ModelListResponse,
    MultimodalImageGenerationResponse,
)
from hypothesis import given
from hypothesis import strategies as st

MODELS = (ChatCompletionChunk, ChatCompletionResponse, MultimodalImageGenerationResponse, ModelListResponse)
PICTURES = [{"url": "x"}]


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"task_id": "t", "status": "queued"}, {"id": "t", "status": "queued"}),
        ({"job_id": "t", "state": "queued"}, {"id": "t", "status": "queued"}),
        ({"id": "i", "task_id": "t", "status": ""}, {"id": "i", "task_id": "t", "status": "pending"}),
        ({"id": "", "task_id": "t"}, {"id": "t", "status": "pending"}),
        ({"data": PICTURES}, {"id": "", "data": PICTURES, "status": "completed"}),
        ({"id": "i", "data": PICTURES}, {"id": "i", "data": PICTURES, "status": "completed"}),
        ({"id": "i", "error": {"message": "no"}}, {"id": "i", "error": {"message": "no"}, "status": "failed"}),
        ({"data": []}, {"data": []}),
        ({"id": 5, "status": 7}, {"id": 5, "status": 7}),
        ({}, {}),
    ],
)
def test_a_job(document: dict[str, Any], found: dict[str, Any]) -> None:
    assert labelled(document, MultimodalImageGenerationResponse) == found


@pytest.mark.parametrize("role", [{}, {"role": None}, {"role": ""}])
def test_an_answer(role: dict[str, Any]) -> None:
    document = {"choices": [{"message": {**role, "tool_calls": [{"function": {"arguments": {"a": "ż"}}}]}}, 7]}
    message = {"role": "assistant", "tool_calls": [{"function": {"arguments": '{"a": "ż"}'}}]}
    assert labelled(document, ChatCompletionResponse) == {"choices": [{"message": message}, 7]}


def test_chunks_do_not_share_what_is_filled_in() -> None:
    first, second = (labelled({"choices": [{}]}, ChatCompletionChunk) for _ in range(2))
    assert first == second == {"choices": [{"delta": {}}]}
    assert first["choices"][0]["delta"] is not second["choices"][0]["delta"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["choices", "delta", "message", "id", "status", "data", "task_id"]), inner)
    ),
    max_leaves=10,
)


@given(values)
def test_any_document_stays_json_and_is_done_at_once(document: Any) -> None:
    for model in MODELS:
        found = labelled(copy.deepcopy(document), model)
        assert json.loads(json.dumps(found)) == found
        assert labelled(copy.deepcopy(found), model) == found
