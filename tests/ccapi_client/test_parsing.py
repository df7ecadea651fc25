"""Structured answers: the schema of a class, what an answer becomes, and the errors of one that is none."""

import dataclasses
import datetime
import enum
import json
import pickle
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import jsonschema
import pydantic
import pydantic.dataclasses
import pytest
from ccapi_client import (
    CCAPI,
    AnswerError,
    AnswerRefusedError,
    AnswerTruncatedError,
    AsyncCCAPI,
    CCAPIError,
    InvalidAnswerError,
    InvalidRequestError,
)
from ccapi_client._chat.forms import Form
from ccapi_client.models import ChatCompletionResponse, ChatToolCallFunction, ParsedChatCompletion
from ccapi_sandbox import Sandbox
from hypothesis import given
from hypothesis import strategies as st

from ..scripted import ClientClass, Service

USER = [{"role": "user", "content": "How many rivers?"}]


class Unit(enum.Enum):
    METER = "m"
    MILE = "mi"


@dataclasses.dataclass
class Length:
    number: float
    unit: Unit = Unit.METER


@dataclasses.dataclass
class River:
    name: Annotated[str, "As it is called there"]
    length: Length
    kind: Literal["river", "stream"]
    into: "River | None" = None
    notes: list[str] = dataclasses.field(default_factory=list)
    seen: datetime.date | None = None
    shown: str = dataclasses.field(init=False, default="")


RIVER: dict[str, Any] = {
    "name": "Po",
    "length": {"number": 652, "unit": "m"},
    "kind": "river",
    "into": None,
    "notes": [],
    "seen": "2026-01-02",
}
PO = River("Po", Length(652.0), "river", seen=datetime.date(2026, 1, 2))


class Point(TypedDict):
    x: int
    label: NotRequired[str]


class PydanticLength(pydantic.BaseModel):
    number: float = 1.5
    unit: Unit


class PydanticRiver(pydantic.BaseModel):
    """A river."""

    name: str = pydantic.Field(description="As it is called there", min_length=2)
    length: PydanticLength = pydantic.Field(description="From spring to mouth")
    title: str | None = None
    into: "PydanticRiver | None" = None


@pydantic.dataclasses.dataclass
class PydanticPoint:
    x: int = pydantic.Field(gt=0)


def answer(content: str | None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": more.pop("finish_reason", "stop")}
    return {"id": "chat-1", "choices": [{**choice, "message": {"role": "assistant", "content": content, **more}}]}


def parse(client_class: ClientClass, kind: Any, step: Any) -> Any:
    return Service(step).call(
        client_class, lambda client: client.parse_chat_completion(model="a/b", messages=USER, response_format=kind)
    )


@pytest.mark.parametrize(
    ("kind", "document", "expected"),
    [
        (River, RIVER, PO),
        (Point, {"x": 3}, {"x": 3}),
        (
            PydanticRiver,
            {"name": "Po", "length": {"number": 652, "unit": "m"}},
            PydanticRiver(name="Po", length=PydanticLength(number=652, unit=Unit.METER)),
        ),
        (PydanticPoint, {"x": 3}, PydanticPoint(x=3)),
    ],
)
def test_the_answer_is_an_instance_of_the_class(
    client_class: ClientClass, kind: Any, document: Any, expected: Any
) -> None:
    service = Service(answer(json.dumps(document)))
    found = service.call(
        client_class,
        lambda client: client.parse_chat_completion(
            model="a/b", messages=USER, response_format=kind, temperature=0, extra_body={"x": 1}
        ),
    )
    assert isinstance(found, ParsedChatCompletion)
    assert found.parsed == expected
    assert type(found.parsed) is (dict if kind is Point else kind)
    assert (found.id, found.choices[0].message.content) == ("chat-1", json.dumps(document))
    assert "parsed" not in found.to_dict()
    assert pickle.loads(pickle.dumps(found)).parsed == expected
    body = json.loads(service.requests[0].content)
    form = body["response_format"]
    assert (form["type"], form["json_schema"]["name"], form["json_schema"]["strict"]) == (
        "json_schema",
        kind.__name__,
        True,
    )
    assert (body["temperature"], body["x"]) == (0, 1)


KINDS = (River, Point, PydanticRiver, PydanticPoint)


def objects(node: Any) -> list[dict[str, Any]]:
    children = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    found = [each for child in children for each in objects(child)]
    return [*found, node] if isinstance(node, dict) and node.get("type") == "object" else found


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_as_strict_ones_have_to_be(kind: Any) -> None:
    schema = Form(kind).response_format()["json_schema"]["schema"]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert objects(schema)
    for each in objects(schema):
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])
    text = json.dumps(schema)
    assert '"default"' not in text
    assert '"allOf"' not in text


