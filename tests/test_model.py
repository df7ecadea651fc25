"""What all models share: reading, writing and showing them."""

import copy
import datetime
import json
import pickle
import uuid
from typing import Any

import pytest
from attrs import define, field
from ccapi_client.models import (
    ChatCompletionChunk,
    ChatCompletionMessage,
    ChatCompletionRequest,
    ChatCompletionResponse,
    ChatContentPart,
    ChatMessage,
    ErrorDetails,
    ImageDatum,
    Model,
    ModelSummary,
    MultimodalImageGenerationRequest,
    MultimodalImageGenerationResponse,
    MultimodalInputContent,
)
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
MODELS = (ImageDatum, ModelSummary, MultimodalImageGenerationResponse, ChatCompletionResponse, ChatCompletionChunk)


@define(repr=False)
class Dated(Model):
    """A model with what JSON has no types for."""

    at: datetime.datetime
    on: datetime.date | None = None
    key: uuid.UUID | None = None
    marks: list[str] = field(factory=list)


def job(**fields: Any) -> MultimodalImageGenerationResponse:
    return MultimodalImageGenerationResponse.from_dict({"id": "job-1", "status": "completed", **fields})


@pytest.mark.parametrize("data", [{}, {"data": None}, {"data": []}], ids=["missing", "null", "empty"])
def test_an_array_is_a_list_whatever_the_response_has_in_its_place(data: dict[str, Any]) -> None:
    read = job(**data)
    assert read.data == []
    assert read.to_dict() == {"id": "job-1", "status": "completed", **data}


@pytest.mark.parametrize("error", [{}, {"error": None}], ids=["missing", "null"])
def test_a_field_without_a_value_is_none(error: dict[str, Any]) -> None:
    read = job(**error)
    assert read.error is None
    assert read.to_dict() == {"id": "job-1", "status": "completed", **error}


def test_a_value_that_is_set_later_takes_the_place_of_a_null() -> None:
    read = job(poll_url=None, data=None)
    read.poll_url = "/there"
    read.data.append(ImageDatum(url="x"))
    assert read.to_dict() == {
        "id": "job-1",
        "status": "completed",
        "poll_url": "/there",
        "data": [{"url": "x"}],
    }


def test_fields_are_read_by_their_names_in_the_contract() -> None:
    read = job(mood="calm", error={"type": "x"}, poll_url=None)
    assert (read["id"], read["mood"], read["estimated_time"]) == ("job-1", "calm", None)
    assert read.error
    assert read.error["type"] == read.error.type_ == "x"
    assert ("id" in read, "mood" in read, "poll_url" in read, "estimated_time" in read) == (True, True, True, False)
    with pytest.raises(KeyError, match="frame"):
        read["frame"]


def test_a_model_is_true_and_no_container_to_go_through() -> None:
    assert ErrorDetails.from_dict({})
    with pytest.raises(TypeError):
        iter(ErrorDetails.from_dict({}))  # type: ignore[call-overload] # pyright: ignore[reportArgumentType, reportCallIssue]
    with pytest.raises(TypeError):
        len(ErrorDetails.from_dict({}))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def test_what_is_nested_deeper_than_python_calls_itself_is_shown_in_part() -> None:
    deep: list[Any] = []
    for _ in range(20_000):
        deep = [deep]
    assert repr(job(mood=deep)).startswith(
        "MultimodalImageGenerationResponse(id='job-1', status='completed', mood=[[[["
    )


def test_a_required_field_that_is_missing() -> None:
    with pytest.raises(KeyError, match="status"):
        MultimodalImageGenerationResponse.from_dict({"id": "x"})
    with pytest.raises(KeyError, match="message"):
        ChatCompletionResponse.from_dict({"choices": [{"index": 0}]})


def test_what_is_optional_and_not_what_the_contract_says_stays_as_it_came() -> None:
    odd: dict[str, Any] = {
        "created": "today",
        "data": ["https://x.example/a.png", {"url": 3}],
        "error": "refused",
        "execution": 7,
    }
    read = job(**odd)
    assert [read[name] for name in odd] == ["today", [odd["data"][0], ImageDatum.from_dict({"url": 3})], "refused", 7]
    assert read.to_dict() == {"id": "job-1", "status": "completed", **odd}


@given(
    st.dictionaries(st.sampled_from([*"abc", "id", "status", "data", "choices", "error", "usage", "provider"]), VALUES)
)
def test_nothing_of_a_document_is_lost(document: dict[str, Any]) -> None:
    for model in MODELS:
        try:
            read = model.from_dict(document)
        except KeyError:
            continue
        assert read.to_dict() == document
        assert json.loads(json.dumps(read.to_dict())) == document
        assert "\n" not in repr(read)
        assert pickle.loads(pickle.dumps(read)) == copy.deepcopy(read) == read
        assert pickle.loads(pickle.dumps(read)).to_dict() == document


PARTS = [
    {"type": "text", "text": "a "},
    {"type": "image_url", "image_url": {"url": "x"}},
    {"type": "text", "text": "b"},
]


def test_a_list_of_parts_is_read_as_its_text_and_kept() -> None:
    document = {"role": "assistant", "content": PARTS}
    message = ChatCompletionMessage.from_dict(document)
    assert message.content == "a b"
    assert [part.type_ for part in message.content_parts] == ["text", "image_url", "text"]
    assert message.to_dict() == document
    message.content_parts.append(ChatContentPart(type_="text", text="!"))
    assert message.to_dict() == {"role": "assistant", "content": [*PARTS, {"type": "text", "text": "!"}]}
    message.content = "changed"
    assert message.to_dict() == {"role": "assistant", "content": "changed"}


@pytest.mark.parametrize("content", ["a", None, PARTS])
@pytest.mark.parametrize("parts", [[], None, "zzz", PARTS])
def test_parts_that_came_by_themselves_are_kept(content: Any, parts: Any) -> None:
    document = {"role": "assistant", "content": content, "content_parts": parts}
    if content is None and parts == PARTS:
        document = {"role": "assistant", "content": PARTS}  # so they are sent, and a service can read them
    assert ChatCompletionMessage.from_dict(document).to_dict() == document


def test_parts_alone_are_sent_as_content() -> None:
    message = ChatCompletionMessage(role="assistant", content_parts=[ChatContentPart(type_="text", text="a")])
    assert message.to_dict() == {"role": "assistant", "content": [{"type": "text", "text": "a"}]}


def test_json_can_be_written_whatever_is_inside() -> None:
    deep: Any = "x"
    for _ in range(800):
        deep = {"a": deep}
    assert job(deep=deep).to_dict()["deep"] == deep
    pictures = MultimodalImageGenerationRequest(contents=(MultimodalInputContent(text="x"),))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert json.loads(json.dumps(pictures.to_dict())) == {"contents": [{"text": "x"}]}


def test_a_message_of_an_answer_is_a_message_to_send() -> None:
    message = ChatCompletionMessage.from_dict({"role": "assistant", "content": None, "refusal": "no", "mood": 1})
    assert isinstance(message, ChatMessage)
    sent = ChatCompletionRequest(messages=[ChatMessage(role="user", content="hi"), message]).to_dict()
    assert sent["messages"][1] == {"role": "assistant", "content": None, "refusal": "no", "mood": 1}


def test_repr_shows_what_is_there_in_one_short_line() -> None:
    pictures = [{"url": f"https://files.example/{number}.png", "b64_json": "QUJD" * 50_000} for number in range(10)]
    shown = repr(job(data=pictures, created=1, execution={"mode": "sync", "new": None}))
    assert shown.startswith("MultimodalImageGenerationResponse(id='job-1', status='completed', created=1, execution=")
    assert "… 7 more]" in shown
    assert "200,000 characters" in shown
    assert "poll_url" not in shown
    assert "\n" not in shown
    assert len(shown) < 800  # ten lines of a terminal


def test_dates_and_ids() -> None:
    document = {"at": "2026-01-02T03:04:05+00:00", "on": "2026-01-02", "key": str(uuid.UUID(int=7)), "marks": ["a"]}
    read = Dated.from_dict(document)
    assert read.at == datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    assert (read.on, read.key) == (datetime.date(2026, 1, 2), uuid.UUID(int=7))
    assert read.to_dict() == document
    assert Dated.from_dict({"at": "now", "on": 3}).to_dict() == {"at": "now", "on": 3}