def test_what_the_schema_of_a_class_says() -> None:
    schema = Form(River).response_format()["json_schema"]["schema"]
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(RIVER)
    assert validator.is_valid({**RIVER, "into": RIVER})
    wrongs: list[dict[str, Any]] = [
        {"name": 3},
        {"kind": "lake"},
        {"length": {"number": 1, "unit": "km"}},
        {"into": {}},
        {"more": 1},
    ]
    for wrong in wrongs:
        assert not validator.is_valid({**RIVER, **wrong})
    assert schema["properties"]["name"] == {"type": "string", "description": "As it is called there"}
    pydantics = Form(PydanticRiver).response_format()["json_schema"]
    assert pydantics["description"] == "A river."
    assert pydantics["schema"]["$defs"]["PydanticRiver"]["properties"].keys() == {"name", "length", "title", "into"}


@dataclasses.dataclass
class Open:
    counts: dict[str, int]
    more: Any = None
    pair: tuple[int, ...] = ()
    tags: frozenset[str] = frozenset()
    ids: Sequence[uuid.UUID] = ()
    other: Mapping[str, Any] | None = None
    number: int | float | None = None


class PydanticOpen(pydantic.BaseModel):
    counts: dict[str, int]


def test_objects_of_any_fields_make_a_schema_that_is_not_strict(client_class: ClientClass) -> None:
    for kind in (Open, PydanticOpen):
        assert Form[Any](kind).response_format()["json_schema"]["strict"] is False
    one = uuid.uuid4()
    document = {"counts": {"a": 1}, "pair": [1, 2], "tags": ["a"], "ids": [str(one)], "other": {"b": []}, "number": 3}
    found = parse(client_class, Open, answer(json.dumps(document))).parsed
    assert found == Open({"a": 1}, None, (1, 2), frozenset("a"), [one], {"b": []}, 3)
    assert type(found.number) is int


@pytest.mark.parametrize("kind", [Point, PydanticPoint])
def test_an_answer_in_a_fence_is_taken(client_class: ClientClass, kind: Any) -> None:
    for text in ('```json\n{"x": 3}\n```', ' ```JSON \r\n{"x": 3}\r\n```\n', '```\n{"x": 3}```'):
        found = parse(client_class, kind, answer(text))
        assert (found.parsed["x"] if kind is Point else found.parsed.x) == 3
        assert found.choices[0].message.content == text
    for text in ('Here you are:\n```json\n{"x": 3}\n```', '```json\n```json\n{"x": 3}\n```\n```', "```json\n", "```"):
        with pytest.raises(InvalidAnswerError):
            parse(client_class, kind, answer(text))


@dataclasses.dataclass
class Checked:
    x: int

    def __post_init__(self) -> None:
        if self.x < 0:
            raise LookupError("x is below 0")


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        (River, "no JSON", "the answer does not match River: Expecting value"),
        (River, "[" * 100_000, "the answer does not match River: it is nested too deeply"),
        (River, "[]", "the answer does not match River: the answer: object expected, not array"),
        (River, json.dumps({**RIVER, "length": {"unit": "m"}}), "length.number: required, but missing"),
        (River, json.dumps({**RIVER, "length": {"number": True}}), "length.number: number expected, not boolean"),
        (
            River,
            json.dumps({**RIVER, "length": {"number": 1, "unit": "km"}}),
            "length.unit: one of 'm', 'mi' expected, not 'km'",
        ),
        (
            River,
            json.dumps({**RIVER, "length": {"number": 1, "unit": []}}),
            "unit: one of 'm', 'mi' expected, not array",
        ),
        (River, json.dumps({**RIVER, "kind": "lake"}), "kind: one of 'river', 'stream' expected, not 'lake'"),
        (River, json.dumps({**RIVER, "kind": None}), "kind: one of 'river', 'stream' expected, not null"),
        (River, json.dumps({**RIVER, "notes": ["a", 1]}), "notes[1]: string expected, not integer"),
        (River, json.dumps({**RIVER, "into": {**RIVER, "name": None}}), "into.name: string expected, not null"),
        (River, json.dumps({**RIVER, "seen": "today"}), "seen: date expected, not string"),
        (Checked, '{"x": -1}', "the answer does not match Checked: x is below 0"),
        (PydanticRiver, '{"name": "P"}', "validation errors for PydanticRiver"),
        (PydanticPoint, '{"x": 0}', "validation error for PydanticPoint"),
    ],
)
def test_an_answer_that_is_none(client_class: ClientClass, kind: Any, text: str, why: str) -> None:
    with pytest.raises(InvalidAnswerError) as caught:
        parse(client_class, kind, answer(text))
    assert why in str(caught.value)
    assert caught.value.text == text
    assert isinstance(caught.value.completion, ChatCompletionResponse)
    assert caught.value.may_be_billed
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.text, again.completion.id, str(again)) == (text, "chat-1", str(caught.value))


@pytest.mark.parametrize(
    ("step", "kind", "text"),
    [
        (answer(None, refusal="I can't."), AnswerRefusedError, ""),
        (answer("{", finish_reason="content_filter"), AnswerRefusedError, "{"),
        (answer('{"name": "P', finish_reason="length"), AnswerTruncatedError, '{"name": "P'),
        (answer(None, tool_calls=[{"id": "c"}], finish_reason="tool_calls"), InvalidAnswerError, ""),
        ({"choices": []}, InvalidAnswerError, ""),
    ],
)
def test_an_answer_that_did_not_come(client_class: ClientClass, step: Any, kind: type[AnswerError], text: str) -> None:
    with pytest.raises(kind) as caught:
        parse(client_class, River, step)
    assert (type(caught.value), caught.value.text) == (kind, text)
    assert isinstance(caught.value, CCAPIError)
    if isinstance(caught.value, AnswerRefusedError):
        assert caught.value.refusal == ("I can't." if not text else None)


@dataclasses.dataclass
class Unknown:
    x: complex


@dataclasses.dataclass
class Unnamed:
    x: "Nowhere"  # type: ignore[name-defined] # noqa: F821 # pyright: ignore


class Root(pydantic.RootModel[list[int]]):
    pass


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (int, "a class of Pydantic 2, a dataclass or a TypedDict is expected, not int"),
        ({"type": "json_object"}, "create_chat_completion() takes a response_format as it is sent"),
        (None, "not None"),
        (Unknown, "Unknown has no JSON Schema: complex"),
        (Unnamed, "Unnamed has no JSON Schema: name 'Nowhere' is not defined"),
        (Root, "Root is not a JSON object"),
        (PO, "is expected, not River("),
    ],
)
def test_what_is_no_form_is_refused_before_anything_is_sent(client_class: ClientClass, kind: Any, why: str) -> None:
    service = Service(answer("{}"))
    with pytest.raises(InvalidRequestError) as caught:
        service.call(client_class, lambda client: client.parse_chat_completion(messages=USER, response_format=kind))
    assert str(caught.value).startswith("response_format: ")
    assert why in str(caught.value)
    assert service.requests == []


def test_a_scripted_sandbox(client: CCAPI, sandbox: Sandbox) -> None:
    sandbox.reply({"json": RIVER})
    found = client.parse_chat_completion(model="openai/gpt-4o-mini", messages=USER, response_format=River)
    assert found.parsed == PO


@pytest.mark.anyio
async def test_a_scripted_sandbox_asynchronously(async_client: AsyncCCAPI, sandbox: Sandbox) -> None:
    sandbox.reply({"json": RIVER})
    found = await async_client.parse_chat_completion(model="openai/gpt-4o-mini", messages=USER, response_format=River)
    assert found.parsed == PO


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda each: (
            st.lists(each)
            | st.dictionaries(
                st.sampled_from(["name", "length", "number", "unit", "kind", "into", "notes", "seen"]), each
            )
        ),
    )
)
def test_any_answer_is_an_instance_or_an_error_of_ours(document: Any) -> None:
    for kind in KINDS:
        try:
            found = Form[Any](kind).read(json.dumps(document))
        except ValueError:
            continue
        assert found is not None


def test_the_arguments_of_a_tool_call() -> None:
    def of(text: Any) -> Any:
        return ChatToolCallFunction.from_dict({"name": "weather", "arguments": text}).arguments_json()

    assert of('{"city": "Rome"}') == {"city": "Rome"}
    assert of("") == of(None) == of(" ") == {}
    for text in ('{"city": "Ro', "[" * 100_000):
        with pytest.raises(InvalidAnswerError, match=r"^arguments: not JSON: ") as caught:
            of(text)
        assert (caught.value.text, caught.value.completion) == (text, None)
